import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import type { FileColumns } from '../../layers/engine/stage/staged-columns.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { formatCount } from '../../layers/report/format.ts';
import { openRecords } from '../init/records.ts';
import { type Check, passed } from './check.ts';

interface ReadFile {
  readonly file: string;
  readonly name: string;
  readonly folder: string;
  readonly columns: FileColumns;
}

const clock = String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[\d:.]*`;

/** Whether a column has times both with an offset and without one, which a run reads as UTC. */
export async function checkTimeZones(
  database: Database,
  dataset: DatasetName,
  files: readonly ReadFile[],
): Promise<Check[]> {
  const times = datasetContracts[dataset].columns.filter(({ type }) => type === 'timestamp');
  const counts = new Map<string, { with: number; without: number }>();
  for (const { file, name, folder, columns } of files) {
    const cells = times.flatMap(({ name: column }) => {
      const source = columns.bindings.find((binding) => binding.column === column)?.source ?? null;
      return source === null ? [] : [{ column, cell: `trim(c${columns.header.indexOf(source)})` }];
    });
    if (cells.length === 0) continue;
    const records = await openRecords(
      database,
      { name, files: [file], columns: columns.header.length },
      folder,
    );
    const found = await database.row<Record<string, string>>(
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
