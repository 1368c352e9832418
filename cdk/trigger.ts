import { ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeResources } from './acknowledge.ts';
import type { DataBucket } from './data-buckets.ts';
import { functionSpecs } from './functions.ts';
import { named } from './names.ts';
import type { Settings } from './settings.ts';
import type { Pipeline } from './state-machine.ts';

export interface TriggerProps {
  readonly raw: DataBucket;
  readonly gate: Lambda;
  readonly pipeline: Pipeline;
  readonly settings: Settings;
}

/**
 * Starts a run when a drop is complete: a manifest reaches the gate at once, a data file after the settle time.
 * The gate decides; the state machine itself is no target, since EventBridge would choose the execution's name.
 */
export class Trigger extends Construct {
  /** Events of data files, which wait here for their drop to settle. */
  readonly settling: Queue;
  /** Events as EventBridge has them, which it could not hand to anybody. */
  readonly undelivered: Queue;
  /** The same events, out of the settling queue, at which the gate failed again and again. */
  readonly unsettled: Queue;
  /** Records that Lambda writes of a manifest's event at which the gate failed; the event is their `requestPayload`. */
  readonly unanswered: Queue;
  readonly #props: TriggerProps;

  constructor(scope: Construct, id: string, props: TriggerProps) {
    super(scope, id);
    this.#props = props;
    const { gate, settings } = props;
    const dead = { retentionPeriod: Duration.days(14) };
    this.undelivered = this.#queue('Undelivered', 'ecom-experiment-undelivered', dead);
    this.unsettled = this.#queue('Unsettled', 'ecom-experiment-unsettled', dead);
    this.unanswered = this.#queue('Unanswered', 'ecom-experiment-unanswered', dead);
    for (const queue of [this.undelivered, this.unanswered]) {
      Validations.of(queue).acknowledge({
        id: 'AwsSolutions-SQS3',
        reason:
          'It is itself where events end: of a rule, and of a function that was invoked asynchronously.',
      });
    }
    this.settling = this.#queue('Settling', 'ecom-experiment-settling', {
      deliveryDelay: Duration.seconds(settings.settle),
      // AWS asks for six times the function's timeout, so that a message is not handed out twice while it is handled.
      visibilityTimeout: Duration.seconds(6 * functionSpecs.gate.timeoutSeconds),
      deadLetterQueue: { queue: this.unsettled, maxReceiveCount: 5 },
    });
    const delivery = {
      deadLetterQueue: this.undelivered,
      retryAttempts: 20,
      maxEventAge: Duration.hours(6),
    };
    this.#onObjectCreated('OnManifest', [
      'raw/_MANIFEST.json',
      'raw/*/_MANIFEST.json',
      'raw/_SUCCESS',
      'raw/*/_SUCCESS',
    ]).addTarget(new LambdaFunction(gate, delivery));
    this.#onObjectCreated('OnData', [
      'raw/*.csv',
      'raw/*.csv.gz',
      'raw/experiment.yaml',
      'raw/*/experiment.yaml',
    ]).addTarget(new SqsQueue(this.settling, delivery));
    // The rule invokes the gate asynchronously: Lambda, not EventBridge, sees it fail.
    gate.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.unanswered),
    });
    gate.addEventSource(new SqsEventSource(this.settling, { batchSize: 10, reportBatchItemFailures: true }));
    this.#letGateStartRuns();
  }

  /**
   * A list of patterns is an OR, so each says all there is to say about a key. `*` stands for any characters: for none
   * too on AWS, for at least one in LocalStack. No pattern here depends on the difference.
   */
  #onObjectCreated(id: string, keys: readonly string[]): Rule {
    return new Rule(this, id, {
      description: `Objects ${keys.join(', ')} of the raw bucket`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [this.#props.raw.bucketName] },
          object: { key: keys.map((key) => (key.includes('*') ? { wildcard: key } : key)) },
        },
      },
    });
  }

  #letGateStartRuns(): void {
    const { gate, pipeline } = this.#props;
    const { stateMachineArn } = pipeline.stateMachine;
    const executions = Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${pipeline.name}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    gate.addEnvironment('STATE_MACHINE_ARN', stateMachineArn);
    gate.addToRolePolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [stateMachineArn] }),
    );
    gate.addToRolePolicy(
      new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] }),
    );
    acknowledgeResources(gate.role ?? gate, [executions], 'Executions get their names when they start.');
  }

  #queue(id: string, name: string, props: Partial<ConstructorParameters<typeof Queue>[2]>): Queue {
    return new Queue(this, id, {
      queueName: named(this.#props.settings, name),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      ...props,
    });
  }
}
