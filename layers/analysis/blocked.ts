import type { ExperimentSettings } from '../experiment/config.ts';
import type { ExperimentMeasurement, Measurements } from '../experiment/measurements.ts';
import type { PipelineError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { formatCount, formatQuantity } from '../report/format.ts';
import { metricLabel } from '../report/labels.ts';
import type { RunPlan } from '../runs/documents.ts';
import type { Arm } from './arm.ts';
import type { RoleOfMetric } from './compare-metrics.ts';
import { absentEvent } from './missing-events.ts';

type Run = Pick<RunPlan, 'config' | 'unavailable'> & Pick<Measurements, 'eventNames'>;

/** Why there is nothing to decide on, however long the experiment runs as it is configured. */
export interface Blocked {
  readonly action: 'invalid' | 'keep_running';
  readonly rule: 'not_analysable' | 'nobody_exposed' | 'no_window_ended' | 'primary_not_in_data';
  readonly reason: string;
}

/** The reason of an experiment whose arms cannot be compared, while others of the run can. */
export function blockedForGood({ fault: { what, remedy } }: PipelineError): Blocked {
  return {
    action: 'invalid',
    rule: 'not_analysable',
    reason: `${what.charAt(0).toUpperCase()}${what.slice(1)}.${remedy === undefined ? '' : ` ${remedy}${/[.?]$/.test(remedy) ? '' : '.'}`}`,
  };
}

/** What keeps an experiment from being decided before any number is looked at, or null. */
export function blockedBy(
  measurement: Pick<ExperimentMeasurement, 'experimentId' | 'earlyExposures' | 'immatureUsers'>,
  arms: readonly Arm[],
  settings: ExperimentSettings,
  roles: readonly RoleOfMetric[],
  run: Run,
): Blocked | null {
  const { experimentId } = measurement;
  if (arms.every(({ exposed }) => exposed === 0)) {
    const reason = `Nobody was exposed: ${whyNobody(measurement, settings, run)}.`;
    return { action: 'invalid', rule: 'nobody_exposed', reason };
  }
  if (arms.every(({ users }) => users === 0)) {
    const reason = `Nobody is analysed yet: the outcome window of all ${formatQuantity(measurement.immatureUsers, 'exposed user')} is still open, and immature: exclude leaves them out. Wait, or shorten outcome_window_days.`;
    return { action: 'keep_running', rule: 'no_window_ended', reason };
  }
  const primary = roles.find(({ role }) => role === 'primary');
  if (primary === undefined || primary.unavailable === null) return null;
  const isMissing = run.unavailable.some(
    ({ kind, name }) => kind === 'metric' && name === primary.metric.name,
  );
  const isAbsent = absentEvent(primary.metric, arms, run.config.events, run.eventNames) !== null;
  if (!isMissing && !isAbsent) return null;
  const remedy = isMissing
    ? 'Add it to the files or say in experiment.yaml what it is called there (schema)'
    : 'Say in experiment.yaml what it is called (events, event_aliases or the metric)';
  return {
    action: 'invalid',
    rule: 'primary_not_in_data',
    reason: `${metricLabel(primary.metric.name)}, the primary metric, cannot be computed: ${primary.unavailable}. ${remedy}, or choose another primary metric: experiments: { ${experimentId}: { primary: <metric> } }.`,
  };
}

function whyNobody(
  { experimentId, earlyExposures }: Parameters<typeof blockedBy>[0],
  { exposure }: ExperimentSettings,
  { config, eventNames }: Run,
): string {
  if (exposure === 'assignment') return 'nobody is assigned to an arm of the experiment and to no other';
  const event = exposure.event ?? config.events.exposure;
  const put = (name: string) =>
    exposure.event === undefined
      ? `events: { exposure: ${name} }`
      : `experiments: { ${experimentId}: { exposure: { event: ${name} } } }`;
  if (eventNames !== undefined && !eventNames.includes(event)) {
    const near = nearest(event, eventNames);
    return near === undefined
      ? `no event is called "${event}"${thereAre(eventNames)}. Name the one that exposes a user in experiment.yaml and run the same files again: ${put('<its name>')}, or let everyone count from the assignment on: experiments: { ${experimentId}: { exposure: assignment } }`
      : `no event is called "${event}". Did you mean "${near}"? Then put this into experiment.yaml and run the same files again: ${put(near)}`;
  }
  const { usersLeftOut } = earlyExposures;
  if (usersLeftOut > 0) {
    return `${formatCount(usersLeftOut)} ${usersLeftOut === 1 ? 'user has' : 'users have'} an event "${event}", all of them only before the assignment. Check that assigned_ts is the time of the assignment`;
  }
  return `no assigned user has an event "${event}" at or after the assignment. Check that events and assignments call users the same, and that assigned_ts is the time of the assignment`;
}

const shownNames = 8;

function thereAre(names: readonly string[]): string {
  if (names.length === 0) return '';
  return `; there are ${names.slice(0, shownNames).join(', ')}${names.length > shownNames ? ' and others' : ''}`;
}
