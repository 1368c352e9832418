import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ColumnSource } from '../../../../layers/data/column-binding.ts';
import { bindColumns } from '../../../../layers/data/column-binding.ts';
import { Inspector } from '../../../../layers/data/csv/inspect.ts';
import { headerBytes, parseHeader } from '../../../../layers/data/csv-header.ts';
import { type DatasetName, datasetContracts } from '../../../../layers/data/datasets/index.ts';
import { type Ingested, ingest } from '../../../../layers/engine/stage/ingest.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { literal } from '../../../../layers/platform/sql.ts';

export type Row = Record<string, unknown>;

export interface Options {
  readonly dataset?: DatasetName;
  readonly mapping?: Record<string, ColumnSource>;
  readonly idType?: 'bigint' | 'string';
  readonly buckets?: number;
  /** Header of the whole file, where `content` is a later byte range of it. */
  readonly rangeOf?: string;
  /** Whether `content` is the first byte range of a file. */
  readonly firstRange?: boolean;
}

export interface Outcome extends Ingested {
  readonly rows: Row[];
  /** Rows of each part. */
  readonly partRows: Row[][];
  readonly faults: Row[];
}

/** Ingests a file with this content and reads the results back. */
export async function ingestText(content: string | Uint8Array, options: Options = {}): Promise<Outcome> {
  const {
    dataset = 'events',
    mapping = {},
    idType = 'bigint',
    buckets = 1,
    rangeOf,
    firstRange = false,
  } = options;
  const bytes = Buffer.from(content);
  const folder = await mkdtemp(path.join(tmpdir(), 'ingest-test-'));
  try {
    const file = path.join(folder, 'input.csv');
    await writeFile(file, bytes);
    const inspector = new Inspector();
    inspector.update(bytes);
    const name = `raw/${dataset}.csv`;
    const first = rangeOf === undefined ? bytes.subarray(0, headerBytes) : Buffer.from(rangeOf);
    const header = parseHeader(first, name);
    const columns = { header, ...bindColumns(datasetContracts[dataset], header, mapping, name) };
    await using database = await Database.open({ memoryMb: 1024, folder, threads: 2 });
    const ingested = await ingest(
      database,
      {
        dataset,
        file,
        inspection: inspector.finish(),
        columns,
        allColumns: [columns],
        idType,
        hasHeader: rangeOf === undefined,
        isRange: rangeOf !== undefined || firstRange,
        name,
      },
      { folder, sourceKey: name, sourceVersion: 'v1', buckets, hasSessions: false },
    );
    const read = (source: string) =>
      database.query<Row>(`FROM read_parquet(${literal(source)}, file_row_number = true)
        SELECT * EXCLUDE (file_row_number) ORDER BY file_row_number`);
    const partRows: Row[][] = [];
    for (const part of ingested.parts) partRows.push(await read(part.file));
    const faults = ingested.quarantine === null ? [] : await read(ingested.quarantine);
    return { ...ingested, rows: partRows.flat(), partRows, faults };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
