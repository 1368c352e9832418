/**
 * Every check of the project, in the order in which they are quick to tell: lint, types, the emulator's own tests
 * (Python), then all of vitest's. Ends with one line that counts the tests of both runners.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'ecom-tests-'));
const vitestReport = path.join(folder, 'vitest.json');
const bin = (/** @type {string} */ name) => path.join(root, 'node_modules', '.bin', name);
const python = path.join(root, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin', 'python');

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => running?.kill(signal));
}

/**
 * Runs a command, shows its output, and returns it with the exit code.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 */
async function step(title, command, args) {
  process.stdout.write(`\n== ${title}\n`);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  let output = '';
  child.stdout.on('data', (data) => process.stdout.write(data));
  child.stderr.on('data', (data) => {
    output += data;
    process.stderr.write(data);
  });
  const [code] = await once(child, 'close');
  return { ok: code === 0, output };
}

/** @param {string} output what `python -m unittest` printed */
function countUnittest(output) {
  const total = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const number = (/** @type {string} */ name) => Number(new RegExp(`${name}=(\\d+)`).exec(output)?.[1] ?? 0);
  const [failed, skipped] = [number('failures') + number('errors'), number('skipped')];
  return { passed: total - failed - skipped, failed, skipped };
}

function countVitest() {
  const report = JSON.parse(readFileSync(vitestReport, 'utf8'));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.testResults.filter(failedToLoad).length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {{ status: string, assertionResults: unknown[] }} file a file that threw before its tests ran */
function failedToLoad(file) {
  return file.status === 'failed' && file.assertionResults.length === 0;
}

try {
  const lint = await step('lint', bin('biome'), ['check', '.']);
  const types = await step('types', bin('tsc'), ['--noEmit']);
  const emulator = await step('emulator', python, [
    '-m',
    'unittest',
    'discover',
    '-s',
    'infrastructure/emulator/tests',
  ]);
  const vitest = await step('tests', bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${vitestReport}`,
  ]);
  const counts = [countUnittest(emulator.output), countVitest()];
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    counts.reduce((total, count) => total + count[key], 0);
  const steps = { lint, types, emulator, tests: vitest };
  const failed = Object.entries(steps).filter(([, { ok }]) => !ok);
  process.stdout.write(
    `\n${failed.length === 0 ? 'all steps passed' : `failed: ${failed.map(([name]) => name).join(', ')}`}\n`,
  );
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
