import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { runEcom } from './ecom.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** State folder of the one emulator and database that all end-to-end tests share. */
    readonly stateFolder: string;
  }
}

/** Starts one emulator and one database on free ports, deploys once, and stops both whatever happens. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'ecom-e2e-'));
  stopWhenThisProcessDies(stateFolder);
  const port = await freePort();
  const up = await runEcom(['up', '--port', String(port)], { stateFolder });
  const stop = async () => {
    const down = await runEcom(['down', '--wipe'], { stateFolder });
    // The folder stays, so that the watchdog tries again when this process has ended.
    if (down.code !== 0) throw new Error(`ecom down failed:\n${down.stderr}`);
    rmSync(stateFolder, { recursive: true, force: true });
  };
  if (up.code !== 0) {
    await stop();
    throw new Error(`ecom up failed:\n${up.stderr}`);
  }
  project.provide('stateFolder', stateFolder);
  return stop;
}

/** The watchdog outlives a kill of the test runner, and ends by itself after an orderly stop. */
export function stopWhenThisProcessDies(stateFolder: string): void {
  spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'watchdog.mjs'), String(process.pid), stateFolder],
    {
      detached: true,
      stdio: 'ignore',
    },
  ).unref();
}

/** A port that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(address),
      );
    });
  });
}
