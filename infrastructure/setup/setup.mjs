/**
 * Installs what a fresh clone lacks: Node packages, and a virtual environment with the emulator. What is in place is
 * left alone. Needs nothing but Node.js and Python, so nothing here imports a package.
 */
import process from 'node:process';
import { Problem } from './problem.mjs';
import { requireNode } from './requirements.mjs';

const wrongUsage = 2;

try {
  requireNode(process.versions.node);
  // Only now: what follows uses what an old Node lacks.
  const { install } = await import('./install.mjs');
  await install((line) => process.stderr.write(`setup: ${line}\n`));
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  if (error.details !== undefined) process.stderr.write(`${error.details}\n\n`);
  process.stderr.write(`setup: ${error.message}\n  ${error.remedy}\n`);
  process.exitCode = wrongUsage;
}
