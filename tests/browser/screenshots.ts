/**
 * Draws a report for the documentation: `node infrastructure/run.mjs tests/browser/screenshots.ts [report.json]` writes
 * docs/images/report-{light,dark,narrow}.png. Those of the README are of the report that `npm run demo` downloads; without
 * one it is an example of two experiments.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { reportPage } from '../../layers/report/page/page.ts';
import { reportSchema } from '../../layers/report/schema.ts';
import { shopReport } from '../unit/report/shop-report.ts';
import { findChromium, launch } from './browser.ts';

const shots = [
  { name: 'report-light', width: 1280, height: 860, colorScheme: 'light', at: '#e1' },
  { name: 'report-dark', width: 1280, height: 860, colorScheme: 'dark', at: '#e1-lifts' },
  { name: 'report-narrow', width: 400, height: 860, colorScheme: 'light', at: '#e1-verdict' },
] as const;

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium found: install one, or set CHROMIUM_PATH');
const images = path.join(PROJECT_ROOT, 'docs', 'images');
mkdirSync(images, { recursive: true });
const folder = mkdtempSync(path.join(tmpdir(), 'report-'));
const file = path.join(folder, 'report.html');
const [source] = process.argv.slice(2);
const report =
  source === undefined ? shopReport() : reportSchema.parse(JSON.parse(readFileSync(source, 'utf8')));
writeFileSync(file, reportPage(report));
const browser = await launch(chromium);
try {
  for (const { name, width, height, colorScheme, at } of shots) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(pathToFileURL(file).href);
    await page.locator(at).evaluate((element) => element.scrollIntoView());
    const image = path.join(images, `${name}.png`);
    await page.screenshot({ path: image });
    process.stdout.write(
      `${path.relative(PROJECT_ROOT, image)} ${Math.round(statSync(image).size / 1000)} kB\n`,
    );
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
