import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  Chain,
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Errors,
  Fail,
  type IChainable,
  JitterType,
  JsonPath,
  LogLevel,
  Parallel,
  QueryLanguage,
  StateMachine,
  StateMachineType,
  Succeed,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { type StageName, stageNames } from '../layers/runs/documents.ts';
import {
  branches,
  branchOf,
  isMapped,
  mappedStages,
  pipelineName,
  stagesBetweenBuckets,
} from '../layers/runs/stages.ts';
import { acknowledgeResources } from './acknowledge.ts';
import { functionSpecs } from './functions.ts';
import { named } from './names.ts';
import { removalPolicy, type Settings } from './settings.ts';
import type { StageFunctions } from './stage-functions.ts';

/** Longest run: 10,000 chunks of five minutes, a hundred at a time, and the stages after them. */
const longestRun = Duration.hours(12);

/** Answers of Lambda instead of the function's. */
const serviceErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
];

/**
 * How often what may heal by itself is tried again. On AWS a database that was paused wakes up and a bucket that is
 * asked too much recovers within minutes, and a part of a map waits for as long as the parts before it take (15 minutes
 * at most) where the account has fewer functions at a time than the map has parts; an emulator has neither.
 */
const patience = {
  aws: { throttled: 40, transient: 12, maxDelay: Duration.seconds(60) },
  local: { throttled: 5, transient: 5, maxDelay: Duration.seconds(30) },
} as const;

/**
 * The process of a function ended under it. A sandbox that crashed may fare better once more, and every stage may be
 * repeated; a function that needs more memory than it has ends here a second time.
 */
const killedErrors = ['Runtime.ExitError', 'Lambda.Unknown'];

/** Ends of a function that leave it no time to say why. */
const silentErrors = [...killedErrors, 'Runtime.OutOfMemory', 'Sandbox.Timedout', Errors.TIMEOUT];

export interface PipelineProps {
  readonly functions: StageFunctions;
  readonly settings: Settings;
}

/**
 * Runs the stages in their order. States carry `{runId, drop, attempt}` and the plan's indexes, never data; what a
 * stage made is on S3, where the next one checks that it is complete. Any error ends in RecordFailure, then RunFailed.
 */
export class Pipeline extends Construct {
  readonly stateMachine: StateMachine;
  readonly name: string;
  readonly #functions: StageFunctions;
  readonly #settings: Settings;

