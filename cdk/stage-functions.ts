import { Duration, RemovalPolicy, Size, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { dataAccess } from './access.ts';
import { acknowledgeResources } from './acknowledge.ts';
import type { Build } from './build.ts';
import type { DataBuckets } from './data-buckets.ts';
import { deployedName, type FunctionName, functionNames, functionSizes } from './functions.ts';
import type { Settings } from './settings.ts';

export interface StageFunctionsProps {
  readonly build: Build;
  readonly buckets: DataBuckets;
  readonly secretArn: string;
  readonly settings: Settings;
}

/** One Lambda function per stage, each with its own log group and exactly the access that `dataAccess` lists. */
export class StageFunctions extends Construct {
  readonly byName: Readonly<Record<FunctionName, Lambda>>;
  readonly #props: StageFunctionsProps;
  readonly #architecture: Architecture;
  readonly #layers: LayerVersion[];

  constructor(scope: Construct, id: string, props: StageFunctionsProps) {
    super(scope, id);
    const { build, settings } = props;
    this.#props = props;
    this.#architecture = settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
    this.#layers =
      build.layer === undefined
        ? []
        : [
            new LayerVersion(this, 'DuckDB', {
              layerVersionName: 'ecom-experiment-duckdb',
              description: 'DuckDB for Node.js',
              code: Code.fromAsset(build.layer),
              compatibleRuntimes: [Runtime.NODEJS_22_X],
              compatibleArchitectures: [this.#architecture],
            }),
          ];
    this.byName = Object.fromEntries(functionNames.map((name) => [name, this.#create(name)])) as Record<
      FunctionName,
      Lambda
    >;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-L1',
      reason: 'Bundles are made for Node.js 20 and tried on 20 and 22, the versions that people run locally.',
    });
  }

  #create(name: FunctionName): Lambda {
    const { build, buckets, secretArn, settings } = this.#props;
    const { memoryMb, timeoutSeconds, storageMb, duckdb } = functionSizes[name];
    const logGroup = new LogGroup(this, `${name}-log`, {
      logGroupName: `/aws/lambda/${deployedName(name)}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: settings.target === 'aws' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    return new Lambda(this, name, {
      functionName: deployedName(name),
      runtime: Runtime.NODEJS_22_X,
      architecture: this.#architecture,
      handler: 'index.handler',
      code: Code.fromAsset(build.functions[name]),
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      ephemeralStorageSize: Size.mebibytes(storageMb),
      layers: duckdb ? this.#layers : [],
      logGroup,
      role: this.#role(name, logGroup),
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        RAW_BUCKET: buckets.raw.bucketName,
        PROCESSED_BUCKET: buckets.processed.bucketName,
        ...(name === 'gate' ? { CODE_VERSION: build.codeVersion } : {}),
        ...(name === 'publish' ? { KEEP_RUNS: String(settings.keepRuns) } : {}),
        ...(dataAccess[name].database ? { DATABASE_SECRET_ARN: secretArn } : {}),
      },
    });
  }

  #role(name: FunctionName, logGroup: LogGroup): Role {
    const { buckets, secretArn } = this.#props;
    const { raw, reads, writes, database } = dataAccess[name];
    const below = (bucket: Bucket, prefixes: readonly string[]) =>
      prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    const listed = [...(raw ? [buckets.raw] : []), buckets.processed];
    const objects = [
      ...(raw ? below(buckets.raw, ['raw/']) : []),
      ...below(buckets.processed, [...new Set([...reads, ...writes])]),
    ];
    const statements = [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
      // Without it S3 answers 403 instead of 404 for a key that is not there, such as a marker of a part to be done.
      allow(
        ['s3:ListBucket'],
        listed.map((bucket) => bucket.bucketArn),
      ),
      ...(raw ? [allow(['s3:GetObject', 's3:GetObjectVersion'], below(buckets.raw, ['raw/']))] : []),
      allow(['s3:GetObject'], below(buckets.processed, reads)),
      allow(['s3:PutObject'], below(buckets.processed, writes)),
      ...(database ? [allow(['secretsmanager:GetSecretValue'], [secretArn])] : []),
    ];
    const role = new Role(this, `${name}-role`, {
      description: `Of the function ${deployedName(name)}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Data: new PolicyDocument({ statements }) },
    });
    acknowledgeResources(role, objects, 'All objects below a prefix that this stage owns or reads.');
    return role;
  }
}

const allow = (actions: string[], resources: string[]) =>
  new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
