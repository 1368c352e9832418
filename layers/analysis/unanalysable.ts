import type { ExperimentSettings } from '../experiment/config.ts';
import type { ExperimentMeasurement } from '../experiment/measurements.ts';
import { similarLabel } from '../experiment/similar-labels.ts';
import { ConfigError, DataError } from '../platform/errors.ts';
import { formatMoment } from '../report/format.ts';

/** What leaves an experiment without arms to compare, or null: a control that is not there, or nobody in any arm. */
export function unanalysable(
  { experimentId, arms, crossovers }: Pick<ExperimentMeasurement, 'experimentId' | 'arms' | 'crossovers'>,
  { control }: Pick<ExperimentSettings, 'control'>,
  asOf: string | null,
): ConfigError | DataError | null {
  if (arms.length === 0) return nobodyAssigned(experimentId, crossovers, asOf);
  const variants = arms.map(({ variant }) => variant);
  if (variants.includes(control)) return null;
  const like = similarLabel(control, variants);
  return new ConfigError({
    what: `experiment "${experimentId}" has no arm "${control}", its arms are ${variants.map((variant) => `"${variant}"`).join(', ')}`,
    where: `experiments.${experimentId}.control, or experiments."*".control`,
    remedy:
      like === undefined ? 'Name the arm that is the control in experiment.yaml' : `Did you mean "${like}"?`,
  });
}

function nobodyAssigned(experimentId: string, crossovers: number, asOf: string | null): DataError {
  if (crossovers > 0) {
    return new DataError({
      what: `every user of experiment "${experimentId}" was assigned to several variants`,
      where: 'experiment_assignments.variant',
      remedy:
        'Check the assignment service, or take the rows of this experiment out of experiment_assignments',
    });
  }
  const when = asOf === null ? '' : ` before ${formatMoment(asOf)}, where the data end`;
  return new DataError({
    what: `no user of experiment "${experimentId}" was assigned${when}`,
    where: 'experiment_assignments.assigned_ts',
    remedy:
      'Correct the times of the assignments, upload the events that follow them, or name a later end in experiment.yaml: as_of',
  });
}
