import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { expiringPrefixes } from '../../cdk/data-buckets.ts';
import { functionNames, functionSpecs } from '../../cdk/functions.ts';
import { readSettings } from '../../cdk/settings.ts';
import { defaultStanding } from '../../cli/cost/standing.ts';
import { areas } from '../../layers/runs/keys.ts';
import { mappedStages } from '../../layers/runs/stages.ts';
import { createApp, type Resource, render, resourcesOf, synthesize } from './synthesize.ts';

const aws = synthesize({ target: 'aws' });
const ownDatabase = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-db-AbCdEf';
const resources = (type: string, template = aws): Resource[] => Object.values(resourcesOf(template, type));
const properties = (type: string, template = aws) =>
  resources(type, template).map((resource) => resource.Properties);

/** What people and tools call a resource. */
const nameKeys = [
  'AlarmName',
  'BucketName',
  'DashboardName',
  'DBClusterIdentifier',
  'FunctionName',
  'LayerName',
  'LogGroupName',
  'QueueName',
  'StateMachineName',
  'TopicName',
];
function namesIn(template: Template): string[] {
  return Object.values(resourcesOf(template))
    .filter(({ Type }) => Type !== 'AWS::Lambda::Version' && !Type.endsWith('Config'))
    .flatMap(({ Properties }) => nameKeys.flatMap((key) => Properties?.[key] ?? []))
    .map((name) => render(template, name))
    .filter((name) => name.includes('ecom'));
}

describe('the stacks', () => {
  const [data, pipeline] = createApp({ target: 'aws' }).stacks.map((stack) => Template.fromStack(stack));

  it('keep apart what stays and what may be made anew', () => {
    const types = (template: Template | undefined) =>
      new Set(
        Object.values(template?.toJSON().Resources as Record<string, Resource>).map(({ Type }) => Type),
      );
    const stateful = ['AWS::S3::Bucket', 'AWS::RDS::DBCluster', 'AWS::EC2::VPC'];
    expect(stateful.filter((type) => !types(data).has(type))).toEqual([]);
    expect(stateful.filter((type) => types(pipeline).has(type))).toEqual([]);
    expect([...types(data)].filter((type) => /Lambda|States|Events|CloudWatch/.test(type))).toEqual([]);
  });

  it('tell where everything is', () => {
    expect(Object.keys(pipeline?.toJSON().Outputs).sort()).toEqual([
      'AlarmTopicArn',
      'ClientSecurityGroupId',
      'DatabaseEndpoint',
      'DatabaseSecretArn',
      'ProcessedBucketName',
      'RawBucketName',
      'RunTopicArn',
      'StateMachineArn',
    ]);
  });

  it('hold no custom resource, whose function would be one more thing to keep up to date', () => {
    const types = [data, pipeline].flatMap((template) =>
      Object.values(template?.toJSON().Resources as Record<string, Resource>).map(({ Type }) => Type),
    );
    expect(types.filter((type) => /Custom/.test(type))).toEqual([]);
    expect(properties('AWS::Lambda::Function')).toHaveLength(functionNames.length);
  });
});

