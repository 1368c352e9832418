import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** Folders of tests whose subject is no folder of the product: its rooms, its documents, and the engine as a whole. */
const ofMany = ['architecture', 'docs', 'engine/bad-input'];

it('a unit test sits where its subject does: below the same path as in layers, cli or infrastructure', () => {
  const folders = readdirSync(path.join(PROJECT_ROOT, 'tests/unit'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.posix.dirname(file.replaceAll(path.sep, '/')));
  const strays = [...new Set(folders)].filter(
    (folder) =>
      !ofMany.includes(folder) &&
      ![folder, `layers/${folder}`].some((subject) => existsSync(path.join(PROJECT_ROOT, subject))),
  );
  expect(folders.length).toBeGreaterThan(80);
  expect(strays).toEqual([]);
});
