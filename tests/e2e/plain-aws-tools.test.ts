import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../cli/generate/generate.ts';
import { removeCluster } from '../../infrastructure/postgres/cluster.ts';
import { startServer, stopServer } from '../../infrastructure/postgres/server.ts';
import { freePort } from './deployment.ts';
import { type CommandResult, runCommand } from './ecom.ts';

/**
 * Without the ecom command: LocalStack, `cdklocal bootstrap`, `cdklocal deploy`, and `aws s3 cp` of the CSVs.
 */
describe('plain AWS tools', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ecom-plain-'));
  const bin = (...parts: string[]) => path.join(PROJECT_ROOT, ...parts);
  let emulator: ChildProcess;
  let environment: Record<string, string>;

  beforeAll(async () => {
    const port = await freePort();
    const database = await startServer({
      folder: path.join(folder, 'postgres'),
      logFile: path.join(folder, 'postgres.log'),
    });
    emulator = spawn(
      bin('.venv/bin/python'),
      [
        bin('infrastructure/emulator/launch.py'),
        '--port',
        String(port),
        '--state',
        path.join(folder, 'emulator'),
      ],
      { stdio: 'ignore' },
    );
    const endpoint = `http://127.0.0.1:${port}`;
    environment = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      DATABASE_URL: database.url,
    };
    await untilHealthy(endpoint);
    await cdklocal('bootstrap', 'aws://000000000000/us-east-1');
    await cdklocal('deploy', '--require-approval', 'never');
  });
  afterAll(async () => {
    emulator?.kill('SIGTERM');
    await stopServer(path.join(folder, 'postgres'));
    removeCluster(path.join(folder, 'postgres'));
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (command: string, ...args: string[]): Promise<CommandResult> => {
    const result = await runCommand(command, args, { stateFolder: folder, environment });
    expect(result.code, `${command} ${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
    return result;
  };
  const cdklocal = (...args: string[]) =>
    run(bin('node_modules/.bin/cdklocal'), ...args, '--output', path.join(folder, 'cdk.out'));
  const aws = (...args: string[]) => run(bin('.venv/bin/aws'), ...args);

  it('start a run by copying the CSVs, and show its execution and its results', async () => {
    const data = path.join(folder, 'data');
    await generate({ directory: data, users: 300, seed: 3 });
    for (const dataset of ['users', 'products', 'sessions', 'experiment_assignments', 'events']) {
      await aws('s3', 'cp', path.join(data, `${dataset}.csv`), `s3://ecom-poc-raw/raw/${dataset}.csv`);
    }
    const { stateMachines } = JSON.parse((await aws('stepfunctions', 'list-state-machines')).stdout);
    const execution = await untilEnded(stateMachines[0].stateMachineArn);
    expect(execution.status).toBe('SUCCEEDED');
    const report = JSON.parse(
      (
        await aws(
          's3',
          'cp',
          `s3://ecom-poc-processed/processed/reports/run_id=${execution.name.split('-')[0]}/report.json`,
          '-',
        )
      ).stdout,
    );
    expect(report.run.drop).toBe('default');
    expect(report.experiments[0].metrics[0].metric).toBe('purchase_conversion');
    expect((await aws('s3', 'ls', 's3://ecom-poc-processed/processed/latest/')).stdout).toContain(
      'default.json',
    );
  });

  async function untilEnded(stateMachineArn: string): Promise<{ name: string; status: string }> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const { executions } = JSON.parse(
        (await aws('stepfunctions', 'list-executions', '--state-machine-arn', stateMachineArn)).stdout,
      );
      expect(executions.length).toBeLessThanOrEqual(1);
      if (executions[0] !== undefined && executions[0].status !== 'RUNNING') return executions[0];
      await sleep(500);
    }
    throw new Error('no execution ended');
  }
}, 240_000);

async function untilHealthy(endpoint: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const health = await fetch(`${endpoint}/_localstack/health`).catch(() => undefined);
    if (health?.ok) return;
    await sleep(200);
  }
  throw new Error('the emulator did not become healthy');
}
