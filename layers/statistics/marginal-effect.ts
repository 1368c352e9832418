import { normalCritical, normalTwoSided } from './distributions.ts';
import type { Interval } from './effect.ts';
import { at, dot, type Matrix, multiply, sum } from './linear-algebra.ts';
import { type LogitCell, type LogitFit, sigmoid } from './logit.ts';

export interface MarginalEffect {
  /** Change of the probability of success, averaged over all users. */
  readonly value: number;
  readonly se: number;
  readonly z: number;
  readonly p: number;
  readonly ci: Interval;
}

/**
 * The average over all users of P(success | term = 1) - P(success | term = 0), for a term coded 0 and 1, with
 * delta-method errors from the model-based or the robust (HC1) covariance.
 */
export function averageMarginalEffect(
  fit: LogitFit,
  cells: readonly LogitCell[],
  term: string,
  inference: { readonly alpha: number; readonly errors: 'model' | 'robust' },
): MarginalEffect {
  const index = fit.terms.findIndex(({ name }) => name === term);
  if (index < 1) throw new RangeError(`the model has no term ${term}`);
  const beta = fit.terms.map(({ coefficient }) => coefficient);
  const covariance: Matrix = inference.errors === 'robust' ? fit.robustCovariance : fit.covariance;

  const sides = cells.map(({ x, trials }) => {
    const design = (value: number) => [1, ...x.map((own, i) => (i === index - 1 ? value : own))];
    return { share: trials / fit.users, treated: design(1), control: design(0) };
  });
  const value = sum(
    sides.map(
      ({ share, treated, control }) => share * (sigmoid(dot(treated, beta)) - sigmoid(dot(control, beta))),
    ),
  );
  const slope = (x: readonly number[]) => sigmoid(dot(x, beta)) * sigmoid(-dot(x, beta));
  const gradient = beta.map((_, i) =>
    sum(
      sides.map(
        ({ share, treated, control }) =>
          share * (slope(treated) * at(treated, i) - slope(control) * at(control, i)),
      ),
    ),
  );
  const se = Math.sqrt(dot(gradient, multiply(covariance, gradient)));
  const halfWidth = normalCritical(inference.alpha) * se;
  const z = value / se;
  return { value, se, z, p: normalTwoSided(z), ci: [value - halfWidth, value + halfWidth] };
}
