import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../../../cli/generate/generate.ts';
import type { GenerateOptions } from '../../../../cli/generate/options.ts';
import { bindColumns } from '../../../../layers/data/column-binding.ts';
import { datasetContracts, datasetNames } from '../../../../layers/data/datasets/index.ts';
import { loadConfig } from '../../../../layers/experiment/config.ts';
import { UsageError } from '../../../../layers/platform/errors.ts';

let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-generate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function generated(options: Omit<GenerateOptions, 'directory'>) {
  made += 1;
  const directory = path.join(folder, String(made));
  const truth = await generate({ ...options, directory });
  const lines = async (file: string) =>
    (await readFile(path.join(directory, file), 'utf8')).split('\n').slice(0, -1);
  return { directory, truth, lines };
}

describe('the same options give the same bytes', () => {
  test('on every machine', async () => {
    const { directory } = await generated({
      users: 400,
      uplift: 0.2,
      novelty: 0.1,
      crossovers: 0.05,
      dirty: 0.02,
    });
    const hash = createHash('sha256');
    for (const dataset of datasetNames) hash.update(await readFile(path.join(directory, `${dataset}.csv`)));
    expect(hash.digest('hex')).toBe('7bc4b1e209b6ae3c24d6799daa20a13b9123113a40b42e5c5025db75a1389951');
  });

  test('another seed gives other data', async () => {
    const one = await generated({ users: 20 });
    const other = await generated({ users: 20, seed: 43 });
    expect(await one.lines('events.csv')).not.toEqual(await other.lines('events.csv'));
  });

  test('the rows of a user do not depend on how many users follow', async () => {
    const few = await generated({ users: 50 });
    const many = await generated({ users: 80 });
    for (const dataset of datasetNames) {
      const lines = await few.lines(`${dataset}.csv`);
      expect((await many.lines(`${dataset}.csv`)).slice(0, lines.length)).toEqual(lines);
    }
  });

  test('parts hold the same rows as one file', async () => {
    const whole = await generated({ users: 50 });
    const parts = await generated({ users: 50, files: 3 });
    for (const dataset of ['users', 'sessions', 'experiment_assignments', 'events'] as const) {
      expect(parts.truth.datasets[dataset].files).toEqual(
        [1, 2, 3].map((n) => `${dataset}/part-0000${n}.csv`),
      );
      const contents = await Promise.all(parts.truth.datasets[dataset].files.map(parts.lines));
      const [header, ...rows] = await whole.lines(`${dataset}.csv`);
      expect(contents.map(([first]) => first)).toEqual([header, header, header]);
      expect(contents.flatMap(([, ...rest]) => rest)).toEqual(rows);
    }
  });
});

test('the folder holds the five datasets and nothing else, with columns the default configuration binds', async () => {
  const { directory, lines, truth } = await generated({ users: 10 });
  expect((await readdir(directory)).sort()).toEqual(datasetNames.map((dataset) => `${dataset}.csv`).sort());
  const config = loadConfig([
    { name: 'base.yaml', text: await readFile(path.join(PROJECT_ROOT, 'config/base.yaml'), 'utf8') },
  ]);
  for (const dataset of datasetNames) {
    const [header = '', ...rows] = await lines(`${dataset}.csv`);
    const contract = datasetContracts[dataset];
    const { bindings } = bindColumns(contract, header.split(','), config.schema[dataset], dataset);
    expect(bindings.map(({ column }) => column)).toEqual(contract.columns.map(({ name }) => name));
    expect(rows).toHaveLength(truth.datasets[dataset].rows);
  }
});

describe('dirty rows', () => {
  test('are added, counted by kind, and leave the good rows as they are', async () => {
    const clean = await generated({ users: 500 });
    const dirty = await generated({ users: 500, dirty: 0.05 });
    expect(dirty.truth.arms).toEqual(clean.truth.arms);
    for (const dataset of datasetNames) {
      const good = await clean.lines(`${dataset}.csv`);
      const all = await dirty.lines(`${dataset}.csv`);
      const counts = dirty.truth.datasets[dataset].dirty;
      const bad = withoutSubsequence(all, good);
      expect(bad).toHaveLength(Object.values(counts).reduce((sum, count) => sum + count, 0));
      const known = new Set(good);
      const fields = good[0]?.split(',').length;
      expect(bad.filter((line) => known.has(line))).toHaveLength(counts.duplicate_line ?? 0);
      expect(bad.filter((line) => line.split(',').length !== fields)).toHaveLength(
        counts.wrong_field_count ?? 0,
      );
    }
    const { events } = dirty.truth.datasets;
    expect(Object.keys(events.dirty).sort()).toEqual([
      'bad_number',
      'bad_timestamp',
      'duplicate_line',
      'missing_key',
      'negative_quantity',
      'unknown_user',
      'wrong_field_count',
    ]);
    const share = Object.values(events.dirty).reduce((sum, count) => sum + count, 0) / events.rows;
    expect(Math.abs(share - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / events.rows));
  });
});

/** What is left of `all` when the lines of `part`, in their order, are taken out. */
function withoutSubsequence(all: readonly string[], part: readonly string[]): string[] {
  let next = 0;
  const rest = all.filter((line) => {
    if (line !== part[next]) return true;
    next += 1;
    return false;
  });
  expect(next).toBe(part.length);
  return rest;
}

test('a number of events is met within five percent', async () => {
  const { truth } = await generated({ events: 40_000 });
  expect(Math.abs(truth.datasets.events.rows / 40_000 - 1)).toBeLessThan(0.05);
});

test('a heap half the size of the files suffices', async () => {
  const directory = path.join(folder, 'small-heap');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--max-old-space-size=48', 'cli/bin.mjs', 'generate', directory, '--events', '1000000', '--json'],
    { cwd: PROJECT_ROOT },
  );
  expect(JSON.parse(stdout).datasets.events.rows).toBeGreaterThan(950_000);
});

describe('a mistake in the options is a usage error that says what', () => {
  const refused = (options: Partial<GenerateOptions>) =>
    expect(generate({ directory: path.join(folder, 'refused'), ...options }));

  test.each<[Partial<GenerateOptions>, RegExp]>([
    [{ users: 0 }, /--users/],
    [{ users: 10, events: 10 }, /exclude each other/],
    [{ uplift: 5 }, /--uplift/],
    [{ start: 'tomorrow' }, /--start/],
    [{ srm: 1 }, /--srm/],
    [{ experiment: 'a,b' }, /--experiment/],
    [{ users: 2, files: 3 }, /2 users cannot fill 3 files/],
    [{ segmentEffects: [{ segment: 'device', level: 'watch', uplift: 0 }] }, /no device "watch"/],
  ])('%o', async (options, message) => {
    await refused(options).rejects.toThrow(UsageError);
    await refused(options).rejects.toThrow(message);
  });

  test('a folder that holds the same datasets in other files', async () => {
    const directory = path.join(folder, 'taken');
    await mkdir(path.join(directory, 'events'), { recursive: true });
    await writeFile(path.join(directory, 'events', 'part-00007.csv'), '');
    await expect(generate({ directory, users: 10 })).rejects.toThrow(/already holds events\/part-00007\.csv/);
  });

  test('a file where the folder should be', async () => {
    const directory = path.join(folder, 'file');
    await writeFile(directory, '');
    await expect(generate({ directory, users: 10 })).rejects.toThrow(UsageError);
  });
});
