import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localEnvironment } from '../../../cli/local/environment.ts';
import { readState, type State, statePaths, writeState } from '../../../cli/local/state.ts';
import { identifyProcess } from '../../../infrastructure/processes.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ecom state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const identity = identifyProcess(process.pid) ?? '';
const running = {
  emulator: {
    pid: process.pid,
    identity,
    port: 4600,
    endpoint: 'http://127.0.0.1:4600',
    version: '4.13.1',
    restored: true,
  },
  postgres: {
    kind: 'embedded',
    pid: process.pid,
    identity,
    port: 5433,
    url: 'postgres://ecom:secret@127.0.0.1:5433/ecom',
    version: '18.4',
    home: '/tmp/x',
  },
  deployed: {
    fingerprint: 'f',
    emulator: identity,
    at: '2026-01-01T00:00:00.000Z',
    rawBucket: 'raw',
    processedBucket: 'processed',
    stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:x',
  },
} satisfies State;

test('nothing ever started is an empty state', () => {
  expect(readState(folder)).toEqual({});
});

test('what is written is read back, from a file that only its owner can read', () => {
  writeState(running, folder);
  expect(readState(folder)).toEqual(running);
  expect(statSync(statePaths(folder).state).mode & 0o777).toBe(0o600);
});

test('processes that have ended are not in the state, nor is what was deployed to them', () => {
  const emulator = { ...running.emulator, identity: 'of an earlier process' };
  writeState({ ...running, emulator }, folder);
  expect(readState(folder)).toEqual({ postgres: running.postgres });
});

test('a deployment to an earlier emulator does not count', () => {
  writeState({ ...running, deployed: { ...running.deployed, emulator: 'earlier' } }, folder);
  expect(readState(folder).deployed).toBeUndefined();
});

test.each(['{', '{"emulator": 1}', '{"unknown": true}'])(
  'a damaged file (%s) is named, with the way out',
  (text) => {
    const file = statePaths(folder).state;
    writeFileSync(file, text);
    expect(() => readState(folder)).toThrow(`local state is not what this version writes (${file})`);
  },
);

test('the environment leads every client to what runs', () => {
  expect(localEnvironment(running)).toEqual({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4600',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4600',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    DATABASE_URL: running.postgres.url,
  });
});

test('there is no environment when nothing runs, and the error says how to start it', () => {
  expect(() => localEnvironment({})).toThrow(/emulator is not running.*\.\/ecom up/);
});
