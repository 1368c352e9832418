import { describe, expect, it } from 'vitest';
import { functionNames, functionSpecs } from '../../cdk/functions.ts';
import { readSettings } from '../../cdk/settings.ts';
import { render, resourcesOf, synthesize } from './synthesize.ts';

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly Record<string, unknown>[];
  readonly Retry?: Record<string, unknown>[];
  readonly Catch?: Record<string, unknown>[];
  readonly ItemProcessor?: { readonly States: Record<string, State> };
  readonly Branches?: readonly { readonly StartAt: string; readonly States: Record<string, State> }[];
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

/** The states that children and branches begin with and lead to, and those within them. */
function within({ ItemProcessor, Branches = [] }: State): Record<string, State> {
  const inner = [...(ItemProcessor === undefined ? [] : [ItemProcessor]), ...Branches];
  return Object.assign({}, ...inner.flatMap(({ States }) => [States, ...Object.values(States).map(within)]));
}

/** All tasks, those of children and branches included, by name. */
function tasksOf({ States }: Definition): [string, State][] {
  return Object.entries(States)
    .flatMap(([name, state]) => [[name, state] as [string, State], ...Object.entries(within(state))])
    .filter(([, { Type }]) => Type === 'Task');
}

const definition = definitionOf();

describe('the state machine', () => {
  // Renew the golden file after a change that is meant: npx vitest run tests/cdk/state-machine.test.ts --update
  it('is the one that was reviewed', async () => {
    await expect(`${JSON.stringify(definition, null, 2)}\n`).toMatchFileSnapshot('state-machine.golden.json');
  });

  it('tells a webhook after the publication where there is one, and succeeds whatever becomes of that', () => {
    const webhookSecretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook-AbCdEf';
    for (const target of ['local', 'aws']) {
      const { Notify, Unheard, ...others } = definitionOf({ target, webhookSecretArn }).States;
      const without = definitionOf({ target }).States;
      expect(Notify).toMatchObject({
        Type: 'Task',
        End: true,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Unheard' }],
      });
      expect(Unheard).toMatchObject({ Type: 'Succeed' });
      expect(others.Publish).toEqual({ ...without.Publish, End: undefined, Next: 'Notify' });
      expect(Object.keys(others)).toEqual(Object.keys(without));
    }
  });

  it('differs on AWS in its concurrency, its patience and the versions that it calls', () => {
    const text = (context?: Record<string, string>) => JSON.stringify(definitionOf(context));
    const differing =
      /"MaxConcurrency":\d+|"MaxAttempts":(5|12|40)|"MaxDelaySeconds":\d+|"Resource":"(Functions(\w+?)CurrentVersion\w+|ecom-experiment-\w+)"/g;
    expect(text({ target: 'aws' }).replace(differing, '')).toBe(text().replace(differing, ''));
    const concurrency = /"MaxConcurrency":\d+/g;
    const widths = (context?: Record<string, string>) =>
      text(context)
        .match(concurrency)
        ?.map((width) => Number(width.split(':')[1]));
    // The last one is that of the load, which the database bounds.
    expect(widths()).toEqual([2, 2, 2, 2, 2]);
    expect(widths({ target: 'aws' })).toEqual([500, 500, 500, 500, 4]);
    expect(widths({ mapConcurrency: '7' })).toEqual([7, 7, 7, 7, 4]);
    expect(widths({ mapConcurrency: '7', loadConcurrency: '20' })).toEqual([7, 7, 7, 7, 7]);
  });

  it.each([
    { accountConcurrency: 1, children: 1 },
    { accountConcurrency: 10, children: 5 },
    { accountConcurrency: 1000, children: 500 },
    { accountConcurrency: 50_000, children: 10_000 },
  ])(
    'runs $children children of a map at a time where the account has $accountConcurrency functions',
    ({ accountConcurrency, children }) => {
      const context: Readonly<Record<string, unknown>> = { target: 'aws', accountConcurrency };
      expect(readSettings((key) => context[key]).mapConcurrency).toBe(children);
    },
  );

  it.each([
    { target: 'local', throttled: 5, transient: 5, longest: 30 },
    { target: 'aws', throttled: 40, transient: 12, longest: 60 },
  ])(
    'retries what may heal by itself with full jitter, a killed process once, and nothing else, for $target',
    ({ target, throttled, transient, longest }) => {
      const tasks = tasksOf(definitionOf({ target }));
      expect(tasks).toHaveLength(19);
      const retry = (ErrorEquals: string[], MaxAttempts: number) => ({
        ErrorEquals,
        IntervalSeconds: 1,
        MaxAttempts,
        BackoffRate: 2,
        MaxDelaySeconds: longest,
        JitterStrategy: 'FULL',
      });
      for (const [, { Retry }] of tasks) {
        expect(Retry).toEqual([
          retry(['Lambda.TooManyRequestsException', 'ThrottlingError'], throttled),
          retry(['TransientError'], transient),
          retry(
            [
              'Lambda.ServiceException',
              'Lambda.AWSLambdaException',
              'Lambda.SdkClientException',
              'Lambda.ClientExecutionTimeoutException',
            ],
            5,
          ),
          { ErrorEquals: ['Runtime.ExitError', 'Lambda.Unknown'], IntervalSeconds: 1, MaxAttempts: 1 },
        ]);
      }
    },
  );

  it('waits on AWS, on average, longer for a free function than the longest one takes', () => {
    const [, { Retry = [] }] = tasksOf(definitionOf({ target: 'aws' }))[0] ?? ['', {} as State];
    const { MaxAttempts, MaxDelaySeconds } = Retry[0] as { MaxAttempts: number; MaxDelaySeconds: number };
    const waits = Array.from(
      { length: MaxAttempts },
      (_, index) => Math.min(2 ** index, MaxDelaySeconds) / 2,
    );
    const longest = Math.max(...Object.values(functionSpecs).map(({ timeoutSeconds }) => timeoutSeconds));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(longest);
  });

  it('waits on AWS, on average, longer for a database than its failover takes', () => {
    const [, { Retry = [] }] = tasksOf(definitionOf({ target: 'aws' }))[0] ?? ['', {} as State];
    const { MaxAttempts, MaxDelaySeconds } = Retry[1] as { MaxAttempts: number; MaxDelaySeconds: number };
    const waits = Array.from(
      { length: MaxAttempts },
      (_, index) => Math.min(2 ** index, MaxDelaySeconds) / 2,
    );
    const longestFailover = 120;
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(1.5 * longestFailover);
  });

  it('records every failure before it fails', () => {
    const stages = Object.entries(definition.States).filter(
      ([name, { Type }]) => name !== 'RecordFailure' && name !== 'RunFailed' && Type !== 'Choice',
    );
    for (const [, { Catch }] of stages) {
      expect(Catch).toEqual([
        { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'RecordFailure' },
      ]);
    }
    expect(definition.States.RecordFailure).toMatchObject({ Next: 'RunFailed' });
  });

  it('decides while it loads, and publishes after both', () => {
    const { Next, Branches = [] } = definition.States.DecideAndLoad as State;
    const wayOf = (name: string, states: Record<string, State>): string[] => {
      const next = states[name]?.Next ?? states[name]?.Default;
      return [name, ...(next === undefined ? [] : wayOf(next, states))];
    };

    expect(Branches.map(({ StartAt, States }) => wayOf(StartAt, States))).toEqual([
      ['Measure', 'Analyze'],
      ['LoadInParts', 'Load'],
    ]);
    expect(Branches[1]?.States.LoadInParts).toMatchObject({
      Choices: [{ Variable: '$.plan.buckets[1]', IsPresent: true, Next: 'LoadBuckets' }],
      Default: 'Load',
    });
    expect(Next).toBe('Publish');
    expect(wayOf(definition.StartAt, definition.States)).toEqual([
      'Plan',
      'StageChunks',
      'SeveralBuckets',
      'CleanBuckets',
      'BuildMarts',
      'DecideAndLoad',
      'Publish',
    ]);
  });

  it('goes by the exchange between buckets where there is one bucket', () => {
    expect(definition.States.SeveralBuckets).toMatchObject({
      Type: 'Choice',
      Choices: [{ Variable: '$.plan.buckets[1]', IsPresent: true, Next: 'ExchangeShares' }],
      Default: 'CleanBuckets',
    });
    expect(definition.States.ExchangeShares?.Next).toBe('CleanBuckets');
  });

  it('records of each part of a map or branch why its function was ended, which neither tells itself', () => {
    const children = Object.values(definition.States).flatMap((state) =>
      Object.entries(within(state)).filter(([, { Catch }]) => Catch?.[0]?.ResultPath === '$.failure'),
    );
    expect(children.map(([name]) => name)).toEqual([
      'StageChunk',
      'CleanBucket',
      'ExchangeShare',
      'BuildMartsOfBucket',
      'Measure',
      'Analyze',
      'Load',
      'LoadBucket',
    ]);
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
      expect(functionSpecs[stage].timeoutSeconds).toBeLessThan(TimeoutSeconds);
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
