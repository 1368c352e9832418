import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { type DataSet, dataSets, type Figures, figures, type Result } from './data-sets.ts';

/**
 * Takes public data sets through `ecom init` and `ecom analyze`, and compares with what compute.py has of the files.
 * `node infrastructure/run.mjs tests/public-data/run.ts <folder> <python> [name...]`: the folder holds the files of each data set in
 * `<name>/`, as they are at the commit that data-sets.json names; the Python has tests/oracle/requirements.txt. Writes
 * results.json, from which `npx vitest run --project components tests/unit/docs/public-data.test.ts --update` makes the page.
 */
const [folder, python = 'python3', ...names] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: run.ts <folder of the data sets> <python>');
const home = path.resolve('tests/public-data');

const report = z.object({
  experiments: z.array(
    z.object({ metrics: z.array(z.object({ metric: z.string(), comparisons: z.array(z.unknown()) })) }),
  ),
});
const comparison = z.object({
  ...figures.pick({ variant: true, control: true, treatment: true }).shape,
  effect: z.object({ relative: z.number(), absoluteCi: figures.shape.interval }),
  test: z.object({ p: z.number() }),
});

function execute(command: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1e9 });
  return { status, stdout, stderr };
}

const ecom = (...args: string[]) =>
  execute(process.execPath, [path.join(PROJECT_ROOT, 'cli/bin.mjs'), ...args]);

/** What the product has of a data set, or why it refuses it. */
function analyze(data: string, { init, control, independent }: DataSet): Figures[] | string {
  const guessed = ecom('init', data, ...init);
  if (guessed.status !== 0) return reason(guessed.stderr);
  const settings = path.join(data, 'experiment.yaml');
  const text = readFileSync(settings, 'utf8');
  if (control !== undefined) {
    const answered = text.replace(/# control: <its name> .*/, `control: "${control}"`);
    if (answered === text) throw new Error(`init asks for no control of ${data}`);
    writeFileSync(settings, answered);
  }
  const { status, stdout, stderr } = ecom('analyze', data, '--json');
  if (status !== 0 && stdout === '') return reason(stderr);
  const metric = independent?.value === undefined ? 'revenue_per_user' : 'purchase_conversion';
  const found = report
    .parse(JSON.parse(stdout))
    .experiments.flatMap(({ metrics }) => metrics.filter((one) => one.metric === metric));
  return found.flatMap(({ comparisons }) =>
    comparisons.map((one) => {
      const { effect, test, ...others } = comparison.parse(one);
      return { ...others, lift: effect.relative, interval: effect.absoluteCi, p: test.p };
    }),
  );
}

function reason(stderr: string): string {
  const line = stderr.split('\n').find((text) => text.includes('error')) ?? stderr;
  return line.replace(/^.*?error:?\s*/, '').trim();
}

function compute(data: string, { files, independent }: DataSet): Figures[] | null {
  if (independent === undefined) return null;
  const file = path.join(data, path.basename(files[0] ?? ''));
  const { status, stdout, stderr } = execute(python, [
    ...[path.join(home, 'compute.py'), file, JSON.stringify(independent)],
  ]);
  if (status !== 0) throw new Error(stderr);
  return z.array(figures).parse(JSON.parse(stdout));
}

for (const dataSet of dataSets.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const data = mkdtempSync(path.join(os.tmpdir(), 'ecom-public-'));
  cpSync(path.join(folder, dataSet.name), data, { recursive: true });
  const product = analyze(data, dataSet);
  keep({
    name: dataSet.name,
    ...(typeof product === 'string' ? { product: [], refused: product } : { product }),
    independent: compute(data, dataSet),
  });
  rmSync(data, { recursive: true });
}

/** Puts a result into its place among those that are there. */
function keep(result: Result): void {
  const file = path.join(home, 'results.json');
  const others = z.array(z.looseObject({ name: z.string() })).parse(JSON.parse(readFileSync(file, 'utf8')));
  const all = [...others.filter(({ name }) => name !== result.name), result];
  const sorted = dataSets.flatMap(({ name }) => all.filter((one) => one.name === name));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
