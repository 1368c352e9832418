import { type DatasetName, datasetContracts, type OnFail } from '../../data/datasets/index.ts';
import {
  dateAloneNote,
  limitRules,
  respelledNote,
  roundedNote,
  unreadAmountNote,
  windowsNote,
} from '../../data/values.ts';
import type { Config } from '../../experiment/config.ts';
import { identifier, literal, timestamp } from '../../platform/sql.ts';
import { endOfUploadDay } from '../../runs/received.ts';

/** A rule over the typed rows of the view `judged_<dataset>`. */
export interface Rule {
  readonly dataset: DatasetName;
  readonly column: string;
  readonly rule: string;
  readonly onFail: OnFail;
  /** SQL that is true for a row that breaks the rule; never NULL. */
  readonly when: string;
  /** SQL of what to show of such a row. */
  readonly value: string;
  /** What a person is told. */
  readonly reason: string;
  /** What a person can do. */
  readonly remedy: string;
}

export interface RuleContext {
  readonly config: Pick<Config, 'events'>;
  readonly present: readonly DatasetName[];
  /** ISO instant at which the newest file was uploaded: what happened after its day lies in the future. */
  readonly newestInput: string;
  /** ISO instant up to which the data are to be used, where it is given. */
  readonly asOf: string | null;
}

/**
 * Every rule that typed rows are held to, beyond those of their values alone (data/values.ts), in the order in
 * which a row is told which one it breaks.
 */
export function rowRules(context: RuleContext): Rule[] {
  const { present } = context;
  return [
    noUser,
    ...present.flatMap((dataset) => [...references(dataset, present), ...limits(dataset), ...notes(dataset)]),
  ]
    .concat(oddities(context))
    .filter(({ dataset }) => present.includes(dataset));
}

const noUser: Rule = {
  dataset: 'events',
  column: 'user_id',
  rule: 'no_user',
  onFail: 'quarantine',
  when: 'user_id IS NULL',
  value: "coalesce('session_id ' || session_id, '')",
  reason: 'the event names no user, and no session that has one',
  remedy: 'Give events a user_id, or a session_id of the sessions file',
};

function references(dataset: DatasetName, present: readonly DatasetName[]): Rule[] {
  return datasetContracts[dataset].references
    .filter((reference) => present.includes(reference.dataset))
    .map((reference) => ({
      dataset,
      column: reference.column,
      rule: `unknown_${reference.key.replace(/_id$/, '')}`,
      onFail: reference.onFail,
      when: `${identifier(reference.column)} IS NOT NULL AND NOT _${reference.dataset}_known`,
      value: identifier(reference.column),
      reason: `no row of ${reference.dataset} has this ${reference.key}`,
      remedy: `Export ${reference.dataset} as of the same moment`,
    }));
}

/** Limits that the contract only warns of: `stage` takes out the rows that break the others. */
function limits(dataset: DatasetName): Rule[] {
  return datasetContracts[dataset].columns.flatMap((column) =>
    limitRules(column, identifier(column.name))
      .filter(({ onFail }) => onFail === 'warn')
      .map(({ rule, broken, complaint }) =>
        warn(dataset, column.name, rule, broken, `${column.name} ${complaint}`, checkAmounts),
      ),
  );
}

