import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runConfiguration } from '../../../../layers/experiment/run-configuration.ts';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import { readDropState } from '../../../../layers/runs/gate/drop-state.ts';

/** Keeps what it was asked to list. */
class Listed extends FolderStore {
  readonly whole: string[] = [];
  override async list(prefix: string) {
    this.whole.push(prefix);
    return super.list(prefix);
  }
  override async listLevel(prefix: string) {
    const objects = await super.list(prefix);
    return objects.filter(({ key }) => !key.slice(prefix.length).includes('/'));
  }
}

let folder: string;
let raw: Listed;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'drop-state-'));
  raw = new Listed(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const put = async (...keys: string[]) => {
  for (const key of keys) await raw.put(key, key);
};
const read = async (drop: string) => {
  const state = await readDropState(raw, drop, runConfiguration().raw);
  return { files: state.files.map(({ key }) => key), unrecognised: state.unrecognised };
};

test('the default drop is read without a look into the folders of the others', async () => {
  await put('raw/events.csv', 'raw/users/a b+ü.csv', 'raw/notes.txt', 'raw/spring/events.csv');
  expect(await read('default')).toEqual({
    files: ['raw/events.csv', 'raw/users/a b+ü.csv'],
    unrecognised: ['raw/notes.txt'],
  });
  expect(raw.whole).toEqual([]);
  expect((await read('spring')).files).toEqual(['raw/spring/events.csv']);
  expect(raw.whole).toEqual(['raw/spring/']);
});
