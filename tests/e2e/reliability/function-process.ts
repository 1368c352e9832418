import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import process from 'node:process';
import { promisify } from 'node:util';
import { builtFunctions } from '../../../cdk/functions.ts';

export type FunctionName = (typeof builtFunctions)[number];

/** The process in which the emulator runs a function. */
export interface FunctionProcess {
  readonly name: FunctionName;
  /** Ends it as the kernel does when memory is short. */
  kill(): void;
  /** Stops it in the middle of what it does; its timeout will end it. */
  freeze(): void;
}

/** The function at the other end of a connection to this process, or undefined for any other client. */
export async function processBehind(socket: Socket): Promise<FunctionProcess | undefined> {
  const { remotePort, localPort } = socket;
  if (remotePort === undefined || localPort === undefined) return undefined;
  const pid = await (process.platform === 'linux'
    ? linuxPid(remotePort, localPort)
    : lsofPid(remotePort, localPort));
  if (pid === undefined) return undefined;
  const deployed = /AWS_LAMBDA_FUNCTION_NAME=ecom-experiment-([a-z]+)/.exec(await environmentOf(pid))?.[1];
  const name = builtFunctions.find((one) => one === deployed);
  if (name === undefined) return undefined;
  return {
    name,
    kill: () => process.kill(pid, 'SIGKILL'),
    freeze: () => process.kill(pid, 'SIGSTOP'),
  };
}

async function environmentOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/environ`, 'utf8');
  return run('ps', ['eww', '-o', 'command=', '-p', String(pid)]);
}

/** The socket's inode from the table of connections, then the process that has it open. */
async function linuxPid(port: number, peerPort: number): Promise<number | undefined> {
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  const table = await readFile('/proc/net/tcp', 'utf8');
  const line = table.split('\n').find((one) => {
    const [, local, remote] = one.trim().split(/\s+/);
    return local?.endsWith(`:${hex(port)}`) && remote?.endsWith(`:${hex(peerPort)}`);
  });
  const inode = line?.trim().split(/\s+/)[9];
  if (inode === undefined) return undefined;
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/.test(pid) && (await isFunction(pid)) && (await holds(pid, inode))) return Number(pid);
  }
  return undefined;
}

/** By process: a number that was used again within a test is not worth the search. */
const known = new Map<string, boolean>();

async function isFunction(pid: string): Promise<boolean> {
  const before = known.get(pid);
  if (before !== undefined) return before;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // it has ended
  const found = command.includes('lambda_executor/runtime.mjs');
  if (command !== '') known.set(pid, found);
  return found;
}

async function holds(pid: string, inode: string): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []); // it has ended, or is another user's
  const links = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')), // closed since
  );
  return links.includes(`socket:[${inode}]`);
}

async function lsofPid(port: number, peerPort: number): Promise<number | undefined> {
  const found = await run('lsof', ['-nP', '-Fp', `-iTCP@127.0.0.1:${port}`, '-sTCP:ESTABLISHED']);
  const pids = found.split('\n').flatMap((line) => (line.startsWith('p') ? [Number(line.slice(1))] : []));
  return peerPort > 0 ? pids.find((pid) => pid !== process.pid) : undefined;
}

async function run(command: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(command, [...args])).stdout;
}
