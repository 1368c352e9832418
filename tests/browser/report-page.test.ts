import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportPage } from '../../layers/report/page/page.ts';
import { hostileReport, largeReport, shopReport } from '../unit/report/shop-report.ts';
import { findChromium, launch } from './browser.ts';

const chromium = findChromium();
const reason = chromium === undefined ? ' (skipped: no Chromium found, set CHROMIUM_PATH)' : '';

const hostile = `"><script>document.title='broken'</script><b onclick='x'>\u202eلا\u0000`;
const shop = shopReport();
const pages = {
  shop: reportPage(shop),
  /** Every kind of section, with little in it: axe takes its time. */
  brief: reportPage({
    ...shop,
    experiments: shop.experiments.slice(0, 1).map((experiment) => ({
      ...experiment,
      metrics: experiment.metrics.filter(({ role }, index, all) => role !== all[index - 1]?.role),
      novelty: experiment.novelty
        .slice(0, 2)
        .map((series) => ({ ...series, cumulative: series.cumulative.slice(0, 3) })),
      sinceExposure: experiment.sinceExposure.map((series) => ({ ...series, days: series.days.slice(0, 3) })),
      segments: experiment.segments
        .slice(0, 2)
        .map((segment) => ({ ...segment, metrics: segment.metrics.slice(0, 2) })),
      trust: {
        ...experiment.trust,
        srmByDay: experiment.trust.srmByDay.slice(0, 2),
        srmBySegment: experiment.trust.srmBySegment.slice(0, 2),
      },
    })),
  }),
  large: reportPage(largeReport()),
  hostile: reportPage(hostileReport(hostile)),
  long: reportPage(hostileReport('W'.repeat(10_000))),
} as const;
type PageName = keyof typeof pages;

/** Opens every fold, also chapters that would close each other. */
const unfold = `for (const fold of document.querySelectorAll('details')) { fold.removeAttribute('name'); fold.open = true; }`;

