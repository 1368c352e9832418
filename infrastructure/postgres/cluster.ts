import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { PostgresError } from '../../layers/platform/errors.ts';
import { type Account, canRun, canWrite, handOver, serverAccount } from './account.ts';
import { hydrateLinks, nativeFolder } from './native.mjs';

/** Major version of the binaries that package.json pins. */
const majorVersion = '18';

const recordSchema = z.object({
  /** Folder that holds the cluster's data and, where needed, a copy of the binaries. */
  home: z.string(),
  password: z.string(),
  /** The port is kept, so that what knows the address finds the server again after a restart. */
  port: z.int().optional(),
});
type ClusterRecord = z.infer<typeof recordSchema>;

/** An initialised database cluster, ready to be served. */
export interface Cluster extends ClusterRecord {
  readonly data: string;
  readonly native: string;
  readonly account: Account | undefined;
}

export const superuser = 'ecom';

/**
 * Opens the cluster of `folder`, and makes it when there is none. Run by root, the cluster belongs to `nobody`; where
 * that account cannot reach `folder` or the binaries, data and a copy of the binaries lie in a private temporary
 * folder, which `folder` names.
 * @throws PostgresError when there is no place for it, or when another version or account made it
 */
export function openCluster(folder: string): Cluster {
  const account = serverAccount();
  const known = readRecord(folder);
  // Temporary folders may be gone after a restart of the machine.
  const record = known !== undefined && existsSync(known.home) ? known : undefined;
  const { home, password, port } = record ?? createHome(folder, account);
  const cluster = { home, password, port, account, data: path.join(home, 'data'), native: '' };
  checkOwner(cluster);
  const native = placeBinaries(home, account);
  if (native === undefined) throw cannotRun(home);
  const opened = { ...cluster, native };
  if (existsSync(opened.data)) checkVersion(opened.data);
  else initialise(opened);
  return opened;
}

/** The data of `folder`'s cluster, undefined when there is none. */
export function dataFolder(folder: string): string | undefined {
  const record = readRecord(folder);
  return record && path.join(record.home, 'data');
}

/** Whether `url` is an address of `folder`'s cluster (someone exported what `ecom status` printed). */
export function isAddressOf(folder: string, url: string): boolean {
  const record = readRecord(folder);
  return record !== undefined && url.includes(`:${record.password}@127.0.0.1:`);
}

/** Keeps the port for the next start. */
export function rememberPort(folder: string, { home, password }: Cluster, port: number): void {
  writeRecord(folder, { home, password, port });
}

