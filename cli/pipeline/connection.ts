import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Config } from '../../layers/experiment/config.ts';
import { S3Store } from '../../layers/platform/s3.ts';
import { RunStore } from '../../layers/runs/store.ts';
import { emulatedAccount, localEnvironment } from '../local/environment.ts';
import { deployedOnAws } from '../local/stack-outputs.ts';
import { readState } from '../local/state.ts';
import { isLocal, target, targetConfig } from './target.ts';

/** The deployed pipeline as the commands talk to it. */
export interface Connection {
  readonly config: Config;
  readonly raw: S3Store;
  readonly processed: S3Store;
  /** Both, as documents. */
  readonly store: RunStore;
  readonly stepFunctions: SFNClient;
  /** Where the deployment is on record here; else the state machine is found by its name. */
  readonly stateMachineArn?: string | undefined;
}

/**
 * Connects to the target's pipeline: on AWS to the one that `ecom deploy` deployed from here, in the environment that
 * `ECOM_ENV` names, else to the buckets of config/aws.yaml. Locally, the running emulator's address and credentials go into the environment,
 * unless `AWS_ENDPOINT_URL` is set already.
 * @throws LocalError when nothing runs locally
 */
export function connect(): Connection {
  if (isLocal()) useLocal(process.env);
  const config = targetConfig();
  const deployed = target() === 'aws' ? deployedOnAws() : undefined;
  // Names of buckets are global: one that was deleted may be somebody else's by now.
  const owner = deployed === undefined ? undefined : accountOf(deployed.StateMachineArn);
  const raw = new S3Store(deployed?.RawBucketName ?? config.aws.raw_bucket, new S3Client({}), owner);
  const processed = new S3Store(
    deployed?.ProcessedBucketName ?? config.aws.processed_bucket,
    new S3Client({}),
    owner,
  );
  return {
    config,
    raw,
    processed,
    store: new RunStore(raw, processed),
    stepFunctions: new SFNClient({}),
    stateMachineArn: deployed?.StateMachineArn,
  };
}

/** The account of an ARN. */
function accountOf(arn: string): string | undefined {
  return arn.split(':')[4] || undefined;
}

/**
 * Lets the SDK reach what runs locally. An endpoint or a database that is set already counts, so that `ecom` can talk to
 * another emulator; credentials and region never come from the caller, whose own account they may be.
 */
function useLocal(variables: NodeJS.ProcessEnv): void {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 = AWS_ENDPOINT_URL, DATABASE_URL } = variables;
  const local = AWS_ENDPOINT_URL === undefined ? localEnvironment(readState()) : emulatedAccount;
  Object.assign(variables, local, {
    ...(AWS_ENDPOINT_URL === undefined ? {} : { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 }),
    ...(DATABASE_URL === undefined ? {} : { DATABASE_URL }),
  });
}
