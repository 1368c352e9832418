import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
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
