import { expect, test } from 'vitest';
import { mostAnswerBytes, withinState } from '../../../layers/runs/plan-answer.ts';
import type { Stage, StageContext } from '../../../layers/runs/stage.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const planned = (chunks: number, buckets: number): Stage<'plan'> => ({
  name: 'plan',
  run: async () => ({ outputs: [], result: { chunks: numbers(chunks), buckets: numbers(buckets) } }),
});
const context = { event: { runId: 'f'.repeat(16), drop: 'shop', attempt: 1, index: 0 } } as StageContext;

test('a plan of tens of thousands of chunks is handed on as it is', async () => {
  const plan = planned(38_000, 100);
  expect(await withinState(plan).run(context)).toEqual(await plan.run(context));
});

test('one that the states could not carry, with the words of a failure, is refused with what to do about it', async () => {
  const refused = withinState(planned(40_000, 5000)).run(context);
  await expect(refused).rejects.toMatchObject({ name: 'DataError' });
  await expect(refused).rejects.toThrow(/40000 chunks and 5000 buckets, .* \(drop shop\)\. Join small files/);
  const failure = { Error: 'E'.repeat(256), Cause: 'c'.repeat(32_768) };
  const state = { runId: 'f'.repeat(16), drop: 'd'.repeat(63), attempt: 1, plan: '', failure };
  expect(JSON.stringify(state).length + mostAnswerBytes).toBeLessThan(256 * 1024);
});
