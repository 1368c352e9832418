import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import pg from 'pg';
import { localEnvironment } from '../local/environment.ts';
import { readState } from '../local/state.ts';
import { note, print, printJson, table } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface PsqlOptions {
  readonly command?: string;
  readonly json?: boolean;
}

/** `ecom psql`: SQL on the marts. */
export async function psql(options: PsqlOptions): Promise<void> {
  const url = process.env.DATABASE_URL ?? localEnvironment(readState()).DATABASE_URL;
  if (options.command !== undefined)
    return withClient(url, (client) => execute(client, options.command ?? '', options.json));
  if (await openPsql(url)) return;
  await withClient(url, prompt);
}

/** Hands the terminal to psql. False where psql is not installed. */
async function openPsql(url: string): Promise<boolean> {
  const child = spawn('psql', [url], { stdio: 'inherit' });
  try {
    await once(child, 'spawn');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
  return true;
}

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'ecom psql' });
  try {
    await client.connect();
  } catch (error) {
    throw new UsageError(
      {
        what: `the database does not answer: ${error instanceof Error ? error.message : error}`,
        remedy: 'Start it: npx ecom up, or set DATABASE_URL',
      },
      { cause: error },
    );
  }
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

async function execute(client: pg.Client, sql: string, asJson = false): Promise<void> {
  let result: pg.QueryResult;
  try {
    result = await client.query(sql);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new UsageError({ what: error.message, remedy: error.hint }, { cause: error });
  }
  if (asJson) return printJson(result.rows);
  if (result.fields.length === 0) return print(`${result.command} ${result.rowCount ?? ''}`.trim());
  const names = result.fields.map(({ name }) => name);
  const cells = (row: Record<string, unknown>) => names.map((name) => cellText(row[name]));
  print(
    table(
      names.map((title) => ({ title })),
      result.rows.map(cells),
    ),
  );
}

function cellText(value: unknown): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function prompt(client: pg.Client): Promise<void> {
  note('psql is not installed: one statement a line, an empty line or Ctrl-D ends');
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: 'ecom=> ' });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '') break;
    try {
      await execute(client, line);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      note(error.message);
    }
    lines.prompt();
  }
  lines.close();
}
