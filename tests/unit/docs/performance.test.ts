import { describe, expect, it, test } from 'vitest';
import results from '../../bench/results.json';
import { type Bench, sections } from '../../bench/table.ts';
import { section } from '../../oracle/document.ts';

const bench = results as Bench;

// Renew them with: npm run bench -- --document
describe('docs/performance.md', () => {
  it.each(Object.entries(sections(bench)))('says of %s what was measured', (name, markdown) => {
    expect(section(name, 'docs/performance.md')).toBe(markdown);
  });
});

test('a goal is met or missed by the ratio of the medians, and not measured where one is missing', () => {
  const runs = (...seconds: number[]) => seconds.map((one) => ({ seconds: one, cpuSeconds: one, peakMb: 1 }));
  const size = {
    events: 1e6,
    lines: 1,
    bytes: 1,
    contestants: [
      { name: 'one DuckDB query', runs: runs(1, 2, 9) },
      { name: 'Polars', runs: runs(4, 5, 6) },
      { name: 'pandas + pyarrow', runs: runs(10, 20, 30) },
      { name: 'ecom analyze', runs: runs(8, 9, 10) },
    ],
    deployed: [],
  };
  const { goals } = sections({ ...bench, sizes: [size] });
  expect(goals.split('\n').slice(2)).toEqual([
    expect.stringMatching(/analyze \/ pandas \+ pyarrow +\| 0\.45 +\| 0\.5 +\| met/),
    expect.stringMatching(/analyze \/ Polars +\| 1\.80 +\| 1\.0 +\| missed/),
    expect.stringMatching(/analyze \/ one query +\| 4\.50 +\| 5\.0 +\| met/),
    expect.stringMatching(/deployed \/ pandas \+ pyarrow +\| – +\| 1\.0 +\| not measured/),
  ]);
});
