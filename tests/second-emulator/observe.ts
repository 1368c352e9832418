import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  paginateGetExecutionHistory,
} from '@aws-sdk/client-sfn';
import { generate } from '../../cli/generate/generate.ts';
import { deployedExecutions, findAttempt } from '../../cli/pipeline/executions.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import type { Deployed } from '../e2e/deployed.ts';
import { Drop, type Ended } from '../e2e/reliability/drop.ts';
import { readSettings } from '../e2e/reliability/function-settings.ts';
import { type RunOutputs, readOutputs } from '../e2e/reliability/outputs.ts';
import type { Emulator } from './emulators.ts';

/** A file that a run has left: the hash of its bytes, and what is in it. */
export interface StoredFile {
  readonly sha256: string;
  /** Of JSON. */
  readonly document?: unknown;
  /** Of Parquet: its rows in no order, and the same without the column that names the raw file's version. */
  readonly rows?: { readonly all: string; readonly withoutVersion: string };
}

/** Where an execution failed, and how. */
export interface Failure {
  /** The state whose failure ended the run, and what the state machine caught there. */
  readonly state: string;
  readonly caught: string;
  /** What the execution says in the end. */
  readonly error: string;
  readonly cause: string;
  readonly published: boolean;
}

/** What was seen of the product on one emulator. */
export interface Observation {
  readonly version: string;
  readonly run: { readonly runId: string; readonly status: string };
  readonly files: Readonly<Record<string, StoredFile>>;
  readonly tables: RunOutputs['tables'];
  readonly eventsClean: RunOutputs['eventsClean'];
  readonly tooManyBadRows: Failure;
  /** A run whose database was away until its function had failed twice. */
  readonly databaseAway: string;
  readonly updated: Settings & { readonly run: string };
  readonly destroyed: Destroyed;
}

/** Settings as the deployed stack has them: of a function, of the state machine, and of a queue. */
export interface Settings {
  readonly keepRuns: string;
  readonly mapConcurrency: string;
  readonly settle: string;
}

/** What a destroyed stack has left, with objects in its buckets and without. */
export interface Destroyed {
  readonly withObjects: 'destroyed' | 'refused';
  readonly left: readonly string[];
}

export interface Drops {
  readonly shop: string;
  /** The same with too many rows that nobody can read. */
  readonly spoilt: string;
  readonly other: string;
  readonly small: string;
}

/** Folders of drops, the same for every emulator. */
export async function makeDrops(folder: string): Promise<Drops> {
  const directory = (name: string) => path.join(folder, name);
  await generate({
    directory: directory('shop'),
    users: 3000,
    dirty: 0.02,
    files: 3,
    crossovers: 0.01,
    seed: 12,
  });
  await writeFile(path.join(directory('shop'), 'excluded_users.csv'), 'user_id\n1\n2\n3\n');
  await generate({ directory: directory('other'), users: 500, seed: 13 });
  await generate({ directory: directory('small'), users: 300, seed: 14 });
  await cp(directory('small'), directory('spoilt'), { recursive: true });
  await appendFile(path.join(directory('spoilt'), 'sessions.csv'), 'x,y,z\n'.repeat(2000));
  return {
    shop: directory('shop'),
    spoilt: directory('spoilt'),
    other: directory('other'),
    small: directory('small'),
  };
}

/** Takes the product through its life on an emulator: deployed, used, failing, updated, destroyed. */
export async function observe(
  emulator: Emulator,
  drops: Drops,
  tell: (step: string) => void,
): Promise<Observation> {
  const { deployed, version } = emulator;
  tell('deploying the stack');
  await emulator.deploy();
  tell('running a drop');
  const { runId, status } = await new Drop(deployed, 'shop').run(drops.shop);
  const files = await readFiles(deployed, runId);
  const { tables, eventsClean } = await readOutputs(deployed, runId);
  tell('a drop with too many bad rows');
  const tooManyBadRows = await failureOf(deployed, await new Drop(deployed, 'spoilt').run(drops.spoilt));
  tell('a database that is away');
  const away = await runWithoutDatabase(emulator, drops.small);
  tell('updating the stack');
  await emulator.deploy({ keepRuns: '3', mapConcurrency: '1', settle: '7' });
  const updated = {
    ...(await readDeployed(deployed)),
    run: (await new Drop(deployed, 'updated').run(drops.other)).status,
  };
  tell('destroying the stack');
  return {
    version,
    run: { runId, status },
    files,
    tables,
    eventsClean,
    tooManyBadRows,
    databaseAway: away.status,
    updated,
    destroyed: await destroy(emulator),
  };
}

/** Runs a drop whose database comes back when functions have missed it twice. */
async function runWithoutDatabase(emulator: Emulator, folder: string): Promise<Ended> {
  const { refused } = emulator.proxy;
  await emulator.stopDatabase();
  const ended = new Drop(emulator.deployed, 'away').run(folder);
  while (emulator.proxy.refused < refused + 2) await sleep(100);
  await emulator.startDatabase();
  return ended;
}

