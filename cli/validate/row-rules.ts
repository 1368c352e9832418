import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetContracts } from '../../layers/contracts/datasets/index.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { identifier, literal } from '../../layers/storage/sql.ts';
import { type Check, type Locate, passed } from './check.ts';

/** A rule over the rows of `judged_<dataset>`. */
interface RowRule {
  readonly group: 'references' | 'time_order' | 'amounts';
  readonly rule: string;
  readonly column: string;
  readonly status: 'warn' | 'fail';
  /** SQL that is true where the rule is broken; NULL counts as kept. */
  readonly when: string;
  readonly finding: string;
  readonly remedy: string;
}

/** Rules for a dataset, given the datasets that can be read. */
function rulesOf(dataset: DatasetName, present: ReadonlySet<DatasetName>, config: Config): RowRule[] {
  const references = datasetContracts[dataset].references
    .filter((reference) => present.has(reference.dataset))
    .map(
      (reference): RowRule => ({
        group: 'references',
        rule: `unknown_${reference.key.replace(/_id$/, '')}`,
        column: reference.column,
        status: reference.onFail === 'quarantine' ? 'fail' : 'warn',
        when: `${identifier(reference.column)} IS NOT NULL AND NOT _${reference.dataset}_known`,
        finding: `no row of ${reference.dataset} has this ${reference.key}`,
        remedy: `Export ${reference.dataset} as of the same moment`,
      }),
    );
  return [...references, ...oddities(dataset, config)];
}

function oddities(dataset: DatasetName, { events }: Config): RowRule[] {
  const clock = 'Check the clocks and time zones of the sources; a run goes on';
  const time = (rule: string, column: string, when: string, finding: string): RowRule => ({
    group: 'time_order',
    rule,
    column,
    status: 'warn',
    when,
    finding,
    remedy: clock,
  });
  const amount = (rule: string, column: string, when: string, finding: string): RowRule => ({
    group: 'amounts',
    rule,
    column,
    status: 'warn',
    when,
    finding,
    remedy: 'Check that it is meant; a run takes the row as it is',
  });
  switch (dataset) {
    case 'users':
      return [];
    case 'products':
      return [amount('price_not_positive', 'price', 'price <= 0', 'a price of zero or less')];
    case 'sessions':
      return [
        time(
          'ends_before_start',
          'session_end_ts',
          'session_end_ts < session_start_ts',
          'the session ends before it starts',
        ),
      ];
    case 'experiment_assignments':
      return [
        time(
          'before_signup',
          'assigned_ts',
          'assigned_ts < _signup_ts',
          'the user is assigned before the sign-up',
        ),
      ];
    case 'events':
      return [
        {
          group: 'references',
          rule: 'no_user',
          column: 'user_id',
          status: 'fail',
          when: 'user_id IS NULL',
          finding: 'the event names no user, and no session that has one',
          remedy: 'Give events a user_id, or a session_id of the sessions file',
        },
        {
          group: 'references',
          rule: 'session_of_another_user',
          column: 'session_id',
          status: 'warn',
          when: '_session_user <> user_id',
          finding: 'the session belongs to another user',
          remedy: "Check how sessions are numbered; a run takes the event's own user_id",
        },
        time(
          'outside_session',
          'event_ts',
          'event_ts < _session_start_ts OR event_ts > _session_end_ts',
          'the event happens before its session starts or after it ends',
        ),
        amount('negative_quantity', 'quantity', 'quantity < 0', 'a negative quantity'),
        amount(
          'negative_revenue',
          'revenue',
          `_name = ${literal(events.purchase)} AND revenue < 0`,
          'a purchase of negative revenue',
        ),
      ];
  }
}

/** Counts what each rule finds, in one pass over the dataset; rules without a finding are told by their group. */
export async function checkRows(
  database: Database,
  dataset: DatasetName,
  present: ReadonlySet<DatasetName>,
  config: Config,
  locate: Locate,
): Promise<Check[]> {
  const rules = rulesOf(dataset, present, config);
  if (rules.length === 0) return [];
  const columns = rules.flatMap(({ when }, index) => [
    `count(*) FILTER (${when}) AS rows_${index}`,
    `min(_position) FILTER (${when}) AS position_${index}`,
  ]);
  const row = await database.row<Record<string, string | null>>(
    `SELECT count(*) AS "rows", ${columns.join(',\n')} FROM judged_${dataset}`,
  );
  const broken = rules.flatMap((rule, index): (Check & { group: RowRule['group'] })[] => {
    const count = Number(row[`rows_${index}`]);
    if (count === 0) return [];
    const { group, column, status, finding, remedy } = rule;
    const example = locate(dataset, row[`position_${index}`] ?? null);
    return [{ group, dataset, check: rule.rule, column, status, count, example, finding, remedy }];
  });
  const groups = [...new Set(rules.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const found = broken.filter((check) => check.group === group);
    if (found.length > 0) return found.map(({ group: _, ...check }) => check);
    const names = rules.filter((rule) => rule.group === group).map(({ rule }) => rule.replaceAll('_', ' '));
    return [passed(dataset, group, Number(row.rows), `none of: ${names.join(', ')}`)];
  });
}
