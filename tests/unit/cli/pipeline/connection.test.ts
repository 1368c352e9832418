import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect } from '../../../../cli/pipeline/connection.ts';
import { nothingRuns } from '../../../../cli/pipeline/kept-runs.ts';
import { restoreEnvironment } from '../../../environment.ts';
import { AwsServer } from '../aws/aws-server.ts';

let aws: AwsServer;
const folder = mkdtempSync(path.join(tmpdir(), 'ecom-connection-'));
const before = { ...process.env };
beforeEach(async () => {
  aws = await AwsServer.start();
  vi.stubEnv('ECOM_STATE', folder);
  vi.stubEnv('ECOM_TARGET', 'aws');
  vi.stubEnv('ECOM_ENV', '');
});
afterEach(async () => {
  await aws[Symbol.asyncDispose]();
  restoreEnvironment(before);
  rmSync(folder, { recursive: true, force: true });
});

test('on AWS the commands talk to what the stack of the environment names, whoever deployed it', async () => {
  aws.deploy('EcomExperimentPipeline');
  aws.deploy('EcomExperimentPipeline-staging');
  expect(await connect()).toMatchObject({
    raw: { bucket: 'raw-of-EcomExperimentPipeline' },
    processed: { bucket: 'processed-of-EcomExperimentPipeline' },
    stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:EcomExperimentPipeline',
  });
  vi.stubEnv('ECOM_ENV', 'staging');
  expect(await connect()).toMatchObject({
    raw: { bucket: 'raw-of-EcomExperimentPipeline-staging' },
    processed: { bucket: 'processed-of-EcomExperimentPipeline-staging' },
  });
});

test('their buckets have to belong to the account of the stack', async () => {
  aws.deploy('EcomExperimentPipeline');
  const { raw, processed } = await connect();
  for (const { owner } of [raw, processed]) expect(owner).toBe('123456789012');
});

test('an endpoint that is set to nothing is not set: what runs here is asked, or said to be missing', async () => {
  vi.stubEnv('ECOM_TARGET', 'local');
  vi.stubEnv('AWS_ENDPOINT_URL', '');
  expect(nothingRuns()).toBe(true);
  await expect(connect()).rejects.toThrow('the local emulator is not running');
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  expect(nothingRuns()).toBe(false);
  await connect();
  expect(process.env.AWS_ENDPOINT_URL_S3).toBe('http://127.0.0.1:1');
});
