import {
  MAX_NONCENTRALITY,
  noncentralTSurvival,
  normalCritical,
  normalSurvival,
  normalUpperQuantile,
  studentTCritical,
} from './distributions.ts';

export interface Design {
  /** Two-sided level of the test. */
  readonly alpha: number;
  /** Probability to detect the effect if it is there. */
  readonly power: number;
  /** Treatment users per control user; 1 for equal arms. */
  readonly allocation?: number;
  /** Factor on the users that looking before the end costs, see sequential-power.ts; 1 for a test at a fixed end. */
  readonly inflation?: number;
}

export interface SampleSize {
  readonly control: number;
  readonly treatment: number;
}

/** Users per arm to detect a change of a conversion rate from `baseline` by `lift` (absolute); normal approximation. */
export function sampleSizeForProportion(
  plan: Design & { readonly baseline: number; readonly lift: number },
): SampleSize {
  const rate = plan.baseline + plan.lift;
  requireRate(plan.baseline);
  requireRate(rate);
  const controlVariance = plan.baseline * (1 - plan.baseline);
  return sampleSize(plan, plan.lift, controlVariance, rate * (1 - rate));
}

/** Users per arm to detect a change of a mean by `lift`, given the variance of one user; normal approximation. */
export function sampleSizeForMean(
  plan: Design & { readonly variance: number; readonly lift: number },
): SampleSize {
  if (!(plan.variance > 0)) throw new RangeError(`variance must be positive, got ${plan.variance}`);
  return sampleSize(plan, plan.lift, plan.variance, plan.variance);
}

/** Smallest positive absolute lift of a conversion rate that the users suffice to detect; null if even 100 % is not enough. */
export function detectableLiftOfProportion(
  plan: Design & SampleSize & { readonly baseline: number },
): number | null {
  requireRate(plan.baseline);
  const { baseline: p } = plan;
  const k2 = detectability(plan) ** 2;
  // lift² = k² (p(1-p)/n_C + (p+lift)(1-p-lift)/n_T), solved for lift.
  const a = 1 + k2 / plan.treatment;
  const b = (k2 * (1 - 2 * p)) / plan.treatment;
  const c = k2 * p * (1 - p) * (1 / plan.control + 1 / plan.treatment);
  const lift = (b + Math.sqrt(b * b + 4 * a * c)) / (2 * a);
  return p + lift < 1 ? lift : null;
}

/** Smallest absolute lift of a mean that the users suffice to detect; normal approximation. */
export function detectableLiftOfMean(plan: Design & SampleSize & { readonly variance: number }): number {
  return detectability(plan) * Math.sqrt(plan.variance / plan.control + plan.variance / plan.treatment);
}

/** Above this the normal limit differs from noncentral t by less than 1e-5. */
const MAX_DF_WITH_CORRECTION = 100_000;

/**
 * Power of the two-sided two-sample t-test with equal variances, by the noncentral t distribution. Beyond 15
 * standard errors it is the power at 15: a lower bound, and certainty unless there is but a handful of users.
 */
export function powerForMean(
  plan: SampleSize & { readonly variance: number; readonly lift: number; readonly alpha: number },
): number {
  const df = plan.control + plan.treatment - 2;
  if (!(df > 0)) throw new RangeError('the power of a t-test needs more than two users');
  const standardError = Math.sqrt(plan.variance / plan.control + plan.variance / plan.treatment);
  const shift = Math.min(Math.abs(plan.lift) / standardError, MAX_NONCENTRALITY);
  if (df > MAX_DF_WITH_CORRECTION) {
    const critical = normalCritical(plan.alpha);
    return normalSurvival(critical - shift) + normalSurvival(critical + shift);
  }
  const critical = studentTCritical(plan.alpha, df);
  return noncentralTSurvival(critical, df, shift) + 1 - noncentralTSurvival(-critical, df, shift);
}

/** Power of a two-sided test that rejects beyond `critical` standard errors, for a normal estimate of a lift. */
export function powerOfTest(test: {
  readonly lift: number;
  readonly standardError: number;
  readonly critical: number;
}): number {
  if (!(test.standardError > 0)) {
    throw new RangeError(`a standard error must be positive, got ${test.standardError}`);
  }
  const shift = Math.abs(test.lift) / test.standardError;
  return normalSurvival(test.critical - shift) + normalSurvival(test.critical + shift);
}

/**
 * By what factor a running experiment's users must grow to detect `lift`, its error shrinking with their number; 1 or
 * less when they suffice. Neglects the chance to be significant in the wrong direction.
 */
export function growthToDetect(
  plan: Design & { readonly lift: number; readonly standardError: number },
): number {
  if (plan.lift === 0) throw new RangeError('no number of users detects a lift of zero');
  return ((detectability(plan) * plan.standardError) / plan.lift) ** 2;
}

function sampleSize(
  design: Design,
  lift: number,
  controlVariance: number,
  treatmentVariance: number,
): SampleSize {
  if (lift === 0 || !Number.isFinite(lift))
    throw new RangeError(`lift must be finite and not zero, got ${lift}`);
  const { allocation = 1 } = design;
  const control = (detectability(design) / lift) ** 2 * (controlVariance + treatmentVariance / allocation);
  return { control: Math.ceil(control), treatment: Math.ceil(control * allocation) };
}

/** Standard errors an effect must measure: z_{1-alpha/2} + z_power, of a test at a fixed end. */
function detectability({ alpha, power, inflation = 1 }: Design): number {
  if (!(inflation >= 1)) throw new RangeError(`inflation must be 1 or more, got ${inflation}`);
  return (normalCritical(alpha) + normalUpperQuantile(1 - power)) * Math.sqrt(inflation);
}

function requireRate(rate: number): void {
  if (!(rate > 0 && rate < 1))
    throw new RangeError(`a conversion rate must lie strictly between 0 and 1, got ${rate}`);
}
