import { chiSquareSurvival } from './distributions.ts';

export interface SrmArm {
  readonly variant: string;
  readonly users: number;
  /** Intended share, on any scale. */
  readonly weight: number;
}

export interface SrmTest {
  readonly reason: null;
  readonly chi2: number;
  readonly df: number;
  readonly p: number;
  /** Largest |observed share - intended share|: the practical size of a mismatch. */
  readonly maxShareDeviation: number;
  readonly arms: readonly (SrmArm & { readonly expected: number })[];
}

export type SrmReason =
  /** No users at all. */
  | 'too_few_users'
  /** Fewer than two arms are meant to receive users. */
  | 'single_arm'
  /** An arm with weight zero received users; no chi-square describes that. */
  | 'users_in_zero_weight_arm';

/** Below this p the split is not the configured one: one false alarm in a thousand, since an alarm voids the result. */
export const srmAlpha = 0.001;

/**
 * Sample ratio mismatch: chi-square goodness of fit of the arms' users against their weights, with as many
 * degrees of freedom as arms with a positive weight, less one.
 */
export function sampleRatioTest(arms: readonly SrmArm[]): SrmTest | { readonly reason: SrmReason } {
  for (const { variant, users, weight } of arms) {
    if (!(users >= 0 && weight >= 0 && Number.isFinite(users + weight))) {
      throw new RangeError(
        `arm ${variant}: users and weight must be finite and not negative, got ${users}, ${weight}`,
      );
    }
  }
  if (arms.some((arm) => arm.weight === 0 && arm.users > 0)) return { reason: 'users_in_zero_weight_arm' };
  const open = arms.filter((arm) => arm.weight > 0);
  if (open.length < 2) return { reason: 'single_arm' };
  const users = open.reduce((total, arm) => total + arm.users, 0);
  if (users === 0) return { reason: 'too_few_users' };
  const weight = open.reduce((total, arm) => total + arm.weight, 0);

  const expected = open.map((arm) => ({ ...arm, expected: (arm.weight / weight) * users }));
  const chi2 = expected.reduce((total, arm) => total + (arm.users - arm.expected) ** 2 / arm.expected, 0);
  const df = open.length - 1;
  return {
    reason: null,
    chi2,
    df,
    p: chiSquareSurvival(chi2, df),
    maxShareDeviation: Math.max(...expected.map((arm) => Math.abs(arm.users - arm.expected) / users)),
    arms: expected,
  };
}
