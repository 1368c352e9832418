import { describe, expect, it } from 'vitest';
import type { StageProgress } from '../../../../cli/pipeline/follow.ts';
import { asPublished, stageStates } from '../../../../cli/pipeline/stage-states.ts';
import type { RunPlan, StageName } from '../../../../layers/runs/documents.ts';
import { stagesOf } from '../../../../layers/runs/stages.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

const progress = (stage: StageName, second: number, attempt = 1): StageProgress => ({
  stage,
  parts: 1,
  rows: 10,
  seconds: 1,
  attempt,
  earlier: false,
  startedAt: at(second),
  finishedAt: at(second + 1),
});

const all = stagesOf(undefined).map((stage, index) => progress(stage, index));
const evidence = { atWork: [], failedStage: null, plan: undefined };

describe('stageStates', () => {
  it('gives a stage that failed the parts that it has done', () => {
    const done = [progress('plan', 0), { ...progress('stage', 1), parts: 3 }];
    const states = stageStates({ ...evidence, status: 'FAILED', done, failedStage: 'stage' });
    expect(states.map(({ status }) => status)).toEqual([
      'done',
      'failed',
      ...Array.from({ length: 6 }, () => 'waiting'),
    ]);
    expect(states[1]).toMatchObject({ partsDone: 3, seconds: 1 });
  });

  it('takes the first stage that is not done for the one at fault where nobody recorded it', () => {
    const states = stageStates({ ...evidence, status: 'TIMED_OUT', done: all.slice(0, 3) });
    expect(states.find(({ status }) => status === 'failed')?.stage).toBe('marts');
  });

  it('tells of the exchange between buckets where there are several', () => {
    const of = (buckets: number) => {
      const plan = { chunks: [{}, {}], buckets } as unknown as RunPlan;
      const states = stageStates({ ...evidence, status: 'RUNNING', done: [], plan });
      return states.map(({ stage, parts }) => `${stage} ${parts}`).slice(1, -4);
    };
    expect(of(1)).toEqual(['stage 2', 'clean 1', 'marts 1']);
    expect(of(3)).toEqual(['stage 2', 'exchange 3', 'clean 3', 'marts 3']);
  });

  it('shows how many parts of the stage at work are done', () => {
    const atWork = [{ stage: 'stage', partsDone: 2, parts: 5 }] as const;
    const states = stageStates({ ...evidence, status: 'RUNNING', done: all.slice(0, 1), atWork });
    expect(states[1]).toMatchObject({ status: 'running', partsDone: 2, parts: 5 });
    expect(states[2]).toMatchObject({ status: 'waiting' });
  });
});

describe('asPublished', () => {
  it('shows the times of the published result in place of those of a later load', () => {
    const done = all.map((stage) =>
      stage.stage === 'load' || stage.stage === 'publish' ? progress(stage.stage, 360, 2) : stage,
    );
    const manifest = { attempt: 1, stages: all.slice(0, -1).map((stage) => ({ ...stage, bytes: 0 })) };
    const states = asPublished(stageStates({ ...evidence, status: 'SUCCEEDED', done }), manifest, at(7));
    const of = (name: StageName) => states.find(({ stage }) => stage === name);
    expect(of('load')).toMatchObject({ startedAt: at(6), seconds: 1, attempt: 1 });
    expect(of('publish')).toMatchObject({ startedAt: null, seconds: null, status: 'done' });
    expect(of('plan')).toMatchObject({ startedAt: at(0), seconds: 1 });
  });
});
