import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../../cli/chromium.ts';
import { generate } from '../../../cli/generate/generate.ts';
import { lastAnalysisOf, lastReportOf } from '../../../cli/pipeline/analyses.ts';
import { analyzeFolder } from '../../../cli/pipeline/analyze-folder.ts';
import { reportFolder } from '../../../cli/pipeline/kept-reports.ts';
import { slackMessage } from '../../../layers/report/slack-message.ts';
import { reportFiles } from '../../../layers/runs/keys.ts';
import { runEcom } from '../../e2e/ecom.ts';

/** A folder with bad rows whose events have a name of their own, analysed by `ecom analyze`'s own function. */
let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-analyzed-folder-'));
  data = path.join(folder, 'raw');
  await mkdir(data);
  await generate({ directory: data, users: 300, dirty: 0.02, seed: 5 });
  await rename(path.join(data, 'events.csv'), path.join(data, 'clicks.csv'));
  await writeFile(path.join(data, 'experiment.yaml'), 'raw: { events: clicks.csv }\n');
  await analyzeFolder(data);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ecom = (...args: string[]) => runEcom(args, { stateFolder: path.join(folder, 'state') });

describe('ecom quarantine <dir>', () => {
  it("shows the rows that the folder's last analysis did not use, at their line in the user's own file", async () => {
    const { code, stdout, stderr } = await ecom('quarantine', data, '--dataset', 'events', '--json');
    expect(code, stderr).toBe(0);
    const { counts, rows }: { counts: { rows: number }[]; rows: Record<string, string>[] } =
      JSON.parse(stdout);
    expect(counts.reduce((sum, each) => sum + each.rows, 0)).toBeGreaterThan(10);
    const clicks = path.join(data, 'clicks.csv');
    const lines = (await readFile(clicks, 'utf8')).split('\n');
    expect(rows.length).toBeGreaterThan(5);
    for (const { file, place = '', raw = '' } of rows) {
      expect(file).toBe(clicks);
      const [own, line] = place.split(/:(?=\d+$)/);
      expect(own).toBe(clicks);
      // What the stage "clean" found it kept as the values that it had been given.
      const shown = raw.startsWith('{') ? (JSON.parse(raw) as { event_id: unknown }).event_id : raw;
      expect(lines[Number(line) - 1], place).toContain(String(shown));
    }
  });

  it('exports them as they stand there', async () => {
    const repair = path.join(folder, 'repair');
    const { code, stdout, stderr } = await ecom('quarantine', data, '--export', repair, '--json');
    expect(code, stderr).toBe(0);
    const { counts, exported }: Record<string, { rows: number; dataset: string; file: string }[]> =
      JSON.parse(stdout);
    const events = exported?.find(({ dataset }) => dataset === 'events');
    const expected = counts
      ?.filter(({ dataset }) => dataset === 'events')
      .reduce((n, { rows }) => n + rows, 0);
    expect(events?.rows).toBe(expected);
    const original = await readFile(path.join(data, 'clicks.csv'), 'latin1');
    const lines = (await readFile(events?.file ?? '', 'latin1')).split('\n').filter((line) => line !== '');
    expect(lines).toHaveLength((expected ?? 0) + 1);
    for (const line of lines) expect(original).toContain(line);
  });

  it('says which rules there are where one is unknown', async () => {
    const { code, stderr } = await ecom('quarantine', data, '--rule', 'not_a_rule');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: no row of this run broke a rule "not_a_rule"\n {2}at --rule\n {2}.*Rules that rows broke: [a-z_]+, /m,
    );
  });

  it('says what to do where the folder has not been analysed, and where it is none', async () => {
    const fresh = path.join(folder, 'fresh');
    await mkdir(fresh);
    await expect(lastAnalysisOf(fresh)).rejects.toMatchObject({
      name: 'UsageError',
      fault: {
        where: path.join(fresh, 'ecom-report', '.runs'),
        remedy: expect.stringContaining(`./ecom analyze ${fresh}`),
      },
    });
    await expect(lastAnalysisOf(path.join(folder, 'nowhere'))).rejects.toThrow('there is no such folder');
  });
});

