import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

export interface AlarmsProps {
  readonly stateMachine: StateMachine;
  readonly undelivered: Queue;
  /** Who is told; without it the alarms show in the console only. */
  readonly email: string | undefined;
}

/** Alarms for what nobody is watching: a run that failed or never ended, an event that started nothing. */
export class Alarms extends Construct {
  readonly #action: SnsAction | undefined;

  constructor(scope: Construct, id: string, { stateMachine, undelivered, email }: AlarmsProps) {
    super(scope, id);
    if (email !== undefined) {
      const topic = new Topic(this, 'Topic', { topicName: 'ecom-experiment-alarms', enforceSSL: true });
      topic.addSubscription(new EmailSubscription(email));
      this.#action = new SnsAction(topic);
    }
    const sum = { period: Duration.minutes(5), statistic: 'Sum' };
    this.#onFirst('failed-runs', 'A run failed; see failure.json of the run', stateMachine.metricFailed(sum));
    this.#onFirst('endless-runs', 'A run took longer than it may', stateMachine.metricTimedOut(sum));
    this.#onFirst(
      'undelivered-events',
      'An upload reached no gate; its event waits in the queue',
      undelivered.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
    );
  }

  #onFirst(name: string, description: string, metric: IMetric): void {
    const alarm = new Alarm(this, name, {
      alarmName: `ecom-experiment-${name}`,
      alarmDescription: description,
      metric,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.#action !== undefined) alarm.addAlarmAction(this.#action);
  }
}
