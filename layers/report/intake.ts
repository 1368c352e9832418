/** Days beyond which waiting for users is no plan: half a year. */
export const longestDays = 182;

const millisecondsPerDay = 86_400_000;

/**
 * Days (UTC) in which the users came: from the first day of exposure to the last, both counted; null where no day is known.
 * Days after the last exposure only let outcome windows end, so they say nothing of the traffic.
 * @param days YYYY-MM-DD, in order
 */
export function daysOfIntake(days: readonly { readonly day: string }[]): number | null {
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  if (first === undefined || last === undefined) return null;
  return (Date.parse(last) - Date.parse(first)) / millisecondsPerDay + 1;
}

/** Days until so many users have come, if they go on coming as they did; null where that is not known. */
export function daysUntil(needed: number, now: number, intake: number | null): number | null {
  if (needed <= now) return 0;
  return intake === null || now === 0 ? null : Math.ceil(((needed - now) * intake) / now);
}
