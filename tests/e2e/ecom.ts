import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const root = path.resolve(import.meta.dirname, '../..');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly stateFolder: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the command line as a user does, in a process of its own. */
export async function runEcom(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return runCommand(process.execPath, [path.join(root, 'cli', 'bin.mjs'), ...args], options);
}

/** The same for one that Ctrl-C ends as soon as standard error matches `moment`. */
export async function interruptEcom(
  args: readonly string[],
  moment: RegExp,
  { stateFolder }: Pick<CommandOptions, 'stateFolder'>,
): Promise<Pick<CommandResult, 'code' | 'stderr'>> {
  const child = spawn(process.execPath, [path.join(root, 'cli', 'bin.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, ECOM_STATE: stateFolder, NO_COLOR: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let stderr = '';
  for await (const piece of child.stderr) {
    stderr += piece;
    if (!child.killed && moment.test(stderr)) child.kill('SIGINT');
  }
  const [code] = await closed;
  return { code, stderr };
}

/** Runs any command with the state folder of the shared deployment. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { stateFolder, input, environment }: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ECOM_STATE: stateFolder, NO_COLOR: '1', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}
