import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { down } from '../../../cli/local/down.ts';
import { localS3, saveBuckets } from '../../../cli/local/saved-buckets.ts';
import { readSaved } from '../../../cli/local/saved-index.ts';
import { readState, type State, statePaths } from '../../../cli/local/state.ts';
import { ensureUp } from '../../../cli/local/up.ts';
import { isRunning } from '../../../infrastructure/processes.mjs';
import { interruptEcom } from '../../e2e/ecom.ts';

/** One emulator and one database of the tests' own; the tests follow each other. */
const folder = mkdtempSync(path.join(os.tmpdir(), 'ecom local-'));
const files = statePaths(folder);
const lines: string[] = [];
const report = (line: string) => lines.push(line);
const raw = 'ecom-poc-raw';
let port: number;

beforeAll(async () => {
  port = await freePort();
});

afterAll(async () => {
  await down({ wipe: true, folder, report });
  rmSync(folder, { recursive: true });
});

const up = () => ensureUp({ folder, port, report, deploy: false });

function running({ emulator, postgres }: State) {
  if (emulator === undefined || postgres?.kind !== 'embedded') throw new Error('not everything runs');
  return { emulator, postgres };
}

async function ecom(...args: string[]) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [path.join(PROJECT_ROOT, 'cli', 'bin.mjs'), ...args],
    { env: { ...process.env, ECOM_STATE: folder, NO_COLOR: '1' } },
  );
  return stdout;
}

test('a port that something else has is named together with its holder, and nothing else is started on it', async () => {
  const squatter = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  try {
    await expect(up()).rejects.toThrow(
      new RegExp(`port ${port} is taken by something else: process ${process.pid}.*--port`),
    );
  } finally {
    await new Promise((resolve) => squatter.close(resolve));
  }
  expect(readState(folder).emulator).toBeUndefined();
});

test('two calls at once start one emulator and one database', async () => {
  const [first, second] = await Promise.all([
    up(),
    ecom('up', '--no-deploy', '--port', String(port)).then(() => readState(folder)),
  ]);
  expect(second).toEqual(first);
  expect(first).toMatchObject({
    emulator: { port, version: expect.any(String) },
    postgres: { kind: 'embedded' },
  });
});

test('what runs is left alone, and nothing is reported', async () => {
  const before = readState(folder);
  lines.length = 0;
  expect(await up()).toEqual(before);
  expect(lines).toEqual([]);
});

test('another port is refused while the emulator runs', async () => {
  await expect(ensureUp({ folder, port: port + 1, report, deploy: false })).rejects.toThrow(
    `already runs on port ${port}`,
  );
});

test('an emulator whose record was lost is found again', async () => {
  const { emulator } = readState(folder);
  rmSync(files.state);
  expect((await up()).emulator).toMatchObject({ pid: emulator?.pid, version: emulator?.version });
});

test('status tells the same to people and programs', async () => {
  const { emulator, postgres } = readState(folder);
  const json = z
    .looseObject({ environment: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await ecom('status', '--json')));
  expect(json).toMatchObject({ emulator: { healthy: true, endpoint: emulator?.endpoint }, deployed: null });
  const text = await ecom('status');
  expect(text).toContain(`export AWS_ENDPOINT_URL=${json.environment.AWS_ENDPOINT_URL}`);
  expect(text).toContain(`export DATABASE_URL=${postgres?.url}`);
  expect(text).not.toContain('\u001b');
});

test('buckets come back with keys, bytes and metadata; what was deleted does not', async () => {
  const { emulator } = readState(folder);
  const client = localS3(emulator?.endpoint ?? '');
  await client.send(new CreateBucketCommand({ Bucket: raw }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket: raw, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const put = (key: string, body: string) =>
    client.send(
      new PutObjectCommand({
        Bucket: raw,
        Key: key,
        Body: body,
        ContentLength: Buffer.byteLength(body),
        ContentType: 'text/csv',
        Metadata: { by: 'test' },
      }),
    );
  await put('raw', 'a key that is also a folder');
  await put('raw/Ä b+%/../users.csv', 'old');
  await put('raw/Ä b+%/../users.csv', 'user_id\n1\n');
  await put('raw/empty.csv', '');
  await put('raw/deleted.csv', 'gone');
  await client.send(new DeleteObjectCommand({ Bucket: raw, Key: 'raw/deleted.csv' }));
  client.destroy();

  await down({ folder, report });
  expect(readState(folder)).toEqual({});
  expect(statSync(path.join(files.buckets, 'index.json')).mode & 0o077).toBe(0);
  const again = localS3((await up()).emulator?.endpoint ?? '');
  const get = async (key: string) => {
    const { Body, ContentType, Metadata } = await again.send(new GetObjectCommand({ Bucket: raw, Key: key }));
    return { text: await Body?.transformToString(), ContentType, Metadata };
  };
  const expected = { ContentType: 'text/csv', Metadata: { by: 'test' } };
  expect(await get('raw')).toEqual({ ...expected, text: 'a key that is also a folder' });
  expect(await get('raw/Ä b+%/../users.csv')).toEqual({ ...expected, text: 'user_id\n1\n' });
  expect(await get('raw/empty.csv')).toEqual({ ...expected, text: '' });
  await expect(get('raw/deleted.csv')).rejects.toThrow(/does not exist/);
  again.destroy();
});

test('a save that fails half-way leaves the earlier one in place', async () => {
  const before = await readSaved(files.buckets);
  const client = localS3(readState(folder).emulator?.endpoint ?? '');
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'GetObjectCommand') throw new Error('connection lost');
      return next(args);
    },
    { step: 'initialize' },
  );
  await expect(saveBuckets(client, [raw], files.buckets)).rejects.toThrow('connection lost');
  client.destroy();
  expect(await readSaved(files.buckets)).toEqual(before);
});

