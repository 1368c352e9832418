import { describe, expect, it } from 'vitest';
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

describe('a goal', () => {
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
  const goalsOf = (changed: Partial<Bench>) =>
    sections({ ...bench, sizes: [size], again: null, first: null, ...changed })
      .goals.split('\n')
      .slice(2);

  it('is met or missed by the ratio of the medians, and not measured where one is missing', () => {
    expect(goalsOf({})).toEqual([
      expect.stringMatching(/analyze \/ pandas \+ pyarrow +\| 0\.45 × +\| 0\.50 × +\| met/),
      expect.stringMatching(/analyze \/ Polars +\| 1\.80 × +\| 1\.00 × +\| missed/),
      expect.stringMatching(/analyze \/ one query +\| 4\.50 × +\| 5\.00 × +\| met/),
      expect.stringMatching(/analyze, peak memory +\| 1 MB +\| 1500 MB +\| met/),
      expect.stringMatching(/deployed \/ pandas \+ pyarrow +\| – +\| 1\.00 × +\| not measured/),
      expect.stringMatching(/load, rows of the marts +\| – +\| 150000 rows\/s +\| not measured/),
    ]);
  });

  it('of a rate is met from it on', () => {
    const stages = (seconds: number) => [
      { stage: 'marts', parts: 1, seconds: 1, rows: 300_000, bytes: 1 },
      { stage: 'load', parts: 1, seconds, rows: 0, bytes: 0 },
    ];
    const loadOf = (seconds: number) => {
      const peaks = { 'functions MB': 1, 'LocalStack MB': 1, 'PostgreSQL MB': 1 };
      const run = { seconds: 1, stages: stages(seconds), peaks, requests: {} };
      return goalsOf({ sizes: [{ ...size, deployed: [run] }] }).find((row) => row.includes('load,'));
    };
    expect(loadOf(2)).toMatch(/150000 rows\/s +\| 150000 rows\/s +\| met/);
    expect(loadOf(3)).toMatch(/100000 rows\/s +\| 150000 rows\/s +\| missed/);
  });

  it('of requests are added up by run', () => {
    const run = {
      seconds: 1,
      stages: [],
      peaks: { 'functions MB': 1, 'LocalStack MB': 1, 'PostgreSQL MB': 1 },
    };
    const { requests } = sections({
      ...bench,
      small: { users: 1000, pipeline: [], empty: [], requests: { PutObject: 2 } },
      sizes: [{ ...size, deployed: [{ ...run, requests: { GetObject: 3, PutObject: 4 } }] }],
    });
    expect(requests.split('\n').slice(2)).toEqual([
      expect.stringMatching(/1000 users \| 0 +\| 2 +\| 2 +\|/),
      expect.stringMatching(/1 million +\| 3 +\| 4 +\| 7 +\|/),
    ]);
  });

  it('of growth is asked of what an event takes, from one size to the next', () => {
    const larger = { ...size, events: 2e6 };
    expect(goalsOf({ sizes: [size, larger] }).filter((row) => row.includes('an event'))).toEqual([
      expect.stringMatching(
        /2 million +\| analyze, CPU an event than at 1 million +\| 0\.50 × +\| 1\.25 × +\| met/,
      ),
      expect.stringMatching(
        /2 million +\| analyze, memory an event than at 1 million +\| 0\.50 × +\| 1\.25 × +\| met/,
      ),
    ]);
  });

  it('of a run that takes over is asked of the CPU of the whole', () => {
    const took = (cpuSeconds: number) => ({ seconds: 9, cpuSeconds, peakMb: 1 });
    const again = { events: 1e6, whole: took(20), alpha: took(1), day: took(4) };
    expect(goalsOf({ again }).slice(-2)).toEqual([
      expect.stringMatching(/another alpha, CPU of the whole +\| 5 % +\| 5 % +\| met/),
      expect.stringMatching(/a day more, CPU of the whole +\| 20 % +\| 15 % +\| missed/),
    ]);
  });
});
