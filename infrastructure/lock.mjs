import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning } from './processes.mjs';

/**
 * Runs `job` while no other process holds `file`, which names its holder. A holder that died leaves no lock behind.
 * @template T
 * @param {string} file
 * @param {{ onWait?: (holder: number) => void }} options `onWait` hears once whom this process waits for
 * @param {() => Promise<T>} job
 * @returns {Promise<T>}
 */
export async function withLock(file, { onWait = () => {} }, job) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let announced = false;
  while (!claim(file)) {
    const holder = readHolder(file);
    if (holder !== undefined && !isRunning(holder)) removeStale(file);
    else if (holder !== undefined && !announced) {
      announced = true;
      onWait(holder.pid);
    }
    await sleep(100);
  }
  try {
    return await job();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/**
 * The lock appears with its content: it is linked into place, never seen half written.
 * @param {string} file
 */
function claim(file) {
  const draft = `${file}.${randomUUID()}`;
  fs.writeFileSync(draft, JSON.stringify({ pid: process.pid, identity: identifyProcess(process.pid) }));
  try {
    fs.linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/**
 * @param {string} file
 * @returns {{ pid: number, identity: string } | undefined} undefined when the lock has just been released
 */
function readHolder(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Of several processes that see the same dead holder only the one that holds the takeover lock removes it, and looks
 * again first: otherwise the second would remove the first one's new lock.
 * @param {string} file
 */
function removeStale(file) {
  const takeover = `${file}.takeover`;
  if (!claim(takeover)) {
    const holder = readHolder(takeover);
    if (holder !== undefined && !isRunning(holder)) fs.rmSync(takeover, { force: true });
    return;
  }
  try {
    const holder = readHolder(file);
    if (holder !== undefined && !isRunning(holder)) fs.rmSync(file, { force: true });
  } finally {
    fs.rmSync(takeover, { force: true });
  }
}
