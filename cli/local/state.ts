import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { isRunning } from '../../infrastructure/processes.mjs';
import { LocalError } from '../../layers/platform/errors.ts';

const processSchema = z.object({ pid: z.int().positive(), identity: z.string() });
const portSchema = z.int().min(1).max(65_535);

const emulatorSchema = processSchema.extend({
  port: portSchema,
  endpoint: z.url(),
  /** Absent until it has answered for the first time. */
  version: z.string().optional(),
  /** Whether the saved buckets are back: before that, what it holds is not to be saved. */
  restored: z.boolean(),
});

const postgresSchema = z.discriminatedUnion('kind', [
  processSchema.extend({
    kind: z.literal('embedded'),
    port: portSchema,
    url: z.string(),
    version: z.string(),
    /** Folder of the cluster: in the state folder, or elsewhere when the server's account cannot reach that. */
    home: z.string(),
  }),
  z.object({ kind: z.literal('external'), url: z.string(), version: z.string() }),
]);

const stateSchema = z.strictObject({
  emulator: emulatorSchema.optional(),
  postgres: postgresSchema.optional(),
  deployed: z
    .object({
      /** Hash of everything that goes into the deployment. */
      fingerprint: z.string(),
      /** `identity` of the emulator process that holds it. */
      emulator: z.string(),
      at: z.iso.datetime(),
      rawBucket: z.string(),
      processedBucket: z.string(),
      stateMachineArn: z.string(),
    })
    .optional(),
});

/** What runs locally, as the last command left it. */
export type State = z.infer<typeof stateSchema>;
export type EmulatorState = z.infer<typeof emulatorSchema>;
export type PostgresState = z.infer<typeof postgresSchema>;

/** Folder of everything that is kept locally: `ECOM_STATE`, or `.ecom` in the checkout. */
export function stateFolder(): string {
  return path.resolve(process.env.ECOM_STATE || path.join(PROJECT_ROOT, '.ecom'));
}

/** Files and folders in the state folder, by what they hold. */
export const statePaths = (folder: string) => ({
  state: path.join(folder, 'state.json'),
  lock: path.join(folder, 'lock'),
  buckets: path.join(folder, 'buckets'),
  emulator: path.join(folder, 'emulator'),
  emulatorLog: path.join(folder, 'emulator.log'),
  postgres: path.join(folder, 'postgres'),
  postgresLog: path.join(folder, 'postgres.log'),
  synthesized: path.join(folder, 'cdk.out'),
  outputs: path.join(folder, 'stack-outputs.json'),
  demo: path.join(folder, 'demo'),
  reports: path.join(folder, 'reports'),
});

/** Creates the state folder. What is secret in it is protected by itself: the database's account must come through. */
export function prepareStateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
}

/** The state as recorded, without what has died since; empty when nothing was ever started. */
export function readState(folder = stateFolder()): State {
  const file = statePaths(folder).state;
  const recorded = parse(file);
  const emulator =
    recorded.emulator !== undefined && isRunning(recorded.emulator) ? recorded.emulator : undefined;
  const { postgres, deployed } = recorded;
  const postgresLives = postgres !== undefined && (postgres.kind === 'external' || isRunning(postgres));
  return {
    ...(emulator && { emulator }),
    ...(postgresLives && { postgres }),
    ...(deployed && deployed.emulator === emulator?.identity && { deployed }),
  };
}

/** Replaces the state in one step: a reader sees the old or the new one. */
export function writeState(state: State, folder = stateFolder()): void {
  prepareStateFolder(folder);
  const file = statePaths(folder).state;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

function parse(file: string): State {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new LocalError(
      { what: 'the local state cannot be read', where: file, remedy: 'Check its permissions (ls -l)' },
      { cause: error },
    );
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LocalError(
      {
        what: 'the local state is not what this version writes',
        where: file,
        remedy: 'End the processes it names, delete it, and start again: ./ecom up',
      },
      { cause },
    );
  }
}
