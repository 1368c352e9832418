/** `node watchdog.mjs <pid> <state folder>`: when the process is gone and the state is not, stops what it started. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const [pid, stateFolder] = process.argv.slice(2);
if (pid === undefined || stateFolder === undefined)
  throw new Error('usage: watchdog.mjs <pid> <state folder>');

function isAlive() {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
}

while (isAlive() && existsSync(stateFolder)) await sleep(500);
if (existsSync(stateFolder)) {
  const bin = path.resolve(import.meta.dirname, '../../cli/bin.mjs');
  spawnSync(process.execPath, [bin, 'down', '--wipe'], { env: { ...process.env, ECOM_STATE: stateFolder } });
  rmSync(stateFolder, { recursive: true, force: true });
}
