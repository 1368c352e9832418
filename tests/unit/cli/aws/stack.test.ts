import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deployedOnAws, describeStack, refusal } from '../../../../cli/aws/stack.ts';
import { AwsServer } from './aws-server.ts';

let aws: AwsServer;
beforeEach(async () => {
  aws = await AwsServer.start();
  vi.stubEnv('ECOM_ENV', '');
});
afterEach(() => aws[Symbol.asyncDispose]());

test('a stack is asked for once, signed for CloudFormation in the region in use', async () => {
  aws.stacks.set('CDKToolkit', { status: 'CREATE_COMPLETE', outputs: { BootstrapVersion: '28' } });
  expect(await describeStack('CDKToolkit')).toEqual({
    status: 'CREATE_COMPLETE',
    account: '123456789012',
    region: 'eu-west-1',
    outputs: { BootstrapVersion: '28' },
  });
  expect(aws.requests).toEqual([
    {
      path: '/',
      form: { Action: 'DescribeStacks', Version: '2010-05-15', StackName: 'CDKToolkit' },
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKEXAMPLE\/\d{8}\/eu-west-1\/cloudformation\/aws4_request, SignedHeaders=[\w;-]*host[\w;-]*, Signature=[0-9a-f]{64}$/,
      ),
    },
  ]);
});

test('a stack that is not there is undefined, and the pipeline says where to look', async () => {
  expect(await describeStack('CDKToolkit')).toBeUndefined();
  vi.stubEnv('ECOM_ENV', 'staging');
  await expect(deployedOnAws()).rejects.toThrow(
    /^there is no stack "EcomExperimentPipeline-staging".*AWS_PROFILE, AWS_REGION or ECOM_ENV, or deploy/,
  );
});

test('a stack without the outputs, as while it is made, is a ConfigError that names them', async () => {
  aws.stacks.set('EcomExperimentPipeline', { status: 'CREATE_IN_PROGRESS', outputs: { RawBucketName: 'r' } });
  await expect(deployedOnAws()).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining(
      '(CREATE_IN_PROGRESS) has no output ProcessedBucketName, StateMachineArn, DatabaseSecretArn',
    ),
  });
});

test('a refusal says what was refused and why', async () => {
  aws.refusal = { status: 403, code: 'AccessDenied', message: 'User ann is not authorized' };
  await expect(deployedOnAws()).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(
      /^cloudformation:DescribeStacks was refused \(403\): User ann is not authorized \(eu-west-1\)/,
    ),
  });
});

test('a refusal of a JSON service says why, too', () => {
  const body = '{"__type":"com.amazon.coral.service#AccessDenied","message":"not \\"yours\\""}';
  expect(refusal({ status: 400, body, region: 'eu-west-1' }, 'sqs:SendMessage').message).toMatch(
    /^sqs:SendMessage was refused \(400\): not "yours" \(eu-west-1\)/,
  );
});

test('a service that fails is a TransientError', async () => {
  aws.refusal = { status: 503, code: 'ServiceUnavailable', message: 'later' };
  await expect(deployedOnAws()).rejects.toMatchObject({
    name: 'TransientError',
    message: expect.stringMatching(/^it answers 503: .*Try again in a minute$/),
  });
});

test('without a region, or without credentials, what to set is said and nobody is asked', async () => {
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  await expect(deployedOnAws()).rejects.toThrow(/finds no credentials.*AWS_PROFILE/s);
  vi.stubEnv('AWS_REGION', '');
  await expect(deployedOnAws()).rejects.toThrow(/finds no region.*AWS_REGION/s);
  expect(aws.requests).toEqual([]);
});
