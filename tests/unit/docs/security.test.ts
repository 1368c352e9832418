import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const page = readFileSync(path.join(PROJECT_ROOT, 'docs/security.md'), 'utf8');

/** The threats: every row of the page's tables but their heads. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|-+) +\|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({ threat: cells[1] ?? '', tests: cells.at(-2) ?? '' }));

/** `file: outcome; outcome; file: outcome`, with "…" for words that are left out. */
function testsIn(cell: string): { file: string; outcomes: string[] }[] {
  return [...cell.matchAll(/`(tests\/[^`]+)`(?:: ([^`]*))?/g)].map(([, file = '', outcomes = '']) => ({
    file,
    outcomes: outcomes
      .split(/[;…]/)
      .map((outcome) => outcome.trim())
      .filter((outcome) => outcome !== ''),
  }));
}

it('each line of the threat model names a test that is there', () => {
  expect(rows.length).toBeGreaterThan(20);
  const missing = rows.flatMap(({ threat, tests }) =>
    testsIn(tests).flatMap(({ file, outcomes }) => {
      const source = path.join(PROJECT_ROOT, file);
      const text = existsSync(source) ? readFileSync(source, 'utf8') : '';
      const unknown = outcomes.filter((outcome) => !text.includes(outcome));
      return text === '' || unknown.length > 0 ? [{ threat, file, unknown }] : [];
    }),
  );
  expect(missing).toEqual([]);
  expect(rows.filter(({ tests }) => testsIn(tests).length === 0)).toEqual([]);
});
