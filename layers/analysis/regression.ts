import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import type { Regression } from '../report/schema.ts';
import { normalTwoSided } from '../statistics/distributions.ts';
import { fitLogit, type LogitCell, type LogitFit } from '../statistics/logit.ts';
import { averageMarginalEffect } from '../statistics/marginal-effect.ts';
import type { Sample } from './sample.ts';

type Cell = ExperimentMeasurement['adjustedCells'][number];

const covariates = [
  { name: 'pre_events', of: (cell: Cell) => cell.preEvents },
  { name: 'pre_purchased', of: (cell: Cell) => Number(cell.prePurchased) },
];

const note =
  'The covariates come from before the exposure, so no treatment can have changed them. Odds ratios depend on the covariates; the average marginal effect is a change of the purchase rate, comparable with the unadjusted difference.';

/**
 * Logistic regression of purchased on the treatment, the events and a purchase before the exposure, with robust errors
 * (HC1), for each treatment. A covariate that is the same for all users is left out. Empty without cells.
 */
export function adjustedRegressions(
  cells: ExperimentMeasurement['adjustedCells'],
  { control, treatments }: Sample,
  alpha: number,
): Regression[] {
  if (cells.length === 0) return [];
  return treatments.map(({ variant }): Regression => {
    const own = cells.filter((cell) => cell.variant === control.variant || cell.variant === variant);
    const terms = [
      { name: 'is_treatment', of: (cell: Cell) => Number(cell.variant === variant) },
      ...covariates.filter(({ of }) => new Set(own.map(of)).size > 1),
    ];
    const design = own.map((cell) => ({
      x: terms.map(({ of }) => of(cell)),
      trials: cell.users,
      successes: cell.purchased,
    }));
    const fit = fitLogit({ terms: terms.map(({ name }) => name), cells: design });
    return {
      variant,
      covariates: terms.slice(1).map(({ name }) => name),
      standardErrors: 'hc1',
      note,
      result:
        fit.reason === null
          ? {
              terms: fit.terms.map(({ name, coefficient }, i) => {
                const se = Math.sqrt(fit.robustCovariance[i]?.[i] ?? Number.NaN);
                const z = coefficient / se;
                return { name, coefficient, se, z, p: normalTwoSided(z) };
              }),
              averageMarginalEffect: marginalEffect(fit, design, alpha),
            }
          : { reason: fit.reason },
    };
  });
}

function marginalEffect(fit: LogitFit, cells: readonly LogitCell[], alpha: number) {
  const { ci, ...effect } = averageMarginalEffect(fit, cells, 'is_treatment', { alpha, errors: 'robust' });
  return { ...effect, ci: [...ci] as [number, number] };
}