describe('an environment', () => {
  it('is part of every name, so that two live side by side', () => {
    const staging = namesIn(synthesize({ target: 'aws', env: 'staging' }));
    const nameless = namesIn(aws);
    expect(staging).toHaveLength(nameless.length);
    expect(staging.filter((name) => nameless.includes(name))).toEqual([]);
    expect(staging).toContain('ecom-experiment-gate-staging');
    expect(staging).toContain('ecom-experiment-pipeline-staging');
    expect(staging).toContain('ecom-poc-raw-staging-AWS::AccountId-AWS::Region');
    const stacks = createApp({ target: 'aws', env: 'staging' }).stacks.map(({ stackName }) => stackName);
    expect(stacks).toEqual(['EcomExperimentData-staging', 'EcomExperimentPipeline-staging']);
  });

  it('leaves its functions nothing of another one', () => {
    const template = synthesize({ target: 'aws', env: 'staging' });
    const policies = JSON.stringify([
      ...properties('AWS::IAM::Role', template),
      ...properties('AWS::IAM::Policy', template),
    ]);
    const arns = policies.match(/(ecom-experiment-pipeline|ecom-poc-\w+)(?!-staging)[:"-]/g);
    expect(arns).toBeNull();
  });

  it.each([{ env: 'Staging' }, { env: 'a-b' }, { env: 'default' }, { env: 'muchtoolonganame' }])(
    'that could not be told from others, or used in a bucket name, is refused: $env',
    ({ env }) => {
      const context: Record<string, string> = { target: 'aws', env };
      expect(() => readSettings((key) => context[key])).toThrow(/"env" is wrong/);
    },
  );
});

describe('data and logs', () => {
  const kept = ['AWS::S3::Bucket', 'AWS::Logs::LogGroup', 'AWS::RDS::DBCluster', 'AWS::EC2::Subnet'];
  const policiesOf = (context: Record<string, string>) =>
    new Set(kept.flatMap((type) => resources(type, synthesize(context)).map((each) => each.DeletionPolicy)));

  it('stay when their stack goes, and not after a first deployment that failed, which takes the same names', () => {
    expect(policiesOf({ target: 'aws' })).toEqual(new Set(['RetainExceptOnCreate']));
    expect(createApp({ target: 'aws' }).stacks[0]?.terminationProtection).toBe(true);
  });

  it('go where two settings agree', () => {
    const agreed = { target: 'aws', env: 'staging', deleteData: 'true', deleteDataOf: 'staging' };
    expect(policiesOf(agreed)).toEqual(new Set(['Delete']));
    expect(createApp(agreed).stacks[0]?.terminationProtection).toBe(false);
    expect(policiesOf({ target: 'aws', deleteData: 'true', deleteDataOf: 'default' })).toEqual(
      new Set(['Delete']),
    );
  });

  it.each([
    { deleteData: 'true' },
    { deleteDataOf: 'staging' },
    { deleteData: 'true', deleteDataOf: 'default' },
    { deleteData: 'true', deleteDataOf: 'prod' },
  ])('are not deleted where they do not: $deleteData, $deleteDataOf', (switches) => {
    const context: Record<string, string> = { target: 'aws', env: 'staging', ...switches };
    expect(() => readSettings((key) => context[key])).toThrow(/deleteDataOf=staging/);
  });

  const rulesOf = (bucket: string, template = aws) =>
    properties('AWS::S3::Bucket', template)
      .filter(({ BucketName }) => render(template, BucketName).startsWith(bucket))
      .flatMap(({ LifecycleConfiguration }) => LifecycleConfiguration.Rules)
      .filter(({ Id }) => Id !== undefined);

  it('leave by age: old versions of raw files, typed copies and rows that were not used', () => {
    expect(rulesOf('ecom-poc-raw')).toEqual([
      {
        Id: 'overwritten-and-deleted',
        NoncurrentVersionExpiration: { NoncurrentDays: 90 },
        ExpiredObjectDeleteMarker: true,
        Status: 'Enabled',
      },
    ]);
    const rule = (Id: keyof typeof expiringPrefixes, ExpirationInDays: number) => ({
      Id,
      Prefix: expiringPrefixes[Id],
      ExpirationInDays,
      Status: 'Enabled',
    });
    expect(rulesOf('ecom-poc-processed')).toEqual([rule('staged', 90), rule('quarantine', 365)]);
    const days = {
      keepStagedDays: '7',
      keepQuarantineDays: '30',
      keepRunsDays: '400',
      keepRawVersionsDays: '14',
    };
    const changed = synthesize({ target: 'aws', ...days });
    expect(rulesOf('ecom-poc-processed', changed)).toEqual([
      rule('staged', 7),
      rule('quarantine', 30),
      rule('runs', 400),
      rule('work', 400),
    ]);
    expect(rulesOf('ecom-poc-raw', changed)[0].NoncurrentVersionExpiration).toEqual({ NoncurrentDays: 14 });
  });

  it('leave by prefixes that the pipeline writes', () => {
    const unknown = Object.values(expiringPrefixes).filter(
      (prefix) => !(Object.values(areas) as readonly string[]).includes(prefix),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the database', () => {
  const databaseFunctions = ['ecom-experiment-load', 'ecom-experiment-publish'];
  const inNetwork = (template: Template) =>
    properties('AWS::Lambda::Function', template)
      .filter(({ VpcConfig }) => VpcConfig !== undefined)
      .map(({ FunctionName }) => FunctionName);

  it('is made with the stack, encrypted, closed to the public, and pauses while nobody asks it', () => {
    aws.hasResourceProperties('AWS::RDS::DBCluster', {
      Engine: 'aurora-postgresql',
      ManageMasterUserPassword: true,
      MasterUserPassword: Match.absent(),
      StorageEncrypted: true,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
    });
    aws.hasResourceProperties('AWS::RDS::DBInstance', { PubliclyAccessible: false });
  });

  it('lets in the functions that publish, and nobody else', () => {
    const admitted = properties('AWS::EC2::SecurityGroupIngress').map(
      ({ FromPort, SourceSecurityGroupId }) => ({
        port: FromPort,
        from: render(aws, SourceSecurityGroupId),
      }),
    );
    const clients = Object.keys(resourcesOf(aws, 'AWS::EC2::SecurityGroup')).find((id) => /Clients/.test(id));
    expect(admitted).toEqual([
      { port: 443, from: clients },
      { port: 5432, from: clients },
    ]);
    expect(
      properties('AWS::EC2::SecurityGroup').flatMap((group) => group.SecurityGroupIngress ?? []),
    ).toEqual([]);
    expect(inNetwork(aws)).toEqual(databaseFunctions);
  });

  it('is in a network without a way to the internet, from which S3 and Secrets Manager are reached', () => {
    const services = properties('AWS::EC2::VPCEndpoint').map(({ ServiceName, VpcEndpointType }) => [
      render(aws, ServiceName).replace(/^.*\./, ''),
      VpcEndpointType,
    ]);
    expect(services).toEqual([
      ['s3', 'Gateway'],
      ['secretsmanager', 'Interface'],
    ]);
    for (const type of ['AWS::EC2::NatGateway', 'AWS::EC2::InternetGateway', 'AWS::EC2::Route'])
      aws.resourceCountIs(type, 0);
  });

  it('is reached at its endpoint, with a certificate that the runtime knows', () => {
    for (const { FunctionName, Environment } of properties('AWS::Lambda::Function')) {
      const { DATABASE_ENDPOINT, NODE_EXTRA_CA_CERTS } = Environment.Variables;
      const usesDatabase = databaseFunctions.includes(FunctionName);
      expect(DATABASE_ENDPOINT && render(aws, DATABASE_ENDPOINT)).toBe(
        usesDatabase ? 'ecom-experiment.Endpoint.Address:ecom-experiment.Endpoint.Port/ecom' : undefined,
      );
      expect(NODE_EXTRA_CA_CERTS).toBe(usesDatabase ? '/var/runtime/ca-cert.pem' : undefined);
    }
  });

  it('may be one of your own, reached over the internet or in a network of your own', () => {
    const over = synthesize({ target: 'aws', databaseSecretArn: ownDatabase });
    for (const type of ['AWS::RDS::DBCluster', 'AWS::EC2::VPC', 'AWS::EC2::SecurityGroup'])
      over.resourceCountIs(type, 0);
    expect(inNetwork(over)).toEqual([]);

    const network = { vpcId: 'vpc-1', subnetIds: 'subnet-1, subnet-2' };
    const within = synthesize({ target: 'aws', databaseSecretArn: ownDatabase, ...network });
    within.resourceCountIs('AWS::RDS::DBCluster', 0);
    within.resourceCountIs('AWS::EC2::VPC', 0);
    expect(inNetwork(within)).toEqual(databaseFunctions);
    within.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'ecom-experiment-load',
      VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2'] },
      Environment: { Variables: { DATABASE_SECRET_ARN: ownDatabase } },
    });
  });

  it('may be made in a network of your own', () => {
    const template = synthesize({ target: 'aws', vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2' });
    template.resourceCountIs('AWS::EC2::VPC', 0);
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', { SubnetIds: ['subnet-1', 'subnet-2'] });
  });

  it.each([
    { vpcId: 'vpc-1' },
    { subnetIds: 'subnet-1,subnet-2' },
    { vpcId: 'vpc-1', subnetIds: 'subnet-1' },
  ])('is not made in half a network: %j', (network) => {
    const context: Record<string, string> = { target: 'aws', ...network };
    expect(() => readSettings((key) => context[key])).toThrow(/"subnetIds" is wrong/);
  });
});

describe('a run under way', () => {
  it('calls versions of the functions, which stay when the next ones are deployed', () => {
    const versions = resourcesOf(aws, 'AWS::Lambda::Version');
    expect(Object.values(versions)).toHaveLength(functionNames.length - 1);
    for (const { DeletionPolicy } of Object.values(versions)) expect(DeletionPolicy).toBe('Retain');
    const [machine] = properties('AWS::StepFunctions::StateMachine');
    const called = render(aws, machine.DefinitionString).match(/"Resource":"[^"]*"/g) ?? [];
    expect(called.filter((resource) => /"Functions\w+CurrentVersion/.test(resource))).toHaveLength(19);
  });

  it('calls the functions themselves in an emulator, which has no need of more', () => {
    synthesize().resourceCountIs('AWS::Lambda::Version', 0);
  });
});

describe('the functions', () => {
  it.each([
    { context: { target: 'aws' }, architecture: 'arm64' },
    { context: { target: 'aws', architecture: 'x86_64' }, architecture: 'x86_64' },
    { context: { target: 'local' }, architecture: 'x86_64' },
  ])('run on $architecture with $context, and so does their layer', ({ context, architecture }) => {
    const template = synthesize(context);
    template.allResourcesProperties('AWS::Lambda::Function', { Architectures: [architecture] });
    template.allResourcesProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: [architecture] });
  });
});

describe('the alarms', () => {
  const runbook = readFileSync(path.join(PROJECT_ROOT, 'docs/operate.md'), 'utf8');
  const alarms = properties('AWS::CloudWatch::Alarm');
  const named = (name: string) => alarms.find(({ AlarmName }) => AlarmName === `ecom-experiment-${name}`);

  it('watch runs, their rows, the gate, throttling, time, the database, and every queue in which messages end', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName.replace('ecom-experiment-', '')).sort()).toEqual(
      [
        'failed-runs',
        'endless-runs',
        'quarantined-rows',
        'large-database',
        'gate-errors',
        'throttled-functions',
        'late-uploads',
        'undelivered-events',
        'unsettled-uploads',
        'unanswered-manifests',
        'unannounced-runs',
        ...functionNames.map((name) => `slow-${name}`),
      ].sort(),
    );
    const dead = properties('AWS::SQS::Queue').filter(({ MessageRetentionPeriod }) => MessageRetentionPeriod);
    const watched = alarms.flatMap(({ MetricName, Dimensions }) =>
      MetricName === 'ApproximateNumberOfMessagesVisible' ? [render(aws, Dimensions[0].Value)] : [],
    );
    expect(watched.sort()).toEqual(dead.map(({ QueueName }) => QueueName).sort());
  });

  it('tell of a webhook that did not take a decision, where there is one', () => {
    const webhookSecretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook-AbCdEf';
    const template = synthesize({ target: 'aws', webhookSecretArn });
    const added = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'))
      .map(({ Properties }) => Properties)
      .filter(({ AlarmName }) => named(AlarmName.replace('ecom-experiment-', '')) === undefined);
    expect(added).toMatchObject([
      { AlarmName: 'ecom-experiment-unheard-webhooks', MetricName: 'Errors', Threshold: 0 },
      { AlarmName: 'ecom-experiment-slow-notify', MetricName: 'Duration' },
    ]);
    expect(runbook).toContain('### unheard-webhooks\n');
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'ecom-experiment-notify',
      VpcConfig: Match.absent(),
      Environment: { Variables: { WEBHOOK_SECRET_ARN: webhookSecretArn } },
    });
  });

  it('read the share of rows that were set aside out of the line that measure ends with', () => {
    const filters = properties('AWS::Logs::MetricFilter').map(
      ({
        FilterPattern,
        LogGroupName,
        MetricTransformations: [{ MetricName, MetricNamespace, MetricValue }],
      }) => [render(aws, LogGroupName), FilterPattern, [MetricNamespace, MetricName, MetricValue]],
    );
    const own = (name: string) => ['ecom-experiment', name, `$.run.${name}`];
    expect(filters).toEqual([
      [expect.stringContaining('measure'), '{ $.run.lines = "*" }', own('lines')],
      [expect.stringContaining('measure'), '{ $.run.quarantined = "*" }', own('quarantined')],
    ]);
    const { Metrics, Threshold } = named('quarantined-rows');
    expect(Threshold).toBe(1);
    expect(Metrics[0].Expression).toBe('100 * quarantined / lines');
    expect(
      Metrics.slice(1).map(({ Id, MetricStat }: { Id: string; MetricStat: { Metric: object } }) => [
        Id,
        MetricStat.Metric,
      ]),
    ).toEqual([
      ['lines', { Namespace: 'ecom-experiment', MetricName: 'lines' }],
      ['quarantined', { Namespace: 'ecom-experiment', MetricName: 'quarantined' }],
    ]);
  });

  it('tell of decisions that stay away, where one is expected every so many hours', () => {
    const template = synthesize({ target: 'aws', decisionEveryHours: '26' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'ecom-experiment-no-decision',
      MetricName: 'ExecutionsSucceeded',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 3600,
      EvaluationPeriods: 26,
      TreatMissingData: 'breaching',
    });
    expect(runbook).toContain('### no-decision\n');
  });

  it.each(functionNames)('tell of %s before it takes all the time it has', (name) => {
    expect(named(`slow-${name}`)).toMatchObject({
      MetricName: 'Duration',
      Statistic: 'Maximum',
      Threshold: functionSpecs[name].timeoutSeconds * 800,
    });
  });

  it('take no more metrics into one expression than an alarm may have', () => {
    const { Metrics } = named('throttled-functions');
    const read = Metrics.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat !== undefined);
    expect(read.map(({ Id }: { Id: string }) => Id).sort()).toEqual(
      ['gate', ...Object.keys(mappedStages)].sort(),
    );
    expect(read.length).toBeLessThanOrEqual(10);
  });

  it('are counted, with what else costs without a run, as ecom cost --standing prices it', () => {
    const metrics = alarms.map(
      ({ Metrics = [{ MetricStat: {} }] }) =>
        Metrics.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat !== undefined).length,
    );
    const zones = properties('AWS::EC2::VPCEndpoint')
      .filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface')
      .map(({ SubnetIds }) => SubnetIds.length);
    const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
    expect({
      alarmMetrics: total(metrics),
      dashboards: properties('AWS::CloudWatch::Dashboard').length,
      ownMetrics: properties('AWS::Logs::MetricFilter').length,
      endpoints: total(zones),
      // RDS makes it for the cluster.
      secrets: properties('AWS::RDS::DBCluster').filter((cluster) => cluster.ManageMasterUserPassword).length,
    }).toEqual(defaultStanding);
  });

  it('each have their entry in the runbook', () => {
    const missing = alarms
      .map(({ AlarmName }) =>
        AlarmName.replace('ecom-experiment-', '').replace(/^slow-.*/, 'slow-<function>'),
      )
      .filter((name) => !runbook.includes(`### ${name}\n`));
    expect(missing).toEqual([]);
  });

  it('all write to a topic that CloudWatch may write to, and that to whoever asks', () => {
    const template = synthesize({ target: 'aws', alarmEmail: 'team@example.com' });
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: Match.stringLikeRegexp('^AlarmsTopic') }],
    });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      Topics: [{ Ref: Match.stringLikeRegexp('^AlarmsTopic') }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: Match.objectLike({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }),
          }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Endpoint: 'team@example.com',
      Protocol: 'email',
    });
    aws.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  it('stand on one page with runs, functions, queues and database', () => {
    const [dashboard] = properties('AWS::CloudWatch::Dashboard');
    const { widgets } = JSON.parse(render(aws, dashboard.DashboardBody));
    const titles = widgets.map(({ properties: { title } }: { properties: { title: string } }) => title);
    expect(titles).toEqual([
      'Alarms',
      'Runs',
      'Time of a run (ms)',
      'Uploads that wait',
      'Calls of functions',
      'Errors of functions, and calls turned away',
      'Time of functions (ms)',
      'Messages that reached nobody',
      'Lines of runs',
      'Capacity of the database (ACU)',
      'Storage of the database (bytes)',
      'Connections to the database',
    ]);
  });
});

describe('the end of a run', () => {
  it('is an event that a topic hands on, of runs alone and not of their parts', () => {
    aws.hasResourceProperties('AWS::Events::Rule', {
      Name: 'ecom-experiment-run-ended',
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [{ Ref: Match.stringLikeRegexp('^PipelineStateMachine') }],
          status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      Targets: [
        { Arn: { Ref: Match.stringLikeRegexp('^RunEventsTopic') }, DeadLetterConfig: Match.anyValue() },
      ],
    });
    aws.hasResourceProperties('AWS::SNS::TopicPolicy', {
      Topics: [{ Ref: Match.stringLikeRegexp('^RunEventsTopic') }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } }),
        ]),
      },
    });
  });
});
