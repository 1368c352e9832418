import path from 'node:path';
import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import { formatCount } from '../../layers/report/format.ts';
import { openRecords } from '../init/records.ts';
import { zoneBeside } from '../init/zones.ts';
import { type Check, passed } from './check.ts';
import type { DryRun } from './dry-run.ts';

const clock = String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.]*`;

/** How many times of a column carry an offset, the greatest of these, and how many carry none. */
interface OffsetCount {
  readonly with: number;
  readonly offset: string | null;
  readonly without: number;
}

/** Offsets of each column of times of a dataset. */
export async function offsetCounts(
  run: DryRun,
  dataset: DatasetName,
): Promise<ReadonlyMap<string, OffsetCount>> {
  const times = datasetContracts[dataset].columns.filter(({ type }) => type === 'timestamp');
  const counts = new Map<string, OffsetCount>();
  for (const { key, header, bindings, range, dialect } of run.plan.chunks.filter(
    (chunk) => chunk.dataset === dataset,
  )) {
    if (range !== null && range.start > 0) continue;
    const cells = times.flatMap(({ name: column }) => {
      const source = bindings.find((binding) => binding.column === column)?.source ?? null;
      return source === null ? [] : [{ column, cell: `trim(c${header.indexOf(source)})` }];
    });
    if (cells.length === 0) continue;
    const records = await openRecords(
      run.database,
      { name: path.basename(key), files: [run.pathOf(key)], columns: header.length, dialect },
      run.workspace,
    );
    const found = await run.database.row<Record<string, string | null>>(
      `SELECT ${cells
        .flatMap(({ cell }, index) => [
          `count(*) FILTER (regexp_full_match(${cell}, '${clock} ?(Z|[+-][0-9:]+)')) AS with_${index}`,
          `max(nullif(regexp_extract(${cell}, '^${clock} ?(Z|[+-][0-9:]+)$', 1), '')) AS offset_${index}`,
          `count(*) FILTER (regexp_full_match(${cell}, '${clock}')) AS without_${index}`,
        ])
        .join(', ')} FROM ${records}`,
    );
    for (const [index, { column }] of cells.entries()) {
      const before = counts.get(column);
      counts.set(column, {
        with: (before?.with ?? 0) + Number(found[`with_${index}`]),
        offset: before?.offset ?? found[`offset_${index}`] ?? null,
        without: (before?.without ?? 0) + Number(found[`without_${index}`]),
      });
    }
  }
  return counts;
}

/**
 * Times that carry no offset: in a column where others do, and in one beside columns that do. A run takes them for UTC unless the
 * configuration names their zone.
 */
export async function checkTimeZones(run: DryRun, datasets: readonly DatasetName[]): Promise<Check[]> {
  const found = await Promise.all(
    datasets.map(async (dataset) => [...(await offsetCounts(run, dataset))].map((of) => ({ dataset, of }))),
  );
  const columns = found.flat().map(({ dataset, of: [column, count] }) => ({ dataset, column, count }));
  const telling = columns.find(({ count }) => count.with > 0 && count.without === 0);
  return columns.flatMap(({ dataset, column, count }): Check[] => {
    if (count.without === 0) return [];
    const binding = run.plan.chunks
      .filter((chunk) => chunk.dataset === dataset)
      .flatMap(({ bindings }) => bindings)
      .find((one) => one.column === column);
    const zone = binding?.reading?.zone;
    const check = (finding: string) => ({
      ...passed(dataset, 'time_zones', count.without, finding),
      column,
    });
    if (count.with > 0) {
      return [
        {
          ...check(
            `${formatCount(count.with)} values carry an offset, ${formatCount(count.without)} do not; those are read as ${zone ?? 'UTC'}`,
          ),
          status: 'warn',
          remedy: 'Write all of them with their offset, or all of them in UTC',
        },
      ];
    }
    // What a few hours do not change is of no use to ask.
    const isSettled = zone !== undefined || dataset === 'users';
    if (isSettled || telling === undefined || binding === undefined) return [];
    const proposed = `schema: { ${dataset}: { ${column}: { column: ${JSON.stringify(binding.source)}, zone: ${zoneBeside(telling.count.offset ?? 'Z', '2024-01-15')} } } }`;
    return [
      {
        ...check(
          `times without an offset are read as UTC, beside ${telling.dataset}.${telling.column} with ${telling.count.offset}`,
        ),
        status: 'warn',
        remedy: `If they are local times: ${proposed}, or the zone of the shop; if not, zone: UTC says so`,
      },
    ];
  });
}
