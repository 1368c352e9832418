import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { commandOf, endProcess, identifyProcess, isRunning } from '../../infrastructure/processes.mjs';
import { LocalError } from '../../layers/platform/errors.ts';
import { note } from '../terminal.ts';
import { findListener, isFree } from './listener.ts';
import type { EmulatorState } from './state.ts';

export const defaultPort = 4566;

const startDeadline = 90_000;
const logTailLines = 20;
const healthSchema = z.object({ version: z.string() });

export interface EmulatorFiles {
  /** Folder for everything the emulator writes. */
  readonly emulator: string;
  readonly emulatorLog: string;
}

/**
 * Starts LocalStack in the background, without waiting until it answers. One of this folder that already listens on
 * the port is taken as it is, unless its folder was removed meanwhile: then it is stopped, since it can store nothing.
 * @throws LocalError naming who has the port
 */
export async function launchEmulator(
  files: EmulatorFiles,
  port: number,
  report: (line: string) => void = note,
): Promise<EmulatorState> {
  const known = findOwn(files, port);
  if (known !== undefined && hasFolder(files)) return known;
  if (known !== undefined) await stopStranded(known, report);
  await requireFree(port);
  const python = path.join(PROJECT_ROOT, '.venv', 'bin', 'python');
  if (!existsSync(python)) {
    throw new LocalError({
      what: 'the emulator is not installed',
      where: python,
      remedy: 'Install it: npm run setup',
    });
  }
  const script = path.join(PROJECT_ROOT, 'infrastructure', 'emulator', 'launch.py');
  mkdirSync(files.emulator, { recursive: true });
  const log = openSync(files.emulatorLog, 'w', 0o600);
  const child = spawn(
    python,
    [script, '--port', String(port), '--state', files.emulator, '--node', process.execPath],
    {
      // A folder that stays: whoever called may remove his working directory.
      cwd: files.emulator,
      // Packages from elsewhere must not shadow the locked ones.
      env: { ...process.env, PYTHONPATH: undefined, PYTHONHOME: undefined },
      detached: true,
      stdio: ['ignore', log, log],
    },
  );
  closeSync(log);
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
  const pid = child.pid ?? 0;
  return record(pid, identifyProcess(pid) ?? '', port);
}

/**
 * Waits until the emulator answers.
 * @returns its version
 * @throws LocalError with the end of its log when it ends or does not answer in time
 */
export async function awaitHealthy(emulator: EmulatorState, { emulatorLog }: EmulatorFiles): Promise<string> {
  const deadline = Date.now() + startDeadline;
  while (isRunning(emulator) && Date.now() < deadline) {
    const version = await askVersion(emulator.endpoint);
    if (version !== undefined) return version;
    await sleep(100);
  }
  const ended = !isRunning(emulator);
  throw new LocalError({
    what: `the emulator ${ended ? 'ended while it started' : `did not answer within ${startDeadline / 1000} s`}:\n${tail(emulatorLog)}`,
    where: emulatorLog,
    remedy: ended
      ? 'Mend what the log names and try again: ./ecom up'
      : 'Stop it (./ecom down) and try again: ./ecom up',
  });
}

/** The version of the LocalStack at `endpoint`, undefined when none answers. */
export async function askVersion(endpoint: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${endpoint}/_localstack/health`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? healthSchema.safeParse(await response.json()).data?.version : undefined;
  } catch {
    return undefined; // nobody there, somebody else, or not ready: all the same to who asks
  }
}

/** Ends the emulator and the functions it runs. */
export async function stopEmulator(emulator: EmulatorState): Promise<void> {
  const gone = await endProcess(emulator, [
    { signal: 'SIGTERM', patience: 15_000 },
    { signal: 'SIGKILL', patience: 5_000 },
  ]);
  if (!gone) throw new LocalError({ what: `the emulator does not stop (process ${emulator.pid})` });
}

/** Whether the folder of an emulator that has answered is still there: it locks a file in it as long as it runs. */
export function hasFolder({ emulator }: Pick<EmulatorFiles, 'emulator'>): boolean {
  return existsSync(path.join(emulator, 'lock'));
}

/** Ends an emulator whose folder was removed while it ran. */
export async function stopStranded(emulator: EmulatorState, report: (line: string) => void): Promise<void> {
  await stopEmulator(emulator);
  report(`LocalStack stopped (process ${emulator.pid}): its folder was removed, and its data with it`);
}

/** The emulator of this folder that listens on `port`, whatever is on record. */
export function findOwn(
  { emulator }: Pick<EmulatorFiles, 'emulator'>,
  port: number,
): EmulatorState | undefined {
  const pid = findListener(port);
  const command = pid === undefined ? '' : commandOf(pid);
  if (pid === undefined || !command.includes('launch.py') || !command.includes(emulator)) return undefined;
  return record(pid, identifyProcess(pid) ?? '', port);
}

/** @throws LocalError naming who has the port */
async function requireFree(port: number): Promise<void> {
  if (await isFreeSoon(port)) return;
  const pid = findListener(port);
  const version = await askVersion(endpointOf(port));
  const what = version === undefined ? 'something else' : `another LocalStack (${version})`;
  const who = pid === undefined ? '' : `: process ${pid}, ${abbreviate(commandOf(pid))}`;
  throw new LocalError({
    what: `port ${port} is taken by ${what}${who}`,
    remedy: `Stop it, or use another port: ./ecom up --port ${port + 100} (or ECOM_PORT=${port + 100})`,
  });
}

/** A process that is being killed holds its port for a moment after it is gone from the list of processes. */
async function isFreeSoon(port: number): Promise<boolean> {
  for (const deadline = Date.now() + 2_000; Date.now() < deadline; await sleep(100)) {
    if (await isFree(port)) return true;
    if (findListener(port) !== undefined) return false;
  }
  return isFree(port);
}

function record(pid: number, identity: string, port: number): EmulatorState {
  return { pid, identity, port, endpoint: endpointOf(port), restored: false };
}

function endpointOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function tail(file: string): string {
  if (!existsSync(file) || statSync(file).size === 0) return '(its log is empty)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n');
}

function abbreviate(command: string): string {
  return command.length > 120 ? `${command.slice(0, 120)}…` : command;
}
