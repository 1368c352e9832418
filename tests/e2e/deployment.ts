import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { type CommandResult, runEcom } from './ecom.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** State folder of the one emulator and database that all end-to-end tests share. */
    readonly stateFolder: string;
  }
}

/** Every project of vitest loads this file for itself; what they share is the process. */
const shared = globalThis as { endToEndState?: string };

/**
 * Starts one emulator and one database on free ports and deploys once, for all projects of a run, and stops both
 * whatever happens. Tests that need no deployment do not wait for it: those that do call {@link untilDeployed}.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (shared.endToEndState !== undefined) {
    project.provide('stateFolder', shared.endToEndState);
    return undefined;
  }
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'ecom-e2e-'));
  shared.endToEndState = stateFolder;
  project.provide('stateFolder', stateFolder);
  stopWhenThisProcessDies(stateFolder);
  const up = runEcom(['up', '--port', String(await freePort())], { stateFolder });
  const told = up.then((result) => {
    const file = answerFile(stateFolder);
    writeFileSync(`${file}.partial`, JSON.stringify(result));
    renameSync(`${file}.partial`, file);
  });
  return async () => {
    await told;
    const down = await runEcom(['down', '--wipe'], { stateFolder });
    // The folder stays, so that the watchdog tries again when this process has ended.
    if (down.code !== 0) throw new Error(`ecom down failed:\n${down.stderr}`);
    rmSync(stateFolder, { recursive: true, force: true });
  };
}

/** Where the result of `ecom up` lies as soon as it has ended. */
function answerFile(stateFolder: string): string {
  return path.join(stateFolder, 'up.json');
}

/** Waits until the shared deployment is there. */
export async function untilDeployed(stateFolder: string): Promise<void> {
  while (!existsSync(answerFile(stateFolder))) await sleep(200);
  const { code, stderr } = JSON.parse(readFileSync(answerFile(stateFolder), 'utf8')) as CommandResult;
  if (code !== 0) throw new Error(`ecom up failed:\n${stderr}`);
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
