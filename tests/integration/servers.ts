import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { awaitHealthy, launchEmulator, stopEmulator } from '../../cli/local/emulator.ts';
import type { EmulatorState } from '../../cli/local/state.ts';
import { withLock } from '../../infrastructure/lock.mjs';
import { removeCluster } from '../../infrastructure/postgres/cluster.ts';
import { type Server, startServer, stopServer } from '../../infrastructure/postgres/server.ts';
import { withPostgres } from '../../layers/platform/postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of the one LocalStack and the one PostgreSQL that all integration tests share. */
    readonly serversFolder: string;
  }
}

const filesOf = (folder: string) => ({
  emulator: path.join(folder, 'emulator'),
  emulatorLog: path.join(folder, 'emulator.log'),
  emulatorState: path.join(folder, 'emulator.json'),
  postgres: path.join(folder, 'postgres'),
  postgresLog: path.join(folder, 'postgres.log'),
});

/** Gives the servers a folder, and stops in the end what tests have started there. */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ecom-servers-'));
  project.provide('serversFolder', folder);
  return async () => {
    const { emulatorState, postgres } = filesOf(folder);
    if (existsSync(emulatorState)) await stopEmulator(readEmulator(emulatorState));
    if (existsSync(postgres)) {
      await stopServer(postgres);
      removeCluster(postgres);
    }
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The shared LocalStack; the first that asks starts it. */
export function sharedEmulator(folder: string): Promise<EmulatorState> {
  const files = filesOf(folder);
  return withLock(path.join(folder, 'emulator.lock'), {}, async () => {
    if (existsSync(files.emulatorState)) return readEmulator(files.emulatorState);
    const emulator = await launchEmulator(files, await freePort());
    writeFileSync(files.emulatorState, JSON.stringify(emulator));
    await awaitHealthy(emulator, files);
    return emulator;
  });
}

/** The shared PostgreSQL; the first that asks starts it. Nothing in it outlives the tests: it need not reach the disk. */
export function sharedPostgres(folder: string): Promise<Server> {
  const { postgres, postgresLog } = filesOf(folder);
  return withLock(path.join(folder, 'postgres.lock'), {}, async () => {
    const server = await startServer({ folder: postgres, logFile: postgresLog });
    await withPostgres(server.url, { applicationName: 'test' }, async (client) => {
      await client.query('alter system set fsync = off');
      await client.query('select pg_reload_conf()');
    });
    return server;
  });
}

function readEmulator(file: string): EmulatorState {
  return JSON.parse(readFileSync(file, 'utf8')) as EmulatorState;
}

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve);
  });
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
