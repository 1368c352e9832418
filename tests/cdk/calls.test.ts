import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { builtFunctions, type FunctionName } from '../../cdk/functions.ts';
import { jsonText } from '../../layers/platform/object-store.ts';
import { gateAnswer, runPlan, type StageName } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { useServer } from '../integration/postgres/marts.ts';
import { goodDrop } from '../unit/engine/bad-input/good-drop.ts';
import { applies, type Call, isAllowed, permissionsIn, type Statement } from './policy.ts';
import {
  buckets,
  machineArn,
  piiKeySecretArn,
  RecordedAws,
  secretArn,
  webhookSecretArn,
} from './recorded-aws.ts';
import { render, resourcesOf, synthesize } from './synthesize.ts';

const server = useServer();
const template = synthesize({ target: 'aws', bucketSuffix: '', webhookSecretArn, piiKeySecretArn });
const request = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };
let calls: ReadonlyMap<string, readonly Call[]>;

/** Lambda itself makes these with the role of a function: to log, to be in a network, to take from a queue. */
const madeByLambda = /^(logs|ec2|sqs):/;

/** Names of what the template makes, as ARNs of an account. */
const arns: Readonly<Record<string, string>> = {
  'ecom-experiment-pipeline': machineArn,
  'ecom-experiment.MasterUserSecret.SecretArn': secretArn,
};

function arnOf(resource: unknown): string {
  const text = render(template, resource)
    .replaceAll('AWS::Partition', 'aws')
    .replaceAll('AWS::Region', 'us-east-1')
    .replaceAll('AWS::AccountId', '123456789012');
  const bucketOf = /^(ecom-poc-(?:raw|processed))(\/.*)?$/.exec(text);
  return bucketOf === null ? (arns[text] ?? text) : `arn:aws:s3:::${text}`;
}

function concrete(statement: Statement): Statement {
  const resources = Array.isArray(statement.Resource) ? statement.Resource : [statement.Resource];
  return { ...statement, Resource: resources.map(arnOf) };
}

/** What the role of a function says. */
function statementsOf(name: FunctionName): Statement[] {
  const lambda = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).find(
    ({ Properties }) => Properties.FunctionName === `ecom-experiment-${name}`,
  );
  const roleId = lambda?.Properties.Role['Fn::GetAtt'][0];
  const attached = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).filter(({ Properties }) =>
    Properties.Roles.some((role: { Ref: string }) => role.Ref === roleId),
  );
  return [
    ...(resourcesOf(template)[roleId]?.Properties.Policies ?? []),
    ...attached.map(({ Properties }) => Properties),
  ].flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map(concrete));
}

/** What the buckets say to everybody. */
const bucketStatements = (): Statement[] =>
  Object.values(resourcesOf(template, 'AWS::S3::BucketPolicy')).flatMap(({ Properties }) =>
    Properties.PolicyDocument.Statement.map(concrete),
  );

