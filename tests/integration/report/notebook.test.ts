import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../cli/pipeline/analyze-folder.ts';
import { cell, Database } from '../../../layers/platform/duckdb.ts';
import { literal } from '../../../layers/platform/sql.ts';
import { runCommand, runEcom } from '../../e2e/ecom.ts';

/**
 * The notebook's code cells in Python, by its own pandas and pyarrow where they are installed; else readers stand in for
 * them that take the same rows from JSON. What is computed is the same.
 */
let folder: string;
let python: string;
let isInstalled: boolean;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-notebook-'));
  const own = path.join(PROJECT_ROOT, '.venv', 'bin', 'python');
  python = existsSync(own) ? own : 'python3';
  const { code } = await runCommand(python, ['-c', 'import pandas, pyarrow.parquet'], {
    stateFolder: folder,
  });
  isInstalled = code === 0;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function execute(reportFolder: string) {
  const { cells }: { cells: { cell_type: string; source: string[] }[] } = JSON.parse(
    await readFile(path.join(reportFolder, 'report.ipynb'), 'utf8'),
  );
  const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''));
  const script = path.join(folder, 'cells.py');
  await writeFile(script, `import os\nos.chdir(${JSON.stringify(reportFolder)})\n${code.join('\n\n')}\n`);
  if (!isInstalled) await writeRows(reportFolder);
  return runCommand(python, [script], {
    stateFolder: folder,
    environment: isInstalled ? {} : { PYTHONPATH: path.join(import.meta.dirname, 'stand-in') },
  });
}

/** The rows of each Parquet file as JSON beside it, after a line with their types. */
async function writeRows(reportFolder: string): Promise<void> {
  await using db = await Database.open({ memoryMb: 512, folder });
  const marts = (await readdir(path.join(reportFolder, 'marts'))).map((name) => path.join('marts', name));
  for (const name of ['results.parquet', ...marts.filter((mart) => mart.endsWith('.parquet'))]) {
    const file = path.join(reportFolder, name);
    const rows = path.join(folder, 'rows.json');
    const types = await db.select(`SELECT column_name, column_type FROM (DESCRIBE FROM ${literal(file)})`, {
      column_name: cell.text,
      column_type: cell.text,
    });
    await db.run(`COPY (FROM ${literal(file)}) TO ${literal(rows)} (FORMAT json)`);
    const kinds = Object.fromEntries(types.map((column) => [column.column_name, column.column_type]));
    await writeFile(`${file}.json`, `${JSON.stringify(kinds)}\n${await readFile(rows, 'utf8')}`);
  }
}

async function notebookOf(name: string, configuration: string): Promise<string> {
  const data = path.join(folder, name);
  await generate({ directory: data, users: 1500, uplift: 0.4, seed: 11 });
  await writeFile(path.join(data, 'experiment.yaml'), configuration);
  await analyzeFolder(data);
  const { code, stderr, stdout } = await runEcom(['report', data, '--notebook'], { stateFolder: folder });
  expect(code, stderr).toBe(0);
  const reportFolder = path.join(data, 'ecom-report');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(path.join(reportFolder, 'report.ipynb'));
  return reportFolder;
}

const metrics = `
metrics:
  early_views: { kind: mean, event: view_product, window_days: 2 }
  high_revenue: { kind: quantile, value: revenue, quantile: 0.97 }
  views_per_session: { kind: ratio, numerator: early_views, denominator: sessions }
`;
const experiment = (settings: string) =>
  `${metrics}experiments:\n  "*":\n    secondary: [revenue_per_user, average_order_value, refund_rate, events_in_window, early_views, high_revenue, views_per_session]\n${settings.replace(/^/gm, '    ')}\n`;

describe('the notebook computes each figure of the first table again, to 1e-9', () => {
  test.each([
    ['one look at the end, Holm', 'planned_users: 1000'],
    [
      'any number of looks, Benjamini and Hochberg, capped values, closed windows',
      'correction: benjamini_hochberg\nimmature: exclude\noutcome_window_days: 17\nsequential: { method: always_valid }\ncapping: { revenue_per_user: { percentile: 99 } }\ndecision: { values: capped }',
    ],
    [
      'declared looks',
      'planned_users: 3000\nsequential: { method: group_sequential, looks: [0.4, 0.8], spending: pocock }',
    ],
    ['an estimate that CUPED adjusts', 'planned_users: 1000\ndecision: { estimate: cuped }'],
  ])('%s', async (name, settings) => {
    const reportFolder = await notebookOf(name.replaceAll(/\W/g, '-'), experiment(settings));
    const { code, stdout, stderr } = await execute(reportFolder);
    expect(code, stderr).toBe(0);
    const [, figures, largest] =
      /(\d+) figures computed again, the largest relative difference (\S+)$/.exec(stdout.trim()) ?? [];
    expect(Number(figures)).toBeGreaterThan(60);
    expect(Number(largest)).toBeLessThan(1e-9);
  });

  test('and stops at one that differs', async () => {
    const reportFolder = await notebookOf('changed', experiment('planned_users: 1000'));
    const file = path.join(reportFolder, 'report.json');
    const report = JSON.parse(await readFile(file, 'utf8'));
    const [primary] = report.experiments[0].metrics;
    primary.comparisons[0].deciding.effect.relativeCi[0] += 1e-6;
    primary.comparisons[0].deciding.adjustedCi.relativeCi[0] += 1e-6;
    await writeFile(file, JSON.stringify(report));
    const { code, stderr } = await execute(reportFolder);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /AssertionError: checkout_redesign, purchase_conversion, treatment: interval of the lift, lower end is \S+ from the users, \S+ in the report/,
    );
  });
});

test('a report whose users were not kept has no notebook, and says what to do', async () => {
  const data = path.join(folder, 'nothing-kept');
  await generate({ directory: data, users: 200, seed: 3 });
  await analyzeFolder(data, { cache: false });
  const { code, stderr } = await runEcom(['report', data, '--notebook'], { stateFolder: folder });
  expect(code).toBe(2);
  expect(stderr).toContain(`./ecom analyze ${data}`);
});
