import { type DatasetName, datasetContracts, datasetNames } from '../../data/datasets/index.ts';
import type { Config } from '../../experiment/config.ts';
import { builtInEventColumns } from '../../experiment/metrics/built-in.ts';
import { columnsOfRun, metricNamed, metricNames } from '../../experiment/metrics.ts';
import {
  eventColumns,
  isEventColumn,
  type OutcomeColumn,
  otherColumns,
} from '../../experiment/outcome-columns.ts';
import type { RunPlan } from '../../runs/documents.ts';

/** Columns that each dataset at hand has once staged; a dataset that the drop lacks is not in it. */
export type PresentColumns = ReadonlyMap<DatasetName, ReadonlySet<string>>;

const references = {
  users: 'user_ids',
  products: 'product_ids',
  sessions: 'session_ids',
} as const;

/** Metrics, checks and segments that the drop lacks the data for, by name, each with the reason. */
export function unavailableIn(present: PresentColumns, config: Config): RunPlan['unavailable'] {
  const absent = datasetNames.filter((dataset) => !present.has(dataset));
  return [
    ...unavailableMetrics(present, config),
    ...absent
      .filter((dataset) => dataset in references)
      .map((dataset) => ({
        kind: 'check' as const,
        name: references[dataset as keyof typeof references],
        reason: noDataset(dataset),
      })),
    ...unavailableSegments(present, config),
  ];
}

function unavailableMetrics(present: PresentColumns, config: Config): RunPlan['unavailable'] {
  return metricNames(config).flatMap((name) => {
    const metric = metricNamed(config, name);
    if (metric === undefined) return [];
    const dataset = metric.needs.find((needed) => !present.has(needed));
    if (dataset !== undefined) return [{ kind: 'metric', name, reason: noDataset(dataset) }];
    const [missing] = [metric.numerator, metric.denominator].flatMap((column) =>
      column === undefined ? [] : (missingSource(column, present) ?? []),
    );
    return missing === undefined
      ? []
      : [{ kind: 'metric', name, reason: `${missing.dataset} have no column "${missing.column}"` }];
  });
}

/** Columns of user_outcomes that no column of the drop's files says anything of, in the order of the alphabet. */
export function unmeasuredColumns(present: PresentColumns, config: Config): string[] {
  const { declared, covariates } = columnsOfRun(config);
  const columns = [...builtInEventColumns, ...Object.values(otherColumns), ...declared];
  const isUnmeasured = (column: OutcomeColumn) => missingSource(column, present) !== undefined;
  const unmeasured = [
    ...columns.filter(isUnmeasured),
    ...covariates.filter(({ of }) => isUnmeasured(of)),
  ].map(({ column }) => column);
  const money = unmeasured.includes(eventColumns.revenue.column) ? ['purchase_value', 'refunds'] : [];
  return [...new Set([...unmeasured, ...money])].sort();
}

/** The optional column without which an outcome would be zero for everyone. */
function missingSource(
  column: OutcomeColumn,
  present: PresentColumns,
): { readonly dataset: DatasetName; readonly column: string } | undefined {
  const source = sourceOf(column);
  return source === undefined || present.get(source.dataset)?.has(source.column) ? undefined : source;
}

function sourceOf(
  column: OutcomeColumn,
): { readonly dataset: DatasetName; readonly column: string } | undefined {
  const { session_ms, sessions, exposure_sessions, bounced_sessions } = otherColumns;
  const is = (...others: readonly OutcomeColumn[]) => others.some((other) => other.column === column.column);
  if (is(session_ms, sessions)) return { dataset: 'sessions', column: 'session_end_ts' };
  if (is(exposure_sessions, bounced_sessions)) return { dataset: 'events', column: 'session_id' };
  if (!isEventColumn(column)) return undefined;
  if (column.sum.of === 'quantity') return { dataset: 'events', column: 'quantity' };
  return column.unit === 'cents' ? { dataset: 'events', column: 'revenue' } : undefined;
}

/** A segment is a column of users; `device` may come from sessions too. */
function unavailableSegments(present: PresentColumns, config: Config): RunPlan['unavailable'] {
  const segments = new Set(Object.values(config.experiments).flatMap((settings) => settings.segments));
  const users = present.get('users');
  return [...segments].flatMap((segment) => {
    if (users?.has(segment)) return [];
    if (segment === 'device' && present.get('sessions')?.has('device')) return [];
    const reason = users === undefined ? noDataset('users') : `users have no column "${segment}"`;
    return [{ kind: 'segment', name: segment, reason }];
  });
}

function noDataset(dataset: DatasetName): string {
  return `the drop has no ${datasetContracts[dataset].dataset}`;
}
