import { expect, test } from 'vitest';
import { estimateCost } from '../../../../cli/cost/estimate.ts';
import { type StageName, stageNames } from '../../../../layers/runs/documents.ts';

const moment = '2026-01-01T00:00:00.000Z';
const stageOf = (stage: StageName, parts: number, functionSeconds?: number) => ({
  ...{ stage, parts, rows: 0, bytes: 0, startedAt: moment, finishedAt: moment, seconds: 1 },
  ...(functionSeconds !== undefined && { functionSeconds }),
});
const output = { key: 'k', rows: 1, bytes: 2 ** 30, stage: 'clean' as const, etag: 'e' };

test('a run costs the time of its functions, its calls and transitions, and what it writes', () => {
  // plan 512 MB for 10 s; stage 3008 MB for 100 s in 4 parts.
  const stages = [stageOf('plan', 1, 10), stageOf('stage', 4, 100)];
  const cost = estimateCost({ stages, outputs: [output, output] }, 'arm64');
  const plan = 10 * 0.5 * 0.0000133334 + 0.0000002;
  const stage = 100 * 2.9375 * 0.0000133334 + 4 * 0.0000002;
  expect(cost?.stages.map(({ cost: own }) => own)).toEqual([
    expect.closeTo(plan, 12),
    expect.closeTo(stage, 12),
  ]);
  expect(cost?.stateMachine).toBeCloseTo(11 * 0.000025, 12);
  expect(cost?.writes).toBeCloseTo(7 * 0.000005, 12);
  expect(cost?.total).toBeCloseTo(plan + stage + 11 * 0.000025 + 7 * 0.000005, 12);
  expect(cost?.storageMonth).toBeCloseTo(0.046, 12);
});

test('the other processor costs a quarter more a second', () => {
  const of = (architecture: 'arm64' | 'x86_64') =>
    estimateCost({ stages: [stageOf('plan', 1, 1e6)], outputs: [] }, architecture)?.functions ?? 0;
  expect(of('x86_64') / of('arm64')).toBeCloseTo(1.25, 3);
});

test('a manifest that does not tell the seconds of its functions is not guessed at', () => {
  const stages = stageNames.slice(0, 2).map((stage) => stageOf(stage, 1));
  expect(estimateCost({ stages, outputs: [] }, 'arm64')).toBeUndefined();
});
