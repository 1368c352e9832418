import { describe, expect, it, test } from 'vitest';
import { CHUNK_BYTES } from '../../../layers/engine/plan/chunks.ts';
import { section } from '../../oracle/document.ts';
import aws from '../../simulation/scale/aws.json';
import { at, rates } from '../../simulation/scale/fit.ts';
import type { MeasuredRun } from '../../simulation/scale/measure.ts';
import measured from '../../simulation/scale/measured.json';
import {
  modelOf,
  oneMachine,
  onLambda,
  payloadOf,
  reachedAt,
  shapeOf,
} from '../../simulation/scale/model.ts';
import {
  duration,
  limitsTable,
  measuredTable,
  predictedFromSmaller,
  size,
  sizesTable,
} from '../../simulation/scale/table.ts';

const runs: readonly MeasuredRun[] = measured;
const model = modelOf(runs);

// Renew them with: npm run simulate:scale -- --document
describe('docs/scale.md', () => {
  it.each([
    ['sizes', sizesTable(model)],
    ['limits', limitsTable(model)],
    ['measured', measuredTable(runs)],
  ])('says of %s what the model says', (name, table) => {
    expect(section(name, 'docs/scale.md')).toBe(table);
  });
});

describe('the rates of what was measured', () => {
  it('are those that made it', () => {
    const work = [
      [5, 1e6, 5],
      [5, 1e6, 80],
      [9, 5e6, 9],
      [20, 2e7, 40],
    ];
    const made = [0.1, 3e-6, 0.02];
    const found = rates(work.map((amounts) => ({ work: amounts, took: at(made, amounts) })));
    for (const [index, rate] of found.entries()) expect(rate / (made[index] ?? 0)).toBeCloseTo(1, 4);
  });

  it('are never negative: what seems to take less than nothing takes nothing', () => {
    const found = rates([
      { work: [1, 10], took: 10 },
      { work: [10, 100], took: 90 },
      { work: [100, 10], took: 1 },
    ]);
    for (const rate of found) expect(rate).toBeGreaterThanOrEqual(0);
  });

  it('give what was measured of the largest run within 20 %', () => {
    const predicted = Object.values(oneMachine(model, model.like)).reduce((sum, seconds) => sum + seconds, 0);
    const took = Object.values(model.like.cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
    expect(Math.abs((predicted * model.parallelism) / took - 1)).toBeLessThan(0.2);
  });

  it('tell of runs of 5 million events and more, within 20 %, from the smaller ones alone', () => {
    for (const run of runs.filter(({ rows }) => rows.events >= 4.9e6)) {
      const took = Object.values(run.cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
      const predicted = predictedFromSmaller(runs, run);
      expect(predicted, `${run.rows.events} events`).toBeDefined();
      expect(Math.abs((predicted ?? 0) / took - 1), `${run.rows.events} events`).toBeLessThan(0.2);
    }
  });
});

describe('a run on Lambda', () => {
  it('is cut as the plan cuts it', () => {
    const { raw, chunks } = shapeOf(model, 1e9);
    const pieces = Object.values(raw).map((bytes) => Math.max(1, Math.ceil(bytes / CHUNK_BYTES)));
    expect(chunks).toBe(pieces.reduce((sum, count) => sum + count, 0));
  });

  it('hands on a state of as many bytes as its text has', () => {
    const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);
    for (const [chunks, buckets] of [
      [1, 1],
      [10, 9],
      [11, 101],
      [40_000, 1000],
    ] as const) {
      const plan = { chunks: indexes(chunks), buckets: indexes(buckets) };
      const state = { runId: 'f'.repeat(16), drop: 'd'.repeat(63), attempt: 1, plan };
      expect(payloadOf({ chunks, buckets })).toBe(JSON.stringify(state).length);
    }
  });

  it('takes no longer with more functions, and costs the same', () => {
    const shape = shapeOf(model, 1e9);
    const [few, many] = [onLambda(model, shape, 10), onLambda(model, shape, 1000)];
    expect(many.seconds).toBeLessThan(few.seconds);
    expect(many.dollars).toBeCloseTo(few.dollars, 8);
  });

  it('has no more functions at a time than the account', () => {
    const shape = shapeOf(model, 1e12);
    const [quota, more] = [1000, 10_000].map((concurrency) => onLambda(model, shape, concurrency).seconds);
    expect(aws.quotas.concurrentFunctions.value).toBe(1000);
    expect(more).toBe(quota);
  });

  it('names as the longest stage the one that takes the longest, and as the first limit the nearest', () => {
    const { stages, bottleneck, limits } = onLambda(model, shapeOf(model, 1e9), 100);
    const longest = Math.max(...stages.map(({ seconds }) => seconds));
    expect(stages.find(({ stage }) => stage === bottleneck)?.seconds).toBe(longest);
    const shares = limits.map(({ needs, has }) => needs / has);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  });

  it('meets a limit where it needs just what there is', () => {
    for (const limit of [
      { stage: 'load', of: 'time' },
      { stage: 'state machine', of: 'state payload' },
    ] as const) {
      const events = reachedAt(model, limit, 100) ?? Number.NaN;
      const at = (share: number) =>
        onLambda(model, shapeOf(model, events * share), 100).limits.find(
          ({ stage, of }) => stage === limit.stage && of === limit.of,
        );
      const [before, after] = [at(0.98), at(1.02)];
      expect((before?.needs ?? 0) / (before?.has ?? 1)).toBeLessThan(1);
      expect((after?.needs ?? 0) / (after?.has ?? 1)).toBeGreaterThan(1);
    }
  });
});

test.each([
  [0.41, '0.41 s'],
  [99, '99 s'],
  [600, '10 min'],
  [7200, '2 h'],
  [864_000, '10 days'],
])('%d seconds are told as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [999, '1000 B'],
  [262_144, '260 kB'],
  [6.6e10, '66 GB'],
  [6.6e15, '6600 TB'],
])('%d bytes are told as %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});
