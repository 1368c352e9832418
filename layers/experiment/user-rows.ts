import type { ColumnSource } from '../data/column-binding.ts';
import { type Config, fileNamesOf } from './config.ts';

/** Whether events are read from the assignments' own file, whose rows have arm and outcome side by side, and no event is an exposure. */
export function haveOutcomesInRows({ raw, experiments }: Pick<Config, 'raw' | 'experiments'>): boolean {
  const { events, experiment_assignments } = fileNamesOf(raw);
  return events === experiment_assignments && haveNoExposures(experiments);
}

/**
 * Whether a row is a user with his outcome: an event has the id of its user and the time of his assignment. Outcomes are
 * complete as they come then, and no window is open.
 */
export function isRowAUser({ schema, experiments }: Pick<Config, 'schema' | 'experiments'>): boolean {
  const { events, experiment_assignments } = schema;
  const areSame = (one: ColumnSource, other: ColumnSource) => JSON.stringify(one) === JSON.stringify(other);
  return (
    haveNoExposures(experiments) &&
    areSame(events.event_id ?? 'event_id', events.user_id ?? 'user_id') &&
    areSame(events.event_ts ?? 'event_ts', experiment_assignments.assigned_ts ?? 'assigned_ts')
  );
}

function haveNoExposures(experiments: Config['experiments']): boolean {
  return Object.values(experiments).every(({ exposure }) => exposure === 'assignment');
}