describe.skipIf(chromium === undefined)(`report.html in a browser${reason}`, () => {
  let browser: Browser;
  let folder: string;
  let server: Server;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'report-page-'));
    for (const [name, markup] of Object.entries(pages))
      writeFileSync(path.join(folder, `${name}.html`), markup);
    server = createServer((request, response) => {
      complaints.push(`request ${request.url}`);
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(pages.shop);
    }).listen(0, '127.0.0.1');
    browser = await launch(chromium ?? '');
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page from disk, uses it, and expects that nothing was fetched, blocked or broken. */
  async function open(
    name: PageName,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
    address = pathToFileURL(path.join(folder, `${name}.html`)).href,
  ): Promise<void> {
    const context = await browser.newContext(options);
    const problems: string[] = [];
    const page = await context.newPage();
    page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (url !== address && !url.startsWith('data:')) problems.push(`request: ${url}`);
    });
    try {
      await page.goto(address);
      await use(page);
      expect(problems).toEqual([]);
    } finally {
      await context.close();
    }
  }

  it.each(Object.keys(pages) as PageName[])(
    'opens %s from disk without an error, a request or a breach of its policy',
    async (name) => {
      await open(name, {}, async (page) => {
        expect(await page.locator('main').isVisible()).toBe(true);
      });
    },
  );

  it('opens from a server with one request', async () => {
    complaints.length = 0;
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report.html`;
    await open(
      'shop',
      {},
      async (page) => expect(await page.title()).toContain('Experiment report'),
      address,
    );
    expect(complaints).toEqual(['request /report.html']);
  });

  it('runs no script but its own', async () => {
    const refused: string[] = [];
    const context = await browser.newContext();
    const page = await context.newPage();
    page.on('console', (message) => refused.push(message.text()));
    await page.goto(pathToFileURL(path.join(folder, 'shop.html')).href);
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "broken"';
      document.body.append(script);`);
    expect(await page.title()).not.toBe('broken');
    expect(refused.join()).toContain('Content Security Policy');
    await context.close();
  });

  it.each(['light', 'dark'] as const)(
    'has no serious accessibility problem in %s',
    async (colorScheme) => {
      for (const viewport of [
        { width: 1280, height: 900 },
        { width: 360, height: 800 },
      ]) {
        await open('brief', { colorScheme, viewport }, async (page) => {
          await page.evaluate(unfold);
          const axe = new AxeBuilder({ page });
          // What is not of colours is the same in the dark.
          if (colorScheme === 'dark') axe.withRules(['color-contrast', 'link-in-text-block']);
          const { violations } = await axe.analyze();
          const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
          expect(grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        });
      }
    },
    60_000,
  );

  it.each(['shop', 'hostile', 'long'] as const)(
    'fits windows from 360 to 1600 pixels with everything unfolded: %s',
    async (name) => {
      await open(name, {}, async (page) => {
        await page.evaluate(unfold);
        for (const width of [360, 768, 900, 1000, 1200, 1280, 1600]) {
          await page.setViewportSize({ width, height: 800 });
          const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
          expect(scrollWidth, `${width} pixels`).toBeLessThanOrEqual(width);
          const outside = await page.evaluate(`Array.from(document.querySelectorAll('.card table'), (table) =>
          table.getBoundingClientRect().right - table.closest('.card').getBoundingClientRect().right
        ).filter((excess) => excess > 0)`);
          expect(outside, `${width} pixels`).toEqual([]);
        }
      });
    },
  );

  it('reads without JavaScript: everything but sorting, filters, values of charts and the theme button', async () => {
    await open('shop', { javaScriptEnabled: false }, async (page) => {
      const text = await page.locator('main').textContent();
      for (const wanted of [
        'Keep running',
        'Trust checks',
        'Sample ratio of exposed users',
        '+25.5',
        'Lineage',
      ])
        expect(text).toContain(wanted);
      expect(await page.locator('button:not(.term), input').count()).toBe(0);
      await page.locator('#e1-trust summary').first().click();
      expect(await page.locator('#e1-trust details table').first().isVisible()).toBe(true);
      await page.locator('#e1-lifts .term').first().click();
      expect(await page.locator('#g-lift').isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      expect(await page.locator('#g-lift').isVisible()).toBe(false);
    });
  });

  it('shows hostile names as the text they are', async () => {
    await open('hostile', {}, async (page) => {
      expect(await page.title()).not.toBe('broken');
      const shown = (await page.locator('#e1-title bdi').textContent()) ?? '';
      expect(shown).toBe(hostile.replace('\u0000', '␀'));
      expect(await page.locator('main b, main script').count()).toBe(0);
    });
  });

  it('sorts within each group of metrics, both ways, and says so', async () => {
    await open('shop', {}, async (page) => {
      const head = page.locator('#e1-lifts > table thead th', { hasText: 'Metric' });
      const names = () =>
        page.locator('#e1-lifts > table tbody:nth-of-type(2) tr:not(.group) th').allInnerTexts();
      const before = await names();
      await head.getByRole('button').click();
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect(await names()).toEqual(before.toSorted());
      await head.getByRole('button').press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      expect(await names()).toEqual(before.toSorted().reverse());
      expect(await page.locator('#e1-lifts tr.group').allInnerTexts()).toEqual([
        'Primary',
        'Secondary',
        'Guardrails',
      ]);
    });
  });

  it('sorts numbers as numbers', async () => {
    await open('shop', {}, async (page) => {
      const table = page.locator('#data-quality table', { hasText: 'Quarantined lines' });
      await table.getByRole('button', { name: 'Lines' }).click();
      expect(await table.locator('tbody td:nth-child(3)').allInnerTexts()).toEqual(['9', '42', '97']);
    });
  });

  it('filters long tables and counts what is left', async () => {
    await open('large', {}, async (page) => {
      const section = page.locator('#e1-lifts');
      const rows = section.locator(':scope > table tbody tr:not(.group):visible');
      expect(await rows.count()).toBe(20);
      await section.getByRole('searchbox').fill('metric 1');
      expect(await rows.count()).toBe(10);
      expect(await section.getByRole('status').textContent()).toBe('10 rows');
      await section.getByRole('searchbox').fill('');
      expect(await rows.count()).toBe(20);
    });
  });

  it('explains its headings by keyboard', async () => {
    await open('shop', {}, async (page) => {
      await page.locator('#e1-lifts th', { hasText: 'Verdict' }).getByRole('button').focus();
      expect(await page.getByRole('tooltip').textContent()).toContain('adjusted p-value');
      await page.keyboard.press('Escape');
      expect(await page.getByRole('tooltip').count()).toBe(0);
    });
  });

  it('gives the values of a chart by keyboard and by touch', async () => {
    await open('shop', { hasTouch: true }, async (page) => {
      const chart = page.locator('#e1-over-time svg[data-values]').first();
      await chart.focus();
      const last = await page.getByRole('tooltip').textContent();
      expect(last).toMatch(/^03-28: \+\d+\.\d %, [+−]\d/);
      await page.keyboard.press('ArrowLeft');
      expect(await page.getByRole('tooltip').textContent()).toMatch(/^03-27: /);
      await page.locator('#e1-lifts svg.chart:has(.interval)').first().tap();
      expect(await page.getByRole('tooltip').textContent()).toContain('lift +');
    });
  });

  it('marks the section that one reads, and opens what a link leads to', async () => {
    await open('shop', {}, async (page) => {
      const current = page.locator('nav [aria-current]');
      await page.locator('nav a[href="#e1-guardrails"]').click();
      await expect.poll(() => current.textContent()).toBe('Guardrails against their margins');
      await page.locator('nav a[href="#e2-lifts"]').click();
      await expect.poll(() => page.locator('#e2-lifts').isVisible()).toBe(true);
      expect(await page.locator('#e1-lifts').isVisible()).toBe(false);
    });
  });

  it('changes its theme by the button', async () => {
    await open('shop', { colorScheme: 'light' }, async (page) => {
      const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
      const light = await background();
      await page.getByRole('button', { name: 'Dark theme' }).click();
      expect(await background()).not.toBe(light);
      await page.getByRole('button', { name: 'Light theme' }).click();
      expect(await background()).toBe(light);
    });
  });

  it('prints on paper in black on white, also from the dark theme, with everything unfolded but the numbers behind the charts', async () => {
    await open('shop', { colorScheme: 'dark' }, async (page) => {
      const pdf = await page.pdf({ preferCSSPageSize: true });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
      expect(sheets).toBeGreaterThan(3);
      expect(sheets).toBeLessThan(30);
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
        'rgb(255, 255, 255)',
      );
      expect(await page.locator('nav').isVisible()).toBe(false);
      expect(await page.evaluate('getComputedStyle(document.querySelector("thead")).display')).toBe(
        'table-header-group',
      );
    });
  });
});
