import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { databaseUrlOfTarget } from '../../../../cli/pipeline/database-url.ts';
import { readPublishedMarts } from '../../../../cli/pipeline/published-marts.ts';
import { AwsServer } from '../aws/aws-server.ts';

const run = { drop: 'default', runId: '00000000000000a1' };

let aws: AwsServer;
beforeEach(async () => {
  aws = await AwsServer.start();
  vi.stubEnv('ECOM_TARGET', 'aws');
  vi.stubEnv('ECOM_ENV', '');
  vi.stubEnv('DATABASE_URL', '');
});
afterEach(() => aws[Symbol.asyncDispose]());

test('on AWS the marts are asked for with the login of the stack, whose password is no part of what is said', async () => {
  aws.deploy('EcomExperimentPipeline');
  aws.documents.set('GetSecretValue', {
    SecretString: JSON.stringify({ username: 'postgres', password: 'p4ss' }),
  });
  expect(await databaseUrlOfTarget()).toBe('postgres://postgres:p4ss@127.0.0.1:1/ecom?sslmode=verify-full');
  const marts = await readPublishedMarts(databaseUrlOfTarget, run);
  expect(marts).toEqual({ problem: 'the database does not answer: connect ECONNREFUSED 127.0.0.1:1' });
});

test('a database that is named goes first, and nobody asks AWS', async () => {
  vi.stubEnv('DATABASE_URL', 'postgres://me:secret@127.0.0.1:2/shop');
  expect(await readPublishedMarts(databaseUrlOfTarget, run)).toEqual({
    problem: 'the database does not answer: connect ECONNREFUSED 127.0.0.1:2',
  });
  expect(aws.requests).toEqual([]);
});

test('a stack or a secret that is not there is the problem, with the way out', async () => {
  expect(await readPublishedMarts(databaseUrlOfTarget, run)).toMatchObject({
    problem: expect.stringMatching(/there is no stack "EcomExperimentPipeline".*AWS_PROFILE/),
  });
  aws.deploy('EcomExperimentPipeline');
  expect(await readPublishedMarts(databaseUrlOfTarget, run)).toMatchObject({
    problem: expect.stringMatching(/Secrets Manager does not answer as it should/),
  });
});
