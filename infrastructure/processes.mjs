/** Processes that outlive the command that started them: who is behind a number, and how to end it. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Tells a process from a later one of the same number (numbers are used again, at the latest after a restart of the
 * machine).
 * @param {number} pid
 * @returns {string | undefined} undefined when no such process runs (a zombie does not run)
 */
export function identifyProcess(pid) {
  return process.platform === 'linux' ? identifyOnLinux(pid) : identifyByPs(pid);
}

/**
 * @param {{ pid: number, identity: string }} recorded
 * @returns {boolean} whether that very process still runs
 */
export function isRunning({ pid, identity }) {
  return identifyProcess(pid) === identity;
}

/**
 * Sends `signals` one after the other until the process is gone.
 * @param {{ pid: number, identity: string }} recorded
 * @param {readonly { signal: NodeJS.Signals, patience: number }[]} signals patience in milliseconds
 * @returns {Promise<boolean>} whether it is gone
 */
export async function endProcess(recorded, signals) {
  for (const { signal, patience } of signals) {
    if (!isRunning(recorded)) return true;
    try {
      process.kill(recorded.pid, signal);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return true;
      throw error;
    }
    const deadline = Date.now() + patience;
    while (isRunning(recorded) && Date.now() < deadline) await sleep(20);
  }
  return !isRunning(recorded);
}

/**
 * @param {number} pid
 * @returns {string} how the process was called, its arguments separated by spaces; empty when that cannot be read
 */
export function commandOf(pid) {
  return process.platform === 'linux'
    ? (readIfPresent(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim()
    : (askPs(pid, 'command=') ?? '');
}

/** @param {number} pid */
function identifyOnLinux(pid) {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field, the name in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return undefined;
  const boot = readIfPresent('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot}/${fields[19]}`;
}

/** @param {number} pid */
function identifyByPs(pid) {
  const [state = '', ...started] = (askPs(pid, 'state=,lstart=') ?? '').split(/\s+/);
  return state === '' || state.startsWith('Z') ? undefined : started.join(' ');
}

/**
 * @param {number} pid
 * @param {string} columns
 */
function askPs(pid, columns) {
  try {
    return execFileSync('ps', ['-ww', '-o', columns, '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch (error) {
    // ps answers with a status of its own when there is no such process.
    if (typeof (/** @type {{ status?: unknown }} */ (error).status) === 'number') return undefined;
    throw error;
  }
}

/** @param {string} file */
function readIfPresent(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
