import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serverAccount } from '../../../infrastructure/postgres/account.ts';
import { removeCluster } from '../../../infrastructure/postgres/cluster.ts';
import { nativeFolder } from '../../../infrastructure/postgres/native.mjs';
import { startServer, stopServer } from '../../../infrastructure/postgres/server.ts';
import { isRunning } from '../../../infrastructure/processes.mjs';

const isRoot = process.getuid?.() === 0;

let base: string;
let folder: string;
let logFile: string;

beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'ecom postgres-'));
  chmodSync(base, 0o755);
  folder = path.join(base, 'postgres');
  logFile = path.join(base, 'postgres.log');
});

afterEach(async () => {
  if (existsSync(folder)) {
    await stopServer(folder);
    removeCluster(folder);
  }
  rmSync(base, { recursive: true, force: true });
});

const start = (port?: number) => startServer({ folder, logFile, ...(port === undefined ? {} : { port }) });

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows[0];
  } finally {
    await client.end();
  }
}

test('serves PostgreSQL 18 in UTF-8 and UTC at the address it returns, by password only', async () => {
  const { url, version } = await start();
  expect(version).toMatch(/^18\./);
  expect(
    await query(
      url,
      `select current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone, lower('ÄÉ') as lower`,
    ),
  ).toEqual({ encoding: 'UTF8', zone: 'UTC', lower: 'äé' });
  await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
    /password authentication failed/,
  );
});

test('listens on loopback and has no socket file', async () => {
  const { url } = await start();
  expect(
    await query(
      url,
      `select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets`,
    ),
  ).toEqual({ listen: '127.0.0.1', sockets: '' });
});

test('a second start finds the running server', async () => {
  const first = await start();
  expect(await start()).toEqual(first);
});

test('data, address and password outlive a stop', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 7 as value');
  expect(await stopServer(folder)).toBe(true);
  expect(isRunning(first)).toBe(false);
  expect(await stopServer(folder)).toBe(false);
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select value from kept')).toEqual({ value: 7 });
});

test('recovers after a kill, also when its number now belongs to another process', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 7 as value');
  process.kill(first.pid, 'SIGKILL');
  await expect.poll(() => isRunning(first)).toBe(false);
  const pidFile = path.join(first.home, 'data', 'postmaster.pid');
  const [, ...rest] = readFileSync(pidFile, 'utf8').split('\n');
  writeFileSync(pidFile, [process.pid, ...rest].join('\n'));
  const second = await start();
  expect(await query(second.url, 'select value from kept')).toEqual({ value: 7 });
});

test('moves to another port when its own is taken meanwhile', async () => {
  const first = await start();
  await stopServer(folder);
  const squatter = net.createServer();
  await new Promise<void>((resolve) => squatter.listen(first.port, '127.0.0.1', resolve));
  try {
    const second = await start();
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'select 1 as one')).toEqual({ one: 1 });
  } finally {
    squatter.close();
  }
});

test('says so when the requested port is taken', async () => {
  const squatter = net.createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  const { port } = squatter.address() as net.AddressInfo;
  try {
    await expect(start(port)).rejects.toThrow(`port ${port} is taken`);
  } finally {
    squatter.close();
  }
});

test('starts afresh when a temporary data folder was cleaned away', async () => {
  const first = await start();
  await stopServer(folder);
  rmSync(first.home, { recursive: true });
  expect(await query((await start()).url, 'select 1 as one')).toEqual({ one: 1 });
});

test('refuses data of another major version and names the way out', async () => {
  const { home } = await start();
  await stopServer(folder);
  writeFileSync(path.join(home, 'data', 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toThrow(/made by PostgreSQL 17.*down --wipe/s);
});

test('passwords lie in files that only their owner can read', async () => {
  await start();
  expect(statSync(path.join(folder, 'cluster.json')).mode & 0o077).toBe(0);
});

test.runIf(isRoot)(
  'as root, data lie elsewhere when the state cannot be reached, and are removed with it',
  async () => {
    chmodSync(base, 0o700);
    const { home, url } = await start();
    expect(home.startsWith(base)).toBe(false);
    expect(statSync(home).mode & 0o077).toBe(0);
    expect(await query(url, 'select 1 as one')).toEqual({ one: 1 });
    await stopServer(folder);
    removeCluster(folder);
    expect(existsSync(home)).toBe(false);
  },
);

test.runIf(isRoot)(
  'as root, binaries are copied when the checkout is private and was installed under umask 077',
  async () => {
    const checkout = path.join(base, 'checkout');
    const native = nativeFolder(checkout);
    mkdirSync(path.dirname(native), { recursive: true });
    cpSync(nativeFolder(PROJECT_ROOT), native, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'go-rwx', native]);
    chmodSync(checkout, 0o700);
    const script = await bundleServe(checkout);
    expect(run(script, {})).toMatchObject({ sum: 42, uid: 0 });
  },
);

test.runIf(isRoot)('an ordinary user runs it as himself', async () => {
  // Any account with an entry in the user database will do: initdb asks for its name.
  const user = serverAccount() ?? { uid: 0, gid: 0 };
  const own = path.join(base, 'own');
  mkdirSync(own);
  chownSync(own, user.uid, user.gid);
  folder = path.join(own, 'postgres');
  logFile = path.join(own, 'postgres.log');
  const script = await bundleServe(PROJECT_ROOT);
  expect(run(script, user)).toEqual({ sum: 42, uid: user.uid, home: path.join(folder, 'cluster') });
});

async function bundleServe(root: string): Promise<string> {
  const outfile = path.join(base, 'serve.mjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'serve.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    define: { PROJECT_ROOT: JSON.stringify(root) },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

function run(script: string, user: { uid?: number; gid?: number }): unknown {
  return JSON.parse(
    execFileSync(process.execPath, [script, folder, logFile], { ...user, cwd: '/', encoding: 'utf8' }),
  );
}