  constructor(scope: Construct, id: string, { functions, settings }: PipelineProps) {
    super(scope, id);
    this.#functions = functions;
    this.#settings = settings;
    this.name = named(settings, pipelineName);

    const recordFailure = this.#recordFailure('Run');
    const firstOfBranches = branches[0][0];
    const states = stageNames
      .filter((stage) => stage === firstOfBranches || branchOf(stage) === undefined)
      .map((stage) => {
        const state =
          stage === firstOfBranches
            ? this.#sideBySide()
            : isMapped(stage)
              ? this.#map(stage)
              : this.#task(functionSpecs[stage].state, stage);
        state.addCatch(recordFailure, { errors: [Errors.ALL], resultPath: '$.failure' });
        return stagesBetweenBuckets.includes(stage) ? this.#ofSeveralBuckets(state) : state;
      });
    const [first, ...others] = states;
    if (first === undefined) throw new Error('the pipeline has no stages');
    let chain: Chain = Chain.start(first);
    for (const state of others) chain = chain.next(state);
    if (functions.notify !== undefined) chain = chain.next(this.#notify());

    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/vendedlogs/states/${this.name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: removalPolicy(settings),
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: this.name,
      stateMachineType: StateMachineType.STANDARD,
      queryLanguage: QueryLanguage.JSON_PATH,
      definitionBody: DefinitionBody.fromChainable(chain),
      comment: 'From the raw CSVs of one drop to its published experiment decision',
      timeout: longestRun,
      role: this.#role().withoutPolicyUpdates(),
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: true },
      tracingEnabled: true,
    });
    // CDK's own policy for the maps, which a role without updates leaves unattached.
    this.stateMachine.node.tryRemoveChild('DistributedMapPolicy');
  }

  /** A state that is passed by where all users are in one bucket: a map of nothing would take its time, too. */
  #ofSeveralBuckets(state: DistributedMap | LambdaInvoke | Parallel): Chain {
    return new Choice(this, 'SeveralBuckets', { comment: 'Whether users of different buckets may share ids' })
      .when(Condition.isPresent('$.plan.buckets[1]'), state)
      .afterwards({ includeOtherwise: true });
  }

  /**
   * The branches. What ends them is the failure of one stage, and does not say of which: one whose function was ended leaves
   * the reason where stages leave theirs. A function of the other branch goes on to its end.
   */
  #sideBySide(): Parallel {
    const parallel = new Parallel(this, 'DecideAndLoad', {
      comment: 'The decision does not wait for the database',
      resultPath: JsonPath.DISCARD,
    });
    for (const stages of branches) {
      const [first, ...others] = stages.map((stage: StageName) =>
        isMapped(stage) ? this.#mapUnlessSingle(stage) : this.#onlyPart(functionSpecs[stage].state, stage),
      );
      if (first === undefined) throw new Error('a branch has no stages');
      parallel.branch(others.reduce<Chain>((chain, step) => chain.next(step), Chain.start(first)));
    }
    return parallel;
  }

  /** A stage of a branch that has one part. */
  #onlyPart(name: string, stage: StageName): IChainable {
    const recordEnd = this.#recordFailure(name, { stage, index: 0 });
    return this.#task(name, stage).addCatch(recordEnd, { errors: silentErrors, resultPath: '$.failure' });
  }

  /** A stage of a branch that has many parts in a large run alone: in others nobody waits for a map. */
  #mapUnlessSingle(stage: keyof typeof mappedStages): IChainable {
    const { single } = functionSpecs[stage];
    if (single === undefined) return this.#map(stage);
    return new Choice(this, `${single}InParts`, { comment: 'Nobody waits for a map of one' })
      .when(Condition.isPresent(`$.plan.${mappedStages[stage]}[1]`), this.#map(stage))
      .otherwise(this.#onlyPart(single, stage))
      .afterwards();
  }

  /** A stage that runs once. Plan's answer, the indexes to map over, is the only one that stays in the state. */
  #task(id: string, stage: StageName): LambdaInvoke {
    return this.#invoke(
      id,
      stage,
      TaskInput.fromObject(runFields),
      stage === 'plan' ? '$.plan' : JsonPath.DISCARD,
    );
  }

  /**
   * A stage that runs once for each chunk or bucket of the plan; the failure of one child fails it. What the map then
   * tells is that there were failures: a child whose function was ended leaves the reason where stages leave theirs.
   */
  #map(stage: keyof typeof mappedStages): DistributedMap {
    const map = new DistributedMap(this, functionSpecs[stage].state, {
      comment: `One child for each of the plan's ${mappedStages[stage]}`,
      itemsPath: `$.plan.${mappedStages[stage]}`,
      itemSelector: { ...runFields, index: JsonPath.numberAt('$$.Map.Item.Value') },
      maxConcurrency: this.#widthOf(stage),
      mapExecutionType: StateMachineType.STANDARD,
      resultPath: JsonPath.DISCARD,
    });
    const child = functionSpecs[stage].child;
    const recordEnd = this.#recordFailure(child, { stage, index: JsonPath.numberAt('$.index') });
    const task = this.#invoke(child, stage, undefined, undefined);
    return map.itemProcessor(task.addCatch(recordEnd, { errors: silentErrors, resultPath: '$.failure' }));
  }

  /** The database bears fewer at a time than the account. */
  #widthOf(stage: keyof typeof mappedStages): number {
    const { mapConcurrency, loadConcurrency } = this.#settings;
    return stage === 'load' ? Math.min(mapConcurrency, loadConcurrency) : mapConcurrency;
  }

  /** Tells a webhook of the published run, which stays a success whatever becomes of that. */
  #notify(): LambdaInvoke {
    const unheard = new Succeed(this, 'Unheard', { comment: 'The run is published; an alarm tells' });
    const task = this.#invoke('Notify', 'notify', TaskInput.fromObject(runFields), JsonPath.DISCARD);
    task.addCatch(unheard, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD });
    return task;
  }

  /** Tells the failure of a run, or of one part of a stage, in the words of the function `fail`, and fails with them. */
  #recordFailure(of: string, part: Readonly<Record<string, unknown>> = {}): LambdaInvoke {
    const failed = new Fail(this, `${of}Failed`, {
      comment: 'Nothing was published',
      errorPath: '$.failure.Error',
      causePath: '$.failure.Cause',
    });
    const input = TaskInput.fromObject({ ...runFields, ...part, failure: JsonPath.objectAt('$.failure') });
    const task = this.#invoke(`Record${of === 'Run' ? '' : of}Failure`, 'fail', input, '$.failure', {
      'Error.$': '$.error',
      'Cause.$': '$.cause',
    });
    // Where even that fails, the execution still ends with the failure that came first.
    task.addCatch(failed, { errors: [Errors.ALL], resultPath: JsonPath.DISCARD });
    task.next(failed);
    return task;
  }

  #invoke(
    id: string,
    name: StageName | 'fail' | 'notify',
    payload: TaskInput | undefined,
    resultPath: string | undefined,
    resultSelector?: Record<string, string>,
  ): LambdaInvoke {
    const task = new LambdaInvoke(this, id, {
      lambdaFunction: this.#functions.called(name),
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(Duration.seconds(functionSpecs[name].timeoutSeconds + 30)),
      ...(payload === undefined ? {} : { payload }),
      ...(resultPath === undefined ? {} : { resultPath }),
      ...(resultSelector === undefined ? {} : { resultSelector }),
    });
    const { throttled, transient, maxDelay } =
      this.#settings.target === 'aws' ? patience.aws : patience.local;
    const retry = (errors: string[], maxAttempts: number) =>
      task.addRetry({
        errors,
        interval: Duration.seconds(1),
        backoffRate: 2,
        maxAttempts,
        maxDelay,
        jitterStrategy: JitterType.FULL,
      });
    retry(['Lambda.TooManyRequestsException', 'ThrottlingError'], throttled);
    retry(['TransientError'], transient);
    retry(serviceErrors, 5);
    task.addRetry({ errors: killedErrors, interval: Duration.seconds(1), maxAttempts: 1 });
    return task;
  }

  #role(): Role {
    const arn = (resource: string, name: string) =>
      Stack.of(this).formatArn({
        service: 'states',
        resource,
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const allow = (actions: string[], resources: string[]) =>
      new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
    const executions = arn('execution', `${this.name}:*`);
    const childExecutions = arn('execution', `${this.name}/*:*`);
    const notify = this.#functions.notify === undefined ? [] : (['notify'] as const);
    const functions = [...stageNames, 'fail' as const, ...notify].map((name) =>
      this.#functions.calledArn(name),
    );

    const role = new Role(this, 'Role', {
      description: `Of the state machine ${this.name}`,
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: {
        Stages: new PolicyDocument({
          statements: [
            allow(['lambda:InvokeFunction'], functions),
            // The children of a Distributed Map are executions of their own.
            allow(['states:StartExecution'], [arn('stateMachine', this.name)]),
            allow(['states:DescribeExecution', 'states:StopExecution'], [executions]),
            allow(['states:RedriveExecution'], [childExecutions]),
          ],
        }),
        Observability: new PolicyDocument({
          statements: [
            allow(
              [
                'logs:CreateLogDelivery',
                'logs:DeleteLogDelivery',
                'logs:DescribeLogGroups',
                'logs:DescribeResourcePolicies',
                'logs:GetLogDelivery',
                'logs:ListLogDeliveries',
                'logs:PutResourcePolicy',
                'logs:UpdateLogDelivery',
                'xray:GetSamplingRules',
                'xray:GetSamplingTargets',
                'xray:PutTelemetryRecords',
                'xray:PutTraceSegments',
              ],
              ['*'],
            ),
          ],
        }),
      },
    });
    acknowledgeResources(role, [executions, childExecutions], 'Executions get their names when they start.');
    acknowledgeResources(
      role,
      functions.filter((arn) => arn.endsWith(':*')),
      'Every version: a run under way calls the one that it began with.',
    );
    acknowledgeResources(role, ['*'], 'Log delivery and X-Ray have no resource-level permissions.');
    return role;
  }
}

const runFields = {
  runId: JsonPath.stringAt('$.runId'),
  drop: JsonPath.stringAt('$.drop'),
  attempt: JsonPath.numberAt('$.attempt'),
};
