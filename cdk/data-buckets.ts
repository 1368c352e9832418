import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

interface DataBucketsProps {
  /** Makes the names unique on AWS; empty for none. */
  readonly suffix: string;
  /** Whether the data outlive the stack. */
  readonly retain: boolean;
}

/** `ecom-poc-raw`, where drops arrive, and `ecom-poc-processed`, where runs leave their results. */
export class DataBuckets extends Construct {
  readonly raw: Bucket;
  readonly processed: Bucket;

  constructor(scope: Construct, id: string, { suffix, retain }: DataBucketsProps) {
    super(scope, id);
    const bucket = (name: string, versioned: boolean) =>
      new Bucket(this, versioned ? 'Raw' : 'Processed', {
        bucketName: suffix === '' ? name : `${name}-${suffix}`,
        versioned,
        encryption: BucketEncryption.S3_MANAGED,
        enforceSSL: true,
        minimumTLSVersion: 1.2,
        blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
        lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
        removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      });

    this.raw = bucket('ecom-poc-raw', true);
    this.processed = bucket('ecom-poc-processed', false);
    // CDK's own `eventBridgeEnabled` makes a custom resource of this native property; LocalStack has no custom resources.
    (this.raw.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };

    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Access is recorded per run in the manifest; server access logs would need a third bucket to keep.',
    });
  }
}
