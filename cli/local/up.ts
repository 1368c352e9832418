import process from 'node:process';
import { withLock } from '../../infrastructure/lock.mjs';
import { isAddressOf } from '../../infrastructure/postgres/cluster.ts';
import { stopServer } from '../../infrastructure/postgres/server.ts';
import { isWatched, showingProgress } from '../../infrastructure/status-line.mjs';
import { UsageError } from '../../layers/platform/errors.ts';
import { migrate } from '../../layers/platform/migrate.ts';
import { portOfEnvironment } from '../arguments.ts';
import { counted, interruptible, note } from '../terminal.ts';
import { bootstrapStack, deployStack } from './cdk.ts';
import { openDatabase } from './database.ts';
import {
  askVersion,
  awaitHealthy,
  defaultPort,
  hasFolder,
  launchEmulator,
  stopStranded,
} from './emulator.ts';
import { deploymentFingerprint } from './fingerprint.ts';
import { localS3, restoreBuckets } from './saved-buckets.ts';
import { readSaved } from './saved-index.ts';
import {
  type EmulatorState,
  type PostgresState,
  prepareStateFolder,
  readState,
  type State,
  stateFolder,
  statePaths,
  writeState,
} from './state.ts';

export interface UpOptions {
  /** Port of the emulator; by default `ECOM_PORT`, or 4566. */
  readonly port?: number | undefined;
  /** Whether the stack is deployed: when it is not, or its sources have changed (true, the default), or in any case. */
  readonly deploy?: Deploy;
  readonly folder?: string;
  /** Hears one line for each step that did something. */
  readonly report?: (line: string) => void;
  /** Hears each line that CDK prints. */
  readonly onLine?: (line: string) => void;
}

type Deploy = boolean | 'always';

interface Session {
  readonly folder: string;
  readonly report: (line: string) => void;
  readonly onLine: ((line: string) => void) | undefined;
  /** Adds to the recorded state. */
  readonly keep: (change: State) => void;
}

/**
 * Starts what does not run yet (emulator, database), and deploys the stack where it is missing or out of date. Called
 * twice at once, the second waits for the first.
 * @returns the state, in which emulator and database run
 * @throws LocalError, PostgresError or DeploymentError saying what stands in the way
 */
export async function ensureUp(options: UpOptions = {}): Promise<State> {
  const { folder = stateFolder(), report = note, onLine } = options;
  const port = options.port ?? portOfEnvironment();
  const deploy = options.deploy ?? true;
  const found = readState(folder);
  if (await isUp(found, port, deploy, folder)) return found;
  prepareStateFolder(folder);
  return interruptible(
    'What was started stays up. See it: ./ecom status; go on: ./ecom up; stop it: ./ecom down',
    () =>
      withLock(
        statePaths(folder).lock,
        { onWait: (holder) => report(`waiting for another ecom up or down (process ${holder})`) },
        async () => {
          let state = readState(folder);
          if (await isUp(state, port, deploy, folder)) return state;
          const keep = (change: State) => {
            state = { ...state, ...change };
            writeState(state, folder);
          };
          await start(state, port, deploy, { folder, report, onLine, keep });
          return state;
        },
      ),
  );
}

async function isUp(
  { emulator, postgres, deployed }: State,
  port: number | undefined,
  deploy: Deploy,
  folder: string,
): Promise<boolean> {
  refuseOtherPort(emulator, port);
  if (deploy === 'always') return false;
  if (emulator?.version === undefined || !emulator.restored || postgres === undefined) return false;
  if (!hasFolder(statePaths(folder))) return false;
  const wanted = externalUrl(folder);
  if (wanted === undefined ? postgres.kind === 'external' : postgres.url !== wanted) return false;
  if (deploy && deployed?.fingerprint !== deploymentFingerprint(postgres.url)) return false;
  return (await askVersion(emulator.endpoint)) !== undefined;
}

