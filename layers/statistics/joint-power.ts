import { normalUpperQuantile } from './distributions.ts';
import { dunnettLevel } from './dunnett.ts';
import type { SampleSize } from './power.ts';

/** How the comparisons of several treatments with one control share their level. */
export type Sharing = 'none' | 'holm' | 'dunnett';

/**
 * Two-sided level at which one comparison is sure to be judged, whatever becomes of the others. Holm's is Bonferroni's,
 * since its later steps take that others are significant; Dunnett's knows that the treatments share the control.
 * `allocation` is treatment users per control user, with one variance in all arms.
 */
export function levelOfComparison(plan: {
  readonly alpha: number;
  readonly treatments: number;
  readonly sharing: Sharing;
  readonly allocation?: number;
}): number {
  const { alpha, treatments, sharing, allocation = 1 } = plan;
  if (!(Number.isInteger(treatments) && treatments >= 1)) {
    throw new RangeError(`an experiment has one treatment or more, got ${treatments}`);
  }
  if (sharing === 'none' || treatments === 1) return alpha;
  if (sharing === 'holm') return alpha / treatments;
  const treatment = { n: allocation, value: 0, variance: 1 / allocation };
  const arms = Array.from({ length: treatments }, () => treatment);
  return dunnettLevel({ n: 1, value: 0, variance: 1 }, arms, alpha);
}

/**
 * Power that each of several tests takes so that all of them hold together with at least `power`: 1 - (1 - power) / m,
 * under any dependence (Bonferroni on beta). The level needs no such correction where all must hold.
 */
export function powerOfEach(power: number, tests: number): number {
  return 1 - (1 - power) / tests;
}

/** What a whole experiment asks for: the level and the power of all of its comparisons together. */
export interface JointGoal {
  readonly alpha: number;
  /** That the lift is found, and that all guardrails hold which must be shown to. */
  readonly power: number;
  readonly treatments: number;
  readonly sharing: Sharing;
  readonly allocation?: number;
  /** Guardrails that must be shown to hold. */
  readonly guardrails: number;
}

/** The level of the comparison of one treatment, and the power of each test, that the whole experiment's ask for. */
export function goalOfEach(goal: JointGoal): { readonly alpha: number; readonly power: number } {
  return { alpha: levelOfComparison(goal), power: powerOfEach(goal.power, 1 + goal.guardrails) };
}

/**
 * Users per arm to show that a rate which the treatment leaves as it is stays within a relative limit, by the one-sided
 * test of non-inferiority: `limit` is -0.02 where it may fall by 2 %, 0.02 where it may rise. Normal approximation.
 */
export function sampleSizeForGuardrail(plan: {
  /** One-sided. */
  readonly alpha: number;
  readonly power: number;
  readonly allocation?: number;
  readonly baseline: number;
  readonly limit: number;
  /** Factor on the users that looking before the end costs, see sequential-power.ts. */
  readonly inflation?: number;
}): SampleSize {
  const { alpha, power, allocation = 1, baseline, limit, inflation = 1 } = plan;
  if (!(baseline > 0 && baseline < 1)) {
    throw new RangeError(`a conversion rate must lie strictly between 0 and 1, got ${baseline}`);
  }
  if (!(limit > -1 && Number.isFinite(limit)) || limit === 0) {
    throw new RangeError(`a guardrail's limit must be above -1 and not zero, got ${limit}`);
  }
  const sought = normalUpperQuantile(alpha) + normalUpperQuantile(1 - power);
  // Var(T - (1 + limit) C): the limit moves with the control's estimate.
  const variance = baseline * (1 - baseline) * (1 / allocation + (1 + limit) ** 2);
  const control = (sought / (limit * baseline)) ** 2 * variance * inflation;
  return { control: Math.ceil(control), treatment: Math.ceil(control * allocation) };
}
