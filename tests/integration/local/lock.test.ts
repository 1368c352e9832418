import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../../infrastructure/lock.mjs';
import { identifyProcess, isRunning } from '../../../infrastructure/processes.mjs';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ecom lock-'));
  file = path.join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Adds one to a counter file, slowly enough that two at once would lose one. */
function increment(counter: string): Promise<unknown> {
  const lock = pathToFileURL(path.join(PROJECT_ROOT, 'infrastructure', 'lock.mjs')).href;
  const script = `
    const { withLock } = await import(${JSON.stringify(lock)});
    const { readFileSync, writeFileSync } = await import('node:fs');
    const [, file, counter] = process.argv;
    await withLock(file, {}, async () => {
      const value = Number(readFileSync(counter, 'utf8'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      writeFileSync(counter, String(value + 1));
    });`;
  return promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, file, counter]);
}

async function deadProcess(): Promise<{ pid: number; identity: string }> {
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const identity = identifyProcess(pid) ?? '';
  child.kill('SIGKILL');
  await once(child, 'exit');
  return { pid, identity };
}

test('of several processes one at a time holds the lock', async () => {
  const counter = path.join(folder, 'counter');
  writeFileSync(counter, '0');
  await Promise.all(Array.from({ length: 6 }, () => increment(counter)));
  expect(readFileSync(counter, 'utf8')).toBe('6');
});

test('several processes that find a dead holder still enter one at a time', async () => {
  writeFileSync(file, JSON.stringify(await deadProcess()));
  const counter = path.join(folder, 'counter');
  writeFileSync(counter, '0');
  await Promise.all(Array.from({ length: 6 }, () => increment(counter)));
  expect(readFileSync(counter, 'utf8')).toBe('6');
});

test('a later process with the number of a dead holder does not keep the lock', async () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, identity: 'of an earlier one' }));
  expect(await withLock(file, {}, async () => 'entered')).toBe('entered');
});

test('names the holder to who waits, once', async () => {
  const waitedFor: number[] = [];
  const first = withLock(file, {}, () => new Promise((resolve) => setTimeout(resolve, 250)));
  await withLock(file, { onWait: (pid) => waitedFor.push(pid) }, async () => undefined);
  await first;
  expect(waitedFor).toEqual([process.pid]);
});

test('is released when the job fails', async () => {
  await expect(withLock(file, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(file)).toBe(false);
});

test('a process is recognised while it runs, and not after', async () => {
  expect(isRunning({ pid: process.pid, identity: identifyProcess(process.pid) ?? '' })).toBe(true);
  expect(isRunning(await deadProcess())).toBe(false);
});
