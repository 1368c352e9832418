import type { ExperimentReport } from './schema.ts';

/** First and last day (UTC) on which users were exposed, or null where the days are not known. */
export function exposureDays({
  novelty,
}: Pick<ExperimentReport, 'novelty'>): { readonly first: string; readonly last: string } | null {
  const days = novelty[0]?.cumulative ?? [];
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  return first === undefined || last === undefined ? null : { first, last };
}
