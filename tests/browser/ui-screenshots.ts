/**
 * Draws the local page for the documentation, with the runs of the pipeline that is up (npm run demo):
 * `node infrastructure/run.mjs tests/browser/ui-screenshots.ts` writes docs/images/ui-{light,dark}.png.
 */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { connect } from '../../cli/pipeline/connection.ts';
import { listRuns } from '../../cli/pipeline/runs.ts';
import { serve } from '../../cli/ui/server.ts';
import { Site } from '../../cli/ui/site.ts';
import { findChromium, launch } from './browser.ts';

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium found: install one, or set CHROMIUM_PATH');
const connection = await connect();
const runs = await listRuns(connection, 50);
const shown = runs.find(({ drop, published }) => drop === 'demo' && published);
if (shown === undefined) throw new Error('the demo has not run: npm run demo');
const shots = [
  { name: 'ui-light', colorScheme: 'light', at: `/runs/${shown.runId}` },
  { name: 'ui-dark', colorScheme: 'dark', at: `/runs/${shown.runId}` },
] as const;

const images = path.join(PROJECT_ROOT, 'docs', 'images');
mkdirSync(images, { recursive: true });
const server = await serve(new Site(connection, async () => process.env.DATABASE_URL ?? ''), 0);
const browser = await launch(chromium);
try {
  for (const { name, colorScheme, at } of shots) {
    const viewport = { width: 1280, height: 860 };
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' });
    await page.goto(server.url + at);
    const image = path.join(images, `${name}.png`);
    await page.screenshot({ path: image });
    process.stdout.write(
      `${path.relative(PROJECT_ROOT, image)} ${Math.round(statSync(image).size / 1000)} kB\n`,
    );
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}
