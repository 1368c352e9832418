import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemFault } from '../../../cli/system-error.ts';

const errorOf = (action: Promise<unknown>) =>
  action.then(
    () => undefined,
    (error: unknown) => error,
  );

test('errors of files say what is wrong with which one', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'system-error-'));
  const missing = path.join(folder, 'nowhere.csv');
  try {
    expect(systemFault(await errorOf(open(missing)))).toEqual({
      what: 'there is no such file or folder',
      where: missing,
    });
    expect(systemFault(await errorOf(open(folder, 'w')))?.what).toBe('this is a folder, not a file');
    expect(systemFault(await errorOf(readFile(path.join(import.meta.filename, 'x'))))?.what).toBe(
      'this is a file, not a folder',
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a full disk comes with what to do about it', () => {
  const error = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
  expect(systemFault(error)).toMatchObject({
    what: 'the disk is full',
    remedy: expect.stringMatching(/TMPDIR/),
  });
});

test('a refused connection names the address', async () => {
  const refused = new Promise((_, reject) => connect(1, '127.0.0.1').once('error', reject));
  expect(systemFault(await errorOf(refused))).toMatchObject({ where: '127.0.0.1:1' });
});

test('a document of another version says what is not as it should be, and what helps', () => {
  const { error } = z.object({ unmeasured: z.array(z.string()) }).safeParse({});
  expect(systemFault(error)).toMatchObject({
    what: expect.stringMatching(/not as this version of ecom writes it: Invalid input: expected array/),
    where: 'unmeasured',
    remedy: expect.stringMatching(/run the drop again/),
  });
});

test('what is no error of the system is none of its business', () => {
  expect(systemFault(new TypeError('x is not a function'))).toBeUndefined();
  expect(systemFault('text')).toBeUndefined();
});
