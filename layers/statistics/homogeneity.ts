import { chiSquareSurvival } from './distributions.ts';

export interface Group {
  readonly total: number;
  readonly hits: number;
}

export interface HomogeneityTest {
  readonly reason: null;
  readonly chi2: number;
  readonly df: number;
  readonly p: number;
}

export type HomogeneityReason =
  /** Fewer than two groups have members. */
  | 'single_group'
  /** All or none are hits. */
  | 'no_variation'
  /** A cell of the table is expected to hold fewer than five. */
  | 'too_few_users';

/** Whether the share of hits is the same in all groups: Pearson's chi-square on the table of hits and misses. */
export function testHomogeneity(
  groups: readonly Group[],
): HomogeneityTest | { readonly reason: HomogeneityReason } {
  const used = groups.filter(({ total }) => total > 0);
  if (used.length < 2) return { reason: 'single_group' };
  const total = used.reduce((sum, group) => sum + group.total, 0);
  const hits = used.reduce((sum, group) => sum + group.hits, 0);
  if (hits === 0 || hits === total) return { reason: 'no_variation' };
  const share = hits / total;
  if (used.some((group) => group.total * Math.min(share, 1 - share) < 5)) return { reason: 'too_few_users' };
  const chi2 = used.reduce(
    (sum, group) => sum + (group.hits - group.total * share) ** 2 / (group.total * share * (1 - share)),
    0,
  );
  const df = used.length - 1;
  return { reason: null, chi2, df, p: chiSquareSurvival(chi2, df) };
}
