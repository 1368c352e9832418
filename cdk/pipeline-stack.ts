import { CfnOutput, CliCredentialsStackSynthesizer, type IStackSynthesizer, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { Build } from './build.ts';
import { DataBuckets } from './data-buckets.ts';
import { DatabaseSecret } from './database-secret.ts';
import type { Settings } from './settings.ts';
import { StageFunctions } from './stage-functions.ts';
import { Pipeline } from './state-machine.ts';
import { Trigger } from './trigger.ts';

export const stackName = 'EcomExperimentPipeline';

export interface PipelineStackProps {
  readonly settings: Settings;
  readonly build: Build;
  /** Folder of package.json. */
  readonly root: string;
}

/** Everything between a raw upload and a published decision. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, { settings, build, root }: PipelineStackProps) {
    const onAws = settings.target === 'aws';
    super(scope, stackName, {
      description: 'From raw e-commerce CSVs to an experiment decision',
      // An emulator needs the assets bucket only, none of the roles that a bootstrapped account has.
      // The assertion: CDK's declarations do not hold under exactOptionalPropertyTypes.
      ...(onAws ? {} : { synthesizer: new CliCredentialsStackSynthesizer() as IStackSynthesizer }),
      // On AWS CDK finds the account and region of the credentials in use.
      ...(onAws ? {} : { env: { account: '000000000000', region: 'us-east-1' } }),
    });

    const suffix = settings.bucketSuffix ?? (onAws ? `${this.account}-${this.region}` : '');
    const buckets = new DataBuckets(this, 'Data', { suffix, retain: onAws });
    const database = new DatabaseSecret(this, 'Database', { settings, root });
    const functions = new StageFunctions(this, 'Functions', {
      build,
      buckets,
      secretArn: database.arn,
      settings,
    });
    const pipeline = new Pipeline(this, 'Pipeline', { functions, settings });
    const trigger = new Trigger(this, 'Trigger', {
      raw: buckets.raw,
      gate: functions.byName.gate,
      pipeline,
      settleSeconds: settings.settle,
    });
    if (onAws) {
      new Alarms(this, 'Alarms', {
        stateMachine: pipeline.stateMachine,
        undelivered: trigger.undelivered,
        email: settings.alarmEmail,
      });
    }

    new CfnOutput(this, 'RawBucketName', { value: buckets.raw.bucketName });
    new CfnOutput(this, 'ProcessedBucketName', { value: buckets.processed.bucketName });
    new CfnOutput(this, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });
    new CfnOutput(this, 'DatabaseSecretArn', {
      value: database.arn,
      description: 'Holds {"url": "postgres://..."}; on AWS fill it in before the first upload',
    });
  }
}
