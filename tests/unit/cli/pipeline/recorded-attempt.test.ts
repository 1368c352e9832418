import { describe, expect, it } from 'vitest';
import { attemptOnRecord, type RunRecords } from '../../../../cli/pipeline/recorded-attempt.ts';
import type { StageName } from '../../../../layers/runs/documents.ts';
import { stagesOf } from '../../../../layers/runs/stages.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

/** A stage that took a second. */
const marker = (stage: StageName, second: number, attempt = 1) => ({
  stage,
  attempt,
  startedAt: at(second),
  finishedAt: at(second + 1),
});

/** All stages one after the other, a second each. */
const markers = stagesOf(undefined).map((stage, index) => marker(stage, index));

const manifestOf = (attempt: number, done: readonly ReturnType<typeof marker>[]) => ({
  attempt,
  stages: done
    .filter(({ stage }) => stage !== 'publish')
    .map((stage) => ({ ...stage, parts: 1, rows: 0, bytes: 0, seconds: 1 })),
});

const records = (given: Partial<RunRecords>): RunRecords => ({
  manifest: undefined,
  failure: undefined,
  markers: [],
  pinnedAt: new Date(at(5000)),
  ...given,
});

/** Attempt, status, and the seconds at which it started and stopped. */
const told = (given: Partial<RunRecords>) => {
  const { attempt, status, startedAt, stoppedAt } = attemptOnRecord(records(given));
  const second = (moment: Date | undefined) =>
    moment === undefined ? undefined : (moment.getTime() - Date.parse(at(0))) / 1000;
  return [attempt, status, second(startedAt), second(stoppedAt)];
};

describe('attemptOnRecord', () => {
  it('tells of a run from its first stage to its publication', () => {
    expect(told({ manifest: manifestOf(1, markers), markers })).toEqual([1, 'SUCCEEDED', 0, 8]);
  });

  it('tells of the attempt that made the result, not of a later one that loaded it again', () => {
    const manifest = manifestOf(1, markers);
    for (const attempt of [1, 2]) {
      const loadedAgain = [
        ...markers.filter(({ stage }) => stage !== 'load' && stage !== 'publish'),
        marker('load', 360, attempt),
        marker('publish', 361, attempt),
      ];
      expect(told({ manifest, markers: loadedAgain })).toEqual([1, 'SUCCEEDED', 0, 7]);
    }
  });

  it('does not count the time before an attempt that found stages done', () => {
    const done = [
      ...markers.slice(0, 5),
      marker('load', 300, 2),
      marker('analyze', 301, 2),
      marker('publish', 302, 2),
    ];
    const failure = { attempt: 1, failedAt: at(6) };
    expect(told({ manifest: manifestOf(2, done), markers: done, failure })).toEqual([
      2,
      'SUCCEEDED',
      300,
      303,
    ]);
    const numberedAnew = done.map((one) => ({ ...one, attempt: 1 }));
    expect(told({ manifest: manifestOf(1, numberedAnew), markers: numberedAnew, failure })).toEqual([
      1,
      'SUCCEEDED',
      300,
      303,
    ]);
  });

  it('keeps the times of a result when an attempt to load it again failed', () => {
    const failure = { attempt: 2, failedAt: at(400) };
    expect(told({ manifest: manifestOf(1, markers), markers, failure })).toEqual([1, 'SUCCEEDED', 0, 8]);
  });

  it('tells of a failure from the first stage that its attempt did', () => {
    const failure = { attempt: 1, failedAt: at(9) };
    expect(told({ markers: markers.slice(0, 3), failure })).toEqual([1, 'FAILED', 0, 9]);
  });

  it.each([
    ['did no stage', []],
    ['found all stages done that there are', markers.slice(0, 3)],
  ])('knows no duration of an attempt that failed and %s', (_, done) => {
    const failure = { attempt: 2, failedAt: at(100) };
    expect(told({ markers: done, failure })).toEqual([2, 'FAILED', 100, undefined]);
  });

  it('takes a run without an end for one that was stopped', () => {
    expect(told({ markers: markers.slice(0, 2) })).toEqual([1, 'ABORTED', 0, undefined]);
    expect(told({})).toEqual([1, 'ABORTED', 5000, undefined]);
  });
});
