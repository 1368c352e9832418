import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostgresError } from '../../layers/platform/errors.ts';
import { commandOf, endProcess, identifyProcess, isRunning } from '../processes.mjs';
import {
  type Cluster,
  dataFolder,
  openCluster,
  rememberPort,
  serverEnvironment,
  superuser,
} from './cluster.ts';

export interface ServerOptions {
  /** Folder in which the cluster is recorded. */
  readonly folder: string;
  readonly logFile: string;
  /** By default the port of the last start, or a free one. */
  readonly port?: number;
}

/** A server that accepts connections. It outlives the process that started it. */
export interface Server {
  readonly pid: number;
  readonly identity: string;
  readonly port: number;
  readonly url: string;
  readonly version: string;
  readonly home: string;
}

const database = 'ecom';
const startDeadline = 60_000;
const logTailLines = 15;

/**
 * Starts PostgreSQL on 127.0.0.1 and waits until it accepts connections; a server of this folder that already runs is
 * taken as it is.
 * @throws PostgresError with the end of the server's log
 */
export async function startServer({ folder, logFile, port }: ServerOptions): Promise<Server> {
  const cluster = openCluster(folder);
  const running = await findRunning(cluster);
  if (running !== undefined) return running;
  const server = await launch(cluster, logFile, port);
  if (server.port !== cluster.port) rememberPort(folder, cluster, server.port);
  return server;
}

/**
 * Ends the server of this folder (fast shutdown: sessions are cut, nothing committed is lost).
 * @returns whether one was running
 */
export async function stopServer(folder: string): Promise<boolean> {
  const process = postmaster(dataFolder(folder));
  if (process === undefined) return false;
  const gone = await endProcess(process, [
    { signal: 'SIGINT', patience: 20_000 },
    { signal: 'SIGQUIT', patience: 10_000 },
  ]);
  if (gone) return true;
  throw new PostgresError({
    what: `PostgreSQL does not stop (process ${process.pid})`,
    remedy: 'See its log, end it by hand, and try again',
  });
}

async function launch(cluster: Cluster, logFile: string, wanted: number | undefined): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = wanted ?? ((attempt === 1 && cluster.port) || (await freePort()));
    const logStart = existsSync(logFile) ? statSync(logFile).size : 0;
    const child = spawnServer(cluster, port, logFile);
    try {
      return await ready(cluster, child, port);
    } catch (error) {
      if (child.pid !== undefined && child.exitCode === null) child.kill('SIGINT');
      const log = existsSync(logFile) ? readFileSync(logFile).subarray(logStart).toString() : '';
      const portTaken = log.includes('Address already in use');
      if (portTaken && wanted === undefined && attempt < 5) continue;
      throw new PostgresError(
        {
          what: portTaken
            ? `port ${port} is taken`
            : `PostgreSQL did not start: ${log.trimEnd().split('\n').slice(-logTailLines).join('\n')}`,
          where: logFile,
          remedy: 'Mend what the log names, or use a server of your own: DATABASE_URL=postgres://...',
        },
        { cause: error },
      );
    }
  }
}

function spawnServer({ native, data, home, account }: Cluster, port: number, logFile: string): ChildProcess {
  // Opened here: the server's account need not be able to reach it.
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(path.join(native, 'bin', 'postgres'), ['-D', data, '-p', String(port)], {
      ...account,
      cwd: home,
      env: serverEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => {
      // Seen by `ready`: the process has no pid.
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

async function ready(cluster: Cluster, child: ChildProcess, port: number): Promise<Server> {
  const { pid } = child;
  const identity = pid === undefined ? undefined : identifyProcess(pid);
  if (pid === undefined || identity === undefined) throw new Error('the server process could not be started');
  const deadline = Date.now() + startDeadline;
  while (isRunning({ pid, identity })) {
    const version = await connectOnce(cluster, port);
    if (version !== undefined) return describe(cluster, { pid, identity }, port, version);
    if (Date.now() > deadline) throw new Error(`no connection within ${startDeadline / 1000} s`);
    await sleep(30);
  }
  throw new Error('the server process ended');
}

/** A server that already serves the cluster, after waiting for one that is about to start or stop. */
async function findRunning(cluster: Cluster): Promise<Server | undefined> {
  const found = postmaster(cluster.data);
  if (found === undefined) {
    // Its number may belong to another process now, which PostgreSQL would take for a server.
    rmSync(pidFile(cluster.data), { force: true });
    return undefined;
  }
  const deadline = Date.now() + startDeadline;
  while (isRunning(found)) {
    const version = await connectOnce(cluster, found.port);
    if (version !== undefined) return describe(cluster, found, found.port, version);
    if (Date.now() > deadline) {
      throw new PostgresError({
        what: `a PostgreSQL server (process ${found.pid}) holds the data but does not answer on port ${found.port}`,
        where: cluster.data,
        remedy: 'Stop it and try again',
      });
    }
    await sleep(50);
  }
  return undefined;
}

/** The process that holds the data, if it is indeed a server. */
function postmaster(data: string | undefined): { pid: number; identity: string; port: number } | undefined {
  if (data === undefined || !existsSync(pidFile(data))) return undefined;
  const lines = readFileSync(pidFile(data), 'utf8').split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  const identity = identifyProcess(pid);
  return identity !== undefined && commandOf(pid).includes(data) ? { pid, identity, port } : undefined;
}

function pidFile(data: string): string {
  return path.join(data, 'postmaster.pid');
}

function describe(
  { home, password }: Cluster,
  { pid, identity }: { pid: number; identity: string },
  port: number,
  version: string,
): Server {
  return { pid, identity, port, version, home, url: urlOf(password, port, database) };
}

/** The server's version when it accepts connections; makes the database when it is not there yet. */
async function connectOnce({ password }: Cluster, port: number): Promise<string | undefined> {
  const client = new pg.Client({
    connectionString: urlOf(password, port, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; exists: boolean }>(
      `select current_setting('server_version') as version,
              exists (select from pg_database where datname = $1) as exists`,
      [database],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    if (!row.exists) await client.query(`create database ${database}`);
    return row.version;
  } catch (error) {
    if (isNotYetReady(error)) return undefined;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function isNotYetReady(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  const [startingUp, shuttingDown] = ['57P03', '57P01'];
  return (
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === startingUp ||
    code === shuttingDown ||
    /terminated unexpectedly|timeout expired/i.test(message ?? '')
  );
}

function urlOf(password: string, port: number, name: string): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${name}`;
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