/** What `stage` noted of how it read a row. */
function notes(dataset: DatasetName): Rule[] {
  const { columns, key } = datasetContracts[dataset];
  const subject = columns.find(({ name }) => name === 'user_id')?.name ?? key[0] ?? '';
  const noted = (column: string, rule: string, meaning: string, remedy: string) =>
    warn(dataset, column, rule, `contains(_notes, ${literal(rule)})`, meaning, remedy);
  return [
    ...columns
      .filter(({ type }) => type === 'money')
      .map(({ name }) =>
        noted(name, roundedNote, 'more than two decimals: rounded half to even', checkAmounts),
      ),
    ...(dataset === 'events'
      ? [
          noted(
            'revenue',
            unreadAmountNote,
            'the amount of a purchase cannot be read: it counts as a purchase, and no money with it',
            'Say how amounts are written, such as schema: { events: { revenue: { column: revenue, decimal: ",", thousands: ".", strip_currency: true } } }, or correct them',
          ),
        ]
      : []),
    ...columns
      .filter(({ dateAlone }) => dateAlone !== undefined)
      .map(({ name }) =>
        noted(
          name,
          dateAloneNote,
          'a date without a time: taken as the end of its day, after every assignment of that day',
          'Export the time as well: what came first on a day is not known',
        ),
      ),
    noted(
      subject,
      respelledNote,
      'an id that other files may write in another way: taken as one id',
      'Nothing, unless ids that differ in this way alone are several',
    ),
    noted(
      subject,
      windowsNote,
      'the file is no UTF-8: read as windows-1252, as Excel writes it in Europe',
      'Check the letters beyond ASCII; save the file as UTF-8',
    ),
  ];
}

const checkClocks = 'Check the clocks and time zones of the sources; a run goes on';
const checkAmounts = 'Check that it is meant; a run takes the row as it is';

function warn(
  dataset: DatasetName,
  column: string,
  rule: string,
  when: string,
  reason: string,
  remedy = checkClocks,
): Rule {
  return {
    dataset,
    column,
    rule,
    onFail: 'warn',
    when: `coalesce(${when}, false)`,
    value: identifier(column),
    reason,
    remedy,
  };
}

/**
 * One event of a wrong year would close every window and reach every planned end, so it is set aside. Other rows decide
 * nothing that lies after the last event.
 */
function inTheFuture(dataset: DatasetName, column: string, newestInput: string): Rule {
  const when = `${column} >= ${timestamp(endOfUploadDay(newestInput))}`;
  const rule = warn(
    dataset,
    column,
    'in_the_future',
    when,
    'after the day on which the newest file was uploaded',
  );
  if (dataset !== 'events') return rule;
  const remedy =
    'Check the clocks of the sources, and say which time zone they write: schema: { events: { event_ts: ... } }';
  return { ...rule, onFail: 'quarantine', remedy };
}

/** What may well be meant, but often is a mistake of the export. */
function oddities({ config, newestInput, asOf }: RuleContext): Rule[] {
  const isEvent = (role: keyof Config['events']) => `_name = ${literal(config.events[role])}`;
  const later = (dataset: DatasetName, column: string): Rule[] => [
    inTheFuture(dataset, column, newestInput),
    ...(asOf === null
      ? []
      : [warn(dataset, column, 'after_as_of', `${column} >= ${timestamp(asOf)}`, 'not used: after as_of')]),
  ];
  return [
    warn(
      'sessions',
      'session_end_ts',
      'ends_before_start',
      'session_end_ts < session_start_ts',
      'the session ends before it starts',
    ),
    ...later('sessions', 'session_start_ts'),
    ...later('experiment_assignments', 'assigned_ts'),
    warn(
      'experiment_assignments',
      'assigned_ts',
      'before_signup',
      'assigned_ts < _signup_ts',
      'the user is assigned before the sign-up',
    ),
    ...later('events', 'event_ts'),
    warn(
      'events',
      'event_ts',
      'exposure_before_signup',
      `${isEvent('exposure')} AND event_ts < _signup_ts`,
      'the exposure happens before the sign-up',
    ),
    warn(
      'events',
      'event_ts',
      'outside_session',
      `(event_ts < _session_start_ts OR event_ts > _session_end_ts) AND NOT contains(coalesce(_notes, ''), ${literal(dateAloneNote)})`,
      'the event happens before its session starts or after it ends',
    ),
    warn(
      'events',
      'session_id',
      'session_of_another_user',
      '_session_user <> user_id',
      'the session belongs to another user',
      "Check how sessions are numbered; a run takes the event's own user_id",
    ),
    warn(
      'events',
      'revenue',
      'negative_revenue',
      `${isEvent('purchase')} AND revenue < 0`,
      'a purchase of negative revenue',
      checkAmounts,
    ),
  ];
}
