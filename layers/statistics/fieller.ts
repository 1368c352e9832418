/** Lower and upper bound, both finite. */
export type Interval = readonly [lower: number, upper: number];

/** The reference distribution of lift / standard error; `df` is null for the normal. */
export type Reference =
  | { readonly name: 'z_unpooled'; readonly df: null }
  | { readonly name: 'welch_t'; readonly df: number };

/**
 * What every method makes of two arms, and all that any inference needs: the lift, the baseline that its relative
 * form is divided by, how the two vary together, and the distribution that the statistic follows.
 */
export interface LiftEstimate {
  readonly reason: null;
  readonly lift: number;
  readonly liftVariance: number;
  readonly baseline: number;
  readonly baselineVariance: number;
  /** Cov(lift, baseline); minus the baseline's variance for independent arms. */
  readonly covariance: number;
  /** Of both arms. */
  readonly users: number;
  readonly reference: Reference;
  /** Of lift / standard error, for which its distribution is corrected; none where it is not known. */
  readonly skewness?: number;
}

/** Why there is no relative interval although there is an absolute one. */
export type RelativeReason =
  /** The control's estimate is zero: nothing to relate to. */
  | 'zero_baseline'
  /** The control's estimate is not distinguishable from zero at this level (Fieller's g >= 1). */
  | 'unbounded'
  /** The result lies outside the range of a double. */
  | 'not_representable';

export type FiellerInterval =
  | { readonly interval: Interval; readonly reason: null }
  | { readonly interval: null; readonly reason: RelativeReason };

/**
 * Fieller's interval for lift / |baseline|: all L with (lift - L·|baseline|)² <= critical² Var(lift - L·|baseline|).
 * At L = 0 that is the absolute test, so it excludes zero exactly when the absolute interval does.
 */
export function fiellerInterval(estimate: LiftEstimate, critical: number): FiellerInterval {
  const { baseline } = estimate;
  if (baseline === 0) return { interval: null, reason: 'zero_baseline' };
  // In units of |baseline|: d the lift, then half-widths of the lift and of the baseline, and their covariance.
  const unit = Math.abs(baseline);
  const d = estimate.lift / unit;
  const liftHalfWidth = (critical * Math.sqrt(estimate.liftVariance)) / unit;
  const g = ((critical * Math.sqrt(estimate.baselineVariance)) / unit) ** 2;
  const covariance = Math.sign(baseline) * ((critical * estimate.covariance) / unit) * (critical / unit);
  if (g >= 1) return { interval: null, reason: 'unbounded' };

  // (1 - g) L² - 2 (d - covariance) L + (d² - liftHalfWidth²) = 0, in the form without cancellation.
  const a = 1 - g;
  const b = d - covariance;
  const c = (d - liftHalfWidth) * (d + liftHalfWidth);
  const root = Math.sqrt(Math.max(b * b - a * c, 0));
  const q = b < 0 ? b - root : b + root;
  const far = q / a;
  const near = c / q;
  // d satisfies the inequality at every level; rounding must not leave it outside an interval that is a point.
  const interval: Interval = [Math.min(far, near, d), Math.max(far, near, d)];
  if (!interval.every(Number.isFinite)) return { interval: null, reason: 'not_representable' };
  return { interval, reason: null };
}