async function start(
  state: State,
  port: number | undefined,
  deploy: Deploy,
  session: Session,
): Promise<void> {
  const { folder, keep } = session;
  // Both run to their end: what one of them started is on record even if the other fails.
  const startBoth = () =>
    Promise.allSettled([
      startEmulator(state.emulator, port ?? state.emulator?.port ?? defaultPort, session),
      startDatabase(state.postgres, session),
    ]);
  const [emulator, postgres] = await (state.emulator?.restored && state.postgres !== undefined
    ? startBoth()
    : announced(session, 'starting LocalStack and PostgreSQL', startBoth));
  if (emulator.status === 'rejected') throw emulator.reason;
  if (postgres.status === 'rejected') throw postgres.reason;
  if (!deploy) return;
  const fingerprint = deploymentFingerprint(postgres.value.url);
  const isCurrent =
    state.deployed?.fingerprint === fingerprint && state.deployed.emulator === emulator.value.identity;
  if (deploy !== 'always' && isCurrent) return;
  const outputs = await step(
    session,
    () => 'stack deployed',
    () =>
      announced(session, 'deploying the stack', () =>
        deployStack({
          target: 'local',
          endpoint: emulator.value.endpoint,
          databaseUrl: postgres.value.url,
          stateFolder: folder,
          ...(session.onLine === undefined ? {} : { onLine: session.onLine }),
        }),
      ),
  );
  keep({
    deployed: {
      fingerprint,
      emulator: emulator.value.identity,
      at: new Date().toISOString(),
      rawBucket: outputs.RawBucketName,
      processedBucket: outputs.ProcessedBucketName,
      stateMachineArn: outputs.StateMachineArn,
    },
  });
}

async function startEmulator(
  recorded: EmulatorState | undefined,
  port: number,
  { folder, report, keep }: Session,
): Promise<EmulatorState> {
  const files = statePaths(folder);
  const isStranded = recorded?.version !== undefined && !hasFolder(files);
  if (isStranded) await stopStranded(recorded, report);
  const known = isStranded ? undefined : recorded;
  const healthy = await step(
    { report },
    ({ version, endpoint }) => (known?.version ? undefined : `LocalStack ${version} runs on ${endpoint}`),
    async () => {
      const emulator = known ?? (await launchEmulator(files, port, report));
      keep({ emulator });
      return { ...emulator, version: await awaitHealthy(emulator, files) };
    },
  );
  keep({ emulator: healthy });
  if (healthy.restored) return healthy;

  await step(
    { report },
    (saved) =>
      saved && `buckets restored: ${counted(saved.objects.length, 'object')} as saved at ${saved.at}`,
    async () => {
      const client = localS3(healthy.endpoint);
      try {
        const saved = await readSaved(files.buckets);
        if (saved !== undefined) await restoreBuckets(client, saved, files.buckets);
        return saved;
      } finally {
        client.destroy();
      }
    },
  );
  await bootstrapStack(healthy.endpoint);
  const ready = { ...healthy, restored: true };
  keep({ emulator: ready });
  return ready;
}

async function startDatabase(
  known: PostgresState | undefined,
  { folder, report, keep }: Session,
): Promise<PostgresState> {
  const files = statePaths(folder);
  const url = externalUrl(folder);
  const postgres = await step(
    { report },
    (opened) =>
      opened.url === known?.url
        ? undefined
        : opened.kind === 'external'
          ? `PostgreSQL ${opened.version} of DATABASE_URL answers`
          : `PostgreSQL ${opened.version} runs on 127.0.0.1:${opened.port}`,
    async () => {
      if (url !== undefined) await stopServer(files.postgres);
      return openDatabase(files, url);
    },
  );
  keep({ postgres });
  await step(
    { report },
    ({ applied, hasRoles }) =>
      applied.length > 0
        ? `migrations applied: ${applied.join(', ')}${hasRoles ? '' : '; without roles, which the login may not create (docs/operate.md, Postgres)'}`
        : undefined,
    () => migrate(postgres.url),
  );
  return postgres;
}

/** DATABASE_URL, unless it is the embedded server's own address. */
function externalUrl(folder: string): string | undefined {
  const url = process.env.DATABASE_URL || undefined;
  return url !== undefined && isAddressOf(statePaths(folder).postgres, url) ? undefined : url;
}

function refuseOtherPort(emulator: EmulatorState | undefined, port: number | undefined): void {
  if (emulator === undefined || port === undefined || emulator.port === port) return;
  throw new UsageError({
    what: `the emulator already runs on port ${emulator.port}, not ${port}`,
    remedy: 'Stop it first: ./ecom down',
  });
}

/** Does `work`, which takes long: with its seconds on a terminal, and a line before it elsewhere. */
function announced<Result>(
  { report }: Pick<Session, 'report'>,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isWatched()) report(what);
  return showingProgress(what, work);
}

/** Does `work`, and reports the line that `describe` makes of its result together with the time it took. */
async function step<Result>(
  { report }: Pick<Session, 'report'>,
  describe: (result: Result) => string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const begin = performance.now();
  const result = await work();
  const line = describe(result);
  if (line !== undefined) report(`${line} (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
  return result;
}
