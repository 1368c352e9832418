import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { generate } from '../../cli/generate/generate.ts';
import type { GeneratedTruth } from '../../cli/generate/truth.ts';
import { datasetNames } from '../../layers/data/datasets/index.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { literal, literalList } from '../../layers/platform/sql.ts';
import { type Report, reportSchema } from '../../layers/report/schema.ts';
import { latest } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { runManifest } from '../../layers/runs/run-manifest.ts';
import { connectTo, type Deployed } from './deployed.ts';
import { type CommandResult, runCommand, runEcom } from './ecom.ts';

describe('ecom run on clean generated data', () => {
  const drop = 'clean_data';
  let folder: string;
  let truth: GeneratedTruth;
  let deployed: Deployed;
  let result: CommandResult;
  let report: Report;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-run-'));
    truth = await generate({ directory: path.join(folder, 'data'), users: 1000, seed: 7 });
    deployed = connectTo(inject('stateFolder'));
    result = await ecom('run', path.join(folder, 'data'), '--drop', drop, '--json');
    expect(result.code, result.stderr).toBe(0);
    report = reportSchema.parse(JSON.parse(result.stdout));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ecom = (...args: string[]) => runEcom(args, { stateFolder: deployed.stateFolder });
  const experiment = () => report.experiments[0] as Report['experiments'][number];

  it('prints the report alone on standard output and its progress on standard error', () => {
    expect(result.stderr).toMatch(/uploaded 5 files/);
    expect(result.stderr).toMatch(/publish/);
    expect(report.run.drop).toBe(drop);
  });

  it('accounts for every line of every file', () => {
    for (const dataset of datasetNames) {
      expect(report.quality[dataset], dataset).toEqual({
        lines: truth.datasets[dataset].rows,
        accepted: truth.datasets[dataset].rows,
        quarantined: 0,
        duplicates: 0,
      });
    }
  });

  it('counts the users that were generated in each arm', () => {
    expect(report.experiments).toHaveLength(1);
    for (const { variant, assigned } of experiment().arms) {
      expect(assigned).toBe(truth.arms[variant as 'control' | 'treatment'].assigned);
    }
    expect(experiment().trust.srm.status).toBe('pass');
  });

  it('computes every configured metric', () => {
    expect(experiment().metrics.map(({ metric }) => metric)).toEqual([
      'purchase_conversion',
      'revenue_per_user',
      'events_in_window',
      'add_to_cart_rate',
      'begin_checkout_rate',
      'average_order_value',
      'bounce_rate',
      'session_duration',
      'retention_d7',
    ]);
    for (const { metric, comparisons } of experiment().metrics) {
      expect(comparisons[0]?.test, metric).not.toBeNull();
    }
  });

  it('leaves typed Parquet of every stage on S3', async () => {
    const { runId } = report.run;
    const files = await Promise.all(
      [
        ...datasetNames.map((dataset) => processedKeys.staged(dataset, runId, undefined)),
        processedKeys.mart('user_exposure', runId, undefined),
        processedKeys.mart('user_outcomes', runId, undefined),
        processedKeys.report(runId, 'results.parquet'),
      ].map(async (key, index) => {
        const file = path.join(folder, `${index}.parquet`);
        await deployed.processed.downloadTo({ key }, file);
        return file;
      }),
    );
    await using database = await Database.open({ memoryMb: 1024, folder });
    const rows = async (file: string | undefined) =>
      Number(
        (await database.row<{ n: string }>(`select count(*) n from read_parquet(${literal(file ?? '')})`)).n,
      );
    for (const [index, dataset] of datasetNames.entries()) {
      expect(await rows(files[index]), dataset).toBe(truth.datasets[dataset].rows);
    }
    const exposed = experiment().arms.reduce((sum, { users }) => sum + users, 0);
    expect(await rows(files[5])).toBe(exposed);
    expect(await rows(files[6])).toBe(exposed);
    // Two arms of nine metrics, for all users and at each level of a segment that is large enough.
    const levels = experiment().segments.filter(({ reason }) => reason === null).length;
    expect(levels).toBeGreaterThan(0);
    expect(await rows(files[7])).toBe(18 * (1 + levels));
  });

  it('partitions the clean events by day, with purchases and net revenue', async () => {
    const prefix = `processed/events_clean/run_id=${report.run.runId}/`;
    const objects = await deployed.processed.list(prefix);
    const files = await Promise.all(
      objects.map(async ({ key }, index) => {
        const file = path.join(folder, `clean-${index}.parquet`);
        await deployed.processed.downloadTo({ key }, file);
        return { file, dt: /dt=([\d-]+)\//.exec(key)?.[1] ?? '' };
      }),
    );
    await using database = await Database.open({ memoryMb: 1024, folder });
    const all = await database.row<{ n: string; wrong: string }>(
      `select count(*) n, count(*) filter (where (net_revenue <> 0) and event_name not in ('purchase', 'refund')
        or is_purchase <> (event_name = 'purchase') or (event_name = 'refund' and net_revenue > 0)) wrong
       from read_parquet(${literalList(files.map(({ file }) => file))})`,
    );
    expect(all).toEqual({ n: String(truth.datasets.events.rows), wrong: '0' });
    for (const { file, dt } of [files[0], files.at(-1)].flatMap((found) =>
      found === undefined ? [] : [found],
    )) {
      const days = await database.query<{ dt: string }>(
        `select distinct event_ts::date::varchar dt from read_parquet(${literal(file)})`,
      );
      expect(days).toEqual([{ dt }]);
    }
  });

  it('shows the run in Postgres with the sums of the report', async () => {
    const rows = await deployed.sql<{ variant: string; users: string; revenue: string; purchased: string }>(
      `select variant, count(*) users, sum(revenue) revenue, sum(purchased) purchased
       from mart_user_outcomes where drop_name = $1 group by variant order by variant`,
      [drop],
    );
    const revenue = experiment().metrics.find(({ metric }) => metric === 'revenue_per_user')?.comparisons[0];
    const conversion = experiment().metrics[0]?.comparisons[0];
    expect(
      rows.map((row) => [row.variant, Number(row.users), Number(row.revenue), Number(row.purchased)]),
    ).toEqual([
      ['control', revenue?.control.n, revenue?.control.sum, conversion?.control.sum],
      ['treatment', revenue?.treatment.n, revenue?.treatment.sum, conversion?.treatment.sum],
    ]);
    const [exposure] = await deployed.sql<{ n: string }>(
      'select count(*) n from mart_user_exposure where drop_name = $1',
      [drop],
    );
    expect(Number(exposure?.n)).toBe(rows.reduce((sum, { users }) => sum + Number(users), 0));
  });

  it('publishes the run as the latest of its drop, with a manifest that lists inputs, counts and the variant split', async () => {
    const pointer = latest.parse(
      JSON.parse((await deployed.processed.getText(processedKeys.latest(drop))) ?? 'null'),
    );
    expect(pointer.runId).toBe(report.run.runId);
    const manifest = runManifest.parse(
      JSON.parse((await deployed.processed.getText(pointer.manifest)) ?? 'null'),
    );
    expect(manifest.inputs.map(({ key }) => key).sort()).toEqual(
      datasetNames.map((dataset) => `raw/${drop}/${dataset}.csv`).sort(),
    );
    expect(JSON.stringify(manifest)).toContain('"treatment"');
  });

  it('is one run however often the same content is uploaded', async () => {
    const again = await ecom('run', path.join(folder, 'data'), '--drop', drop, '--json');
    expect(again.stderr).toMatch(/this very content was run before/);
    expect(JSON.parse(again.stdout)).toEqual(report);
    const runs = JSON.parse((await ecom('runs', '--limit', '1000', '--json')).stdout) as { drop: string }[];
    expect(runs.filter((run) => run.drop === drop)).toHaveLength(1);
  });

  it('is found by ecom runs, ecom report and ecom psql', async () => {
    expect((await ecom('runs')).stdout).toContain(report.run.runId);
    expect((await ecom('report', '--drop', drop)).stdout).toMatch(
      /^Purchase conversion +primary +treatment/m,
    );
    const rows = await ecom(
      'psql',
      '--json',
      '-c',
      `select count(*)::int n from mart_user_outcomes where drop_name = '${drop}'`,
    );
    expect(JSON.parse(rows.stdout)).toEqual([
      { n: experiment().arms.reduce((sum, { users }) => sum + users, 0) },
    ]);
  });

  it('answers in a shell that has pasted the lines of ecom status, and when its progress is no longer read', async () => {
    const exports = (await ecom('status')).stdout.split('\n').filter((line) => line.startsWith('export '));
    expect(exports.join(' ')).toMatch(/AWS_ENDPOINT_URL=.*DATABASE_URL=/);
    const shell = (command: string) =>
      runCommand('bash', ['-c', `${exports.join('\n')}\n${command}`], { stateFolder: deployed.stateFolder });
    for (const command of ['runs', `report ${report.run.runId}`, `quarantine ${report.run.runId}`]) {
      const answer = await shell(`node cli/bin.mjs ${command}`);
      expect(answer.code, answer.stderr).toBe(0);
    }
    const data = path.join(folder, 'data');
    const unread = await shell(
      `node cli/bin.mjs run ${data} --drop ${drop} --json 2> >(head -c 1 >/dev/null)`,
    );
    expect(unread.code).toBe(0);
    expect(JSON.parse(unread.stdout).run.drop).toBe(drop);
  });

  it('is seen by awslocal: the execution, its history and its objects', async () => {
    const awslocal = async (...args: string[]) => {
      const found = await runCommand(path.join(PROJECT_ROOT, '.venv', 'bin', 'awslocal'), args, {
        stateFolder: deployed.stateFolder,
        environment: { AWS_ENDPOINT_URL: deployed.environment.AWS_ENDPOINT_URL ?? '' },
      });
      expect(found.code, found.stderr).toBe(0);
      return found.stdout;
    };
    const machines = JSON.parse(await awslocal('stepfunctions', 'list-state-machines'));
    const { stateMachineArn } = machines.stateMachines[0];
    const { executions } = JSON.parse(
      await awslocal('stepfunctions', 'list-executions', '--state-machine-arn', stateMachineArn),
    );
    const execution = executions.find(({ name }: { name: string }) => name === `${report.run.runId}-a1`);
    expect(execution.status).toBe('SUCCEEDED');
    const history = await awslocal(
      'stepfunctions',
      'get-execution-history',
      '--execution-arn',
      execution.executionArn,
    );
    expect(history).toContain('ExecutionSucceeded');
    expect(await awslocal('s3', 'ls', 's3://ecom-poc-processed/processed/latest/')).toContain(`${drop}.json`);
  });
});
