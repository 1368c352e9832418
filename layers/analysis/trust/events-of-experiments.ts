import { plainName } from '../../data/column-words.ts';
import { type Check, counted, type LoggingInput } from './check.ts';

const names = ['experiment', 'experiment_id', 'experiment_key', 'experiment_name', 'exp_id', 'ab_test'];

/** Whether the events name the experiment they belong to, which nothing looks at: they count for every experiment of their user. */
export const eventsOfExperiments: Check<LoggingInput> = {
  name: 'events_of_experiments',
  label: 'Events that name their experiment',
  evaluate({ run: { eventColumns = [], experiments = [] } }: LoggingInput) {
    const column = eventColumns.find((name) => names.includes(plainName(name)));
    if (column === undefined) return counted(false, 'Events name no experiment.');
    return counted(
      experiments.length > 1,
      `The events have a column "${column}", which is not used: an event counts for every experiment of its user. Where it should count for the named one alone, analyse each experiment's events in a folder of their own.`,
    );
  },
};
