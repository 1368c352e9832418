import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import { DataError } from './errors.ts';

export interface DatabaseOptions {
  /** Memory of the Lambda in MB; DuckDB gets 0.6 of it less 150 MB, since its limit does not bound the whole process. */
  readonly memoryMb: number;
  /** Folder to spill to. */
  readonly folder: string;
  readonly threads?: number;
}

/** As many as a function of so much memory has CPUs. */
export const threadsOf = (memoryMb: number): number => Math.max(1, Math.floor(memoryMb / 1769));

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
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open({ memoryMb, folder, threads }: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${Math.max(128, Math.floor(memoryMb * 0.6 - 150))}MB`,
      threads: String(threads ?? threadsOf(memoryMb)),
      temp_directory: folder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      preserve_insertion_order: 'true',
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new Database(instance, connection);
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
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
