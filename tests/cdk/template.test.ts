import { Match } from 'aws-cdk-lib/assertions';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { functionNames, functionSpecs } from '../../cdk/functions.ts';
import { readSettings } from '../../cdk/settings.ts';
import { ConfigError } from '../../layers/platform/errors.ts';
import { areas, processedKeys } from '../../layers/runs/keys.ts';
import { type Resource, render, resourcesOf, synthesize } from './synthesize.ts';

const targets = ['local', 'docker', 'aws'] as const;
const templates = {
  local: synthesize(),
  docker: synthesize({ target: 'docker' }),
  aws: synthesize({ target: 'aws' }),
};
const local = templates.local;
const resources = (type: string, template = local): Resource[] => Object.values(resourcesOf(template, type));

/** What LocalStack can make; it answers any other type with success and makes nothing. */
const emulatedTypes = [
  'AWS::Events::Rule',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::LayerVersion',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
];

describe('the stack', () => {
  it.each(['local', 'docker'] as const)(
    'has, for %s, only resources that the emulator can make',
    (target) => {
      const types = new Set(Object.values(resourcesOf(templates[target])).map(({ Type }) => Type));
      expect([...types].sort()).toEqual(emulatedTypes);
    },
  );

  it('tells whoever deploys where everything is', () => {
    expect(Object.keys(local.toJSON().Outputs).sort()).toEqual([
      'DatabaseSecretArn',
      'ProcessedBucketName',
      'RawBucketName',
      'StateMachineArn',
    ]);
  });

  it('refuses a context value that is wrong, by its name', () => {
    const context = { target: 'moon' } as Record<string, string>;
    expect(() => readSettings((key) => context[key])).toThrow(ConfigError);
    expect(() => readSettings((key) => context[key])).toThrow(/"target"/);
  });
});

describe('the buckets', () => {
  it('are encrypted, closed to the public and free of abandoned uploads', () => {
    for (const { Properties } of resources('AWS::S3::Bucket')) {
      expect(Properties).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' }],
        },
      });
    }
  });

  it('refuse plain HTTP', () => {
    const policies = resources('AWS::S3::BucketPolicy');
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });

  it('keep versions of raw data, and announce its objects by the native property', () => {
    local.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: 'ecom-poc-raw',
      VersioningConfiguration: { Status: 'Enabled' },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
  });

  it('outlive the stack on AWS only', () => {
    const policyOf = (target: (typeof targets)[number]) =>
      resources('AWS::S3::Bucket', templates[target]).map(({ DeletionPolicy }) => DeletionPolicy);
    expect(policyOf('aws')).toEqual(['RetainExceptOnCreate', 'RetainExceptOnCreate']);
    expect(policyOf('local')).toEqual(['Delete', 'Delete']);
  });

  it.each([
    { context: { target: 'local' }, suffix: '' },
    { context: { target: 'aws' }, suffix: '-AWS::AccountId-AWS::Region' },
    { context: { target: 'aws', bucketSuffix: 'shop-eu' }, suffix: '-shop-eu' },
  ])('are called ecom-poc-raw$suffix and ecom-poc-processed$suffix with $context', ({ context, suffix }) => {
    const template = synthesize(context);
    const names = resources('AWS::S3::Bucket', template).map(({ Properties }) =>
      render(template, Properties.BucketName),
    );
    expect(names.sort()).toEqual([`ecom-poc-processed${suffix}`, `ecom-poc-raw${suffix}`]);
  });

  it('have an owner for each key that the pipeline writes', () => {
    const keys = [
      processedKeys.staged('events', 'r', 1),
      processedKeys.quarantine('events', 'r', 'stage', 1),
      processedKeys.eventsClean('r', '2026-01-01', 1),
      processedKeys.mart('user_exposure', 'r', 1),
      processedKeys.intermediate('x', 'r', 1),
      processedKeys.done('r', 'stage', 1),
      processedKeys.error('r', 'stage', 1),
      processedKeys.report('r', 'report.json'),
      processedKeys.latest('d'),
      processedKeys.gate('d', 'manifest'),
      ...(['run', 'inputs', 'plan', 'measurements', 'manifest', 'failure', 'notified'] as const).map((name) =>
        processedKeys[name]('r'),
      ),
    ];
    for (const key of keys)
      expect(Object.values(areas).filter((prefix) => key.startsWith(prefix))).toHaveLength(1);
  });
});

