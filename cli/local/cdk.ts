import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PipelineError } from '../../layers/platform/errors.ts';
import { outputsFile, readOutputs, type StackOutputs } from './stack-outputs.ts';

/** `cdklocal deploy` or `cdk deploy` ended with an error. */
export class DeploymentError extends PipelineError {}

export type Target = 'local' | 'docker' | 'aws';

/** Where CDK's assets go: the bucket that `cdklocal bootstrap` would make, so that both ways can be mixed. */
const emulatedAssetsBucket = 'cdk-hnb659fds-assets-000000000000-us-east-1';

export interface DeployOptions {
  readonly target: Target;
  /** Address of the emulator, an IP address in it (`http://127.0.0.1:4566`). Not for AWS. */
  readonly endpoint?: string;
  /** Goes into the database secret. By default the app reads the running local database's state. Not for AWS. */
  readonly databaseUrl?: string;
  /** Further context of the CDK app (`-c key=value`). */
  readonly context?: Readonly<Record<string, string>>;
  /** Folder for the synthesized app and its outputs. */
  readonly stateFolder: string;
  /** Gets each line that CDK prints. */
  readonly onLine?: (line: string) => void;
}

const emulated = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** Makes the emulator ready for `deployStack`. One bucket is all that the local stack's synthesizer asks for. */
export async function bootstrapStack(endpoint: string): Promise<void> {
  const s3 = new S3Client({ ...emulated(endpoint), forcePathStyle: true });
  try {
    await s3.send(new CreateBucketCommand({ Bucket: emulatedAssetsBucket }));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  } finally {
    s3.destroy();
  }
}

/**
 * Deploys the stack, with those it depends on, by `cdklocal` against an emulator or by `cdk` on AWS, and returns its outputs.
 * @throws DeploymentError with the last lines that CDK printed
 */
export async function deployStack(options: DeployOptions): Promise<StackOutputs> {
  const { target, endpoint, databaseUrl, context = {}, stateFolder, onLine } = options;
  const answers = outputsFile(stateFolder);
  await mkdir(stateFolder, { recursive: true });
  await rm(answers, { force: true });
  const settings = Object.entries({ target, ...context }).flatMap(([key, value]) => [
    '-c',
    `${key}=${value}`,
  ]);
  await runCdk(
    target === 'aws' ? 'aws-cdk/bin/cdk' : 'aws-cdk-local/bin/cdklocal',
    [
      'deploy',
      'EcomExperimentPipeline',
      ...settings,
      ...['--require-approval', 'never', '--no-notices', '--no-lookups', '--progress', 'events', '--ci'],
      ...['--output', path.join(stateFolder, 'cdk.out'), '--outputs-file', answers],
      ...(target === 'aws' ? [] : ['--method', 'direct', '--no-version-reporting']),
    ],
    {
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      // Not for whoever deploys; cdklocal takes away every AWS_ variable that it is not told to leave.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      AWS_ENVAR_ALLOWLIST: 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
      ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_S3: endpoint }),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ECOM_STATE: stateFolder,
    },
    onLine,
  );
  const outputs = readOutputs(answers, context.env);
  if (endpoint !== undefined && databaseUrl !== undefined)
    await storeDatabaseUrl(endpoint, outputs.DatabaseSecretArn, databaseUrl);
  return outputs;
}

/** CloudFormation of the emulator makes a secret but never updates it, and a local database may come back elsewhere. */
async function storeDatabaseUrl(endpoint: string, SecretId: string, url: string): Promise<void> {
  const secrets = new SecretsManagerClient(emulated(endpoint));
  try {
    await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify({ url }) }));
  } finally {
    secrets.destroy();
  }
}

async function runCdk(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void = () => {},
): Promise<void> {
  const require = createRequire(path.join(PROJECT_ROOT, 'package.json'));
  const child = spawn(process.execPath, [require.resolve(script), ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() === '') return;
      tail.push(line);
      if (tail.length > 25) tail.shift();
      onLine(line);
    });
  }
  const [code, signal] = await once(child, 'close');
  if (code === 0) return;
  throw new DeploymentError({
    what: `the deployment failed (${signal ?? `exit code ${code}`}):\n${tail.join('\n')}`,
    remedy: 'Mend what CDK names above and deploy again: ./ecom deploy',
  });
}
