/**
 * Breaks each formula in turn, in a copy, and runs the tests that are to notice:
 * `node infrastructure/run.mjs tests/mutation/run.ts [--missed]`. Writes results.json and the table of
 * docs/statistics-evidence.md; --missed runs only what the results do not show as noticed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { evidence, replaceSection } from '../oracle/document.ts';
import { type Mutation, mutations } from './mutations.ts';
import { type Result, table } from './table.ts';

const copy = mkdtempSync(path.join(tmpdir(), 'ecom-mutation-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const folder of [
  'cli',
  'layers',
  'config',
  'tests/oracle',
  'tests/mutation',
  'tests/simulation',
  'tests/unit',
]) {
  cpSync(path.join(PROJECT_ROOT, folder), path.join(copy, folder), { recursive: true });
}
for (const file of ['package.json', 'tsconfig.json'])
  cpSync(path.join(PROJECT_ROOT, file), path.join(copy, file));
symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
writeFileSync(
  path.join(copy, 'vitest.config.mts'),
  `import { textExtensions } from ${JSON.stringify(path.join(PROJECT_ROOT, 'infrastructure/text-modules.mjs'))};
export default {
  plugins: [{
    name: 'text-modules',
    enforce: 'pre',
    transform: (code, id) =>
      textExtensions.some((extension) => id.endsWith(extension)) ? 'export default ' + JSON.stringify(code) : undefined,
  }],
  define: { PROJECT_ROOT: ${JSON.stringify(JSON.stringify(copy))} },
  // A busy machine is no sign of a mutation.
  test: { testTimeout: 100_000 },
};\n`,
);

const file = path.join(PROJECT_ROOT, 'tests/mutation/results.json');
const before: readonly Result[] = process.argv.includes('--missed')
  ? JSON.parse(readFileSync(file, 'utf8'))
  : [];
const known = (mutation: Mutation) =>
  before.find(({ file, breaks, noticed }) => noticed && file === mutation.file && breaks === mutation.breaks);
const open = mutations.filter((mutation) => known(mutation) === undefined);
if (failures([...new Set(open.flatMap(({ tests }) => tests))]) !== 0) {
  throw new Error('the tests fail without any mutation; mend them first');
}
const found = new Map<Mutation, Result>();
for (const mutation of open) {
  const failed = withMutation(mutation, () => failures(mutation.tests));
  const result = { file: mutation.file, breaks: mutation.breaks, failed, noticed: failed !== 0 };
  process.stdout.write(`${result.noticed ? 'noticed ' : 'MISSED  '} ${mutation.file}: ${mutation.breaks}\n`);
  found.set(mutation, result);
  keep();
}
const results = keep();
const missed = results.filter(({ noticed }) => !noticed);
process.stdout.write(`${results.length} mutations, ${missed.length} missed\n`);
process.exitCode = missed.length === 0 ? 0 : 1;

/** Writes what is known so far: a run that is stopped is gone on with by --missed. */
function keep(): Result[] {
  const results = mutations.flatMap((mutation) => found.get(mutation) ?? known(mutation) ?? []);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  replaceSection('mutation', table(results), evidence);
  return results;
}

function withMutation<T>({ file, find, replace }: Mutation, run: () => T): T {
  const target = path.join(copy, 'layers', file);
  const original = readFileSync(target, 'utf8');
  // A function, so that a dollar sign in the replacement stands for itself.
  writeFileSync(
    target,
    original.replaceAll('\r\n', '\n').replace(find, () => replace),
  );
  try {
    return run();
  } finally {
    writeFileSync(target, original);
  }
}

/** How many tests fail in the copy; null when they do not end within two minutes. */
function failures(tests: readonly string[]): number | null {
  const report = path.join(copy, 'report.json');
  const files = tests.map((name) => `tests/${name}.test.ts`);
  const vitest = path.join(PROJECT_ROOT, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(
    process.execPath,
    // Threads, so that a formula that never ends is killed with its process.
    [
      vitest,
      'run',
      ...files,
      '--reporter=json',
      `--outputFile=${report}`,
      '--no-isolate',
      '--maxWorkers=1',
      '--pool=threads',
    ],
    { cwd: copy, timeout: 120_000, killSignal: 'SIGKILL', stdio: 'ignore' },
  );
  if (run.error !== undefined && 'code' in run.error && run.error.code === 'ETIMEDOUT') return null;
  if (run.error !== undefined) throw new Error('vitest does not start', { cause: run.error });
  const { numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    numFailedTests: number;
    testResults: { status: string; assertionResults: unknown[] }[];
  };
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return numFailedTests + unloaded.length;
}
