import { CfnOutput, CliCredentialsStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { Build } from './build.ts';
import { Dashboard } from './dashboard.ts';
import { DataBuckets, existingBuckets } from './data-buckets.ts';
import type { DataStack } from './data-stack.ts';
import { DatabaseSecret } from './database-secret.ts';
import { named } from './names.ts';
import { RowMetrics } from './row-metrics.ts';
import { RunEvents } from './run-events.ts';
import type { Settings } from './settings.ts';
import { StageFunctions } from './stage-functions.ts';
import { Pipeline } from './state-machine.ts';
import { Trigger } from './trigger.ts';

export interface PipelineStackProps {
  readonly settings: Settings;
  readonly build: Build;
  /** Folder of package.json. */
  readonly root: string;
  /** The stack of the data, on AWS; without one this stack holds them too. */
  readonly data: DataStack | undefined;
}

/** Everything between a raw upload and a published decision. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, { settings, build, root, data }: PipelineStackProps) {
    const onAws = settings.target === 'aws';
    super(scope, 'EcomExperimentPipeline', {
      stackName: named(settings, 'EcomExperimentPipeline'),
      description: 'From raw e-commerce CSVs to an experiment decision',
      // An emulator needs the assets bucket only, none of the roles that a bootstrapped account has.
      // The assertion: CDK's declarations do not hold under exactOptionalPropertyTypes.
      ...(onAws ? {} : { synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer }),
      // On AWS CDK finds the account and region of the credentials in use.
      ...(onAws ? {} : { env: { account: '000000000000', region: 'us-east-1' } }),
    });

    if (data !== undefined) this.addStackDependency(data);
    const buckets =
      data === undefined ? new DataBuckets(this, 'Data', settings) : existingBuckets(this, settings);
    const database = data?.database ?? new DatabaseSecret(this, 'Database', { settings, root });
    const functions = new StageFunctions(this, 'Functions', { build, buckets, database, settings });
    const pipeline = new Pipeline(this, 'Pipeline', { functions, settings });
    const trigger = new Trigger(this, 'Trigger', {
      raw: buckets.raw,
      gate: functions.byName.gate,
      pipeline,
      settings,
    });
    if (data !== undefined) this.#watch(data, functions, pipeline, trigger, settings);

    new CfnOutput(this, 'RawBucketName', { value: buckets.raw.bucketName });
    new CfnOutput(this, 'ProcessedBucketName', { value: buckets.processed.bucketName });
    new CfnOutput(this, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });
    new CfnOutput(this, 'DatabaseSecretArn', {
      value: database.secretArn,
      description: 'How load and publish log in to the database',
    });
  }

  /** Who is told what happens; an emulator has nobody to tell. */
  #watch(
    { database }: DataStack,
    functions: StageFunctions,
    pipeline: Pipeline,
    trigger: Trigger,
    settings: Settings,
  ): void {
    const { stateMachine } = pipeline;
    const runs = new RunEvents(this, 'RunEvents', { stateMachine, settings });
    const rows = new RowMetrics(this, 'Rows', functions, settings);
    const watched = { functions, stateMachine, trigger, runs, rows, database, settings };
    const alarms = new Alarms(this, 'Alarms', watched);
    new Dashboard(this, 'Dashboard', { ...watched, alarms: alarms.all });
    new CfnOutput(this, 'AlarmTopicArn', { value: alarms.topic.topicArn });
    new CfnOutput(this, 'RunTopicArn', {
      value: runs.topic.topicArn,
      description: 'Hears the end of every run',
    });
    if (database.endpoint !== undefined)
      new CfnOutput(this, 'DatabaseEndpoint', { value: database.endpoint });
    if (database.network !== undefined) {
      new CfnOutput(this, 'ClientSecurityGroupId', {
        value: database.network.clients.securityGroupId,
        description: 'Of the functions that talk to the database, for a database of your own to let in',
      });
    }
  }
}
