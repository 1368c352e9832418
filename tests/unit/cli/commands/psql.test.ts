import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runEcom } from '../../../e2e/ecom.ts';
import { AwsServer } from '../aws/aws-server.ts';

let aws: AwsServer;
beforeEach(async () => {
  aws = await AwsServer.start();
});
afterEach(() => aws[Symbol.asyncDispose]());

test('on AWS psql logs in with the secret of the stack, and says from where a private database is asked', async () => {
  aws.deploy('EcomExperimentPipeline');
  aws.documents.set('GetSecretValue', {
    SecretString: JSON.stringify({ username: 'postgres', password: 'p4ss' }),
  });
  const { code, stderr } = await runEcom(['psql', '-c', 'select 1'], {
    stateFolder: path.join(os.tmpdir(), 'ecom-psql-test'),
    environment: { ECOM_TARGET: 'aws', ECOM_ENV: '', DATABASE_URL: '' },
  });
  expect(stderr).toMatch(
    /does not answer: connect ECONNREFUSED 127\.0\.0\.1:1\b[\s\S]*ClientSecurityGroupId/,
  );
  expect(stderr).not.toContain('p4ss');
  expect(code).not.toBe(0);
  expect(aws.requests.map(({ form, path: asked }) => form.Action ?? asked)).toEqual(['DescribeStacks', '/']);
});
