import { type Browser, chromium } from 'playwright-core';

export { findChromium } from '../../cli/chromium.ts';

/** Starts Chromium without anything that goes to the network by itself. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
