import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { named } from './names.ts';
import type { Settings } from './settings.ts';

export interface RunEventsProps {
  readonly stateMachine: StateMachine;
  readonly settings: Settings;
}

/**
 * Tells other systems that a run ended. Step Functions puts the event on the account's default bus by itself, where any
 * rule may take it; this one hands it to a topic to subscribe to.
 */
export class RunEvents extends Construct {
  readonly topic: Topic;
  /** Events that the topic did not take. */
  readonly unannounced: Queue;

  constructor(scope: Construct, id: string, { stateMachine, settings }: RunEventsProps) {
    super(scope, id);
    this.unannounced = new Queue(this, 'Unannounced', {
      queueName: named(settings, 'ecom-experiment-unannounced'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.unannounced).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself where the events of a rule end.',
    });
    this.topic = new Topic(this, 'Topic', {
      topicName: named(settings, 'ecom-experiment-runs'),
      enforceSSL: true,
    });
    new Rule(this, 'OnEnd', {
      ruleName: named(settings, 'ecom-experiment-run-ended'),
      description: `Ends of runs of ${Stack.of(this).stackName}`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          // Parts of a map are executions too, of a state machine whose ARN goes on after this one's.
          stateMachineArn: [stateMachine.stateMachineArn],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
    }).addTarget(new SnsTopic(this.topic, { deadLetterQueue: this.unannounced }));
  }
}
