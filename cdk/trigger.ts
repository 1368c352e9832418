import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pipelineName } from '../layers/runs/stages.ts';
import { acknowledgeResources } from './acknowledge.ts';
import { functionSizes } from './functions.ts';
import type { Pipeline } from './state-machine.ts';

export interface TriggerProps {
  readonly raw: Bucket;
  readonly gate: Lambda;
  readonly pipeline: Pipeline;
  /** Seconds that a drop without a manifest is given to become complete. */
  readonly settleSeconds: number;
}

/**
 * Starts a run when a drop is complete: a manifest reaches the gate at once, a data file after the settle time.
 * The gate decides; the state machine itself is no target, since EventBridge would choose the execution's name.
 */
export class Trigger extends Construct {
  /** Events that reached nobody, after every retry. */
  readonly undelivered: Queue;
  readonly #props: TriggerProps;

  constructor(scope: Construct, id: string, props: TriggerProps) {
    super(scope, id);
    this.#props = props;
    const { gate, settleSeconds } = props;
    this.undelivered = this.#queue('Undelivered', 'ecom-experiment-undelivered', {
      retentionPeriod: Duration.days(14),
    });
    const settling = this.#queue('Settling', 'ecom-experiment-settling', {
      deliveryDelay: Duration.seconds(settleSeconds),
      // AWS asks for six times the function's timeout, so that a message is not handed out twice while it is handled.
      visibilityTimeout: Duration.seconds(6 * functionSizes.gate.timeoutSeconds),
      deadLetterQueue: { queue: this.undelivered, maxReceiveCount: 5 },
    });
    const delivery = {
      deadLetterQueue: this.undelivered,
      retryAttempts: 20,
      maxEventAge: Duration.hours(6),
    };
    this.#onObjectCreated('OnManifest', ['raw/_MANIFEST.json', 'raw/*/_MANIFEST.json']).addTarget(
      new LambdaFunction(gate, delivery),
    );
    this.#onObjectCreated('OnData', [
      'raw/*.csv',
      'raw/*.csv.gz',
      'raw/experiment.yaml',
      'raw/*/experiment.yaml',
    ]).addTarget(new SqsQueue(settling, delivery));
    // The rule invokes the gate asynchronously: Lambda, not EventBridge, sees it fail.
    gate.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.undelivered),
    });
    gate.addEventSource(new SqsEventSource(settling, { batchSize: 10, reportBatchItemFailures: true }));
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
      resourceName: `${pipelineName}:*`,
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

  #queue(id: string, queueName: string, props: Partial<ConstructorParameters<typeof Queue>[2]>): Queue {
    return new Queue(this, id, {
      queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      ...props,
    });
  }
}
