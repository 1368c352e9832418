import { describe, expect, it } from 'vitest';
import type { StageProgress } from '../../../cli/pipeline/follow.ts';
import { asPublished, stageStates } from '../../../cli/pipeline/stage-states.ts';
import { type StageName, stageNames } from '../../../layers/contracts/stages.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

const progress = (stage: StageName, second: number, attempt = 1): StageProgress => ({
  stage,
  parts: 1,
  rows: 10,
  seconds: 1,
  attempt,
  startedAt: at(second),
  finishedAt: at(second + 1),
});

const all = stageNames.map((stage, index) => progress(stage, index));
const evidence = { atWork: undefined, failedStage: null, plan: undefined };

describe('stageStates', () => {
  it('tells the stages that a retry found done from those that it did', () => {
    const current = { attempt: 2, startedAt: new Date(at(300)), status: 'SUCCEEDED' } as const;
    const done = [...all.slice(0, 5), ...all.slice(5).map(({ stage }) => progress(stage, 301, 2))];
    const states = stageStates({ ...evidence, current, done });
    expect(states.map(({ earlier }) => earlier)).toEqual([true, true, true, true, true, false, false, false]);
  });

  it('goes by the time where attempts are counted anew', () => {
    const current = { attempt: 1, startedAt: new Date(at(300)), status: 'SUCCEEDED' } as const;
    const states = stageStates({ ...evidence, current, done: all });
    expect(states.every(({ earlier }) => earlier)).toBe(true);
  });

  it('gives a stage that failed the parts that it has done', () => {
    const current = { attempt: 1, startedAt: new Date(at(0)), status: 'FAILED' } as const;
    const done = [progress('plan', 0), { ...progress('stage', 1), parts: 3 }];
    const states = stageStates({ ...evidence, current, done, failedStage: 'stage' });
    expect(states.map(({ status }) => status)).toEqual([
      'done',
      'failed',
      ...Array.from({ length: 6 }, () => 'waiting'),
    ]);
    expect(states[1]).toMatchObject({ partsDone: 3, seconds: null });
  });
});

describe('asPublished', () => {
  it('shows the times of the published result in place of those of a later load', () => {
    const current = { attempt: 1, startedAt: new Date(at(0)), status: 'SUCCEEDED' } as const;
    const done = all.map((stage) =>
      stage.stage === 'load' || stage.stage === 'publish' ? progress(stage.stage, 360, 2) : stage,
    );
    const manifest = { attempt: 1, stages: all.slice(0, -1).map((stage) => ({ ...stage, bytes: 0 })) };
    const states = asPublished(stageStates({ ...evidence, current, done }), manifest, at(7));
    const of = (name: StageName) => states.find(({ stage }) => stage === name);
    expect(of('load')).toMatchObject({ startedAt: at(5), seconds: 1, attempt: 1 });
    expect(of('publish')).toMatchObject({ startedAt: null, seconds: null, status: 'done' });
    expect(of('plan')).toMatchObject({ startedAt: at(0), seconds: 1 });
  });
});
