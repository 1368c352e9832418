import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import { DataError } from './errors.ts';

export interface DatabaseOptions {
  /** Memory of the Lambda in MB; DuckDB gets 0.6 of it less 150 MB, since its limit does not bound the whole process. */
  readonly memoryMb: number;
  /** Folder to spill to. */
  readonly folder: string;
  /** Two by default: from two on, their number does not change a byte of a Parquet file. */
  readonly threads?: number;
}

/** What an engine may use. */
export type Limits = Omit<DatabaseOptions, 'folder'>;

/** What opens a database for one part of a stage. */
export interface Engine {
  /** @param folder to spill to, where each part has a database of its own process memory */
  readonly open: (folder: string) => Promise<Database>;
}

/** An engine whose every database is a DuckDB of its own. */
export function engineOf(limits: Limits): Engine {
  return { open: (folder) => Database.open({ ...limits, folder }) };
}

/**
 * An engine for many small parts in one process: one DuckDB, in which each part has a catalogue of its own.
 * @returns the engine, to be disposed of when no part is at work any more
 */
export async function sharedEngine(options: DatabaseOptions): Promise<Engine & AsyncDisposable> {
  const instance = await createInstance(options);
  let opened = 0;
  return {
    open: async () => {
      opened += 1;
      return Database.within(instance, `part_${opened}`);
    },
    [Symbol.asyncDispose]: async () => instance.closeSync(),
  };
}

function createInstance({ memoryMb, folder, threads = 2 }: DatabaseOptions): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    memory_limit: `${Math.max(128, Math.floor(memoryMb * 0.6 - 150))}MB`,
    threads: String(threads),
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
  });
}

/** BIGINT, HUGEINT and DECIMAL come as decimal strings, smaller integers as numbers. */
const digits = z.union([z.string().regex(/^-?\d+$/), z.number().int()]);

/** What a column of a query holds, for {@link Database.select}. */
export const cell = {
  text: z.string(),
  flag: z.boolean(),
  /** A count or an index: an integer of at most 2^53. */
  count: digits
    .transform(Number)
    .refine(Number.isSafeInteger, { message: 'is beyond 2^53: select it as cell.integer' }),
  /** An integer of any size, such as a sum of squares. */
  integer: digits.transform(BigInt),
} as const;

type RowOf<Cells extends z.ZodRawShape> = z.output<z.ZodObject<Cells>>;

/** An in-memory DuckDB that spills to `folder`. */
export class Database implements AsyncDisposable {
  readonly #connection: DuckDBConnection;
  readonly #close: () => Promise<void>;

  private constructor(connection: DuckDBConnection, close: () => Promise<void>) {
    this.#connection = connection;
    this.#close = close;
  }

  static async open(options: DatabaseOptions): Promise<Database> {
    const instance = await createInstance(options);
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new Database(connection, async () => {
      connection.closeSync();
      instance.closeSync();
    });
  }

  /** A database within an instance, with tables and views of its own. */
  static async within(instance: DuckDBInstance, name: string): Promise<Database> {
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'; ATTACH ':memory:' AS ${name}; USE ${name}`);
    return new Database(connection, async () => {
      await connection.run(`USE memory; DETACH ${name}`);
      connection.closeSync();
    });
  }

  /** Runs one or more statements. */
  async run(sql: string): Promise<void> {
    await this.#translated(sql, () => this.#connection.run(sql));
  }

  /** Rows of a query: BIGINT as bigint or decimal string as DuckDB's JSON conversion gives them. */
  async query<Row extends Record<string, unknown>>(sql: string): Promise<Row[]> {
    const reader = await this.#translated(sql, () => this.#connection.runAndReadAll(sql));
    return reader.getRowObjectsJson() as Row[];
  }

  /** The only row of a query. */
  async row<Row extends Record<string, unknown>>(sql: string): Promise<Row> {
    const [row] = await this.query<Row>(sql);
    if (row === undefined) throw new Error(`no row came from: ${sql}`);
    return row;
  }

  /**
   * Rows of a query as `cells` says what its columns are.
   * @throws Error where a row is not so: a number beyond 2^53, a NULL that was not expected
   */
  async select<Cells extends z.ZodRawShape>(sql: string, cells: Cells): Promise<RowOf<Cells>[]> {
    const parsed = z.array(z.object(cells)).safeParse(await this.query(sql));
    if (!parsed.success) {
      throw new Error(`the rows are others than asked for: ${z.prettifyError(parsed.error)}\n${sql}`, {
        cause: parsed.error,
      });
    }
    return parsed.data;
  }

  async #translated<Answer>(sql: string, action: () => Promise<Answer>): Promise<Answer> {
    try {
      return await action();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (/Out of Memory Error/i.test(reason)) {
        throw new DataError(
          {
            what: `the data need more memory than the function has: ${reason.split('\n')[0]}`,
            remedy: "Raise the function's memory in cdk/, or split the files into more parts",
          },
          { cause: error },
        );
      }
      throw new Error(`DuckDB refused a statement: ${reason}\n${sql}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
