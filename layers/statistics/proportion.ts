import { normalCritical, normalTwoSided } from './distributions.ts';
import {
  type ArmEstimate,
  type Effect,
  effectOf,
  type InestimableEffect,
  type Interval,
  inestimable,
  type LiftEstimate,
  normalLift,
  type Reason,
} from './effect.ts';
import { type Counts, divide } from './moments.ts';

export interface ProportionArms {
  /** n users of whom `sum` succeeded. */
  readonly control: Counts;
  readonly treatment: Counts;
}

export interface ProportionComparison extends ProportionArms {
  readonly alpha: number;
}

/** Lift of a conversion rate: z-test and Wald interval with the unpooled standard error, Fieller's relative interval. */
export function compareProportions(comparison: ProportionComparison): Effect {
  return effectOf(proportionLift(comparison), comparison.alpha);
}

/** The lift of a conversion rate as any inference takes it. */
export function proportionLift({ control, treatment }: ProportionArms): LiftEstimate | InestimableEffect {
  if (control.n === 0n || treatment.n === 0n) return inestimable('too_few_users');
  return normalLift(proportionEstimate(control), proportionEstimate(treatment));
}

/** p and its squared standard error p (1 - p) / n, from at least one user. */
export function proportionEstimate({ n, sum }: Counts): ArmEstimate {
  requireCounts({ n, sum });
  return { n: Number(n), value: divide(sum, n), variance: divide(sum * (n - sum), n ** 3n) };
}

export interface PooledZTest {
  readonly control: number;
  readonly treatment: number;
  readonly lift: number;
  readonly z: number;
  readonly p: number;
  /** Unpooled Wald interval, the textbook companion of the pooled test; the two may disagree at the boundary. */
  readonly ci: Interval;
  readonly reason: null;
}

/**
 * The textbook two-proportion z-test with the pooled standard error, without continuity correction, as
 * statsmodels' `proportions_ztest` computes it. For comparison with other tools; decisions use {@link compareProportions}.
 */
export function pooledZTest({
  control,
  treatment,
  alpha,
}: ProportionComparison): PooledZTest | { readonly reason: Reason } {
  if (control.n === 0n || treatment.n === 0n) return { reason: 'too_few_users' };
  const c = proportionEstimate(control);
  const t = proportionEstimate(treatment);
  const pooled = proportionEstimate({ n: control.n + treatment.n, sum: control.sum + treatment.sum });
  // p (1 - p) / N grows to p (1 - p) (1/n_C + 1/n_T) by N² / (n_C n_T).
  const variance = pooled.variance * divide((control.n + treatment.n) ** 2n, control.n * treatment.n);
  if (variance === 0) return { reason: 'no_variance' };
  const lift = t.value - c.value;
  const z = lift / Math.sqrt(variance);
  const halfWidth = normalCritical(alpha) * Math.sqrt(c.variance + t.variance);
  return {
    control: c.value,
    treatment: t.value,
    lift,
    z,
    p: normalTwoSided(z),
    ci: [lift - halfWidth, lift + halfWidth],
    reason: null,
  };
}

/** Wilson's score interval of one proportion, from at least one user. */
export function wilsonInterval(counts: Counts, alpha: number): Interval {
  requireCounts(counts);
  const n = Number(counts.n);
  const p = divide(counts.sum, counts.n);
  const q = divide(counts.n - counts.sum, counts.n);
  const z2 = normalCritical(alpha) ** 2;
  const root = Math.sqrt(z2) * Math.sqrt((p * q) / n + z2 / (4 * n * n));
  // Each bound in its form without cancellation: the product of the quadratic's roots is p² (and q² seen from above).
  const lower = p ** 2 / (p + z2 / (2 * n) + root);
  const upper = 1 - q ** 2 / (q + z2 / (2 * n) + root);
  return [lower, upper];
}

/** Newcombe's hybrid score interval of treatment - control: sound for low counts, never outside [-1, 1]. */
export function newcombeInterval({ control, treatment, alpha }: ProportionComparison): Interval | null {
  if (control.n === 0n || treatment.n === 0n) return null;
  const c = divide(control.sum, control.n);
  const t = divide(treatment.sum, treatment.n);
  const [cLower, cUpper] = wilsonInterval(control, alpha);
  const [tLower, tUpper] = wilsonInterval(treatment, alpha);
  const lift = t - c;
  return [lift - Math.hypot(t - tLower, cUpper - c), lift + Math.hypot(tUpper - t, c - cLower)];
}

function requireCounts({ n, sum }: Counts): void {
  if (n < 1n || sum < 0n || sum > n) {
    throw new RangeError(`successes must lie between 0 and the ${n} users, got ${sum}`);
  }
}
