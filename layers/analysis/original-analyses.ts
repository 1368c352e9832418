import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import { eventColumns } from '../experiment/outcome-columns.ts';
import type { OriginalAnalyses } from '../report/schema.ts';
import { fitLogit } from '../statistics/logit.ts';
import { pooledZTest } from '../statistics/proportion.ts';
import type { Arm } from './arm.ts';

const descriptive =
  'Descriptive only: events_in_window happens after exposure, so the treatment can change it, and holding it fixed biases the coefficient of is_treatment.';

/** The two analyses of the original Python project, for comparison with its printed results. */
export function originalAnalyses(
  { logitCells }: Pick<ExperimentMeasurement, 'logitCells'>,
  control: Arm,
  treatment: Arm,
  alpha: number,
): OriginalAnalyses {
  const counts = ({ aggregates }: Arm) => aggregates.moments(eventColumns.purchased.column);
  const pooled = pooledZTest({ control: counts(control), treatment: counts(treatment), alpha });
  const fit = fitLogit({
    terms: ['is_treatment', 'events_in_window'],
    cells: logitCells
      .filter(({ variant }) => variant === control.variant || variant === treatment.variant)
      .map(({ variant, eventsInWindow, users, purchased }) => ({
        x: [variant === treatment.variant ? 1 : 0, eventsInWindow],
        trials: users,
        successes: purchased,
      })),
  });
  return {
    variant: treatment.variant,
    twoProportionZ:
      pooled.reason === null
        ? {
            control: pooled.control,
            treatment: pooled.treatment,
            lift: pooled.lift,
            z: pooled.z,
            p: pooled.p,
            ci: [...pooled.ci],
          }
        : { reason: pooled.reason },
    logit:
      fit.reason === null
        ? {
            note: descriptive,
            terms: fit.terms.map(({ name, coefficient, se, z, p }) => ({
              name: termName(name),
              coefficient,
              se,
              z,
              p,
            })),
          }
        : { note: descriptive, reason: fit.reason },
  };
}

function termName(name: string): 'intercept' | 'is_treatment' | 'events_in_window' {
  if (name === 'intercept' || name === 'is_treatment' || name === 'events_in_window') return name;
  throw new Error(`the model has no term "${name}"`);
}
