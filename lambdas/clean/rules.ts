import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetContracts } from '../../layers/contracts/datasets/index.ts';
import { identifier, literal, timestamp } from '../../layers/storage/sql.ts';

/** A rule over the rows of the view `judged_<dataset>`. A row that breaks a `quarantine` rule is not taken. */
export interface Rule {
  readonly dataset: DatasetName;
  readonly column: string;
  readonly rule: string;
  readonly onFail: 'warn' | 'quarantine';
  /** SQL that is true for a row that breaks the rule; never NULL. */
  readonly when: string;
  /** SQL of what to show of such a row. */
  readonly value: string;
  /** What a person is told. */
  readonly reason: string;
}

export interface RuleContext {
  readonly config: Config;
  readonly present: readonly DatasetName[];
  /** ISO instant at which the newest file was uploaded: what happened later lies in the future. */
  readonly newestInput: string;
  /** ISO instant up to which the data are to be used, where it is given. */
  readonly asOf: string | null;
}

/** Rules of references and of oddities, in the order in which a row is told which one it breaks. */
export function cleaningRules(context: RuleContext): Rule[] {
  return [...missingUser(), ...referenceRules(context.present), ...oddities(context)];
}

function missingUser(): Rule[] {
  return [
    {
      dataset: 'events',
      column: 'user_id',
      rule: 'no_user',
      onFail: 'quarantine',
      when: 'user_id IS NULL',
      value: "coalesce('session_id ' || session_id, '')",
      reason: 'the event names no user, and no session that has one',
    },
  ];
}

function referenceRules(present: readonly DatasetName[]): Rule[] {
  return present.flatMap((dataset) =>
    datasetContracts[dataset].references
      .filter((reference) => present.includes(reference.dataset))
      .map((reference) => ({
        dataset,
        column: reference.column,
        rule: `unknown_${reference.key.replace(/_id$/, '')}`,
        onFail: reference.onFail,
        when: `${identifier(reference.column)} IS NOT NULL AND NOT _${reference.dataset}_known`,
        value: identifier(reference.column),
        reason: `no row of ${reference.dataset} has this ${reference.key}`,
      })),
  );
}

function oddities({ config, present, newestInput, asOf }: RuleContext): Rule[] {
  const warn = (dataset: DatasetName, column: string, rule: string, when: string, reason: string): Rule => ({
    dataset,
    column,
    rule,
    onFail: 'warn',
    when: `coalesce(${when}, false)`,
    value: identifier(column),
    reason,
  });
  const later = (dataset: DatasetName, column: string): Rule[] => [
    warn(
      dataset,
      column,
      'in_the_future',
      `${column} > ${timestamp(newestInput)}`,
      'later than the upload of the newest file',
    ),
    ...(asOf === null
      ? []
      : [warn(dataset, column, 'after_as_of', `${column} >= ${timestamp(asOf)}`, 'not used: after as_of')]),
  ];
  const rules = [
    warn('products', 'price', 'price_not_positive', 'price <= 0', 'a price of zero or less'),
    warn(
      'sessions',
      'session_end_ts',
      'ends_before_start',
      'session_end_ts < session_start_ts',
      'the session ends before it starts',
    ),
    ...later('sessions', 'session_start_ts'),
    warn(
      'sessions',
      'session_start_ts',
      'before_assignment',
      'session_start_ts < _assigned_ts',
      'the session starts before the user is assigned',
    ),
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
      'before_assignment',
      'event_ts < _assigned_ts',
      'the event happens before the user is assigned',
    ),
    warn(
      'events',
      'event_ts',
      'exposure_before_signup',
      `_name = ${literal(config.events.exposure)} AND event_ts < _signup_ts`,
      'the exposure happens before the sign-up',
    ),
    warn(
      'events',
      'session_id',
      'session_of_another_user',
      '_session_user <> user_id',
      'the session belongs to another user',
    ),
    warn('events', 'quantity', 'negative_quantity', 'quantity < 0', 'a negative quantity'),
    warn(
      'events',
      'revenue',
      'negative_revenue',
      `_name = ${literal(config.events.purchase)} AND revenue < 0`,
      'a purchase of negative revenue',
    ),
  ];
  return rules.filter(({ dataset }) => present.includes(dataset));
}
