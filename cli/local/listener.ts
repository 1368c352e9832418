import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import process from 'node:process';

const listening = '0A';

/** Whether `port` on 127.0.0.1 can be listened on. */
export async function isFree(port: number): Promise<boolean> {
  const probe = net.createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** The process that listens on `port`, undefined when it cannot be told (it may belong to another user). */
export function findListener(port: number): number | undefined {
  return process.platform === 'linux' ? findOnLinux(port) : askLsof(port);
}

function findOnLinux(port: number): number | undefined {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(readLines).flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      const matches = state === listening && Number.parseInt(local?.split(':')[1] ?? '', 16) === port;
      return matches ? [`socket:[${inode}]`] : [];
    }),
  );
  if (sockets.size === 0) return undefined;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openFiles(pid).some((file) => sockets.has(file)));
}

function askLsof(port: number): number | undefined {
  const { stdout } = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' });
  return Number.parseInt(stdout ?? '', 10) || undefined;
}

function readLines(file: string): string[] {
  return optional(() => readFileSync(file, 'utf8').split('\n')) ?? [];
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const names = optional(() => readdirSync(folder)) ?? [];
  return names.flatMap((name) => optional(() => readlinkSync(`${folder}/${name}`)) ?? []);
}

/** Processes end, and those of others are closed to us, while one looks. */
function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'EACCES', 'EPERM', 'ESRCH'].includes(code)) return undefined;
    throw error;
  }
}
