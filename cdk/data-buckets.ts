import { Duration, Stack, Validations } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { named } from './names.ts';
import { removalPolicy, type Settings } from './settings.ts';

/** What is by age no longer worth its storage; marts, reports and the clean events stay. A test holds the prefixes. */
export const expiringPrefixes = {
  staged: 'processed/staged/',
  quarantine: 'processed/quarantine/',
  runs: 'processed/runs/',
  /** Names runs by what they did: of no use without them. */
  work: 'processed/work/',
} as const;

/** The buckets, of whichever stack. */
export interface Buckets {
  readonly raw: DataBucket;
  readonly processed: DataBucket;
}

export type DataBucket = Pick<IBucket, 'bucketArn' | 'bucketName' | 'arnForObjects'>;

/** Names of the buckets. They are global on AWS, where account and region make them unique. */
export function bucketNames(scope: Construct, settings: Settings) {
  const { account, region } = Stack.of(scope);
  const suffix = settings.bucketSuffix ?? (settings.target === 'aws' ? `${account}-${region}` : '');
  const name = (base: string) => [named(settings, base), suffix].filter((part) => part !== '').join('-');
  return { raw: name('ecom-poc-raw'), processed: name('ecom-poc-processed') };
}

/** The buckets of another stack, known by their names: nothing is exported, and either stack may be updated alone. */
export function existingBuckets(scope: Construct, settings: Settings): Buckets {
  const { raw, processed } = bucketNames(scope, settings);
  return {
    raw: Bucket.fromBucketName(scope, 'Raw', raw),
    processed: Bucket.fromBucketName(scope, 'Processed', processed),
  };
}

/**
 * `ecom-poc-raw`, where drops arrive, and `ecom-poc-processed`, where runs leave their results. They are encrypted with
 * keys of S3: with a key of KMS an object's entity tag would no longer be that of its bytes, of which run ids are made.
 */
export class DataBuckets extends Construct implements Buckets {
  readonly raw: Bucket;
  readonly processed: Bucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const abandoned: LifecycleRule = { abortIncompleteMultipartUploadAfter: Duration.days(1) };
    const names = bucketNames(this, settings);
    const bucket = (bucketName: string, versioned: boolean, expiry: LifecycleRule[]) =>
      new Bucket(this, versioned ? 'Raw' : 'Processed', {
        bucketName,
        versioned,
        encryption: BucketEncryption.S3_MANAGED,
        enforceSSL: true,
        minimumTLSVersion: 1.2,
        blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
        lifecycleRules: [abandoned, ...(settings.target === 'aws' ? expiry : [])],
        removalPolicy: removalPolicy(settings),
      });

    this.raw = bucket(names.raw, true, [
      {
        id: 'overwritten-and-deleted',
        noncurrentVersionExpiration: Duration.days(settings.keepRawVersionsDays),
        expiredObjectDeleteMarker: true,
      },
    ]);
    this.processed = bucket(names.processed, false, expiryRules(settings));
    // CDK's own `eventBridgeEnabled` makes a custom resource of this native property; LocalStack has no custom resources.
    (this.raw.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };

    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Server access logs would need a third bucket to keep; who wants them turns on data events of CloudTrail (docs/security.md).',
    });
  }
}

function expiryRules({ keepStagedDays, keepQuarantineDays, keepRunsDays }: Settings): LifecycleRule[] {
  const rule = (id: keyof typeof expiringPrefixes, days: number | undefined) =>
    days === undefined ? [] : [{ id, prefix: expiringPrefixes[id], expiration: Duration.days(days) }];
  return [
    ...rule('staged', keepStagedDays),
    ...rule('quarantine', keepQuarantineDays),
    ...rule('runs', keepRunsDays),
    ...rule('work', keepRunsDays),
  ];
}
