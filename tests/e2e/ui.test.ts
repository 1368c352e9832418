import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { generate } from '../../cli/generate/generate.ts';
import { datasetNames } from '../../layers/data/datasets/index.ts';
import { dropPrefix } from '../../layers/runs/keys.ts';
import { stagesOf } from '../../layers/runs/stages.ts';
import { findChromium, launch } from '../browser/browser.ts';
import { connectTo } from './deployed.ts';
import { runEcom } from './ecom.ts';
import { comparison, history, record, summary } from './ui-answers.ts';
import { startUi, type UiProcess } from './ui-process.ts';

const chromium = findChromium();
const reason = chromium === undefined ? ' (skipped: no Chromium found, set CHROMIUM_PATH)' : '';
const hostile = `<img src=x onerror="document.title='broken'">`;

describe.skipIf(chromium === undefined)(`ecom ui in a browser${reason}`, () => {
  const deployed = chromium === undefined ? undefined : connectTo(inject('stateFolder'));
  const drop = 'from_browser';
  const complaints: string[] = [];
  let folder: string;
  let ui: UiProcess;
  let browser: Browser;
  let runId: string;
  /** The run of the drop's newer data. */
  let newerRunId: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-ui-'));
    for (const seed of [1, 2]) {
      const directory = path.join(folder, `shop-${seed}`);
      await generate({ directory, users: 1500, seed });
      const assignments = path.join(directory, 'experiment_assignments.csv');
      const quoted = `"${hostile.replaceAll('"', '""')}"`;
      const text = (await readFile(assignments, 'utf8')).replaceAll('checkout_redesign', quoted);
      await writeFile(assignments, text);
      await appendFile(path.join(directory, 'users.csv'), '<script>document.title="broken"</script>\n');
      await writeFile(path.join(directory, 'notes.txt'), 'not for the pipeline');
    }
    [ui, browser] = await Promise.all([startUi(inject('stateFolder')), launch(chromium ?? '')]);
  });

  afterAll(async () => {
    await browser?.close();
    await ui?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function open<Result>(
    at: string,
    use: (page: Page) => Promise<Result>,
    options: BrowserContextOptions = {},
  ): Promise<Result> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    try {
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(new URL(at, ui.url).href);
      return await use(page);
    } finally {
      await context.close();
    }
  }

  const api = async (at: string) => (await fetch(new URL(at, ui.url))).json();

  /** From a chosen folder to the end of its run, on a page that nobody reloads. */
  async function uploadAndFollow(page: Page, as = drop): Promise<string> {
    await page.getByLabel('Name of the drop').fill(as);
    await page.getByRole('button', { name: 'Upload and run' }).click();
    await page.waitForURL(/\/runs\/[0-9a-f]{16}$/, { timeout: 90_000 });
    await page.locator('.facts').getByText('Succeeded').waitFor({ timeout: 90_000 });
    return new URL(page.url()).pathname.split('/')[2] ?? '';
  }

  it('takes a chosen folder, follows its run to the end without a reload, and opens its report', () =>
    open('/upload', async (page) => {
      await page.locator('#folder').setInputFiles(path.join(folder, 'shop-1'));
      await expect.poll(() => page.locator('#files').textContent()).toMatch(/5 files/);
      expect(await page.locator('#files').textContent()).toMatch(/not uploaded: shop-1\/notes\.txt/);
      runId = await uploadAndFollow(page);
      expect(await page.locator('#announce').textContent()).toBe('The run has ended: succeeded');
      await page.getByRole('heading', { name: hostile }).waitFor();
      expect(await page.locator('.machine').count(), 'the verdict leads').toBe(0);
      await page.getByRole('link', { name: 'Stages and inputs' }).click();
      await page.getByRole('heading', { name: 'State machine' }).waitFor();
      expect(await page.locator('.machine.wide .node.done').count()).toBe(stagesOf(undefined).length);
      expect(await page.getByRole('row', { name: /publish/ }).textContent()).toMatch(/Done/);

      await page.getByRole('link', { name: 'Open the report' }).click();
      await page.getByRole('heading', { name: 'Experiment report' }).waitFor();
      expect(await page.evaluate('origin'), 'a report must not reach the pages beside it').toBe('null');
    }));

  it('takes events as JSON lines, which it converts itself, to the numbers of the same events as CSV', () =>
    open('/upload', async (page) => {
      const [csv, lines] = ['csv', 'lines'].map((name) => path.join(folder, `shop-${name}`));
      for (const directory of [csv, lines])
        await generate({ directory: directory ?? '', users: 500, seed: 3 });
      await linesOf(path.join(lines ?? '', 'events.csv'));
      await page.locator('#folder').setInputFiles(lines ?? '');
      await expect.poll(() => page.locator('#files').textContent()).toMatch(/5 files.*events\.jsonl/s);
      const experiments = async (run: string) =>
        z.object({ experiments: z.unknown() }).parse(await deployed?.store.read('report', run)).experiments;
      const ofLines = await experiments(await uploadAndFollow(page, 'from_lines'));
      await page.goto(new URL('/upload', ui.url).href);
      await page.locator('#folder').setInputFiles(csv ?? '');
      await expect.poll(() => page.locator('#files').textContent()).toMatch(/5 files/);
      expect(await experiments(await uploadAndFollow(page, 'from_csv'))).toEqual(ofLines);
    }));

  /** Puts JSON lines in the place of a CSV without quotation marks. */
  async function linesOf(file: string): Promise<void> {
    const [header = '', ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const names = header.split(',');
    const objects = rows.map((row) =>
      JSON.stringify(Object.fromEntries(row.split(',').map((value, index) => [names[index], value]))),
    );
    await rm(file);
    await writeFile(file.replace(/csv$/, 'jsonl'), `${objects.join('\n')}\n`);
  }

  it('takes a folder that is dropped on the page, and compares its run with the one before', () =>
    open('/upload', async (page) => {
      const session = await page.context().newCDPSession(page);
      const data = { items: [], files: [path.join(folder, 'shop-2')], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
        await session.send('Input.dispatchDragEvent', { type, x: 300, y: 250, data });
      }
      await expect.poll(() => page.locator('#files').textContent()).toMatch(/5 files/);
      newerRunId = await uploadAndFollow(page);
      await page.getByRole('link', { name: `Compare with the run before, ${runId.slice(0, 8)}` }).click();
      await page.getByRole('heading', { name: 'Compared with the run before' }).waitFor();
      expect(await page.getByRole('row', { name: /events\.csv/ }).textContent()).toMatch(/Changed/);
      expect(await page.getByRole('row', { name: /Purchase conversion/ }).count()).toBe(1);

      const compared = comparison.parse(await api(`/api/runs/${newerRunId}/compare`));
      expect(compared).toMatchObject({
        run: { runId: newerRunId },
        previous: { runId },
        codeChanged: false,
        settings: [],
      });
      expect(compared.experiments[0]?.metrics[0]).toMatchObject({
        metric: 'purchase_conversion',
        before: { p: expect.any(Number) },
        after: { p: expect.any(Number) },
      });
    }));

  it('offers no comparison for the first run of a drop, and says why there is none', async () => {
    await open(`/runs/${runId}`, async (page) => {
      await page.getByRole('link', { name: 'Open the report' }).waitFor();
      expect(await page.getByRole('link', { name: /Compare/ }).count()).toBe(0);
    });
    expect(await api(`/api/runs/${newerRunId}`)).toMatchObject({ previous: runId });
    const answer = await fetch(new URL(`/api/runs/${runId}/compare`, ui.url));
    expect(answer.status).toBe(404);
    expect((await answer.json()).error.what).toMatch(/is the first of the drop "from_browser"/);
  });

  it('tells what a second attempt did from what it found done', async () => {
    const retried = await runEcom(['retry', newerRunId], { stateFolder: inject('stateFolder') });
    expect(retried.code).toBe(0);
    const run = record.parse(await api(`/api/runs/${newerRunId}`));
    const own = run.stages.filter(({ earlier }) => !earlier).map(({ stage }) => stage);
    expect(own).toEqual(['load', 'publish']);
    for (const { startedAt, earlier } of run.stages) {
      expect(Date.parse(startedAt ?? '') < Date.parse(run.startedAt)).toBe(earlier);
    }
    await open(`/runs/${newerRunId}/stages`, async (page) => {
      await page.locator('.facts').getByText('2 of 2').waitFor();
      expect(await page.getByRole('row', { name: /measure/ }).textContent()).toMatch(/Done in attempt 1/);
      expect(await page.locator('.machine.wide .node.earlier').count()).toBe(6);
    });
  });

  it('says what a folder lacks, and where its configuration is wrong, before anything is uploaded', () =>
    open('/upload', async (page) => {
      const bad = path.join(folder, 'bad');
      await mkdir(bad);
      await writeFile(path.join(bad, 'events.csv'), 'event_id\n');
      await page.locator('#folder').setInputFiles(bad);
      await page.getByText('The folder lacks experiment_assignments.csv').waitFor();
      await page.getByText('The folder holds: events.csv').waitFor();
      const config = { name: 'mine.yaml', mimeType: 'text/yaml', buffer: Buffer.from('metrcs: {}\n') };
      await page.getByLabel('Configuration (optional)').setInputFiles(config);
      await page.getByText('Did you mean "metrics"?').waitFor();
      await page.getByLabel('Name of the drop').fill('Not A Name');
      await page.getByText(/drop name has 1 to 63 lower-case letters/).waitFor();
      expect(await page.getByRole('button', { name: 'Upload and run' }).isDisabled()).toBe(true);
      complaints.splice(0); // the browser logs each answer 422
    }));

  it('shows a run that fails as soon as it does, with its cause', () =>
    open('/', async (page) => {
      const prefix = dropPrefix('typo_in_browser');
      const config = 'experiments:\n  "*":\n    primry: revenue_per_user\n';
      await deployed?.raw.put(`${prefix}experiment.yaml`, config);
      for (const dataset of datasetNames) {
        const file = path.join(folder, 'shop-1', `${dataset}.csv`);
        await deployed?.raw.uploadFrom(file, `${prefix}${dataset}.csv`);
      }
      const row = page.getByRole('row', { name: /typo_in_browser Failed/ });
      await row.waitFor({ timeout: 60_000 });
      await row.getByRole('link', { name: /^[0-9a-f]{16}$/ }).click();
      await page.getByRole('heading', { name: 'The stage plan failed' }).waitFor();
      await page.getByText(/Unknown key "experiments\.\*\.primry".*Did you mean "primary"/).waitFor();
      expect(await page.locator('.machine.wide .node.failed').count()).toBe(1);
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: 'Copy' }).last().click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
        './ecom run my-data/ --drop typo_in_browser',
      );
    }));

  it('shows which part of a stage failed, and how many did not', async () => {
    const prefix = dropPrefix('broken_part');
    const source = (dataset: string) => path.join(folder, 'shop-1', `${dataset}.csv`);
    const cutOff = gzipSync(await readFile(source('events'))).subarray(0, -5000);
    await deployed?.raw.put(`${prefix}events.csv.gz`, cutOff);
    for (const dataset of datasetNames.filter((name) => name !== 'events')) {
      await deployed?.raw.uploadFrom(source(dataset), `${prefix}${dataset}.csv`);
    }
    await open('/', async (page) => {
      const row = page.getByRole('row', { name: /broken_part Failed/ });
      await row.waitFor({ timeout: 60_000 });
      await row.getByRole('link', { name: /^[0-9a-f]{16}$/ }).click();
      await page.getByText(/^Part \d of 5$/).waitFor();
      expect(await page.locator('.machine.wide .node.failed').textContent()).toMatch(/failed4 of 5 done/);
    });
    const { runId: broken } = (await api('/api/runs')).find(
      (run: { drop: string }) => run.drop === 'broken_part',
    );
    const { failure, stages } = record.parse(await api(`/api/runs/${broken}`));
    expect(failure?.parts).toMatchObject([{ file: `${prefix}events.csv.gz`, error: 'SchemaError' }]);
    expect(stages[1]).toMatchObject({ stage: 'stage', status: 'failed', partsDone: 4, parts: 5 });
  });

  it('shows what was decided on an experiment, run by run', async () => {
    const at = `/experiments/${encodeURIComponent(hostile)}`;
    const decided = history.parse(await api(`/api${at}`));
    expect(decided.map((past) => past.runId)).toEqual([newerRunId, runId]);
    expect((await api(`/api${at}?drop=unknown`)).error.what).toMatch(/^no run has decided on an experiment/);
    await open('/', async (page) => {
      await page.getByRole('link', { name: hostile }).first().click();
      await page.getByRole('heading', { name: 'Decisions' }).waitFor();
      expect(await page.locator('.history tbody tr').count()).toBe(2);
    });
  });

  it('is used without a mouse: every control can be reached and shows that it is', () =>
    open(`/runs/${newerRunId}`, async (page) => {
      const controls = await page.locator('a:visible, button:visible, summary:visible').count();
      const reached = new Set<string>();
      for (let press = 0; press < controls; press += 1) {
        await page.keyboard.press('Tab');
        const { name, outline } = (await page.evaluate(`(() => {
          const active = document.activeElement;
          return { name: active.textContent + active.getAttribute('href'), outline: getComputedStyle(active).outlineStyle };
        })()`)) as { name: string; outline: string };
        reached.add(name);
        expect(outline, name).not.toBe('none');
      }
      expect(reached.size).toBeGreaterThanOrEqual(controls - 1);
    }));

  it('shows names and rows of the data as text', () =>
    open(`/runs/${runId}`, async (page) => {
      await page.getByText(hostile).first().waitFor();
      expect(await page.getByText(/users\.csv:1502/).count()).toBe(1);
      await page.getByText('<script>document.title="broken"</script>').first().waitFor();
      expect(await page.locator('main img, main script').count()).toBe(0);
      expect(await page.title()).toBe(`Run ${runId} · ecom`);
    }));

  it('gives the same data as JSON', async () => {
    const runs = z.array(summary).parse(await api('/api/runs'));
    const ofDrop = runs.filter((run) => run.drop === drop);
    expect(await api(`/api/runs?drop=${drop}`)).toEqual(ofDrop);
    expect(await api('/api/runs?drop=unknown')).toEqual([]);
    expect(ofDrop.map(({ attempt, published }) => ({ attempt, published }))).toEqual([
      { attempt: 2, published: true },
      { attempt: 1, published: true },
      { attempt: 1, published: false },
    ]);
    const run = record.parse(await api(`/api/runs/${runId.slice(0, 8)}`));
    expect(run).toMatchObject({ runId, drop, status: 'SUCCEEDED', failure: null });
    expect(run.quarantine?.rows[0]?.raw).toContain('<script>');
    const published = record.parse(await api(`/api/runs/${newerRunId}`));
    const users = published.report?.experiments[0]?.arms.map(({ exposed }) => exposed);
    expect(published.marts?.arms.map((arm) => arm.users)).toEqual(users);
    const failed = runs.find((found) => found.drop === 'typo_in_browser');
    expect(record.parse(await api(`/api/runs/${failed?.runId}`)).failure).toMatchObject({
      stage: 'plan',
      error: 'ConfigError',
    });
  });

  it('says in words what is not there', async () => {
    const missing = ['/nothing', '/runs/nonsense', '/runs/ffffffffffffffff', '/runs/ffff'];
    for (const at of [...missing, '/runs/ffffffffffffffff/compare', `/runs/${runId}/files/other.txt`]) {
      const answer = await fetch(new URL(at, ui.url));
      expect(answer.status, at).toBe(404);
      expect(await answer.text(), at).not.toMatch(/ {4}at |node:/);
    }
    expect((await fetch(new URL('/upload', ui.url), { method: 'POST' })).status).toBe(403);
    for (const run of ['ffff', 'nonsense']) {
      expect((await api(`/api/runs/${run}`)).error.what).toMatch(`no run "${run}"`);
    }
    await open('/runs/nonsense', async (page) => {
      await page.getByRole('heading', { name: 'There is no run "nonsense"' }).waitFor();
      await page.getByRole('link', { name: 'All runs' }).click();
      await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    });
    complaints.splice(0); // the browser logs the answer 404
  });

  it('reads without JavaScript', () =>
    open(
      `/runs/${runId}`,
      async (page) => {
        await page.getByRole('link', { name: 'Stages and inputs' }).click();
        expect(await page.getByRole('heading', { name: 'State machine' }).isVisible()).toBe(true);
        expect(await page.getByRole('link', { name: 'Open the report' }).isVisible()).toBe(true);
        await page.getByRole('link', { name: 'Runs', exact: true }).click();
        expect(await page.getByRole('link', { name: runId }).isVisible()).toBe(true);
      },
      { javaScriptEnabled: false },
    ));

  it('is accessible in both themes, and fits a narrow screen', async () => {
    const failed = (await api('/api/runs')).find((run: { drop: string }) => run.drop === 'typo_in_browser');
    const runs = [runId, `${runId}/stages`, failed.runId, `${newerRunId}/compare`].map(
      (run) => `/runs/${run}`,
    );
    for (const at of ['/', '/upload', `/experiments/${encodeURIComponent(hostile)}`, ...runs]) {
      await open(at, async (page) => {
        const check = async (axe: AxeBuilder, what: string) => {
          const { violations } = await axe.analyze();
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
          expect(found, `${at} ${what}`).toEqual([]);
        };
        await check(new AxeBuilder({ page }), 'light');
        await page.emulateMedia({ colorScheme: 'dark' });
        await check(new AxeBuilder({ page }).withRules('color-contrast'), 'dark');
        await page.setViewportSize({ width: 360, height: 800 });
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        expect(overflow, at).toBeLessThanOrEqual(0);
      });
    }
  });

  it('answers under its own name only, and changes nothing for other sites', async () => {
    const { port } = new URL(ui.url);
    const status = (method: string, at: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port, method, path: at, headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await status('GET', '/', { host: 'shop.example' })).toBe(421);
    expect(await status('GET', '/', { host: `shop.example:${port}` })).toBe(421);
    const at = `/api/uploads/${drop}/start`;
    expect(await status('POST', at, {})).toBe(403);
    const token =
      (await (await fetch(ui.url)).text()).match(/name="ecom-token" content="([^"]+)"/)?.[1] ?? '';
    const headers = { 'x-ecom-token': token };
    expect(await status('POST', at, { ...headers, origin: 'http://shop.example' })).toBe(403);
    expect(await status('POST', at, { ...headers, origin: 'null' })).toBe(403);
    expect(await status('POST', at, { ...headers, origin: ui.url })).toBe(422);
  });

  it('says when its port is taken', async () => {
    const { port } = new URL(ui.url);
    const second = await runEcom(['ui', '--port', port], { stateFolder: inject('stateFolder') });
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(new RegExp(`port ${port} is taken[\\s\\S]*--port 0`));
    expect(second.stderr).not.toMatch(/ {4}at /);
  });

  it('ends on Ctrl-C without a word, and has not complained', async () => {
    expect(await ui.stop()).toBe(0);
    expect(ui.stderr()).toBe('Ctrl-C ends it\n');
    expect(complaints).toEqual([]);
  });
});
