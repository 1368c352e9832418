import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import pg from 'pg';
import { UsageError } from '../../layers/platform/errors.ts';
import { searchPath } from '../../layers/platform/postgres.ts';
import { databaseUrlOfTarget } from '../pipeline/database-url.ts';
import { target } from '../pipeline/target.ts';
import { note, print, printJson, table } from '../terminal.ts';
import columnsSql from './psql-columns.sql';
import tablesSql from './psql-tables.sql';

/** `ecom psql`: SQL on the marts. */
export function define(command: Command): void {
  command
    .option('-c, --command <sql>', 'run this and end')
    .option('--json', 'print the rows of --command as JSON')
    .addHelpText(
      'after',
      '\nWhere psql is not installed, \\d lists the tables and views, and \\d <name> the columns of one.\n\nExamples:\n  ecom psql\n  ecom psql -c "select variant, count(*), sum(revenue) from mart_user_outcomes group by variant"',
    )
    .action(psql);
}

interface PsqlOptions {
  readonly command?: string;
  readonly json?: boolean;
}

async function psql(options: PsqlOptions): Promise<void> {
  const url = await databaseUrlOfTarget();
  const { command, json } = options;
  if (command === undefined) {
    if (!(await openPsql(url))) await withClient(url, prompt);
    return;
  }
  if (isPsqlOwn(command) && !json && (await openPsql(url, ['-c', command]))) return;
  await withClient(url, (client) => execute(client, command, json));
}

/** Hands the terminal to psql. False where psql is not installed. */
async function openPsql(url: string, args: readonly string[] = []): Promise<boolean> {
  const env = { ...process.env, PGOPTIONS: `-c search_path=${searchPath} ${process.env.PGOPTIONS ?? ''}` };
  const child = spawn('psql', [url, ...args], { stdio: 'inherit', env });
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
  const client = new pg.Client({
    connectionString: url,
    application_name: 'ecom psql',
    options: `-c search_path=${searchPath}`,
  });
  try {
    await client.connect();
  } catch (error) {
    throw new UsageError(
      {
        what: `the database does not answer: ${error instanceof Error ? error.message : error}`,
        remedy:
          target() === 'aws'
            ? 'Ask from a machine in its network, with the security group of the output ClientSecurityGroupId, or set DATABASE_URL'
            : 'Start it: ./ecom up, or set DATABASE_URL',
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

const isPsqlOwn = (statement: string) => statement.trimStart().startsWith('\\');

/** The query that psql's `\\d`, `\\dt`, `\\dv` or `\\d <name>` stands for. */
function queryFor(statement: string): pg.QueryConfig {
  if (!isPsqlOwn(statement)) return { text: statement };
  const [, name] = /^\s*\\d[tv]?\+?(?:\s+([\w.]+))?\s*;?\s*$/.exec(statement) ?? [];
  if (name !== undefined) return { text: columnsSql, values: [name.replace(/^(public|ecom)\./, '')] };
  if (/^\s*\\d[tv]?\+?\s*;?\s*$/.test(statement)) return { text: tablesSql };
  throw new UsageError({
    what: `"${statement.trim()}" is a command of psql, which is not asked here`,
    remedy:
      'Install psql and use it without --json, or ask in SQL; \\d lists the tables, \\d <name> the columns of one',
  });
}

/** Asks what may be several statements, and prints the result of each. */
async function execute(client: pg.Client, text: string, asJson = false): Promise<void> {
  let answer: pg.QueryResult | pg.QueryResult[];
  try {
    // With several statements the types say one result, and there is one of each.
    answer = await client.query(queryFor(text));
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new UsageError({ what: error.message, remedy: error.hint }, { cause: error });
  }
  const results = Array.isArray(answer) ? answer : [answer];
  if (results.every(({ command }) => command === null)) {
    throw new UsageError({
      what: 'there is no statement in it',
      remedy: 'Give one: ./ecom psql -c "select * from mart_user_exposure limit 5"',
    });
  }
  if (asJson) return printJson(Array.isArray(answer) ? answer.map(({ rows }) => rows) : answer.rows);
  for (const [index, result] of results.entries()) {
    if (index > 0) print();
    printResult(result);
  }
}

function printResult({ fields, rows, command, rowCount }: pg.QueryResult): void {
  if (fields.length === 0) {
    print(`${command} ${rowCount ?? ''}`.trim());
    return;
  }
  const names = fields.map(({ name }) => name);
  const cells = (row: Record<string, unknown>) => names.map((name) => cellText(row[name]));
  print(
    table(
      names.map((title) => ({ title })),
      rows.map(cells),
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
