/**
 * Draws reports for the documentation: `node infrastructure/run.mjs tests/browser/screenshots.ts` writes
 * docs/images/report-{light,dark,narrow}.png of the shop that `npm run demo` runs, and invalid-{light,dark}.png of one whose
 * treatment received too few users.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { generate } from '../../cli/generate/generate.ts';
import { analyzeFolder } from '../../cli/pipeline/analyze-folder.ts';
import { findChromium, launch } from './browser.ts';

const shops = { report: {}, invalid: { srm: 0.47 } } as const;
const shots = [
  { shop: 'report', name: 'report-light', width: 1280, colorScheme: 'light', at: '#e1' },
  { shop: 'report', name: 'report-dark', width: 1280, colorScheme: 'dark', at: '#e1' },
  { shop: 'report', name: 'report-narrow', width: 400, colorScheme: 'light', at: '#e1-verdict' },
  { shop: 'invalid', name: 'invalid-light', width: 1280, colorScheme: 'light', at: '#e1' },
  { shop: 'invalid', name: 'invalid-dark', width: 1280, colorScheme: 'dark', at: '#e1' },
] as const;

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium found: install one, or set CHROMIUM_PATH');
const images = path.join(PROJECT_ROOT, 'docs', 'images');
mkdirSync(images, { recursive: true });
const folder = mkdtempSync(path.join(tmpdir(), 'report-'));
const configFile = path.join(PROJECT_ROOT, 'cli', 'commands', 'demo-experiment.yaml');
const browser = await launch(chromium);
try {
  for (const [shop, options] of Object.entries(shops)) {
    const directory = path.join(folder, shop);
    await generate({ directory, users: 20_000, uplift: 0.25, seed: 42, ...options });
    await analyzeFolder(directory, { drop: 'demo', configFile });
  }
  for (const { shop, name, width, colorScheme, at } of shots) {
    const viewport = { width, height: 860 };
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' });
    await page.goto(pathToFileURL(path.join(folder, shop, 'ecom-report', 'report.html')).href);
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
