import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/contracts/datasets/index.ts';
import { type MetricDefinition, metricNamed, metricNames } from '../../layers/contracts/metrics.ts';
import { isEventColumn, otherColumns } from '../../layers/contracts/outcome-columns.ts';
import type { RunPlan } from '../../layers/contracts/run-documents.ts';

/** Columns that each dataset at hand has once staged; a dataset that the drop lacks is not in it. */
export type PresentColumns = ReadonlyMap<DatasetName, ReadonlySet<string>>;

const references = {
  users: 'check of user ids against users',
  products: 'check of product ids against products',
  sessions: 'check of session ids against sessions',
} as const;

/** Metrics, checks and segments that the drop lacks the data for, by name, each with the reason. */
export function unavailableIn(present: PresentColumns, config: Config): RunPlan['unavailable'] {
  const absent = datasetNames.filter((dataset) => !present.has(dataset));
  return [
    ...unavailableMetrics(present, config),
    ...absent
      .filter((dataset) => dataset in references)
      .map((dataset) => ({
        what: references[dataset as keyof typeof references],
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
    if (dataset !== undefined) return [{ what: name, reason: noDataset(dataset) }];
    if (
      metric.numerator.column === otherColumns.session_ms.column &&
      !present.get('sessions')?.has('session_end_ts')
    ) {
      return [{ what: name, reason: 'sessions have no column "session_end_ts"' }];
    }
    const column = eventColumnsOf(metric).find((needed) => !present.get('events')?.has(needed));
    return column === undefined ? [] : [{ what: name, reason: `events have no column "${column}"` }];
  });
}

/** Optional columns of events without which a metric would be zero for everyone. */
function eventColumnsOf({ numerator, denominator }: MetricDefinition): string[] {
  return [numerator, denominator].flatMap((column) => {
    if (column === undefined) return [];
    if (column.column === otherColumns.exposure_sessions.column) return ['session_id'];
    if (!isEventColumn(column)) return [];
    if (column.sum.of === 'quantity') return ['quantity'];
    return column.unit === 'cents' ? ['revenue'] : [];
  });
}

/** A segment is a column of users; `device` may come from sessions too. */
function unavailableSegments(present: PresentColumns, config: Config): RunPlan['unavailable'] {
  const segments = new Set(Object.values(config.experiments).flatMap((settings) => settings.segments));
  const users = present.get('users');
  return [...segments].flatMap((segment) => {
    if (users?.has(segment)) return [];
    if (segment === 'device' && present.get('sessions')?.has('device')) return [];
    const reason = users === undefined ? noDataset('users') : `users have no column "${segment}"`;
    return [{ what: `segment ${segment}`, reason }];
  });
}

function noDataset(dataset: DatasetName): string {
  return `the drop has no ${datasetContracts[dataset].dataset}`;
}
