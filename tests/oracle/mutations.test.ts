import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mutations } from '../mutation/mutations.ts';

const source = (file: string) =>
  readFileSync(path.join(PROJECT_ROOT, 'layers', file), 'utf8').replaceAll('\r\n', '\n');

test.each(mutations)('$file: "$breaks" still has its one place', ({ file, find, replace, tests }) => {
  expect(source(file).split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
  for (const name of tests) expect(existsSync(path.join(PROJECT_ROOT, `tests/${name}.test.ts`))).toBe(true);
});
