import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../lock.mjs';
import { hideStatus, showingProgress } from '../status-line.mjs';
import { thisMachine } from './machine.mjs';
import { nodePackages } from './node-packages.mjs';
import { Problem } from './problem.mjs';
import { pythonPackages } from './python-packages.mjs';
import { requirePlatform, requireSpace } from './requirements.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Installs what is missing, side by side. Called twice at once, the second waits and finds everything in place.
 * @param {(line: string) => void} say
 */
export async function install(say) {
  const report = (/** @type {string} */ line) => {
    hideStatus();
    say(line);
  };
  const node = nodePackages(root);
  const python = pythonPackages(root);
  if (node.isCurrent() && python.isCurrent()) return;
  requirePlatform(thisMachine());
  const { bavail, bsize } = fs.statfsSync(root);
  requireSpace(bavail * bsize, root);
  await withLock(
    path.join(root, '.ecom', 'setup.lock'),
    { onWait: (holder) => report(`waiting for another setup (process ${holder})`) },
    async () => {
      /** @type {Promise<void>[]} */
      const jobs = [];
      if (!python.isCurrent()) {
        // Looked for first: whoever lacks Python is told at once, not after the Node packages.
        const interpreter = await python.find();
        jobs.push(timed(python.name, () => python.install(interpreter), report));
      }
      if (!node.isCurrent()) jobs.push(timed(node.name, node.install, report));
      // All run to their end, so that what one of them achieved is kept.
      const ended = await showingProgress('setup: installing (a minute or two, once)', () =>
        Promise.allSettled(jobs),
      );
      for (const result of ended) {
        if (result.status === 'rejected') throw explain(result.reason);
      }
    },
  );
}

/**
 * @param {string} name
 * @param {() => Promise<void>} job
 * @param {(line: string) => void} report
 */
async function timed(name, job, report) {
  report(`installing ${name}`);
  const start = performance.now();
  await job();
  report(`installed ${name} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** @param {NodeJS.ErrnoException} error */
function explain(error) {
  if (error.code === 'ENOSPC') return new Problem('the disk is full', 'Free some space and try again');
  if (error.code === 'EACCES' || error.code === 'EROFS') {
    return new Problem(
      `no permission to write ${error.path ?? root}`,
      'Use a clone that belongs to you, or mend its owner (chown)',
    );
  }
  return error;
}
