import { describe, expect, it } from 'vitest';
import { functionNames, functionSizes } from '../../cdk/functions.ts';
import { render, resourcesOf, synthesize } from './synthesize.ts';

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Next?: string;
  readonly Retry?: Record<string, unknown>[];
  readonly Catch?: Record<string, unknown>[];
  readonly ItemProcessor?: { readonly States: Record<string, State> };
}

interface Definition {
  readonly StartAt: string;
  readonly States: Record<string, State>;
  readonly TimeoutSeconds: number;
}

function definitionOf(context?: Record<string, string>): Definition {
  const template = synthesize(context);
  const [machine] = Object.values(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
  return JSON.parse(render(template, machine?.Properties.DefinitionString));
}

/** All tasks, those of children included, by name. */
function tasksOf(definition: Definition): [string, State][] {
  const within = (states: Record<string, State>): [string, State][] =>
    Object.entries(states).flatMap(([name, state]) => [
      [name, state] as [string, State],
      ...(state.ItemProcessor === undefined ? [] : within(state.ItemProcessor.States)),
    ]);
  return within(definition.States).filter(([, { Type }]) => Type === 'Task');
}

const definition = definitionOf();

describe('the state machine', () => {
  // Renew the golden file after a change that is meant: npx vitest run tests/cdk/state-machine.test.ts --update
  it('is the one that was reviewed', async () => {
    await expect(`${JSON.stringify(definition, null, 2)}\n`).toMatchFileSnapshot('state-machine.golden.json');
  });

  it('differs on AWS in its concurrency only', () => {
    const concurrency = /"MaxConcurrency":\d+/g;
    const text = (context?: Record<string, string>) => JSON.stringify(definitionOf(context));
    expect(text({ target: 'aws' }).match(concurrency)).toEqual(Array(3).fill('"MaxConcurrency":100'));
    expect(text({ target: 'aws' }).replace(concurrency, '')).toBe(text().replace(concurrency, ''));
    expect(text({ mapConcurrency: '7' }).match(concurrency)).toEqual(Array(3).fill('"MaxConcurrency":7'));
  });

  it('retries what may heal by itself with full jitter, a killed process once, and nothing else', () => {
    const tasks = tasksOf(definition);
    expect(tasks).toHaveLength(12);
    for (const [, { Retry }] of tasks) {
      expect(Retry).toEqual([
        {
          ErrorEquals: [
            'TransientError',
            'Lambda.TooManyRequestsException',
            'Lambda.ServiceException',
            'Lambda.AWSLambdaException',
            'Lambda.SdkClientException',
            'Lambda.ClientExecutionTimeoutException',
          ],
          IntervalSeconds: 1,
          MaxAttempts: 5,
          BackoffRate: 2,
          MaxDelaySeconds: 30,
          JitterStrategy: 'FULL',
        },
        { ErrorEquals: ['Runtime.ExitError', 'Lambda.Unknown'], IntervalSeconds: 1, MaxAttempts: 1 },
      ]);
    }
  });

  it('records every failure before it fails', () => {
    const stages = Object.entries(definition.States).filter(
      ([name]) => name !== 'RecordFailure' && name !== 'RunFailed',
    );
    for (const [, { Catch }] of stages) {
      expect(Catch).toEqual([
        { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'RecordFailure' },
      ]);
    }
    expect(definition.States.RecordFailure).toMatchObject({ Next: 'RunFailed' });
  });

  it('records of each part of a map why its function was ended, which the map itself does not tell', () => {
    const children = Object.values(definition.States).flatMap(({ ItemProcessor }) =>
      Object.entries(ItemProcessor?.States ?? {}).filter(
        ([, { Catch }]) => Catch?.[0]?.ResultPath === '$.failure',
      ),
    );
    expect(children.map(([name]) => name)).toEqual(['StageChunk', 'CleanBucket', 'BuildMartsOfBucket']);
    for (const [name, { Catch }] of children) {
      expect(Catch).toEqual([
        {
          ErrorEquals: [
            'Runtime.ExitError',
            'Lambda.Unknown',
            'Runtime.OutOfMemory',
            'Sandbox.Timedout',
            'States.Timeout',
          ],
          ResultPath: '$.failure',
          Next: `Record${name}Failure`,
        },
      ]);
    }
  });

  it('lets a function, then its state, then the run end', () => {
    for (const [name, { Resource, TimeoutSeconds = Number.POSITIVE_INFINITY }] of tasksOf(definition)) {
      const stage = functionNames.find((each) => Resource === `ecom-experiment-${each}`);
      if (stage === undefined) throw new Error(`${name} calls ${Resource}`);
      expect(functionSizes[stage].timeoutSeconds).toBeLessThan(TimeoutSeconds);
      expect(TimeoutSeconds).toBeLessThan(definition.TimeoutSeconds);
    }
  });

  it('hands each state nothing but names and numbers', () => {
    const input = { runId: 'f'.repeat(16), drop: 'd'.repeat(63), attempt: 1 };
    const largest = [...Array(10_000).keys()];
    const state = JSON.stringify({ ...input, plan: { chunks: largest, buckets: largest } });
    expect(Buffer.byteLength(state)).toBeLessThan(256 * 1024);
  });

  it('is understood by the emulator: JSONPath, no batches, no express children', () => {
    const text = JSON.stringify(definition);
    expect(text).not.toMatch(/ItemBatcher|"EXPRESS"|JSONata|ResultWriter|ToleratedFailure/);
  });
});
