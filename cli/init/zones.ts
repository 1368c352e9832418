/** Zones that most shops are in, and one for each offset, westernmost first. */
const zones = [
  'America/Los_Angeles',
  'America/Denver',
  'America/Chicago',
  'America/New_York',
  'America/Halifax',
  'America/Sao_Paulo',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Helsinki',
  'Europe/Istanbul',
  'Asia/Dubai',
  'Asia/Karachi',
  'Asia/Dhaka',
  'Asia/Bangkok',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Australia/Sydney',
  'Pacific/Auckland',
] as const;

/** Zones that are so many hours ahead of UTC on a day (YYYY-MM-DD). */
export function zonesAt(hours: number, day: string): string[] {
  const noon = new Date(`${day}T12:00:00Z`);
  return zones.filter((timeZone) => {
    const text = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).format(noon);
    return hoursOf(/GMT([+-])(\d+):(\d+)/.exec(text)) === hours;
  });
}

/** Zone to propose beside times with an offset such as `+02:00` on a day: one that has it then, an example where it is UTC's. */
export function zoneBeside(offset: string, day: string): string {
  const hours = hoursOf(/^([+-])(\d{2}):?(\d{2})?$/.exec(offset));
  return (hours === 0 ? undefined : zonesAt(hours, day)[0]) ?? 'Europe/Berlin';
}

/** Hours ahead of UTC of sign, hours and minutes that were found; none found are UTC's. */
function hoursOf(found: RegExpExecArray | null): number {
  const [, sign = '+', hour = '0', minute = '0'] = found ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hour) + Number(minute) / 60);
}
