import { SFNClient } from '@aws-sdk/client-sfn';
import awsOverlay from '../../config/aws.yaml';
import dockerOverlay from '../../config/docker.yaml';
import { type Config, type ConfigFile, loadConfig } from '../../layers/experiment/config.ts';
import { baseConfigFile } from '../../layers/experiment/run-configuration.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { ObjectStore } from '../../layers/platform/s3.ts';
import { emulatedAccount, localEnvironment } from '../local/environment.ts';
import { deployedOnAws } from '../local/stack-outputs.ts';
import { readState } from '../local/state.ts';

const targets = ['local', 'docker', 'aws'] as const;
type Target = (typeof targets)[number];

const overlays: Record<Target, ConfigFile[]> = {
  local: [],
  docker: [{ name: 'config/docker.yaml', text: dockerOverlay }],
  aws: [{ name: 'config/aws.yaml', text: awsOverlay }],
};

/** The deployed pipeline as the commands talk to it. */
export interface Connection {
  readonly config: Config;
  readonly raw: ObjectStore;
  readonly processed: ObjectStore;
  readonly stepFunctions: SFNClient;
  /** Where the deployment is on record here; else the state machine is found by its name. */
  readonly stateMachineArn?: string | undefined;
}

/** The configuration of the target that `ECOM_TARGET` names (local by default), with further files over it. */
export function targetConfig(files: readonly ConfigFile[] = []): Config {
  return loadConfig([baseConfigFile, ...overlays[target()], ...files]);
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
  return {
    config,
    raw: new ObjectStore(deployed?.RawBucketName ?? config.aws.raw_bucket),
    processed: new ObjectStore(deployed?.ProcessedBucketName ?? config.aws.processed_bucket),
    stepFunctions: new SFNClient({}),
    stateMachineArn: deployed?.StateMachineArn,
  };
}

/** Whether the target is the pipeline that runs on this machine. */
export function isLocal(): boolean {
  return target() === 'local';
}

function target(): Target {
  const name = process.env.ECOM_TARGET ?? 'local';
  const found = targets.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new UsageError({
    what: `there is no target "${name}"`,
    where: 'ECOM_TARGET',
    remedy: `It is one of ${targets.join(', ')}`,
  });
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
