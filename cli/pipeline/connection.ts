import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Config } from '../../layers/experiment/config.ts';
import { S3Store } from '../../layers/platform/s3.ts';
import { RunStore } from '../../layers/runs/store.ts';
import { emulatedAccount, endpointOf, localEnvironment } from '../local/environment.ts';
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
  /** On AWS; elsewhere the state machine is found by its name. */
  readonly stateMachineArn?: string | undefined;
  /** On AWS: hears the end of every run. */
  readonly runTopicArn?: string | undefined;
}

/**
 * Connects to the target's pipeline: on AWS to what the outputs of its stack name, in the account and region of the
 * credentials in use and the environment that `ECOM_ENV` names. Locally, the running emulator's address and credentials
 * go into the environment, unless `AWS_ENDPOINT_URL` is set already.
 * @throws LocalError when nothing runs locally; UsageError where AWS has no such stack, or no credentials are known
 */
export async function connect(): Promise<Connection> {
  if (isLocal()) useLocal(process.env);
  const config = targetConfig();
  const deployed = target() === 'aws' ? await (await import('../aws/stack.ts')).deployedOnAws() : undefined;
  // Names of buckets are global: one that was deleted may be somebody else's by now.
  const owner = deployed?.account;
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
    runTopicArn: deployed?.RunTopicArn,
  };
}

/**
 * Lets the SDK reach what runs locally. An endpoint or a database that is set already counts, so that `ecom` can talk to
 * another emulator; credentials and region never come from the caller, whose own account they may be.
 */
function useLocal(variables: NodeJS.ProcessEnv): void {
  const endpoint = endpointOf(variables);
  const { AWS_ENDPOINT_URL_S3, DATABASE_URL } = variables;
  const local = endpoint === undefined ? localEnvironment(readState()) : emulatedAccount;
  Object.assign(variables, local, {
    ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL_S3: AWS_ENDPOINT_URL_S3 || endpoint }),
    ...(DATABASE_URL ? { DATABASE_URL } : {}),
  });
}
