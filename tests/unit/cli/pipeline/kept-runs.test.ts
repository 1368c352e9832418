import { copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../../cli/generate/generate.ts';
import { lastAnalysisOf } from '../../../../cli/pipeline/analyses.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import { targetConfig } from '../../../../cli/pipeline/target.ts';
import type { ObjectStore } from '../../../../layers/platform/object-store.ts';
import type { Report } from '../../../../layers/report/schema.ts';
import { reportFiles } from '../../../../layers/runs/keys.ts';
import { runCommand } from '../../../e2e/ecom.ts';

/** Two shops side by side, analysed one after the other, and nothing that runs. */
let folder: string;
let stateFolder: string;
const reports: Report[] = [];
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-kept-'));
  stateFolder = path.join(folder, '.state');
  for (const [seed, name] of ['spring', 'summer'].entries()) {
    await generate({ directory: path.join(folder, name), users: 200, seed });
    const { report, files } = await analyzeFolder(path.join(folder, name), { drop: name });
    reports.push(report);
    for (const file of files) await utimes(file, 1_700_000_000 + seed, 1_700_000_000 + seed);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the command in a folder, with an xdg-open that writes down what it is to open. */
async function ecomIn(cwd: string, ...args: string[]) {
  const bin = path.join(PROJECT_ROOT, 'cli', 'bin.mjs');
  const words = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ');
  const script = `unset AWS_ENDPOINT_URL ECOM_TARGET; cd '${cwd}' && exec ${words}`;
  return runCommand('sh', ['-c', script], {
    stateFolder,
    environment: {
      OPENED: path.join(folder, 'opened'),
      PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    },
  });
}

describe('where nothing runs', () => {
  it('ecom runs lists the analyses of the folder that one is in, the newest first, and where they lie', async () => {
    const { code, stdout, stderr } = await ecomIn(folder, 'runs', '--json');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('nothing runs here: these were kept on this machine');
    expect(JSON.parse(stdout)).toMatchObject([
      { runId: reports[1]?.run.runId, drop: 'summer', from: 'summer/ecom-report', seconds: null },
      { runId: reports[0]?.run.runId, drop: 'spring', from: 'spring/ecom-report' },
    ]);
    const [{ decisions }] = JSON.parse(stdout);
    const [experiment] = reports[1]?.experiments ?? [];
    expect(decisions).toEqual([{ experimentId: 'checkout_redesign', action: experiment?.decision.action }]);
  });

  it.each([
    { args: [], shown: 1, from: 'summer/ecom-report', cwd: '.' },
    { args: ['--drop', 'spring'], shown: 0, from: 'spring/ecom-report', cwd: '.' },
    { args: [], shown: 0, from: 'ecom-report', cwd: 'spring' },
  ])('ecom report $args in $cwd tells of $from, and says so', async ({ args, shown, from, cwd }) => {
    const { code, stdout, stderr } = await ecomIn(path.join(folder, cwd), 'report', ...args);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(`nothing runs here: run ${reports[shown]?.run.runId} of the drop`);
    expect(stderr).toContain(`, from ${from}\n`);
    for (const name of reportFiles) expect(stdout).toContain(`\n${path.join(from, name)}\n`);
  });

  it('ecom report --open opens the page of the report in the browser', async () => {
    const opener = path.join(folder, 'bin', process.platform === 'darwin' ? 'open' : 'xdg-open');
    await mkdir(path.dirname(opener), { recursive: true });
    await writeFile(opener, '#!/bin/sh\necho "$1" > "$OPENED.part" && mv "$OPENED.part" "$OPENED"\n', {
      mode: 0o755,
    });
    const { code, stderr } = await ecomIn(folder, 'report', 'spring', '--open');
    expect(code, stderr).toBe(0);
    const url = await readWhenThere(path.join(folder, 'opened'));
    expect(url.trim()).toBe(`file://${path.join(folder, 'spring', 'ecom-report', 'report.html')}`);
  });

  it('a report that is none is left out, and named', async () => {
    const elsewhere = path.join(folder, 'elsewhere');
    await mkdir(path.join(elsewhere, 'ecom-report'), { recursive: true });
    await writeFile(path.join(elsewhere, 'ecom-report', 'report.json'), '{}');
    const { code, stdout, stderr } = await ecomIn(folder, 'runs', '--json');
    await rm(elsewhere, { recursive: true });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(2);
    expect(stderr).toContain(
      'left out: elsewhere/ecom-report/report.json is no report that this version reads',
    );
  });

  it('a run that was not kept is told of as such', async () => {
    const { code, stderr } = await ecomIn(folder, 'report', 'ffff');
    expect(code).toBe(2);
    expect(stderr).toContain('error: nothing runs here, and no such report was kept');
  });

  it('and nothing was kept, it says what to start', async () => {
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    for (const command of ['report', 'runs']) {
      const { code, stderr } = await ecomIn(empty, command);
      expect(code).toBe(1);
      expect(stderr).toContain('Start it: ./ecom up');
    }
  });
});

describe('where ecom down has saved the buckets', () => {
  beforeAll(async () => {
    const { processed_bucket } = targetConfig().aws;
    const save = path.join(stateFolder, 'buckets', 'saved');
    await mkdir(save, { recursive: true });
    const objects: object[] = [];
    const put = async (key: string, source: string) => {
      const file = String(objects.length);
      await copyFile(source, path.join(save, file));
      const { length: size } = await readFile(source);
      objects.push({ bucket: processed_bucket, key, file, size, lastModified: '2026-01-02T00:00:00.000Z' });
    };
    for (const name of ['spring', 'summer']) {
      const { store } = await lastAnalysisOf(path.join(folder, name));
      await putAll(store.processed, put);
    }
    const pointer = path.join(folder, 'latest.json');
    const [spring] = reports;
    await writeFile(
      pointer,
      JSON.stringify({
        schemaVersion: 1,
        drop: 'spring',
        runId: spring?.run.runId,
        inputsAsOf: '2026-01-01T00:00:00.000Z',
        manifest: `processed/runs/${spring?.run.runId}/manifest.json`,
        report: `processed/reports/run_id=${spring?.run.runId}/report.json`,
        publishedAt: '2026-01-02T00:00:00.000Z',
      }),
    );
    await put('processed/latest/spring.json', pointer);
    await writeFile(
      path.join(stateFolder, 'buckets', 'index.json'),
      JSON.stringify({ save: 'saved', at: '2026-01-02T00:00:00.000Z', buckets: [processed_bucket], objects }),
    );
  });

  const ecom = (...args: string[]) => ecomIn(path.join(folder, 'empty'), ...args);

  it('ecom runs lists the runs that are in them', async () => {
    const { code, stdout, stderr } = await ecom('runs', '--json');
    expect(code, stderr).toBe(0);
    const rows: { drop: string; published: boolean; from: string }[] = JSON.parse(stdout);
    expect(rows.map(({ drop, published }) => [drop, published]).toSorted()).toEqual([
      ['spring', true],
      ['summer', false],
    ]);
    expect(new Set(rows.map(({ from }) => from))).toEqual(new Set([path.join(stateFolder, 'buckets')]));
  });

  it('ecom report tells of the published run, and puts its files where downloaded ones lie', async () => {
    const { code, stdout, stderr } = await ecom('report');
    expect(code, stderr).toBe(0);
    const [spring] = reports;
    const runId = spring?.run.runId ?? '';
    expect(stderr).toContain(`run ${runId} of the drop "spring"`);
    for (const name of reportFiles) {
      const copy = path.join(stateFolder, 'reports', runId, name);
      expect(stdout).toContain(`${copy}\n`);
      const original = path.join(folder, 'spring', 'ecom-report', name);
      expect(await readFile(copy)).toEqual(await readFile(original));
    }
  });

  it('a downloaded report counts without them', async () => {
    await rm(path.join(stateFolder, 'buckets'), { recursive: true });
    const { code, stdout, stderr } = await ecom('report', reports[0]?.run.runId.slice(0, 6) ?? '', '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(reports[0]);
    expect(stderr).toContain(path.join(stateFolder, 'reports', reports[0]?.run.runId ?? ''));
  });
});

async function putAll(
  store: ObjectStore,
  put: (key: string, source: string) => Promise<void>,
): Promise<void> {
  for (const { key } of await store.list('processed/')) await put(key, path.join(store.location, key));
}

/** What the opener, which outlives the command, has written. */
async function readWhenThere(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
