import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** A clone with nothing installed, in a folder with a space in its name. */
let clone: string;
let programs: string;
beforeEach(() => {
  clone = mkdtempSync(path.join(os.tmpdir(), 'ecom setup-'));
  programs = path.join(clone, 'programs');
  mkdirSync(programs);
  symlinkSync(process.execPath, path.join(programs, 'node'));
  for (const part of ['package.json', 'package-lock.json', 'infrastructure', 'cli']) {
    cpSync(path.join(PROJECT_ROOT, part), path.join(clone, part), { recursive: true });
  }
});
afterEach(() => rmSync(clone, { recursive: true }));

function setup(environment: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [path.join(clone, 'infrastructure', 'setup', 'setup.mjs')], {
    env: { PATH: programs, HOME: clone, ...environment },
    encoding: 'utf8',
  });
}

test('without Python it says so at once, installs nothing, and ends with 2', () => {
  const { status, stderr } = setup({});
  expect(stderr).toMatch(/^setup: no Python found: 3\.10 to 3\.13 are supported\n {2}Install one/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(2);
  expect(existsSync(path.join(clone, 'node_modules'))).toBe(false);
});

test('an interpreter that ECOM_PYTHON names in vain is blamed by name', () => {
  const { status, stderr } = setup({ ECOM_PYTHON: path.join(programs, 'node') });
  expect(stderr).toContain(`ECOM_PYTHON names "${path.join(programs, 'node')}"`);
  expect(status).toBe(2);
});

test('a command says how to install what is not there yet, and ends with 1', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(clone, 'cli', 'bin.mjs'), 'status'],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe(
    'error: not installed yet\n  Install it and see it work: npm run demo. Or install it only: npm run setup\n',
  );
  expect(stdout).toBe('');
  expect(status).toBe(1);
});
