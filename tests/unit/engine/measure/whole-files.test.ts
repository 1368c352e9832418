import { expect, test } from 'vitest';
import type { RuleCount } from '../../../../layers/data/row-counts.ts';
import { inWholeFiles } from '../../../../layers/engine/measure/whole-files.ts';

const range = (start: number, end: number) => ({ start, end });
const chunks = [
  { key: 'raw/events/a.csv', range: range(0, 100) },
  { key: 'raw/events/a.csv', range: range(100, 250) },
  { key: 'raw/events/a.csv', range: range(250, 300) },
  { key: 'raw/events/b.csv', range: null },
];
const rules = (file: string, line: number | null): RuleCount[] => [
  { dataset: 'events', column: 'event_id', rule: 'required', rows: 1, examples: [{ file, line, value: '' }] },
];
const exampleOf = (lineFeeds: readonly (number | undefined)[], file: string, line: number | null) => {
  const staged = lineFeeds.map((count) => (count === undefined ? {} : { lineFeeds: count }));
  const moved = inWholeFiles(
    chunks,
    staged,
  )({ quarantineRules: rules(file, line), warnings: rules(file, line) });
  expect(moved.warnings).toEqual(moved.quarantineRules);
  return moved.quarantineRules[0]?.examples[0];
};

test.each([
  { lineFeeds: [10, 15, 5, 7], file: 'raw/events/a.csv, bytes 0 to 100', line: 4, whole: 4 },
  { lineFeeds: [10, 15, 5, 7], file: 'raw/events/a.csv, bytes 100 to 250', line: 4, whole: 14 },
  { lineFeeds: [10, 15, 5, 7], file: 'raw/events/a.csv, bytes 250 to 300', line: 4, whole: 29 },
])('line $line of "$file" is line $whole of the file', ({ lineFeeds, file, line, whole }) => {
  expect(exampleOf(lineFeeds, file, line)).toEqual({ file: 'raw/events/a.csv', line: whole, value: '' });
});

test.each([
  { why: 'the file was read as a whole', lineFeeds: [10, 15, 5, 7], file: 'raw/events/b.csv', line: 4 },
  {
    why: 'a range before it did not count its lines',
    lineFeeds: [10, undefined, 5, 7],
    file: 'raw/events/a.csv, bytes 250 to 300',
    line: 4,
  },
  {
    why: 'the example has no line',
    lineFeeds: [10, 15, 5, 7],
    file: 'raw/events/a.csv, bytes 100 to 250',
    line: null,
  },
])('an example stays as it is where $why', ({ lineFeeds, file, line }) => {
  expect(exampleOf(lineFeeds, file, line)).toEqual({ file, line, value: '' });
});
