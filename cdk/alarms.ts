import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { mappedStages } from '../layers/runs/stages.ts';
import type { Database } from './database.ts';
import { functionSpecs } from './functions.ts';
import { named } from './names.ts';
import type { RowMetrics } from './row-metrics.ts';
import type { RunEvents } from './run-events.ts';
import type { Settings } from './settings.ts';
import type { StageFunctions } from './stage-functions.ts';
import type { Trigger } from './trigger.ts';

export interface AlarmsProps {
  readonly functions: StageFunctions;
  readonly stateMachine: StateMachine;
  readonly trigger: Trigger;
  readonly runs: RunEvents;
  readonly rows: RowMetrics;
  readonly database: Database;
  readonly settings: Settings;
}

const period = Duration.minutes(5);
const sum = { period, statistic: 'Sum' } as const;
const maximum = { period, statistic: 'Maximum' } as const;

/** Part of a function's time after which the next larger drop may take more than there is. */
const nearTimeout = 0.8;
/** Seconds beyond the settle time that an upload's event may wait for the gate. */
const longestWait = 600;
/** Percentage of a run's lines from which on a report notes what was set aside. */
const quarantineRate = 1;
/** Bytes that the database holds without anybody asking why: of runs that stay, some billion events. */
const largeDatabase = 100 * 2 ** 30;

/**
 * Alarms for what nobody is watching, each with its entry in docs/operate.md. They write to a topic, and that to
 * `alarmEmail` where there is one.
 */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: readonly Alarm[];
  readonly #settings: Settings;

  constructor(
    scope: Construct,
    id: string,
    { functions, stateMachine, trigger, runs, rows, database, settings }: AlarmsProps,
  ) {
    super(scope, id);
    this.#settings = settings;
    this.topic = this.#createTopic();
    const { gate } = functions.byName;
    const { settling, undelivered, unsettled, unanswered } = trigger;
    this.all = [
      this.#above(0, 'failed-runs', 'A run failed and says why', stateMachine.metricFailed(sum)),
      this.#above(0, 'endless-runs', 'A run took longer than it may', stateMachine.metricTimedOut(sum)),
      ...this.#noDecision(stateMachine),
      this.#above(
        quarantineRate,
        'quarantined-rows',
        `A run set more than ${quarantineRate} % of its lines aside`,
        rows.quarantineRate,
      ),
      this.#above(0, 'gate-errors', 'The gate failed at an upload', gate.metricErrors(sum)),
      this.#above(
        0,
        'throttled-functions',
        'The account has too few functions at a time',
        throttles(functions),
      ),
      this.#above(
        settings.settle + longestWait,
        'late-uploads',
        'The event of an upload waits for the gate',
        settling.metricApproximateAgeOfOldestMessage(maximum),
      ),
      this.#onMessage('undelivered-events', 'EventBridge could not hand over an event', undelivered),
      this.#onMessage('unsettled-uploads', 'The gate failed at an upload for good', unsettled),
      this.#onMessage('unanswered-manifests', 'The gate failed at a manifest for good', unanswered),
      this.#onMessage('unannounced-runs', 'Nobody was told that a run ended', runs.unannounced),
      ...(database.cluster === undefined
        ? []
        : [
            this.#above(
              largeDatabase,
              'large-database',
              'The database holds more than 100 GiB',
              database.cluster.metricVolumeBytesUsed(maximum),
            ),
          ]),
      ...(functions.notify === undefined
        ? []
        : [
            this.#above(
              0,
              'unheard-webhooks',
              'A webhook did not take a decision',
              functions.notify.metricErrors(sum),
            ),
          ]),
      ...functions.all.map(([name, lambda]) =>
        this.#above(
          functionSpecs[name].timeoutSeconds * 1000 * nearTimeout,
          `slow-${name}`,
          `The function ${name} took ${nearTimeout * 100} % of the time it has`,
          lambda.metricDuration(maximum),
        ),
      ),
    ];
  }

  /** A topic that refuses plain HTTP has a policy, and one with a policy takes nothing that it does not name. */
  #createTopic(): Topic {
    const topic = new Topic(this, 'Topic', {
      topicName: named(this.#settings, 'ecom-experiment-alarms'),
      enforceSSL: true,
    });
    const { account, partition, region } = Stack.of(this);
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
        },
      }),
    );
    const { alarmEmail } = this.#settings;
    if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic;
  }

  /** Where a decision is expected every so many hours: whatever keeps it away, a drop that stays incomplete included. */
  #noDecision(stateMachine: StateMachine): Alarm[] {
    const { decisionEveryHours } = this.#settings;
    if (decisionEveryHours === undefined) return [];
    const hourly = { period: Duration.hours(1), statistic: 'Sum' } as const;
    return [
      this.#alarm('no-decision', `No run has succeeded for ${decisionEveryHours} hours`, {
        metric: stateMachine.metricSucceeded(hourly),
        threshold: 1,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        evaluationPeriods: decisionEveryHours,
        treatMissingData: TreatMissingData.BREACHING,
      }),
    ];
  }

  #onMessage(name: string, description: string, queue: Queue): Alarm {
    return this.#above(0, name, description, queue.metricApproximateNumberOfMessagesVisible(maximum));
  }

  #above(threshold: number, name: string, description: string, metric: IMetric): Alarm {
    return this.#alarm(name, description, {
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #alarm(name: string, description: string, when: AlarmProps): Alarm {
    const alarm = new Alarm(this, name, {
      alarmName: named(this.#settings, `ecom-experiment-${name}`),
      alarmDescription: `${description}. What to do: docs/operate.md, "${name}"`,
      ...when,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}

/**
 * Calls that Lambda turned away, of the functions that are called many at a time, and of the gate, for which uploads wait: an
 * alarm takes ten metrics.
 */
export function throttles({ byName }: StageFunctions): MathExpression {
  const names = ['gate', ...(Object.keys(mappedStages) as (keyof typeof mappedStages)[])] as const;
  const metrics = Object.fromEntries(names.map((name) => [name, byName[name].metricThrottles(sum)]));
  return new MathExpression({
    label: 'Throttled calls',
    period,
    expression: `SUM(METRICS())`,
    usingMetrics: metrics,
  });
}