/** Everything in the bucket of results that bears the run's id. */
export async function readFiles({ processed }: Deployed, runId: string): Promise<Record<string, StoredFile>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-second-files-'));
  try {
    await using database = await Database.open({ memoryMb: 1024, folder });
    const files: Record<string, StoredFile> = {};
    for (const { key } of await processed.list('processed/')) {
      if (!key.includes(runId)) continue;
      const file = path.join(folder, 'object');
      await processed.downloadTo({ key }, file);
      const bytes = await readFile(file);
      files[key] = {
        sha256: createHash('sha256').update(bytes).digest('hex'),
        ...(key.endsWith('.json') && { document: JSON.parse(String(bytes)) }),
        ...(key.endsWith('.parquet') && { rows: await hashRows(database, file) }),
      };
    }
    return files;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function hashRows(database: Database, file: string): Promise<{ all: string; withoutVersion: string }> {
  const hashed = (columns: string) =>
    database.row<{ hash: string }>(
      `select count(*) || ' rows, ' || coalesce(sum(hash(row)::hugeint), 0) as hash
       from (select ${columns} from read_parquet('${file}', hive_partitioning = false)) as row`,
    );
  const [all, withoutVersion] = [
    await hashed('*'),
    await hashed("columns(name -> name <> 'source_version')"),
  ];
  return { all: all.hash, withoutVersion: withoutVersion.hash };
}

export async function failureOf(
  deployed: Deployed,
  { runId, attempt, error, cause }: Ended,
): Promise<Failure> {
  const executionArn = (await deployedExecutions(deployed)).arn(runId, attempt);
  const stateMachine = new DescribeStateMachineForExecutionCommand({ executionArn });
  const { definition = '{}' } = await deployed.stepFunctions.send(stateMachine);
  const ownStates = Object.keys((JSON.parse(definition) as { States: object }).States);
  const pages = paginateGetExecutionHistory({ client: deployed.stepFunctions }, { executionArn });
  const entered: { name: string; input: string }[] = [];
  for await (const { events = [] } of pages) {
    for (const { stateEnteredEventDetails: details } of events)
      if (details?.name !== undefined && ownStates.includes(details.name))
        entered.push({ name: details.name, input: details.input ?? '{}' });
  }
  const recorded = entered.findIndex(({ name }) => name === 'RecordFailure');
  const { failure } = JSON.parse(entered[recorded]?.input ?? '{}') as { failure?: { Error: string } };
  const { drop } = await deployed.store.require('inputs', runId);
  return {
    state: entered[recorded - 1]?.name ?? 'none',
    caught: failure?.Error ?? 'nothing',
    error: error ?? '',
    cause: cause ?? '',
    published: (await new Drop(deployed, drop).latest()) !== undefined,
  };
}

async function readDeployed(deployed: Deployed): Promise<Settings> {
  const { environment } = await readSettings(deployed.environment.AWS_ENDPOINT_URL ?? '', 'publish');
  const { arn } = await findAttempt(deployed, undefined);
  const stateMachineArn = arn.replace(':execution:', ':stateMachine:').split(':').slice(0, 7).join(':');
  const machine = await deployed.stepFunctions.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const [settling = ''] = await ask<string[]>(
    deployed,
    'sqs',
    'list-queues',
    'QueueUrls[?contains(@, `settling`)]',
  );
  const delay = await ask<string>(
    deployed,
    ...(['sqs', 'get-queue-attributes', 'Attributes.DelaySeconds'] as const),
    ...['--queue-url', settling, '--attribute-names', 'DelaySeconds'],
  );
  return {
    keepRuns: environment.KEEP_RUNS ?? '',
    mapConcurrency: /"MaxConcurrency":\s*(\d+)/.exec(machine.definition ?? '')?.[1] ?? '',
    settle: String(delay),
  };
}

async function destroy(emulator: Emulator): Promise<Destroyed> {
  const { deployed } = emulator;
  const refused = await emulator.destroy();
  if (refused !== undefined) {
    for (const bucket of [deployed.raw, deployed.processed])
      await bucket.deleteAll((await bucket.list('')).map(({ key }) => key));
    const again = await emulator.destroy();
    if (again !== undefined) throw new Error(again);
  }
  return { withObjects: refused === undefined ? 'destroyed' : 'refused', left: await listLeft(deployed) };
}

/** Of each service, what lists the resources that the product's stack makes there. */
const lists = [
  ['s3api', 'list-buckets', 'Buckets[].Name'],
  ['lambda', 'list-functions', 'Functions[].FunctionName'],
  ['lambda', 'list-event-source-mappings', 'EventSourceMappings[].FunctionArn'],
  [
    'lambda',
    'list-layer-versions',
    'LayerVersions[].LayerVersionArn',
    '--layer-name',
    'ecom-experiment-duckdb',
  ],
  ['stepfunctions', 'list-state-machines', 'stateMachines[].name'],
  ['sqs', 'list-queues', 'QueueUrls[]'],
  ['events', 'list-rules', 'Rules[].Name'],
  ['logs', 'describe-log-groups', 'logGroups[].logGroupName'],
  ['iam', 'list-roles', 'Roles[].RoleName'],
  ['secretsmanager', 'list-secrets', 'SecretList[].Name'],
] as const;

async function listLeft(deployed: Deployed): Promise<string[]> {
  const left: string[] = [];
  for (const [service, operation, query, ...args] of lists) {
    const names = (await ask<string[] | null>(deployed, service, operation, query, ...args)) ?? [];
    const own = names.filter((name) => /ecom/i.test(name));
    left.push(...own.map((name) => `${service}: ${path.basename(name)}`));
  }
  return left;
}

/** What the AWS CLI answers. */
export async function ask<T>(
  { environment }: Deployed,
  service: string,
  operation: string,
  query: string,
  ...args: string[]
): Promise<T> {
  const aws = path.join(PROJECT_ROOT, '.venv/bin/aws');
  const { stdout } = await promisify(execFile)(
    path.join(PROJECT_ROOT, '.venv/bin/python'),
    [
      ...[aws, service, operation, '--query', query, '--output', 'json'],
      ...['--endpoint-url', environment.AWS_ENDPOINT_URL ?? '', ...args],
    ],
    { env: { ...process.env, ...environment, AWS_CA_BUNDLE: process.env.NODE_EXTRA_CA_CERTS } },
  );
  return JSON.parse(stdout || 'null') as T;
}
