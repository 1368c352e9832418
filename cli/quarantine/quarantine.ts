import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/data/datasets/index.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { downloadAll } from '../../layers/platform/object-store.ts';
import { literal, literalList } from '../../layers/platform/sql.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { placeOf, type RowOfChunk, readLineOffsets } from './place.ts';

/** Rows of a dataset that broke the same rule. */
export interface RuleRows {
  readonly dataset: DatasetName;
  readonly column: string | null;
  readonly rule: string;
  readonly rows: number;
}

export interface QuarantinedRow {
  readonly dataset: DatasetName;
  readonly column: string | null;
  readonly rule: string;
  /** Key of the raw file. */
  readonly file: string;
  readonly version: string | null;
  /** Chunk of the plan that `line` counts in; null where `clean` found the row and did not tell, as in older runs. */
  readonly chunk: number | null;
  readonly line: number;
  /** `file:line` in the raw file, as far as it is known. */
  readonly place: string;
  readonly reason: string;
  readonly raw: string;
}

/** A row as `export` looks for it: ids that its record holds tell it from one on the same line of another chunk. */
export type RowPlace = Pick<QuarantinedRow, 'dataset' | 'file' | 'chunk' | 'line' | 'rule'> & {
  readonly ids: readonly string[];
};

export interface QuarantineFilter {
  readonly dataset?: DatasetName | undefined;
  readonly rule?: string | undefined;
}

/** The quarantined rows of a run, copied to this machine. */
export class Quarantine implements AsyncDisposable {
  readonly #database: Database;
  readonly #folder: string;
  #placeOf: (row: RowOfChunk) => string = ({ file }) => file;

  private constructor(database: Database, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  /** Works for a run in any state: what failed left its quarantine behind. */
  static async open(store: RunStore, runId: string, filter: QuarantineFilter): Promise<Quarantine> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-quarantine-'));
    const database = await Database.open({ memoryMb: 2048, folder });
    const quarantine = new Quarantine(database, folder);
    try {
      await quarantine.#load(store, runId, filter);
    } catch (error) {
      await quarantine[Symbol.asyncDispose]();
      throw error;
    }
    return quarantine;
  }

  async #load(store: RunStore, runId: string, { dataset, rule }: QuarantineFilter): Promise<void> {
    const objects = [];
    for (const name of dataset === undefined ? datasetNames : [dataset]) {
      const prefix = `${path.posix.dirname(processedKeys.quarantine(name, runId, 'stage', 0))}/`;
      for (const { key } of await store.processed.list(prefix)) {
        objects.push({ key, file: path.join(this.#folder, `${name}-${path.posix.basename(key)}`) });
      }
    }
    await downloadAll(store.processed, objects);
    await this.#database.run('CREATE TABLE chunks (dataset VARCHAR, part BIGINT, index BIGINT)');
    const plan = await store.read('plan', runId);
    if (plan !== undefined) {
      const { chunks } = plan;
      const offsets = await readLineOffsets(store, plan);
      this.#placeOf = (row) => placeOf(row, plan, offsets);
      const rows = chunks.map(({ dataset: of, part, index }) => `(${literal(of)}, ${part}, ${index})`);
      await this.#database.run(`INSERT INTO chunks VALUES ${rows.join(', ')}`);
    }
    const files = literalList(objects.map(({ file }) => file));
    await this.#database.run(
      objects.length === 0
        ? `CREATE VIEW quarantined AS SELECT NULL::VARCHAR AS dataset, NULL::VARCHAR AS "column", NULL::VARCHAR AS rule,
             NULL::VARCHAR AS file, NULL::VARCHAR AS version, NULL::BIGINT AS chunk, NULL::BIGINT AS line,
             NULL::VARCHAR AS reason, NULL::VARCHAR AS raw WHERE false`
        : `CREATE VIEW quarantined AS
           WITH rows AS (
             SELECT NULL::BIGINT AS part WHERE false
             UNION ALL BY NAME FROM read_parquet(${files}, filename = true, union_by_name = true)
           )
           SELECT r.dataset, "column", rule, source_key AS file, source_version AS version, line, reason, raw,
             coalesce(
               try_cast(nullif(regexp_extract(filename, '-stage-(\\d+)\\.parquet$', 1), '') AS BIGINT), c.index
             ) AS chunk
           FROM rows r LEFT JOIN chunks c ON c.dataset = r.dataset AND c.part = r.part
           WHERE ${rule === undefined ? 'true' : `rule = ${literal(rule)}`}`,
    );
  }

  /** Most frequent first, within the order of the datasets. */
  async counts(): Promise<RuleRows[]> {
    const found = await this.#database.query<{
      dataset: DatasetName;
      column: string | null;
      rule: string;
      rows: string;
    }>(
      `SELECT dataset, "column", rule, count(*) AS rows FROM quarantined GROUP BY dataset, "column", rule
       ORDER BY ${orderOfDatasets}, rows DESC, rule, "column"`,
    );
    return found.map((row) => ({ ...row, rows: Number(row.rows) }));
  }

  /** The first `limit` rows of each rule of a dataset, in the order of the files. */
  async examples(limit: number): Promise<QuarantinedRow[]> {
    const found = await this.#database.query<Record<string, unknown>>(
      `SELECT dataset, "column", rule, file, version, chunk, line, reason, raw FROM quarantined
       QUALIFY row_number() OVER (PARTITION BY dataset, rule, "column" ORDER BY file, chunk, line) <= ${limit}
       ORDER BY ${orderOfDatasets}, file, chunk, line`,
    );
    return found.map((row) => {
      const chunk = row.chunk === null ? null : Number(row.chunk);
      const typed = { ...row, chunk, line: Number(row.line) } as unknown as Omit<QuarantinedRow, 'place'>;
      return { ...typed, place: this.#placeOf(typed) };
    });
  }

  /** Where every row of a dataset lies. */
  async places(dataset: DatasetName): Promise<RowPlace[]> {
    const contract = datasetContracts[dataset];
    const ids = contract.columns
      .filter(({ name, type }) => type === 'id' && contract.key.includes(name))
      .map(({ name }) => `json_extract_string(raw, ${literal(`$.${name}`)})`);
    const found = await this.#database.query<{
      file: string;
      chunk: string | null;
      line: string;
      rule: string;
      ids: string[];
    }>(
      `SELECT file, chunk, line, rule, CASE WHEN chunk IS NULL THEN [${ids.join(', ')}] ELSE [] END AS ids
       FROM quarantined WHERE dataset = ${literal(dataset)}`,
    );
    return found.map(({ file, chunk, line, rule, ids: values }) => ({
      dataset,
      file,
      chunk: chunk === null ? null : Number(chunk),
      line: Number(line),
      rule,
      ids: values.filter((value) => value !== null),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const orderOfDatasets = `list_position(${literalList(datasetNames)}, dataset)`;
