import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { readState, statePaths } from '../../cli/local/state.ts';
import type { Deployed } from '../e2e/deployed.ts';

/**
 * What the local emulator and database hold. Memory is that of process trees in MB: on Linux each process has its share of
 * the pages that it shares with others, elsewhere they count in each.
 */
export interface Usage {
  readonly 'LocalStack MB': number;
  readonly functions: number;
  readonly 'functions MB': number;
  readonly 'PostgreSQL MB': number;
  readonly 'PostgreSQL processes': number;
  readonly connections: number;
  readonly 'sandbox folders': number;
  /** Files that the functions left in their folders. */
  readonly 'files in them': number;
  readonly partitions: number;
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly kilobytes: number;
  readonly command: string;
}

export async function measureUsage(deployed: Deployed): Promise<Usage> {
  const { emulator, postgres } = readState(deployed.stateFolder);
  if (emulator === undefined || postgres?.kind !== 'embedded') throw new Error('start both: ./ecom up');
  const rows = await listProcesses();
  const emulated = treeOf(rows, emulator.pid);
  const isFunction = ({ command }: ProcessRow) => command.includes('lambda_executor/runtime.mjs');
  const functions = emulated.filter(isFunction);
  const database = treeOf(rows, postgres.pid);
  const temporary = path.join(statePaths(deployed.stateFolder).emulator, 'tmp');
  const sandboxes = (await readdir(temporary)).filter((name) => name.startsWith('lambda-sandbox-'));
  const files = await Promise.all(
    sandboxes.map((name) => readdir(path.join(temporary, name), { recursive: true })),
  );
  const [counts] = await deployed.sql<{ connections: number; partitions: number }>(
    `select (select count(*) from pg_stat_activity where application_name like 'ecom %')::integer as connections,
            (select count(*) from pg_inherits join pg_class on oid = inhrelid where relkind = 'r')::integer as partitions`,
  );
  return {
    'LocalStack MB': await megabytes(emulated.filter((row) => !isFunction(row))),
    functions: functions.length,
    'functions MB': await megabytes(functions),
    'PostgreSQL MB': await megabytes(database),
    'PostgreSQL processes': database.length,
    connections: counts?.connections ?? 0,
    'sandbox folders': sandboxes.length,
    'files in them': files.flat().length,
    partitions: counts?.partitions ?? 0,
  };
}

async function listProcesses(): Promise<ProcessRow[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,rss=,args='], {
    maxBuffer: 1 << 26,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, kilobytes, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined
      ? []
      : [{ pid: Number(pid), parent: Number(parent), kilobytes: Number(kilobytes), command }];
  });
}

function treeOf(rows: readonly ProcessRow[], root: number): ProcessRow[] {
  const own = rows.filter(({ pid }) => pid === root);
  const children = rows.filter(({ parent }) => parent === root);
  return [...own, ...children.flatMap(({ pid }) => treeOf(rows, pid))];
}

async function megabytes(rows: readonly ProcessRow[]): Promise<number> {
  const sizes = await Promise.all(rows.map(proportionalKilobytes));
  return Math.round(sizes.reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024);
}

async function proportionalKilobytes({ pid, kilobytes }: ProcessRow): Promise<number> {
  if (process.platform !== 'linux') return kilobytes;
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => ''); // it has ended
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0);
}
