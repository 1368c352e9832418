import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../../cli/generate/generate.ts';
import { init } from '../../../../cli/init/init.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import type { Report } from '../../../../layers/report/schema.ts';

describe('a folder of CSVs', { timeout: 120_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-analyze-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function dataIn(name: string, users = 200): Promise<string> {
    const directory = path.join(folder, name);
    await generate({ directory, users, seed: 11 });
    return directory;
  }

  const reportOf = async (data: string): Promise<Report> => (await analyzeFolder(data)).report;

  it('without users, products and sessions a drop runs and names what is unavailable', async () => {
    const data = await dataIn('two-files', 1500);
    for (const dataset of ['users', 'products', 'sessions']) await rm(path.join(data, `${dataset}.csv`));
    const report = await reportOf(data);
    expect(Object.keys(report.quality).sort()).toEqual(['events', 'experiment_assignments']);
    expect(report.unavailable.map(({ name }) => name)).toContain('session_duration');
    const metrics = report.experiments[0]?.metrics ?? [];
    expect(metrics.find(({ metric }) => metric === 'session_duration')?.unavailable).toMatch(/sessions/);
    expect(
      metrics.find(({ metric }) => metric === 'purchase_conversion')?.comparisons[0]?.test,
    ).not.toBeNull();
  });

  it.skipIf(process.platform !== 'linux')(
    'is not analysed where no folder for the report can be made',
    async () => {
      const data = await dataIn('nowhere');
      await expect(analyzeFolder(data, { out: '/proc/ecom/report' })).rejects.toMatchObject({
        fault: { where: '/proc/ecom/report', remedy: expect.stringContaining('--out <dir>') },
      });
    },
  );

  it('is cleared of what an analysis that was killed left at hand', async () => {
    const data = await dataIn('killed');
    await analyzeFolder(data);
    const runs = path.join(data, 'ecom-report', '.runs');
    const [run] = (await readdir(runs)).filter((name) => !name.endsWith('.json'));
    await mkdir(path.join(runs, run ?? '', 'work', 'stage-killed'), { recursive: true });
    await analyzeFolder(data);
    expect(await readdir(path.join(runs, run ?? '', 'work'))).toEqual([]);
  });

  it('in parts and gzipped it gives the numbers of the whole files', async () => {
    const whole = await dataIn('whole');
    const parts = await dataIn('parts');
    const [header, ...lines] = (await readFile(path.join(parts, 'events.csv'), 'utf8')).trimEnd().split('\n');
    await mkdir(path.join(parts, 'events'));
    const half = Math.floor(lines.length / 2);
    await writeFile(
      path.join(parts, 'events', 'part-0001.csv'),
      `${[header, ...lines.slice(half)].join('\n')}\n`,
    );
    await writeFile(
      path.join(parts, 'events', 'part-0002.csv.gz'),
      gzipSync(`${[header, ...lines.slice(0, half)].join('\n')}\n`),
    );
    await rm(path.join(parts, 'events.csv'));
    const [one, two] = [await reportOf(whole), await reportOf(parts)];
    expect(two.run.inputs).toHaveLength(6);
    const { run: _one, ...oneResult } = one;
    const { run: _two, ...twoResult } = two;
    expect(twoResult).toEqual(oneResult);
  });

  it('whose planted share of treatment is not the configured one is invalid', async () => {
    const directory = path.join(folder, 'srm');
    await generate({ directory, users: 2000, seed: 5, srm: 0.6 });
    const report = await reportOf(directory);
    expect(report.experiments[0]?.decision).toMatchObject({ action: 'invalid', rule: 'trust_check_failed' });
  });

  it('files and columns of other names run with what ecom init wrote', async () => {
    const data = path.join(folder, 'exported');
    await generate({ directory: path.join(folder, 'plain'), users: 500, seed: 13 });
    await mkdir(data);
    const read = (name: string) => readFile(path.join(folder, 'plain', name), 'utf8');
    await rename(path.join(folder, 'plain', 'users.csv'), path.join(data, 'customers.csv'));
    await writeFile(
      path.join(data, 'ab_test.csv'),
      (await read('experiment_assignments.csv'))
        .replace('assigned_ts', 'assigned_at')
        .replaceAll(',control,', ',A,')
        .replaceAll(',treatment,', ',B,'),
    );
    await writeFile(
      path.join(data, 'clickstream.csv'),
      (await read('events.csv')).replace('event_ts', 'timestamp').replaceAll(',view_product,', ',view_item,'),
    );
    await writeFile(path.join(data, 'experiment.yaml'), (await init(data)).text);
    const [experiment] = (await reportOf(data)).experiments;
    expect(experiment?.control).toBe('A');
    expect(experiment?.arms.map(({ variant }) => variant)).toEqual(['A', 'B']);
  });
});
