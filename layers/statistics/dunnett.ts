import { normalDensity, normalSurvival, normalUpperQuantile } from './distributions.ts';
import type { ArmEstimate } from './effect.ts';
import { gaussLegendre } from './quadrature.ts';

/**
 * Dunnett's adjustment for several treatments against one control: less strict than Holm's first step, since the
 * lifts share the control and are correlated. `pValues[i]` is the two-sided p of `treatments[i]`; a t-test enters by
 * its p, so that a single treatment keeps it.
 */
export function dunnett(
  control: ArmEstimate,
  treatments: readonly ArmEstimate[],
  pValues: readonly number[],
): number[] {
  if (pValues.length !== treatments.length)
    throw new RangeError('dunnett needs one p-value for each treatment');
  const loadings = sharedLoadings(control, treatments);
  return pValues.map((p) => {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`a p-value must lie between 0 and 1, got ${p}`);
    if (p === 0 || p === 1 || loadings.length === 1) return p;
    // Never below the p-value itself, which quadrature could undercut in the last digits.
    return Math.min(1, Math.max(p, anyBeyond(normalUpperQuantile(p / 2), loadings)));
  });
}

/**
 * The level for each single comparison at which the family keeps `alpha`: the alpha to give to each test and interval,
 * which are simultaneous then. A comparison's p lies below it exactly when its adjusted p lies below `alpha`.
 */
export function dunnettLevel(
  control: ArmEstimate,
  treatments: readonly ArmEstimate[],
  alpha: number,
): number {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must lie in (0, 1), got ${alpha}`);
  const loadings = sharedLoadings(control, treatments);
  if (loadings.length <= 1) return alpha;
  let low = normalUpperQuantile(alpha / 2);
  let high = normalUpperQuantile(alpha / loadings.length / 2);
  for (let i = 0; i < 60 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2;
    if (anyBeyond(middle, loadings) > alpha) low = middle;
    else high = middle;
  }
  return 2 * normalSurvival((low + high) / 2);
}

/** How much of each lift's standard error is the control's: the correlation of two lifts is the product of theirs. */
function sharedLoadings(control: ArmEstimate, treatments: readonly ArmEstimate[]): number[] {
  return treatments.map(({ variance }) => {
    const total = control.variance + variance;
    if (!(total > 0)) throw new RangeError('dunnett needs arms with variance');
    return Math.sqrt(control.variance / total);
  });
}

const panelRule = gaussLegendre(16);

/** P(some |Z_i| > bound), by integration over the control's share of the error, given which the lifts are independent. */
function anyBeyond(bound: number, loadings: readonly number[]): number {
  const edges = panelEdges(bound, loadings);
  let total = 0;
  for (const [i, end] of edges.entries()) {
    const start = edges[i - 1] ?? 0;
    // A loading of one makes its step without width, on which the integrand is not defined.
    if (!(end > start)) continue;
    const half = (end - start) / 2;
    for (const { node, weight } of panelRule) {
      const shared = start + half * (1 + node);
      total += half * weight * normalDensity(shared) * anyBeyondGiven(shared, bound, loadings);
    }
  }
  // The integrand is even.
  return 2 * total;
}

/** Ends of the panels from zero up: units, and narrower ones around each step that a loading near one makes. */
function panelEdges(bound: number, loadings: readonly number[]): number[] {
  const reach = Math.ceil(bound) + 9;
  const units = Array.from({ length: reach }, (_, i) => i + 1);
  const steps = [...new Set(loadings)].flatMap((loading) => {
    const width = Math.sqrt(1 - loading * loading) / loading;
    return [-9, -6, -3, -1, 1, 3, 6, 9].map((deviations) => bound / loading + deviations * width);
  });
  return [...units, ...steps.filter((edge) => edge > 0 && edge < reach)].sort((a, b) => a - b);
}

function anyBeyondGiven(shared: number, bound: number, loadings: readonly number[]): number {
  let logAllWithin = 0;
  for (const loading of loadings) {
    const own = Math.sqrt(1 - loading * loading);
    const above = normalSurvival((bound - loading * shared) / own);
    const below = normalSurvival((bound + loading * shared) / own);
    logAllWithin += Math.log1p(-Math.min(above + below, 1));
  }
  return -Math.expm1(logAllWithin);
}
