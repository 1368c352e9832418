import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { knownContents } from '../../../layers/engine/known-contents.ts';
import { etagOfFile, FolderStore } from '../../../layers/platform/folder-store.ts';

let folder: string;
let file: string;
let store: FolderStore;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'known-contents-'));
  file = path.join(folder, 'events.csv');
  store = new FolderStore(folder);
  await writeFile(file, 'event_id\n1\n');
});
afterEach(() => rm(folder, { recursive: true }));

const later = () => Date.now() + 60_000;

async function tagOfProcess(now = later): Promise<string> {
  const contents = await knownContents(store, now);
  const etag = await contents.etagOf(file);
  await contents.save();
  return etag;
}

/** A tag that no reading comes to, in place of the one that is kept. */
async function falsify(): Promise<void> {
  const kept = (await store.getText('contents.json')) ?? '';
  await store.put('contents.json', kept.replace(/[0-9a-f]{32}/, 'kept'));
}

test('a file that stays as it is is read once', async () => {
  expect(await tagOfProcess()).toBe(await etagOfFile(file));
  await falsify();
  expect(await tagOfProcess()).toBe('kept');
});

test('other bytes of the same length are seen, also where the file was given its old time again', async () => {
  await tagOfProcess();
  await falsify();
  const { atime, mtime } = await stat(file);
  await writeFile(file, 'event_id\n2\n');
  await utimes(file, atime, mtime);
  expect(await tagOfProcess()).toBe(await etagOfFile(file));
});

test('a file that changed just now may change again within the same tick, and is read again', async () => {
  const { mtimeMs } = await stat(file);
  await tagOfProcess(() => mtimeMs + 1000);
  expect(await store.getText('contents.json')).toBe('{}\n');
});

test.each(['{ "events.csv": 1 }', 'no JSON'])('what cannot be read is not believed: %s', async (text) => {
  await store.put('contents.json', text);
  expect(await tagOfProcess()).toBe(await etagOfFile(file));
});
