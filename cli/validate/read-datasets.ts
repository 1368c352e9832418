import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { hasTooManyBadRows, isFatal, tooManyBadRows } from '../../layers/data/bad-rows.ts';
import { bindColumns } from '../../layers/data/column-binding.ts';
import { type LocalFile, openLocalFile, readHeader } from '../../layers/data/csv/local-file.ts';
import { type DatasetName, datasetContracts } from '../../layers/data/datasets/index.ts';
import type { EventRows, RuleCount } from '../../layers/data/row-counts.ts';
import { partFileName, type StagedPart } from '../../layers/engine/clean/staged-rows.ts';
import { ingest } from '../../layers/engine/stage/ingest.ts';
import type { FileColumns } from '../../layers/engine/stage/staged-columns.ts';
import type { Config } from '../../layers/experiment/config.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { SchemaError } from '../../layers/platform/errors.ts';
import { type Check, passed, type RowCounts } from './check.ts';
import { checkTimeZones } from './time-zones.ts';

export interface SourceFile {
  readonly file: string;
  /** Relative to the folder. */
  readonly name: string;
}

interface BoundFile extends LocalFile {
  readonly source: SourceFile;
  readonly folder: string;
  readonly columns: FileColumns;
}

/** A dataset as far as it can be read. */
export interface ReadDataset {
  readonly checks: readonly Check[];
  /** Typed rows of each file, its ordinal as the part; undefined where some file cannot be read. */
  readonly parts: readonly StagedPart[] | undefined;
  readonly rows: RowCounts;
  /** Rows of events that `stage` would set aside, by the name of the event. */
  readonly quarantinedEvents: readonly EventRows[];
}

/** Reads a dataset's files as the stage `stage` would, and tells what broke a rule on the way. */
export async function readDataset(
  database: Database,
  dataset: DatasetName,
  sources: readonly SourceFile[],
  config: Config,
  workspace: string,
): Promise<ReadDataset> {
  const files: BoundFile[] = [];
  const unreadable: Check[] = [];
  for (const [index, source] of sources.entries()) {
    const folder = path.join(workspace, `${dataset}-${index}`);
    await mkdir(folder);
    try {
      const local = await openLocalFile(source.file, folder, source.name);
      files.push({ ...local, source, folder, columns: columnsOf(dataset, local.header, source, config) });
    } catch (error) {
      unreadable.push(unreadableFile(dataset, source, error));
    }
  }
  if (unreadable.length > 0)
    return { checks: unreadable, parts: undefined, rows: noRows, quarantinedEvents: [] };

  const parts: StagedPart[] = [];
  const counts: FileCounts[] = [];
  for (const [part, { source, folder, file, inspection, columns }] of files.entries()) {
    const ingested = await ingest(
      database,
      {
        dataset,
        file,
        inspection,
        columns,
        allColumns: files.map((bound) => bound.columns),
        idType: config.id_type,
        hasHeader: true,
        isRange: false,
        name: source.name,
      },
      { folder, runId: 'validation', sourceKey: source.name, sourceVersion: null, buckets: 1 },
    );
    for (const staged of ingested.parts) {
      const named = path.join(folder, partFileName(dataset, part, null));
      await rename(staged.file, named);
      parts.push({ dataset, part, rawKey: source.name, rawVersion: null, name: source.name, file: named });
    }
    counts.push({ ...ingested, name: source.name });
  }
  const rows = counts.reduce(
    (sum, file) => ({
      lines: sum.lines + file.lines,
      accepted: sum.accepted + file.accepted,
      quarantined: sum.quarantined + file.quarantined,
    }),
    noRows,
  );
  const columns = new Set(files.flatMap((bound) => bound.columns.bindings.map(({ column }) => column)));
  return {
    checks: [
      columnsCheck(dataset, columns, files.length),
      ...valueChecks(dataset, counts, rows.lines),
      ...(await checkTimeZones(
        database,
        dataset,
        files.map(({ source, ...file }) => ({ ...file, name: source.name })),
      )),
      ...counts.flatMap(({ name, ...file }) => badRowsCheck(dataset, file, name)),
    ],
    parts,
    rows,
    quarantinedEvents: counts.flatMap(({ quarantinedEvents }) => quarantinedEvents),
  };
}

