import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followStages } from '../../../cli/pipeline/follow-stages.ts';

/** What goes to standard error, which is no terminal here. */
let told: string[];
beforeEach(() => {
  told = [];
  vi.useFakeTimers();
  vi.stubEnv('TERM', 'dumb');
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => told.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

it('a stage of less than a second stays unsaid', () => {
  using follower = followStages();
  follower.onStage('plan', 1, 'begins');
  vi.advanceTimersByTime(900);
  follower.onStage('plan', 1, 'done');
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});

it('a stage at work is told every five seconds, and then how long it took', () => {
  using follower = followStages();
  follower.onStage('stage', 8, 'begins');
  vi.advanceTimersByTime(12_000);
  follower.onStage('stage', 8, 'done');
  follower.onStage('clean', 1, 'begins');
  vi.advanceTimersByTime(5500);
  expect(told).toEqual([
    '  stage … 8 parts, 5 s\n',
    '  stage … 8 parts, 10 s\n',
    '  stage       12.0 s\n',
    '  clean … 5 s\n',
  ]);
});

it('what was there before is told, however quick it was', () => {
  using follower = followStages();
  for (const [stage, parts, asBefore] of [
    ['stage', 5, 4],
    ['clean', 1, 1],
  ] as const) {
    follower.onStage(stage, parts, 'begins');
    vi.advanceTimersByTime(300);
    follower.onStage(stage, parts, 'done', asBefore);
  }
  expect(told).toEqual(['  stage        0.3 s  5 parts, 4 as before\n', '  clean        0.3 s  as before\n']);
});

it('nothing is told once the analysis is over', () => {
  const follower = followStages();
  follower.onStage('stage', 1, 'begins');
  follower[Symbol.dispose]();
  vi.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});