test('an emulator that ended by itself is started again with what was saved last', async () => {
  const { emulator } = running(readState(folder));
  process.kill(emulator.pid, 'SIGKILL');
  await expect.poll(() => isRunning(emulator), { timeout: 10_000 }).toBe(false);
  lines.length = 0;
  await up();
  expect(lines.join('\n')).toContain('buckets restored: 3 objects');
});

test('the address that status prints is not mistaken for a database of the user', async () => {
  const { postgres } = readState(folder);
  process.env.DATABASE_URL = postgres?.url;
  try {
    expect((await up()).postgres?.kind).toBe('embedded');
  } finally {
    delete process.env.DATABASE_URL;
  }
});

test('DATABASE_URL that leads nowhere is named without its password', async () => {
  process.env.DATABASE_URL = 'postgres://me:secret@127.0.0.1:1/shop';
  try {
    const error = await up().catch((reason: Error) => reason.message);
    expect(error).toMatch(/DATABASE_URL does not answer.*postgres:\/\/me:\*\*\*@127.0.0.1:1\/shop/);
  } finally {
    delete process.env.DATABASE_URL;
  }
});

test('an emulator whose folder was removed is told from one that works, and is replaced', async () => {
  const before = running(await up());
  rmSync(files.emulator, { recursive: true });
  expect(JSON.parse(await ecom('status', '--json'))).toMatchObject({ emulator: { healthy: false } });
  const after = running(await up());
  expect(isRunning(before.emulator)).toBe(false);
  expect(after.emulator.pid).not.toBe(before.emulator.pid);

  // The record is gone, too.
  rmSync(files.emulator, { recursive: true });
  rmSync(files.state);
  lines.length = 0;
  const again = running(await up());
  expect(lines).toContain(
    `LocalStack stopped (process ${after.emulator.pid}): its folder was removed, and its data with it`,
  );
  expect(isRunning(again.emulator)).toBe(true);
});

test('ecom down stops an emulator whose folder and record were removed', async () => {
  const { emulator } = running(await up());
  rmSync(files.emulator, { recursive: true });
  rmSync(files.state);
  process.env.ECOM_PORT = String(port);
  try {
    const findings: { check: string; status: string; finding: string }[] = JSON.parse(
      await ecom('doctor', '--json'),
    );
    expect(findings.find(({ check }) => check === 'port')).toMatchObject({
      status: 'warn',
      finding: expect.stringContaining(`on record no more: process ${emulator.pid}`),
    });
    await down({ folder, report });
  } finally {
    delete process.env.ECOM_PORT;
  }
  expect(isRunning(emulator)).toBe(false);
});

test('Ctrl-C while it starts says what stays up', async () => {
  await down({ folder, report });
  const { code, stderr } = await interruptEcom(
    ['up', '--no-deploy', '--port', String(port)],
    /starting LocalStack/,
    { stateFolder: folder },
  );
  expect(stderr).toContain(
    '\nWhat was started stays up. See it: ./ecom status; go on: ./ecom up; stop it: ./ecom down\n',
  );
  expect(code).toBe(130);
});

test('wiped, nothing runs and nothing is kept, except what is not ours', async () => {
  const { emulator, postgres } = running(await up());
  writeFileSync(path.join(folder, 'notes.txt'), 'mine');
  mkdirSync(files.demo);
  mkdirSync(files.reports);
  await down({ wipe: true, folder, report });
  expect(isRunning(emulator)).toBe(false);
  expect(isRunning(postgres)).toBe(false);
  expect(existsSync(postgres.home)).toBe(false);
  expect(Object.values(files).filter((file) => existsSync(file))).toEqual([files.reports]);
  expect(lines.at(-1)).toBe(`kept: the reports in ${files.reports}, which are yours to delete`);
  expect(readFileSync(path.join(folder, 'notes.txt'), 'utf8')).toBe('mine');
});

test('stopping what does not run is no error', async () => {
  await down({ folder, report });
  expect(await ecom('status')).toContain('not running');
});

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}
