export const experimentId = 'simulated';

/** Day 0 of every experiment. */
const firstDay = Date.UTC(2024, 0, 15);

/** The UTC date of a day. */
export function dateOf(day: number): string {
  return new Date(firstDay + day * 86_400_000).toISOString().slice(0, 10);
}
