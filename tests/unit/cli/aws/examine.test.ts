import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { examineAws } from '../../../../cli/aws/examine.ts';
import { AwsServer } from './aws-server.ts';

const accountSettings = '/2016-08-19/account-settings/';
const gate = '/2015-03-31/functions/ecom-experiment-gate/configuration';

let aws: AwsServer;
beforeEach(async () => {
  aws = await AwsServer.start();
  vi.stubEnv('ECOM_ENV', '');
  aws.stacks.set('CDKToolkit', { status: 'CREATE_COMPLETE', outputs: { BootstrapVersion: '28' } });
  aws.documents.set(accountSettings, { AccountLimit: { ConcurrentExecutions: 1000 } });
  aws.documents.set(gate, { Environment: { Variables: { CODE_VERSION } } });
  aws.documents.set('GetSecretValue', {
    SecretString: JSON.stringify({ username: 'postgres', password: 'p4ss' }),
  });
});
afterEach(() => aws[Symbol.asyncDispose]());

/** `check: status` of every finding. */
const statuses = async () =>
  Object.fromEntries((await examineAws()).map(({ check, status }) => [check, status]));

test('an account with everything in it is fine, but for a private database, which is not asked from outside', async () => {
  aws.deploy('EcomExperimentPipeline', 'UPDATE_COMPLETE', { ClientSecurityGroupId: 'sg-1' });
  const findings = await examineAws();
  expect(findings.map(({ check, status, finding }) => [check, status, finding])).toEqual([
    ['credentials', 'ok', 'arn:aws:iam::123456789012:user/ann in account 123456789012, eu-west-1'],
    ['bootstrap', 'ok', 'CDKToolkit of version 28, CREATE_COMPLETE'],
    ['concurrency', 'ok', '1000 functions at a time'],
    ['stack', 'ok', 'EcomExperimentPipeline, UPDATE_COMPLETE'],
    ['code', 'ok', `${CODE_VERSION.slice(0, 16)}, as in this checkout`],
    ['raw bucket', 'ok', 'raw-of-EcomExperimentPipeline, of account 123456789012'],
    ['processed bucket', 'ok', 'processed-of-EcomExperimentPipeline, of account 123456789012'],
    [
      'database',
      'warn',
      'it does not answer: connect ECONNREFUSED 127.0.0.1:1, as is to be expected outside its network',
    ],
  ]);
  expect(findings.at(-1)?.remedy).toContain('sg-1');
  expect(JSON.stringify(findings)).not.toContain('p4ss');
});

test('a new account is told to bootstrap, to plan for few functions, and to deploy, and nothing is asked of what is not there', async () => {
  aws.stacks.clear();
  aws.documents.set(accountSettings, { AccountLimit: { ConcurrentExecutions: 10 } });
  expect(await examineAws()).toMatchObject([
    { check: 'credentials', status: 'ok' },
    { check: 'bootstrap', status: 'fail', remedy: expect.stringContaining('npx cdk bootstrap') },
    { check: 'concurrency', status: 'warn', remedy: expect.stringContaining('-c accountConcurrency=10') },
    { check: 'stack', status: 'fail', remedy: expect.stringContaining('./ecom deploy --target aws') },
  ]);
});

test('other code, a bucket of somebody else and a public database that is away are told apart', async () => {
  aws.deploy('EcomExperimentPipeline');
  aws.documents.set(gate, { Environment: { Variables: { CODE_VERSION: 'another' } } });
  aws.bucketOwner = '999999999999';
  expect(await statuses()).toEqual({
    credentials: 'ok',
    bootstrap: 'ok',
    concurrency: 'ok',
    stack: 'ok',
    code: 'warn',
    'raw bucket': 'fail',
    'processed bucket': 'fail',
    database: 'fail',
  });
});

test('a stack that was left half way is a warning', async () => {
  aws.deploy('EcomExperimentPipeline', 'UPDATE_ROLLBACK_COMPLETE');
  expect(await statuses()).toMatchObject({ stack: 'warn' });
});

test('credentials that are refused are the only finding', async () => {
  aws.refusal = { status: 403, code: 'ExpiredToken', message: 'The security token is expired' };
  expect(await examineAws()).toEqual([
    {
      check: 'credentials',
      status: 'fail',
      finding: 'sts:GetCallerIdentity was refused (403): The security token is expired',
      remedy: 'Check that the credentials are valid and allow sts:GetCallerIdentity',
    },
  ]);
});
