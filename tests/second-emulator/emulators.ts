import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { bootstrapStack, deployStack } from '../../cli/local/cdk.ts';
import { openDatabase } from '../../cli/local/database.ts';
import { down } from '../../cli/local/down.ts';
import { emulatedAccount } from '../../cli/local/environment.ts';
import { readState, statePaths, writeState } from '../../cli/local/state.ts';
import { ensureUp } from '../../cli/local/up.ts';
import { stopServer } from '../../infrastructure/postgres/server.ts';
import { migrate } from '../../layers/platform/migrate.ts';
import { connectThrough, type Deployed } from '../e2e/deployed.ts';
import { freePort } from '../e2e/deployment.ts';
import { DatabaseProxy } from '../e2e/reliability/database-proxy.ts';
import { pythonOf } from '../python-environment.ts';

/** Settings of `cdk/settings.ts`. */
export type Context = Readonly<Record<string, string>>;

/** An emulator with a database beside it, on which the stack can be deployed. */
export interface Emulator {
  readonly name: 'localstack' | 'ministack';
  readonly version: string;
  readonly deployed: Deployed;
  /** Deploys the stack as the product does, or brings the deployed one to other settings. */
  deploy(context?: Context): Promise<void>;
  /** `cdklocal destroy` of what was deployed last. @returns what it told, where it failed */
  destroy(): Promise<string | undefined>;
  /** Stands between the functions and the database. */
  readonly proxy: DatabaseProxy;
  stopDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
  /** Ends what {@link inStateFolder} does not. */
  stop(): Promise<void>;
}

const here = path.join(PROJECT_ROOT, 'tests/second-emulator');

/** Does `work` in a state folder of its own; what was started in it is stopped, and it is removed, whatever happens. */
export async function inStateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-second-'));
  stopWhenThisProcessDies(folder);
  try {
    return await work(folder);
  } finally {
    await down({ wipe: true, folder, report: () => {} });
    await rm(folder, { recursive: true, force: true });
  }
}

/** The product's own emulator, as `ecom up` starts it. */
export async function startLocalStack(folder: string): Promise<Emulator> {
  const { emulator } = await ensureUp({ folder, port: await freePort(), deploy: false });
  if (emulator === undefined) throw new Error('ecom up started no emulator');
  const { endpoint, version = '' } = emulator;
  return { name: 'localstack', version, ...(await besideDatabase(endpoint, folder, async () => {})) };
}

/** A certificate for 127.0.0.1 and its key. This process must trust it (NODE_EXTRA_CA_CERTS), and CDK (CDK_CA_BUNDLE_PATH). */
export interface Tls {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The other one: a process group that ends as a whole when its standard input closes, which it does with this process.
 * @param tls where given, every request must be encrypted, and allowed by the policies of whoever makes it
 */
export async function startMinistack(folder: string, tls?: Tls): Promise<Emulator> {
  const files = statePaths(folder);
  const postgres = await openDatabase(files, undefined);
  writeState({ postgres }, folder);
  await migrate(postgres.url);
  const port = await freePort();
  const log = openSync(files.emulatorLog, 'w');
  const server = spawn(pythonOf(here), [path.join(here, 'launch.py')], {
    cwd: folder,
    env: {
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}`,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      ...(tls && {
        ...{ AUTH: 'true', USE_SSL: '1', NODE_EXTRA_CA_CERTS: tls.certificate },
        ...{ MINISTACK_SSL_CERT: tls.certificate, MINISTACK_SSL_KEY: tls.key },
      }),
    },
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  const endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const version = await untilHealthy(endpoint, server);
  await bootstrapStack(endpoint);
  const end = async () => {
    const ended = once(server, 'exit');
    server.stdin?.end();
    await ended;
  };
  return { name: 'ministack', version, ...(await besideDatabase(endpoint, folder, end)) };
}

async function besideDatabase(
  endpoint: string,
  stateFolder: string,
  endEmulator: () => Promise<void>,
): Promise<Omit<Emulator, 'name' | 'version'>> {
  const url = readState(stateFolder).postgres?.url ?? '';
  const proxy = await DatabaseProxy.open(url);
  const databaseUrl = Object.assign(new URL(url), { port: String(proxy.port) }).href;
  const files = statePaths(stateFolder);
  return {
    deployed: connectThrough(
      {
        ...{ AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_S3: endpoint, DATABASE_URL: url },
        ...emulatedAccount,
      },
      stateFolder,
    ),
    deploy: async (context = {}) => {
      await deployStack({ target: 'local', endpoint, databaseUrl, context, stateFolder });
    },
    destroy: () => destroyStack(path.join(stateFolder, 'cdk.out'), endpoint),
    proxy,
    stopDatabase: async () => {
      await stopServer(files.postgres);
    },
    startDatabase: async () => {
      const postgres = await openDatabase(files, undefined);
      writeState({ ...readState(stateFolder), postgres }, stateFolder);
    },
    stop: async () => {
      await endEmulator();
      await proxy.close();
    },
  };
}

/** The watchdog outlives this process, and ends by itself where `folder` is gone before. */
function stopWhenThisProcessDies(folder: string): void {
  const watchdog = path.join(PROJECT_ROOT, 'tests/e2e/watchdog.mjs');
  const options = { detached: true, stdio: 'ignore' } as const;
  spawn(process.execPath, [watchdog, String(process.pid), folder], options).unref();
}

async function destroyStack(app: string, endpoint: string): Promise<string | undefined> {
  const cdklocal = createRequire(path.join(PROJECT_ROOT, 'package.json')).resolve(
    'aws-cdk-local/bin/cdklocal',
  );
  const child = spawn(
    process.execPath,
    [cdklocal, 'destroy', '--all', '--force', '--app', app, '--no-notices', '--ci'],
    {
      cwd: PROJECT_ROOT,
      env: { ...process.env, AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_S3: endpoint },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [told, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return code === 0 ? undefined : told;
}

const healthSchema = z.object({ version: z.string() });

async function untilHealthy(endpoint: string, server: ChildProcess): Promise<string> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`ministack ended with ${server.exitCode}`);
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined); // not yet
    if (answer?.ok) return healthSchema.parse(await answer.json()).version;
    await sleep(100);
  }
}
