import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface UiProcess {
  readonly url: string;
  /** Presses Ctrl-C, and returns the exit code. */
  readonly stop: () => Promise<number | null>;
  readonly stderr: () => string;
}

/** `ecom ui` on a free port, as a user starts it. */
export async function startUi(stateFolder: string): Promise<UiProcess> {
  const bin = path.resolve(import.meta.dirname, '../../cli/bin.mjs');
  const child = spawn(process.execPath, [bin, 'ui', '--port', '0'], {
    env: { ...process.env, ECOM_STATE: stateFolder, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const url = await firstLine(child);
  if (url === undefined) throw new Error(`ecom ui did not start:\n${stderr}`);
  return {
    url,
    stderr: () => stderr,
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, 'close');
      child.kill('SIGINT');
      return (await ended)[0];
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string | undefined> {
  if (stdout === null) return undefined;
  for await (const line of createInterface(stdout)) return line;
  return undefined;
}
