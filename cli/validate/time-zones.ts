import path from 'node:path';
import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import { formatCount } from '../../layers/report/format.ts';
import { openRecords } from '../init/records.ts';
import { type Check, passed } from './check.ts';
import type { DryRun } from './dry-run.ts';

const clock = String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.]*`;

/** How many times of each column of a dataset carry an offset, and how many do not. */
export async function offsetCounts(
  run: DryRun,
  dataset: DatasetName,
): Promise<ReadonlyMap<string, { readonly with: number; readonly without: number }>> {
  const times = datasetContracts[dataset].columns.filter(({ type }) => type === 'timestamp');
  const counts = new Map<string, { with: number; without: number }>();
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
    const found = await run.database.row<Record<string, string>>(
      `SELECT ${cells
        .flatMap(({ cell }, index) => [
          `count(*) FILTER (regexp_full_match(${cell}, '${clock} ?(Z|[+-][0-9:]+)')) AS with_${index}`,
          `count(*) FILTER (regexp_full_match(${cell}, '${clock}')) AS without_${index}`,
        ])
        .join(', ')} FROM ${records}`,
    );
    for (const [index, { column }] of cells.entries()) {
      const before = counts.get(column);
      counts.set(column, {
        with: (before?.with ?? 0) + Number(found[`with_${index}`]),
        without: (before?.without ?? 0) + Number(found[`without_${index}`]),
      });
    }
  }
  return counts;
}

/** Whether a column has times both with an offset and without one, which a run reads as UTC. */
export async function checkTimeZones(run: DryRun, dataset: DatasetName): Promise<Check[]> {
  const counts = await offsetCounts(run, dataset);
  return [...counts].flatMap(([column, count]): Check[] =>
    count.with === 0 || count.without === 0
      ? []
      : [
          {
            ...passed(
              dataset,
              'time_zones',
              count.without,
              `${formatCount(count.with)} values carry an offset, ${formatCount(count.without)} do not; those are read as UTC`,
            ),
            column,
            status: 'warn',
            remedy: 'Write all of them with their offset, or all of them in UTC',
          },
        ],
  );
}
