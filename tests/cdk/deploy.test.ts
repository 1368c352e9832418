import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DeploymentError, deployStack } from '../../cli/local/cdk.ts';

it('tells what the app said when a deployment fails', async () => {
  const stateFolder = mkdtempSync(path.join(tmpdir(), 'ecom-deploy-'));
  onTestFinished(() => rmSync(stateFolder, { recursive: true }));
  const endpoint = 'http://127.0.0.1:9';
  const failure = await deployStack({
    target: 'local',
    endpoint,
    databaseUrl: 'postgres://ecom@127.0.0.1:9/ecom',
    context: { settle: 'soon' },
    stateFolder,
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(DeploymentError);
  expect(String(failure)).toContain('the context value "settle" is wrong');
}, 120_000);
