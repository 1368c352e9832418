import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { LocalError, UsageError } from '../layers/platform/errors.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const places = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Path of a Chromium on this machine: CHROMIUM_PATH, else the first that PATH has; undefined where there is none. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env;
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== '') return CHROMIUM_PATH;
  const folders = PATH.split(path.delimiter).filter((folder) => folder !== '');
  return [...names.flatMap((name) => folders.map((folder) => path.join(folder, name))), ...places].find(
    isExecutable,
  );
}

/**
 * Prints a page of this machine to a PDF, as the browser does it.
 * @throws UsageError where there is no Chromium, LocalError where it prints nothing
 */
export async function printPdf(page: string, pdf: string): Promise<void> {
  const chromium = findChromium();
  if (chromium === undefined) {
    throw new UsageError({
      what: 'a PDF takes Chromium or Chrome, and there is none on this machine',
      where: 'PATH',
      remedy:
        'Install one (apt-get install chromium, brew install --cask chromium), or name it: CHROMIUM_PATH=<file>. Or open the page and print it: --open',
    });
  }
  const profile = await mkdtemp(path.join(os.tmpdir(), 'ecom-pdf-'));
  await rm(pdf, { force: true });
  try {
    const child = spawn(
      chromium,
      [
        '--headless',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        // Which Chromium refuses to use as root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--user-data-dir=${profile}`,
        '--no-pdf-header-footer',
        `--print-to-pdf=${path.resolve(pdf)}`,
        pathToFileURL(path.resolve(page)).href,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
    const printed = await stat(pdf).catch(() => undefined);
    if (printed === undefined || printed.size === 0) {
      throw new LocalError({
        what: `Chromium printed nothing: ${said.trim().split('\n').at(-1) ?? ''}`,
        where: chromium,
        remedy: 'Name another one: CHROMIUM_PATH=<file>. Or open the page and print it: --open',
      });
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new UsageError(
      {
        what: 'there is no such program',
        where: chromium,
        remedy: 'Name a Chromium that is there: CHROMIUM_PATH=<file>',
      },
      { cause },
    );
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not to be run: another place is tried
  }
}
