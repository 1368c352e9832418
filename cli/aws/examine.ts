import process from 'node:process';
import { S3Client } from '@aws-sdk/client-s3';
import { DOMParser } from 'linkedom';
import { z } from 'zod';
import { named } from '../../cdk/names.ts';
import { readSecret } from '../../layers/platform/database.ts';
import { PipelineError } from '../../layers/platform/errors.ts';
import { S3Store } from '../../layers/platform/s3.ts';
import { type Finding, fail, type Outcome, ok, warn } from '../finding.ts';
import { askVersion } from '../local/database.ts';
import { askAws } from './request.ts';
import { type DeployedOnAws, deployedOnAws, describeStack, pipelineStackName, refusal } from './stack.ts';

/** Functions at a time that the stack is planned for unless `-c accountConcurrency` says otherwise (cdk/settings.ts). */
const plannedConcurrency = 1000;
/** Of the bootstrap stack: the oldest that CDK's roles and assets work with. */
const oldestBootstrap = 6;

/**
 * What a deployment on AWS needs, and whether it is there, in the order in which one would mend it; what cannot be asked
 * before something else is mended is left out. Nothing is changed.
 */
export async function examineAws(): Promise<Finding[]> {
  const findings: Finding[] = [];
  const look = async (check: string, outcome: () => Promise<Outcome>): Promise<boolean> => {
    const found = await outcomeOf(outcome);
    findings.push({ check, ...found });
    return found.status !== 'fail';
  };
  if (!(await look('credentials', checkIdentity))) return findings;
  await look('bootstrap', checkBootstrap);
  await look('concurrency', checkConcurrency);
  let deployed: DeployedOnAws | undefined;
  const isThere = await look('stack', async () => {
    deployed = await deployedOnAws();
    return checkStack(deployed);
  });
  if (!isThere || deployed === undefined) return findings;
  const { RawBucketName, ProcessedBucketName, account } = deployed;
  await look('code', checkCode);
  await look('raw bucket', () => checkBucket(RawBucketName, account));
  await look('processed bucket', () => checkBucket(ProcessedBucketName, account));
  const known = deployed;
  await look('database', () => checkDatabase(known));
  return findings;
}

async function outcomeOf(look: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return fail(error.fault.what, error.fault.remedy ?? 'Try again');
  }
}

async function checkIdentity(): Promise<Outcome> {
  const answer = await askAws({
    service: 'sts',
    form: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
  });
  if (answer.status !== 200) throw refusal(answer, 'sts:GetCallerIdentity');
  const document = new DOMParser().parseFromString(answer.body, 'text/xml');
  const [arn, account] = ['Arn', 'Account'].map((name) => document.querySelector(name)?.textContent ?? '');
  return ok(`${arn} in account ${account}, ${answer.region}`);
}

async function checkBootstrap(): Promise<Outcome> {
  const stack = await describeStack('CDKToolkit');
  const remedy = 'Bootstrap the account and region: npx cdk bootstrap -c target=aws';
  if (stack === undefined) return fail('there is no stack "CDKToolkit", through which CDK deploys', remedy);
  const version = Number(stack.outputs.BootstrapVersion ?? 0);
  if (version < oldestBootstrap) return fail(`CDKToolkit is of version ${version}`, remedy);
  return ok(`CDKToolkit of version ${version}, ${stack.status}`);
}

const accountSettings = z.object({ AccountLimit: z.object({ ConcurrentExecutions: z.number() }) });

async function checkConcurrency(): Promise<Outcome> {
  const answer = await askAws({ service: 'lambda', path: '/2016-08-19/account-settings/' });
  if (answer.status !== 200) throw refusal(answer, 'lambda:GetAccountSettings');
  const { ConcurrentExecutions: most } = accountSettings.parse(JSON.parse(answer.body)).AccountLimit;
  if (most >= plannedConcurrency) return ok(`${most} functions at a time`);
  return warn(
    `${most} functions at a time, where ${plannedConcurrency} are planned for`,
    `Deploy with -c accountConcurrency=${most}, or ask for a higher quota of concurrent executions`,
  );
}

function checkStack({ status }: DeployedOnAws): Outcome {
  const name = pipelineStackName();
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return ok(`${name}, ${status}`);
  return warn(
    `${name} is ${status}`,
    status.endsWith('IN_PROGRESS')
      ? 'Wait until CloudFormation is done'
      : 'See its events in CloudFormation, then: ./ecom deploy --target aws',
  );
}

const functionConfiguration = z.object({
  Environment: z.object({ Variables: z.object({ CODE_VERSION: z.string() }) }),
});

async function checkCode(): Promise<Outcome> {
  const name = named({ env: process.env.ECOM_ENV || undefined }, 'ecom-experiment-gate');
  const answer = await askAws({ service: 'lambda', path: `/2015-03-31/functions/${name}/configuration` });
  if (answer.status !== 200) throw refusal(answer, 'lambda:GetFunctionConfiguration');
  const { CODE_VERSION: deployed } = functionConfiguration.parse(JSON.parse(answer.body)).Environment
    .Variables;
  if (deployed === CODE_VERSION) return ok(`${deployed.slice(0, 16)}, as in this checkout`);
  return warn(
    `${deployed.slice(0, 16)} is deployed, this checkout is ${CODE_VERSION.slice(0, 16)}`,
    'Deploy this checkout (./ecom deploy --target aws), or check out the version that is deployed before ecom retry',
  );
}

async function checkBucket(bucket: string, account: string): Promise<Outcome> {
  const client = new S3Client({});
  try {
    await new S3Store(bucket, client, account).listLevel('');
    return ok(`${bucket}, of account ${account}`);
  } finally {
    client.destroy();
  }
}

async function checkDatabase(deployed: DeployedOnAws): Promise<Outcome> {
  const { DatabaseSecretArn, DatabaseEndpoint, ClientSecurityGroupId } = deployed;
  const url = await readSecret(DatabaseSecretArn, { endpoint: DatabaseEndpoint, isVerified: true });
  try {
    return ok(`PostgreSQL ${await askVersion(url)} answers`);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    const what = `it does not answer: ${error.cause instanceof Error ? error.cause.message : error.fault.what}`;
    if (ClientSecurityGroupId === undefined)
      return fail(what, `Check that it runs, and the login in ${DatabaseSecretArn}`);
    return warn(
      `${what}, as is to be expected outside its network`,
      `Ask from a machine in it, with the security group ${ClientSecurityGroupId}, to be sure`,
    );
  }
}
