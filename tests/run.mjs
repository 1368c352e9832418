/**
 * Every check of the project, in two rows side by side: lint, types and the tests; and the emulator's own tests (Python) with
 * those of reliability, which have a deployment of their own to stop and kill, and wait more than they compute. Ends with one
 * line that counts the tests of all runners.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const root = path.resolve(import.meta.dirname, '..');
const folder = mkdtempSync(path.join(tmpdir(), 'ecom-tests-'));
const bin = (/** @type {string} */ name) => path.join(root, 'node_modules', '.bin', name);
const python = path.join(root, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin', 'python');

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
  });
}

/**
 * Runs a command, and returns what it printed with the exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {(text: string) => void} show
 */
async function execute(command, args, show) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      show(text);
    });
  }
  const [code] = await once(child, 'close');
  running.delete(child);
  return { ok: code === 0, output };
}

/**
 * Runs a command and shows its output as it comes.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 */
async function step(title, command, args) {
  process.stdout.write(`\n== ${title}\n`);
  return execute(command, args, (text) => process.stdout.write(text));
}

/**
 * Runs a command beside others, and shows its output once it has ended.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 */
async function stepBeside(title, command, args) {
  const result = await execute(command, args, () => {});
  process.stdout.write(`\n== ${title}\n${result.output}`);
  return result;
}

const reportOf = (/** @type {string} */ name) => path.join(folder, `${name}.json`);

/**
 * @param {string} name of the report
 * @param {string[]} projects
 */
function vitestArguments(name, projects) {
  const selected = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportOf(name)}`];
  return ['run', ...selected, ...reporters];
}

/** @param {string} output what `python -m unittest` printed */
function countUnittest(output) {
  const total = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const number = (/** @type {string} */ name) => Number(new RegExp(`${name}=(\\d+)`).exec(output)?.[1] ?? 0);
  const [failed, skipped] = [number('failures') + number('errors'), number('skipped')];
  return { passed: total - failed - skipped, failed, skipped };
}

/** @param {string} name of the report */
function countVitest(name) {
  const report = JSON.parse(readFileSync(reportOf(name), 'utf8'));
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

async function firstRow() {
  const lint = await step('lint', bin('biome'), ['check', '.']);
  const types = await step('types', bin('tsc'), ['--noEmit']);
  const args = vitestArguments('tests', ['components', 'integration', 'e2e']);
  return { lint, types, tests: await step('tests', bin('vitest'), args) };
}

async function secondRow() {
  const unittest = ['-m', 'unittest', 'discover', '-s', 'infrastructure/emulator/tests'];
  const emulator = await stepBeside('emulator', python, unittest);
  const args = vitestArguments('reliability', ['reliability']);
  return { emulator, reliability: await stepBeside('reliability', bin('vitest'), args) };
}

try {
  const [first, second] = await Promise.all([firstRow(), secondRow()]);
  const steps = { ...first, ...second };
  const counts = [countUnittest(steps.emulator.output), countVitest('tests'), countVitest('reliability')];
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    counts.reduce((total, count) => total + count[key], 0);
  const failed = Object.entries(steps).filter(([, { ok }]) => !ok);
  process.stdout.write(
    `\n${failed.length === 0 ? 'all steps passed' : `failed: ${failed.map(([name]) => name).join(', ')}`}\n`,
  );
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
