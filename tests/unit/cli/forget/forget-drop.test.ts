import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inOrder, toldDeletion } from '../../../../cli/forget/delete-others.ts';
import { type CopiedFile, runsOf } from '../../../../cli/forget/deployed-drop.ts';
import { piecesOf } from '../../../../cli/forget/deployed-proof.ts';
import { refuseUpload } from '../../../../cli/forget/forget-drop.ts';
import { filesToUpload, runOf } from '../../../../cli/forget/renew.ts';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import type { S3Store } from '../../../../layers/platform/s3.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

let folder: string;
let store: RunStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-forget-drop-'));
  store = new RunStore(new FolderStore(folder), new FolderStore(folder));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const runId = (digit: number) => String(digit).repeat(16);
const copied = (kind: CopiedFile['kind'], name: string, isReplaced = false): CopiedFile => ({
  kind,
  file: `/copies/${name}`,
  key: `raw/shop/${name}`,
  size: 1,
  etag: name,
  isReplaced,
});
const sessions = copied('sessions', 'sessions.csv');
const events = copied('events', 'events.csv');
const users = copied('users', 'users.csv');
const left = copied('events', 'events/old.csv');
const manifest = {
  key: 'raw/shop/_MANIFEST.json',
  versionId: '1',
  isLatest: true,
  isMarker: false,
  etag: 'm',
  size: 1,
};

describe('what is uploaded again', () => {
  const drop = { drop: 'shop', files: [sessions, events, users], left: [left] };

  it('is what was rewritten where a manifest names the files, those of sessions last', () => {
    const rewritten = new Set([sessions.key, events.key, left.key]);
    expect(filesToUpload({ ...drop, objects: [manifest] }, rewritten)).toEqual([left, events, sessions]);
  });

  it('is every file without a manifest, since an upload that is new in part starts nothing', () => {
    const rewritten = new Set([events.key]);
    expect(filesToUpload({ ...drop, objects: [] }, rewritten)).toEqual([events, users, sessions]);
  });
});

describe('a drop that cannot be erased from', () => {
  const own = (file: CopiedFile, rows: number, others: number) => ({
    file: file.file,
    name: file.key,
    own: { rows, others, ranges: [], unreadable: [], isBytewise: true },
  });
  const assignments = copied('experiment_assignments', 'experiment_assignments.csv');

  it('is one of which no event would be left', () => {
    const drop = { drop: 'shop', files: [assignments, events, left] };
    const found = [own(assignments, 1, 1), own(events, 2, 0)];
    expect(() => refuseUpload(drop, [...found, own(left, 0, 1)])).not.toThrow();
    expect(() => refuseUpload(drop, [...found, own(left, 1, 0)])).toThrow(
      /nothing is left of events, which a run needs; nothing was changed/,
    );
  });

  it('is one of which a file with rows of the user was replaced since the newest run', () => {
    const half = copied('events', 'events.csv', true);
    const drop = { drop: 'shop', files: [assignments, half] };
    expect(() => refuseUpload(drop, [own(assignments, 1, 1), own(half, 0, 5)])).not.toThrow();
    expect(() => refuseUpload(drop, [own(assignments, 1, 1), own(half, 1, 5)])).toThrow(
      /uploaded that no run has read: raw\/shop\/events\.csv/,
    );
  });
});

describe('the runs of a drop', () => {
  const inputs = (digit: number, drop: string) => ({
    schemaVersion: 1 as const,
    runId: runId(digit),
    drop,
    inputs: [],
    asOf: null,
    configHash: 'c',
    codeVersion: 'v',
  });
  const uploads = (drop: string, digits: readonly number[]) => ({
    schemaVersion: 1 as const,
    drop,
    runs: digits.map((digit) => ({ runId: runId(digit), attempt: 1 })),
    files: [events, users].map(({ key, etag }) => ({ key, etag, lastModified: '2026-01-01T00:00:00.000Z' })),
  });

  it('are told by the order of uploads, else by their inputs; of others nobody knows the drop', async () => {
    await store.write('uploads', ['shop'], uploads('shop', [1]));
    await store.write('uploads', ['other'], uploads('other', [2]));
    await store.write('inputs', [runId(3)], inputs(3, 'shop'));
    await store.write('inputs', [runId(4)], inputs(4, 'other'));
    for (const digit of [1, 2, 5])
      await store.processed.put(processedKeys.eventsClean(runId(digit), 'd', 0), '');
    const { own, unknown } = await runsOf(store, 'shop', await store.processed.list('processed/'));
    expect(own.map((run) => run.runId).toSorted()).toEqual([runId(1), runId(3)]);
    expect(unknown.map((run) => run.runId)).toEqual([runId(5)]);
  });

  it('have a newest one, which is of the files that the drop has only where all of them are the same', async () => {
    expect(await runOf(store, 'shop', [events, users])).toBeUndefined();
    await store.write('uploads', ['shop'], uploads('shop', [2, 1]));
    expect(await runOf(store, 'shop', [users, events])).toEqual({ runId: runId(2), attempt: 1 });
    expect(await runOf(store, 'shop', [users])).toBeUndefined();
    expect(await runOf(store, 'shop', [users, { ...events, etag: 'other' }])).toBeUndefined();
  });

  it('lose the rows of users late and their inputs last, so that what is deleted in part is found again', () => {
    const id = runId(1);
    const staged = processedKeys.staged('users', id, 0);
    const report = processedKeys.report(id, 'report.json');
    const done = processedKeys.done(id, 'plan', 0);
    expect(inOrder(id, [done, processedKeys.inputs(id), staged, report])).toEqual([
      done,
      report,
      staged,
      processedKeys.inputs(id),
    ]);
  });

  it('are told with the versions by their numbers', () => {
    const versions = [manifest, { ...manifest, versionId: '2' }, { ...manifest, key: 'raw/shop/events.csv' }];
    const run = { runId: runId(1), bytes: 3, keys: ['a', 'b'], rows: 7 };
    expect(toldDeletion(versions, [run])).toEqual({
      versions: [
        { key: manifest.key, versions: 2 },
        { key: 'raw/shop/events.csv', versions: 1 },
      ],
      runs: [{ runId: runId(1), objects: 2, rows: 7 }],
      removed: [],
    });
  });
});

it('an object made of several Parquet files is searched file by file, one without rows not at all', async () => {
  const id = runId(1);
  const shares = processedKeys.shares('ids', id, 0);
  await store.write('marker', [id, 'exchange', 0], {
    stage: 'exchange',
    index: 0,
    attempt: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    outputs: [{ key: shares, rows: 3, bytes: 30, ends: [10, 10, 30], etag: 'e', bucket: null }],
    result: { sessions: 0, events: 0, conflicts: 0 },
  });
  const list = processedKeys.excludedUsers(id, 'excluded_users.csv');
  const keys = [processedKeys.done(id, 'exchange', 0), shares, list];
  const processed = store.processed as S3Store;
  const pieces = await piecesOf({ store, processed }, { runId: id, bytes: 0, keys });
  expect(pieces.map(({ ref, name, kind }) => [ref, name, kind])).toEqual([
    [{ key: keys[0] }, 'exchange-00000.json', undefined],
    [{ key: shares, range: { start: 0, end: 10 } }, 'share.parquet', undefined],
    [{ key: shares, range: { start: 10, end: 30 } }, 'share.parquet', undefined],
    [{ key: list }, 'excluded_users.csv', 'excluded_users'],
  ]);
});
