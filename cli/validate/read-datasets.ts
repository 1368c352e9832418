import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { bindColumns } from '../../layers/contracts/column-binding.ts';
import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetContracts } from '../../layers/contracts/datasets/index.ts';
import { SchemaError } from '../../layers/contracts/errors/index.ts';
import type { RuleCount } from '../../layers/contracts/run-documents.ts';
import { ingest } from '../../layers/ingest/ingest.ts';
import type { FileColumns } from '../../layers/ingest/staged-columns.ts';
import { isFatal } from '../../layers/quality/failures.ts';
import { partFileName, type StagedPart } from '../../layers/quality/staged-rows.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { type Check, passed } from './check.ts';
import { type LocalFile, openLocalFile } from './local-file.ts';

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
      files.push(await bindFile(dataset, source, config, folder));
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      const { what, where, remedy } = error.fault;
      unreadable.push({
        ...passed(dataset, 'columns', 1, what),
        status: 'fail',
        example: where ?? source.name,
        remedy: remedy ?? null,
      });
    }
  }
  if (unreadable.length > 0) return { checks: unreadable, parts: undefined };

  const parts: StagedPart[] = [];
  const counts: { readonly rules: readonly RuleCount[]; readonly name: string }[] = [];
  let lines = 0;
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
      parts.push({ dataset, part, rawKey: source.name, rawVersion: null, file: named });
    }
    counts.push({ rules: ingested.rules, name: source.name });
    lines += ingested.lines;
  }
  const columns = new Set(files.flatMap((bound) => bound.columns.bindings.map(({ column }) => column)));
  return {
    checks: [columnsCheck(dataset, columns, files.length), ...valueChecks(dataset, counts, lines)],
    parts,
  };
}

async function bindFile(
  dataset: DatasetName,
  source: SourceFile,
  config: Config,
  folder: string,
): Promise<BoundFile> {
  const local = await openLocalFile(source.file, folder, source.name);
  const bound = bindColumns(datasetContracts[dataset], local.header, config.schema[dataset], source.name);
  return { ...local, source, folder, columns: { header: local.header, ...bound } };
}

function columnsCheck(dataset: DatasetName, columns: ReadonlySet<string>, files: number): Check {
  const lacking = datasetContracts[dataset].columns
    .map(({ name }) => name)
    .filter((name) => !columns.has(name));
  const without = lacking.length === 0 ? '' : `; without the optional ${lacking.join(', ')}`;
  return passed(dataset, 'columns', files, `all required columns are there${without}`);
}

function valueChecks(
  dataset: DatasetName,
  counts: readonly { readonly rules: readonly RuleCount[]; readonly name: string }[],
  lines: number,
): Check[] {
  const merged = new Map<string, Check>();
  for (const { rules, name } of counts) {
    for (const { column, rule, rows, examples } of rules) {
      const key = `${column}/${rule}`;
      const earlier = merged.get(key);
      const [first] = examples;
      const value = first === undefined || first.value === '' ? '' : `, such as "${first.value}"`;
      merged.set(key, {
        dataset,
        check: rule,
        column,
        status: 'fail',
        count: rows + (earlier?.count ?? 0),
        example: earlier?.example ?? (first === undefined ? name : `${name}:${first.line ?? ''}`),
        finding: earlier?.finding ?? `${rule === 'required' ? 'empty' : rule.replaceAll('_', ' ')}${value}`,
        remedy: isFatal(datasetContracts[dataset], column, rule)
          ? 'Correct the rows in the source; a run fails with them'
          : 'Correct the rows in the source; a run quarantines them',
      });
    }
  }
  if (merged.size === 0) return [passed(dataset, 'values', lines, 'every row can be read')];
  return [...merged.values()];
}
