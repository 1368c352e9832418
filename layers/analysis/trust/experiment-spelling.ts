import { isSameLabel, renamingLine } from '../../experiment/similar-labels.ts';
import { formatQuantity } from '../../report/format.ts';
import { type Check, counted, type LoggingInput } from './check.ts';

/** Whether another experiment of the run differs from this one in the spelling of its id alone: both are parts of one. */
export const experimentSpelling: Check<LoggingInput> = {
  name: 'experiment_spelling',
  label: 'One experiment under two names',
  evaluate({ measurement: { experimentId }, run }: LoggingInput) {
    const alike = (run.experiments ?? [])
      .filter(({ experimentId: other }) => isSameLabel(other, experimentId))
      .toSorted((a, b) => b.assigned - a.assigned);
    const [largest] = alike;
    if (largest === undefined || alike.length < 2) {
      return counted(false, 'No other experiment has nearly the same id.');
    }
    const told = alike.map(
      ({ experimentId: id, assigned }) => `"${id}" (${formatQuantity(assigned, 'user')})`,
    );
    const renamed = alike.slice(1).map(({ experimentId: id }) => [id, largest.experimentId] as const);
    return {
      status: 'fail',
      explanation: `${told.join(' and ')} are probably one experiment, of which each is a part. Put this into experiment.yaml and run the same files again: ${renamingLine('experiment_id', renamed, run.config.schema)}.`,
    };
  },
};