describe('the functions', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('run on Node.js, one for each stage, with a log group of their own that ends', () => {
    const functions = resources('AWS::Lambda::Function');
    expect(functions.map(({ Properties }) => Properties.FunctionName).sort()).toEqual(
      functionNames.map((name) => `ecom-experiment-${name}`).sort(),
    );
    for (const { Properties } of functions) {
      expect(Properties.Runtime).toMatch(/^nodejs/);
      local.hasResourceProperties('AWS::Logs::LogGroup', {
        LogGroupName: `/aws/lambda/${Properties.FunctionName}`,
        RetentionInDays: 90,
      });
    }
  });

  it('tell a webhook off AWS where the environment of whoever deploys names one', () => {
    vi.stubEnv('ECOM_WEBHOOK_URL', 'http://127.0.0.1:9/hook');
    vi.stubEnv('ECOM_WEBHOOK_SECRET', 'long enough to be one');
    const named = (target: string) =>
      Object.values(resourcesOf(synthesize({ target }), 'AWS::Lambda::Function')).find(
        ({ Properties }) => Properties.FunctionName === 'ecom-experiment-notify',
      );
    for (const target of ['local', 'docker']) {
      expect(named(target)?.Properties.Environment.Variables).toMatchObject({
        WEBHOOK_URL: 'http://127.0.0.1:9/hook',
        WEBHOOK_SECRET: 'long enough to be one',
      });
    }
    expect(named('aws')).toBeUndefined();
  });

  it('get the DuckDB layer only where they query', () => {
    const layered = resources('AWS::Lambda::Function')
      .filter(({ Properties }) => Properties.Layers !== undefined)
      .map(({ Properties }) => Properties.FunctionName);
    expect(layered.sort()).toEqual(
      ['clean', 'exchange', 'load', 'marts', 'measure', 'stage'].map((name) => `ecom-experiment-${name}`),
    );
  });

  it('carry DuckDB themselves where the emulator mounts no layers', () => {
    const bundled = synthesize({ target: 'docker', bundleLayer: 'true' });
    bundled.resourceCountIs('AWS::Lambda::LayerVersion', 0);
    bundled.allResourcesProperties('AWS::Lambda::Function', { Layers: Match.absent() });
  });

  it('know where data are, and no more than they need', () => {
    const variables = Object.fromEntries(
      resources('AWS::Lambda::Function').map(({ Properties }) => [
        Properties.FunctionName.replace('ecom-experiment-', ''),
        Object.keys(Properties.Environment.Variables)
          .filter(
            (name) => !['NODE_OPTIONS', 'RAW_BUCKET', 'PROCESSED_BUCKET', 'CODE_VERSION'].includes(name),
          )
          .sort(),
      ]),
    );
    expect(variables).toEqual({
      gate: ['STATE_MACHINE_ARN'],
      plan: [],
      stage: [],
      exchange: [],
      clean: [],
      marts: [],
      measure: [],
      load: ['DATABASE_SECRET_ARN'],
      analyze: [],
      publish: ['DATABASE_SECRET_ARN', 'KEEP_RUNS'],
      fail: [],
    });
  });

  it('run for the CPU that is asked for', () => {
    synthesize({ target: 'aws', architecture: 'arm64' }).allResourcesProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
    });
  });
});

describe('the trigger', () => {
  const rule = (keys: unknown[]) => ({
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { bucket: { name: [Match.anyValue()] }, object: { key: keys } },
    },
    State: 'ENABLED',
  });
  const delivery = {
    DeadLetterConfig: { Arn: Match.anyValue() },
    RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 20 },
  };

  it('sends a manifest to the gate at once', () => {
    local.hasResourceProperties('AWS::Events::Rule', {
      ...rule([
        'raw/_MANIFEST.json',
        { wildcard: 'raw/*/_MANIFEST.json' },
        'raw/_SUCCESS',
        { wildcard: 'raw/*/_SUCCESS' },
      ]),
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('Functionsgate'), 'Arn'] }, ...delivery }],
    });
  });

  it('sends data files and configuration to the settling queue', () => {
    local.hasResourceProperties('AWS::Events::Rule', {
      ...rule([
        { wildcard: 'raw/*.csv' },
        { wildcard: 'raw/*.csv.gz' },
        'raw/experiment.yaml',
        { wildcard: 'raw/*/experiment.yaml' },
      ]),
      Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('TriggerSettling'), 'Arn'] }, ...delivery }],
    });
    local.resourceCountIs('AWS::Events::Rule', 2);
  });

  it.each([
    { context: {}, seconds: 5 },
    { context: { settle: '30' }, seconds: 30 },
  ])(
    'waits $seconds seconds for a drop to settle, then tries the gate five times',
    ({ context, seconds }) => {
      synthesize(context).hasResourceProperties('AWS::SQS::Queue', {
        QueueName: 'ecom-experiment-settling',
        DelaySeconds: seconds,
        VisibilityTimeout: 6 * functionSpecs.gate.timeoutSeconds,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { maxReceiveCount: 5 },
      });
      local.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      });
    },
  );

  it('keeps what reached nobody, each shape of message in a queue of its own', () => {
    const nameOf = (value: unknown) => render(local, value);
    const targets = resources('AWS::Events::Rule').flatMap(({ Properties }) => Properties.Targets);
    expect(targets.map(({ DeadLetterConfig }) => nameOf(DeadLetterConfig.Arn))).toEqual([
      'ecom-experiment-undelivered',
      'ecom-experiment-undelivered',
    ]);
    const [settling] = resources('AWS::SQS::Queue').filter(({ Properties }) => Properties.RedrivePolicy);
    expect(nameOf(settling?.Properties.RedrivePolicy.deadLetterTargetArn)).toBe('ecom-experiment-unsettled');
    const [invoked] = resources('AWS::Lambda::EventInvokeConfig');
    expect(nameOf(invoked?.Properties.DestinationConfig.OnFailure.Destination)).toBe(
      'ecom-experiment-unanswered',
    );
    expect(invoked?.Properties.MaximumRetryAttempts).toBe(2);
  });

  it('refuses plain HTTP at its queues', () => {
    for (const { Properties } of resources('AWS::SQS::QueuePolicy')) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });
});

describe('the database secret', () => {
  const secretOf = (context: Record<string, string>) =>
    resources('AWS::SecretsManager::Secret', synthesize(context)).map(({ Properties }) => Properties);

  it('holds the address of the local database', () => {
    expect(secretOf({})).toMatchObject([
      {
        Name: 'ecom-experiment-pipeline/database',
        SecretString: '{"url":"postgres://ecom:secret@127.0.0.1:5432/ecom"}',
      },
    ]);
  });

  it('is not made where one exists', () => {
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-db-AbCdEf';
    expect(secretOf({ target: 'aws', databaseSecretArn: arn })).toEqual([]);
    synthesize({ target: 'aws', databaseSecretArn: arn }).hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'ecom-experiment-load',
      Environment: { Variables: Match.objectLike({ DATABASE_SECRET_ARN: arn }) },
    });
  });
});