/** Runs a drop through every function, and through each failure in which a function looks for what is not there. */
async function recordCalls(): Promise<ReadonlyMap<string, readonly Call[]>> {
  await using aws = await RecordedAws.start(await server.emptyDatabase());
  /** The function as a new sandbox has it, which remembers nothing. */
  const call = async (name: FunctionName, event: unknown) => {
    vi.resetModules();
    aws.caller = name;
    const { handler } = (await import(`../../lambdas/${name}/handler.ts`)) as {
      handler: (event: unknown) => Promise<unknown>;
    };
    return handler(event);
  };
  const created = (key: string, etag: string) => ({
    time: '2024-04-01T00:00:00Z',
    detail: { object: { key, etag } },
  });

  const badEvents = [
    '6,,x,view_product,2024-03-02T12:00:00,,,,,', // for stage
    '7,,,view_product,2024-03-02T12:00:00,,,,,', // for clean
  ];
  const texts: Record<string, string | Buffer> = Object.fromEntries(
    Object.entries(goodDrop).map(([dataset, lines]) => [
      `raw/${dataset}.csv`,
      `${[...lines, ...(dataset === 'events' ? badEvents : [])].join('\n')}\n`,
    ]),
  );
  texts['raw/excluded_users.csv.gz'] = gzipSync('4\n');
  texts['raw/experiment.yaml'] = 'as_of: 2024-03-31\npii: { products: { name: hash } }\n';
  texts['raw/products.csv'] = 'product_id,category,price,name\n1,toys,9.99,Bear\n2,books,19.50,Atlas\n';
  const files = Object.entries(texts).map(([key, text]) => ({
    key,
    etag: aws.put('raw', key, text),
    size: Buffer.byteLength(text),
  }));
  const event = files.find(({ key }) => key === 'raw/events.csv');
  await call('gate', {
    Records: [{ messageId: '1', body: JSON.stringify(created('raw/events.csv', event?.etag ?? '')) }],
  });
  const declare = async (named: typeof files) =>
    call(
      'gate',
      created(
        'raw/_MANIFEST.json',
        aws.put('raw', 'raw/_MANIFEST.json', jsonText({ schemaVersion: 1, files: named })),
      ),
    );
  const started = async (named: typeof files): Promise<string> => {
    await declare(named);
    const { runId, outcome } = gateAnswer.parse(aws.json(processedKeys.gate('default', 'manifest')));
    if (runId === null || outcome !== 'started') throw new Error(`the gate answered ${outcome}`);
    return runId;
  };
  const runId = await started(files);

  // Other content, and the same again while its run is under way.
  await declare(files.filter(({ key }) => key !== 'raw/products.csv'));
  aws.isRunning = true;
  await declare(files);

  const run = { runId, drop: 'default', attempt: 1 };
  const engine = async (event: typeof run) => {
    const { chunks } = (await call('plan', event)) as { chunks: number[] };
    // Two buckets, so that there is something to exchange.
    const buckets = [0, 1];
    const plan = runPlan.parse(aws.json(processedKeys.plan(event.runId)));
    aws.put('processed', processedKeys.plan(event.runId), jsonText({ ...plan, buckets: buckets.length }));
    for (const index of chunks) await call('stage', { ...event, index });
    for (const index of buckets) await call('exchange', { ...event, index });
    for (const index of buckets) await call('clean', { ...event, index });
    for (const index of buckets) await call('marts', { ...event, index });
    await call('measure', event);
  };
  await engine(run);
  for (const index of [0, 1]) await call('load', { ...run, index });
  for (const stage of ['analyze', 'publish'] as const) await call(stage, run);
  await call('notify', run);
  expect(aws.told).toHaveLength(1);

  // The same files under another alpha: what the stages made is taken over.
  aws.isRunning = false;
  const settings = `${texts['raw/experiment.yaml']}experiments: { "*": { alpha: 0.01 } }\n`;
  const changed = {
    key: 'raw/experiment.yaml',
    etag: aws.put('raw', 'raw/experiment.yaml', settings),
    size: Buffer.byteLength(settings),
  };
  const again = await started([...files.filter(({ key }) => key !== changed.key), changed]);
  await engine({ ...run, runId: again });
  aws.isRunning = true;
  await call('fail', { ...run, failure: { Error: 'DataError', Cause: 'wrong' } });
  await call('fail', { ...run, stage: 'clean', index: 0, failure: { Error: 'Runtime.ExitError' } });

  const expectFailure = async (name: FunctionName, error: string) => {
    await expect(call(name, { ...run, index: 0 }), name).rejects.toMatchObject({ name: error });
  };
  const before: Partial<Record<StageName, StageName>> = {
    exchange: 'stage',
    clean: 'exchange',
    marts: 'clean',
    measure: 'marts',
    load: 'marts',
    analyze: 'measure',
    publish: 'load',
  };
  for (const [stage, earlier] of Object.entries(before) as [StageName, StageName][]) {
    const markers = [stage, earlier].map((of) => processedKeys.done(runId, of, 0));
    const texts = markers.map((key) => jsonText(aws.json(key)));
    for (const key of markers) aws.remove('processed', key);
    await expectFailure(stage, 'IncompleteError');
    for (const [at, key] of markers.entries()) aws.put('processed', key, texts[at] ?? '');
  }
  for (const { key } of files) aws.remove('raw', key);
  aws.remove('processed', processedKeys.done(again, 'stage', 0));
  for (const stage of ['plan', 'stage'] as const) {
    aws.remove('processed', processedKeys.done(runId, stage, 0));
    await expectFailure(stage, 'DataError');
  }
  return aws.calls;
}

beforeAll(async () => {
  calls = await recordCalls();
});

describe.each(builtFunctions)('the function %s', (name) => {
  test('makes no call without a permission', () => {
    const statements = [...statementsOf(name), ...bucketStatements()];
    const made = calls.get(name) ?? [];
    expect(made.length).toBeGreaterThan(0);
    const denied = made.filter((call) => !isAllowed(statements, call, request));
    expect([...new Set(denied.map(({ action, resource }) => `${action} ${resource}`))]).toEqual([]);
  });

  test('has no permission without a call', () => {
    const made = calls.get(name) ?? [];
    const unused = permissionsIn(statementsOf(name))
      .filter(({ Action }) => !madeByLambda.test(String(Action)))
      .filter((permission) => !made.some((call) => applies(permission, call, request)));
    expect(unused.map(({ Action, Resource }) => `${Action} ${Resource}`)).toEqual([]);
  });
});

test('the buckets refuse each of these calls over plain HTTP', () => {
  const insecure = { ...request, 'aws:SecureTransport': 'false' };
  const statements = [...builtFunctions.flatMap(statementsOf), ...bucketStatements()];
  const toBuckets = [...calls.values()].flat().filter(({ resource }) => resource.includes(buckets.raw));
  expect(toBuckets.length).toBeGreaterThan(0);
  for (const call of toBuckets) expect(isAllowed(statements, call, insecure), call.resource).toBe(false);
});

test('the state machine may call each function that it names, and no other', () => {
  const [machine] = Object.values(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
  const role = resourcesOf(template)[machine?.Properties.RoleArn['Fn::GetAtt'][0]];
  const invoked = permissionsIn(
    role?.Properties.Policies.flatMap((policy: { PolicyDocument: { Statement: Statement[] } }) =>
      policy.PolicyDocument.Statement.map(concrete),
    ),
  ).filter(({ Action }) => Action === 'lambda:InvokeFunction');
  const definition = render(template, machine?.Properties.DefinitionString);
  const versions = [...definition.matchAll(/"Resource":"(FunctionsS?\w*?CurrentVersion\w+|Functions\w+)"/g)];
  const named = new Set(
    versions.map(([, id]) => render(template, resourcesOf(template)[id ?? '']?.Properties.FunctionName)),
  );
  expect([...named].sort()).toEqual(
    invoked.map(({ Resource }) => String(Resource).replace(/:\*$/, '')).sort(),
  );
});