/** Every file whose header alone shows that it cannot be read. */
export async function checkHeaders(
  sources: ReadonlyMap<DatasetName, readonly SourceFile[]>,
  config: Config,
): Promise<Check[]> {
  const unreadable: Check[] = [];
  for (const [dataset, files] of sources) {
    for (const source of files) {
      try {
        columnsOf(dataset, await readHeader(source.file, source.name), source, config);
      } catch (error) {
        unreadable.push(unreadableFile(dataset, source, error));
      }
    }
  }
  return unreadable;
}

function columnsOf(
  dataset: DatasetName,
  header: string[],
  { name }: SourceFile,
  config: Config,
): FileColumns {
  return { header, ...bindColumns(datasetContracts[dataset], header, config.schema[dataset], name) };
}

function unreadableFile(dataset: DatasetName, { name }: SourceFile, error: unknown): Check {
  if (!(error instanceof SchemaError)) throw error;
  const { what, where, remedy } = error.fault;
  return {
    ...passed(dataset, 'columns', 1, what),
    status: 'fail',
    example: where ?? name,
    remedy: remedy ?? null,
  };
}

interface FileCounts extends RowCounts {
  readonly rules: readonly RuleCount[];
  readonly quarantinedEvents: readonly EventRows[];
  readonly name: string;
}

const noRows: RowCounts = { lines: 0, accepted: 0, quarantined: 0 };

function withoutRows(dataset: DatasetName): Check {
  return {
    ...passed(dataset, 'values', 0, 'there is a header, and no row'),
    status: datasetContracts[dataset].required ? 'fail' : 'warn',
    remedy: 'Export it again',
  };
}

/** Where more rows of a file or dataset would be set aside than a run tolerates. */
export function badRowsCheck(dataset: DatasetName, rows: RowCounts, example: string | null): Check[] {
  const contract = datasetContracts[dataset];
  if (!hasTooManyBadRows(contract, rows)) return [];
  return [
    {
      ...passed(dataset, 'bad_rows', rows.quarantined, tooManyBadRows(contract, rows)),
      status: 'fail',
      example,
      remedy: 'Correct what the lines above name',
    },
  ];
}

function columnsCheck(dataset: DatasetName, columns: ReadonlySet<string>, files: number): Check {
  const lacking = datasetContracts[dataset].columns
    .map(({ name }) => name)
    .filter((name) => !columns.has(name));
  const without = lacking.length === 0 ? '' : `; without the optional ${lacking.join(', ')}`;
  return passed(dataset, 'columns', files, `all required columns are there${without}`);
}

function valueChecks(dataset: DatasetName, counts: readonly FileCounts[], lines: number): Check[] {
  const merged = new Map<string, Check>();
  for (const { rules, name } of counts) {
    for (const { column, rule, rows, examples } of rules) {
      const key = `${column}/${rule}`;
      const earlier = merged.get(key);
      const [first] = examples;
      const value = first === undefined || first.value === '' ? '' : `, such as "${first.value}"`;
      const fatal = isFatal(datasetContracts[dataset], column, rule);
      merged.set(key, {
        dataset,
        check: rule,
        column,
        status: fatal ? 'fail' : 'warn',
        count: rows + (earlier?.count ?? 0),
        example: earlier?.example ?? (first === undefined ? name : `${name}:${first.line ?? ''}`),
        finding: earlier?.finding ?? `${rule === 'required' ? 'empty' : rule.replaceAll('_', ' ')}${value}`,
        remedy: `Correct the rows in the source${spelling(rule)}; a run ${fatal ? 'fails with' : 'quarantines'} them`,
      });
    }
  }
  if (lines === 0) return [withoutRows(dataset)];
  if (merged.size === 0) return [passed(dataset, 'values', lines, 'every row can be read')];
  return [...merged.values()];
}

/** What a run reads, for the rules that are about how a value is written. */
function spelling(rule: string): string {
  if (['not_a_timestamp', 'epoch_seconds', 'epoch_milliseconds'].includes(rule)) {
    return ' (a time is 2024-05-31, 2024-05-31 23:59 or 2024-05-31T23:59:59.123, then perhaps Z or +02:00)';
  }
  return ['not_money', 'decimal_comma', 'thousands_separator'].includes(rule)
    ? ' (an amount is 1234.50)'
    : '';
}