/** Removes the cluster of `folder`, wherever its data lies. The server must not run. */
export function removeCluster(folder: string): void {
  const record = readRecord(folder);
  if (record !== undefined) rmSync(record.home, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

function createHome(folder: string, account: Account | undefined): ClusterRecord {
  mkdirSync(folder, { recursive: true });
  const local = path.join(folder, 'cluster');
  rmSync(local, { recursive: true, force: true });
  const makers = [
    () => {
      mkdirSync(local);
      return local;
    },
    // /var/tmp first: it survives a restart of the machine.
    ...['/var/tmp', os.tmpdir()]
      .filter((base) => account !== undefined && existsSync(base))
      .map((base) => () => mkdtempSync(path.join(base, 'ecom-postgres-'))),
  ];
  for (const make of makers) {
    const home = make();
    handOver(home, 0o700, account);
    if (canWrite(home, account) && placeBinaries(home, account) !== undefined) {
      const record = { home, password: randomBytes(24).toString('base64url') };
      writeRecord(folder, record);
      return record;
    }
    rmSync(home, { recursive: true });
  }
  throw cannotRun(folder);
}

/** The binaries where they were installed if `account` can run them there, else a copy in `home`. */
function placeBinaries(home: string, account: Account | undefined): string | undefined {
  const installed = nativeFolder(PROJECT_ROOT);
  if (!existsSync(installed)) {
    throw new PostgresError({
      what: "PostgreSQL's binaries are not installed",
      where: installed,
      remedy: 'Install them: npm run setup. Or use a server of your own: DATABASE_URL=postgres://...',
    });
  }
  hydrateLinks(installed);
  if (canRun(path.join(installed, 'bin', 'postgres'), account)) return installed;
  const copy = path.join(home, 'native');
  rmSync(copy, { recursive: true, force: true });
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  openToAll(copy);
  return canRun(path.join(copy, 'bin', 'postgres'), account) ? copy : undefined;
}

/** The copy is readable whatever umask the packages were installed under. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) openToAll(file);
    else if (entry.isFile()) chmodSync(file, 0o755);
  }
}

function initialise({ home, data, native, account, password }: Cluster): void {
  const draft = path.join(home, 'initialising');
  const passwordFile = path.join(home, 'password');
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  handOver(passwordFile, 0o600, account);
  const { status, stderr, error } = spawnSync(
    path.join(native, 'bin', 'initdb'),
    [
      ...['--pgdata', draft, '--no-sync', '--no-instructions'],
      ...['--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...[
        '--encoding',
        'UTF8',
        '--locale',
        'C',
        '--locale-provider',
        'builtin',
        '--builtin-locale',
        'C.UTF-8',
      ],
      ...['--set', 'listen_addresses=127.0.0.1', '--set', 'unix_socket_directories='],
      ...['--set', 'timezone=UTC', '--set', 'log_timezone=UTC'],
    ],
    {
      ...account,
      cwd: home,
      env: serverEnvironment(),
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  rmSync(passwordFile);
  if (status !== 0) {
    throw new PostgresError(
      {
        what: `the database could not be initialised: ${(stderr ?? '').trim() || error?.message}`,
        where: home,
        remedy: 'Mend what it names, or use a server of your own: DATABASE_URL=postgres://...',
      },
      { cause: error },
    );
  }
  // Renamed when complete: a data folder that is there is a whole one.
  renameSync(draft, data);
}

/** Nothing of the caller's environment (PGDATA, PGOPTIONS, credentials) reaches the server. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C' };
}

function checkOwner({ home, account }: Cluster): void {
  const owner = lstatSync(home).uid;
  const expected = account?.uid ?? process.getuid?.();
  if (owner === expected) return;
  throw new PostgresError({
    what: `the database belongs to user ${owner}, but would be run by user ${expected}`,
    where: home,
    remedy: 'Run this as the user who made it, or give another state folder: ECOM_STATE=/path/to/folder',
  });
}

function checkVersion(data: string): void {
  const version = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();
  if (version === majorVersion) return;
  throw new PostgresError({
    what: `the database was made by PostgreSQL ${version}, this is ${majorVersion}`,
    where: data,
    remedy: 'Drop the local data and start again: ./ecom down --wipe && ./ecom up',
  });
}

function cannotRun(where: string): PostgresError {
  return new PostgresError({
    what: 'PostgreSQL cannot run here: its account can neither use this folder nor one for temporary files',
    where,
    remedy:
      'Use a normal user instead of root, a state folder on a disk that allows programs (ECOM_STATE=/path/to/folder), or a server of your own (DATABASE_URL=postgres://...)',
  });
}

function readRecord(folder: string): ClusterRecord | undefined {
  const file = recordFile(folder);
  if (!existsSync(file)) return undefined;
  const result = recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (result.success) return result.data;
  throw new PostgresError(
    {
      what: 'the record of the local database is damaged',
      where: file,
      remedy: `Remove ${folder}, and the folder that this file names, and start again: ./ecom up`,
    },
    { cause: result.error },
  );
}

function writeRecord(folder: string, record: ClusterRecord): void {
  const file = recordFile(folder);
  const draft = `${file}.draft`;
  writeFileSync(draft, JSON.stringify(record), { mode: 0o600 });
  renameSync(draft, file);
}

function recordFile(folder: string): string {
  return path.join(folder, 'cluster.json');
}
