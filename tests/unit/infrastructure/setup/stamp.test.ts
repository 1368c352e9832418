import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stampOf } from '../../../../infrastructure/setup/stamp.mjs';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ecom-stamp-'));
  lock = path.join(folder, 'lock');
  writeFileSync(lock, 'a==1');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('an installation without a stamp is not current', () => {
  expect(stampOf(folder, [lock]).isCurrent()).toBe(false);
});

test('a stamped installation is current until its lock file changes', () => {
  stampOf(folder, [lock]).write();
  expect(stampOf(folder, [lock]).isCurrent()).toBe(true);
  writeFileSync(lock, 'a==2');
  expect(stampOf(folder, [lock]).isCurrent()).toBe(false);
});