it('a place where no report can be written is told before anything is read', async () => {
  const out = path.join(data, 'users.csv');
  await expect(analyzeFolder(data, { out })).rejects.toMatchObject({
    name: 'UsageError',
    fault: {
      what: 'this is a file, not a folder',
      where: out,
      remedy: expect.stringContaining('--out <dir>'),
    },
  });
});

it.runIf(process.platform === 'linux')('a place in which nothing can be made is told, too', async () => {
  await expect(analyzeFolder(data, { out: '/proc/ecom-report' })).rejects.toMatchObject({
    name: 'UsageError',
    fault: { where: '/proc/ecom-report', remedy: expect.stringContaining('--out <dir>') },
  });
});

it('what an analysis that was killed had at hand is gone after the next one', async () => {
  const { report } = await analyzeFolder(data);
  const work = path.join(reportFolder(data), '.runs', report.run.runId, 'work', 'stage-killed');
  await mkdir(work, { recursive: true });
  await analyzeFolder(data);
  await expect(readFile(work)).rejects.toMatchObject({ code: 'ENOENT' });
});

describe('ecom report <dir>', () => {
  it('prints the verdict of the last analysis again, and where its files lie', async () => {
    const { code, stdout, stderr } = await ecom('report', data);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('checkout_redesign');
    for (const file of reportFiles) expect(stdout).toContain(`\n${path.join(reportFolder(data), file)}\n`);
  });

  it('reads it from where it was put', async () => {
    const out = path.join(folder, 'out');
    const { report } = await analyzeFolder(data, { out, cache: false });
    expect((await lastReportOf(data, out)).report).toEqual(report);
    expect((await lastReportOf(data)).report.run.runId).toBe(report.run.runId);
    await expect(lastReportOf(data, path.join(folder, 'elsewhere'))).rejects.toThrow(/has not been analysed/);
  });

  const chromium = findChromium();
  it.runIf(chromium !== undefined)('prints its page to a PDF beside it', async () => {
    const { code, stdout, stderr } = await ecom('report', data, '--pdf');
    expect(code, stderr).toBe(0);
    const pdf = path.join(reportFolder(data), 'report.pdf');
    expect(stdout.trimEnd().endsWith(pdf)).toBe(true);
    const printed = await readFile(pdf, 'latin1');
    expect(printed.slice(0, 5)).toBe('%PDF-');
    expect(printed.match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(3);
  });

  it.runIf(process.platform === 'linux')('says what a PDF takes where it is not there', async () => {
    const pdfWith = (environment: Record<string, string>) =>
      runEcom(['report', data, '--pdf'], { stateFolder: path.join(folder, 'state'), environment });
    const nowhere = await pdfWith({ PATH: '', CHROMIUM_PATH: '' });
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toMatch(/^error: a PDF takes Chromium or Chrome[\s\S]*Install one/);
    const wrong = await pdfWith({ CHROMIUM_PATH: path.join(folder, 'no-chromium') });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('error: there is no such program');
  });

  it('prints a message for Slack, with the address or the place of the page', async () => {
    const linked = await ecom('report', data, '--slack', '--link', 'https://example.com/r?a=1&b=2');
    expect(linked.code, linked.stderr).toBe(0);
    const { report } = await lastReportOf(data);
    expect(JSON.parse(linked.stdout)).toEqual(slackMessage(report, 'https://example.com/r?a=1&b=2'));
    const placed = await ecom('report', data, '--slack');
    expect(placed.stdout).toContain(path.join(reportFolder(data), 'report.html'));
    const refused = await ecom('report', data, '--slack', '--link', 'report.html');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('this is no address')]);
  });
});
