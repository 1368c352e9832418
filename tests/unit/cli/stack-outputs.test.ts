import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { awsStateFolder, deployedOnAws, outputsFile } from '../../../cli/local/stack-outputs.ts';
import { connect } from '../../../cli/pipeline/connection.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ecom-outputs-'));
beforeEach(() => {
  vi.stubEnv('ECOM_STATE', folder);
  vi.stubEnv('ECOM_TARGET', 'aws');
  vi.stubEnv('ECOM_ENV', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function record(env: string | undefined, stack: string): void {
  const file = outputsFile(awsStateFolder(env));
  mkdirSync(path.dirname(file), { recursive: true });
  const outputs = {
    RawBucketName: `raw of ${stack}`,
    ProcessedBucketName: `processed of ${stack}`,
    StateMachineArn: `machine of ${stack}`,
    DatabaseSecretArn: `secret of ${stack}`,
  };
  const data = { ExportsOutputRefSubnet: 'subnet-1' };
  writeFileSync(file, JSON.stringify({ EcomExperimentData: data, [stack]: outputs }));
}

test('the commands talk to what was deployed on AWS from here, in the environment that is named', () => {
  record(undefined, 'EcomExperimentPipeline');
  record('staging', 'EcomExperimentPipeline-staging');
  expect(connect()).toMatchObject({
    raw: { bucket: 'raw of EcomExperimentPipeline' },
    processed: { bucket: 'processed of EcomExperimentPipeline' },
    stateMachineArn: 'machine of EcomExperimentPipeline',
  });
  vi.stubEnv('ECOM_ENV', 'staging');
  expect(connect()).toMatchObject({
    raw: { bucket: 'raw of EcomExperimentPipeline-staging' },
    stateMachineArn: 'machine of EcomExperimentPipeline-staging',
  });
});

test('they go by the configuration where nothing was', () => {
  expect(deployedOnAws()).toBeUndefined();
  expect(connect()).toMatchObject({ raw: { bucket: 'ecom-poc-raw' }, stateMachineArn: undefined });
});
