import { Duration, RemovalPolicy, Size, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type IFunction,
  Function as Lambda,
  LayerVersion,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeResources } from './acknowledge.ts';
import type { Build } from './build.ts';
import type { Buckets, DataBucket } from './data-buckets.ts';
import type { DatabaseAccess } from './database.ts';
import { deployedName, type FunctionName, functionNames, functionSpecs } from './functions.ts';
import { named } from './names.ts';
import { removalPolicy, type Settings } from './settings.ts';
import { webhookEnvironment } from './webhook.ts';

export interface StageFunctionsProps {
  readonly build: Build;
  readonly buckets: Buckets;
  readonly database: DatabaseAccess;
  readonly settings: Settings;
}

/** One Lambda function per stage, and those around them, each with its own log group and exactly the access that `functionSpecs` lists. */
export class StageFunctions extends Construct {
  readonly byName: Readonly<Record<(typeof functionNames)[number], Lambda>>;
  /** Tells a webhook, where there is one. */
  readonly notify: Lambda | undefined;
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
              layerVersionName: named(settings, 'ecom-experiment-duckdb'),
              description: 'DuckDB for Node.js',
              code: Code.fromAsset(build.layer),
              compatibleRuntimes: [Runtime.NODEJS_22_X],
              compatibleArchitectures: [this.#architecture],
            }),
          ];
    this.byName = Object.fromEntries(
      functionNames.map((name) => [name, this.#create(name)]),
    ) as StageFunctions['byName'];
    const webhook = webhookEnvironment(this, props.buckets.processed.bucketName, settings);
    this.notify = webhook && this.#create('notify', webhook);
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-L1',
      reason: 'Bundles are made for Node.js 20 and tried on 20 and 22, the versions that people run locally.',
    });
  }

  /**
   * A function as the state machine calls it. On AWS that is the version of this deployment, which stays when the next
   * one is deployed: a run under way keeps the code that it began with.
   */
  called(name: FunctionName): IFunction {
    const lambda = this.#deployed(name);
    // The assertion: CDK's declarations do not hold under exactOptionalPropertyTypes.
    return this.#props.settings.target === 'aws' ? (lambda.currentVersion as IFunction) : lambda;
  }

  /** What the state machine's role may invoke: on AWS every version, since older runs call older ones. */
  calledArn(name: FunctionName): string {
    const { functionArn } = this.#deployed(name);
    return this.#props.settings.target === 'aws' ? `${functionArn}:*` : functionArn;
  }

  /** Those that are deployed, by name. */
  get all(): [FunctionName, Lambda][] {
    const always = functionNames.map((name): [FunctionName, Lambda] => [name, this.byName[name]]);
    return this.notify === undefined ? always : [...always, ['notify', this.notify]];
  }

  #deployed(name: FunctionName): Lambda {
    const lambda = name === 'notify' ? this.notify : this.byName[name];
    if (lambda === undefined) throw new Error(`the function ${name} is not deployed`);
    return lambda;
  }

  #create(name: FunctionName, environment: Readonly<Record<string, string>> = {}): Lambda {
    const { build, buckets, database, settings } = this.#props;
    const { memoryMb, timeoutSeconds, storageMb, duckdb } = functionSpecs[name];
    const logGroup = new LogGroup(this, `${name}-log`, {
      logGroupName: `/aws/lambda/${deployedName(name, settings)}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: removalPolicy(settings),
    });
    const { network } = functionSpecs[name].database ? database : { network: undefined };
    return new Lambda(this, name, {
      functionName: deployedName(name, settings),
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
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(network === undefined
        ? {}
        : { vpc: network.vpc, vpcSubnets: network.subnets, securityGroups: [network.clients] }),
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        RAW_BUCKET: buckets.raw.bucketName,
        PROCESSED_BUCKET: buckets.processed.bucketName,
        CODE_VERSION: build.codeVersion,
        ...(name === 'publish' ? { KEEP_RUNS: String(settings.keepRuns) } : {}),
        ...(name === 'stage' ? piiEnvironment(settings) : {}),
        ...(functionSpecs[name].database ? databaseEnvironment(settings, database) : {}),
        ...environment,
      },
    });
  }

  #role(name: FunctionName, logGroup: LogGroup): Role {
    const { buckets, database, settings } = this.#props;
    const { raw, reads, writes, database: usesDatabase } = functionSpecs[name];
    const below = (bucket: DataBucket, prefixes: readonly string[]) =>
      prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    const listed = [...(raw === undefined ? [] : [buckets.raw]), buckets.processed];
    const objects = [
      ...(raw === undefined ? [] : below(buckets.raw, ['raw/'])),
      ...below(buckets.processed, [...new Set([...reads, ...writes])]),
    ];
    const statements = [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
      // Without it S3 answers 403 instead of 404 for a key that is not there, such as a marker of a part to be done.
      allow(
        ['s3:ListBucket'],
        listed.map((bucket) => bucket.bucketArn),
      ),
      ...(raw === undefined ? [] : [allow([raw], below(buckets.raw, ['raw/']))]),
      allow(['s3:GetObject'], below(buckets.processed, reads)),
      allow(['s3:PutObject'], below(buckets.processed, writes)),
      ...(usesDatabase ? [allow(['secretsmanager:GetSecretValue'], [database.secretArn])] : []),
      ...(name === 'notify' && settings.webhookSecretArn !== undefined
        ? [allow(['secretsmanager:GetSecretValue'], [settings.webhookSecretArn])]
        : []),
      ...(name === 'stage' && settings.piiKeySecretArn !== undefined
        ? [allow(['secretsmanager:GetSecretValue'], [settings.piiKeySecretArn])]
        : []),
      ...(usesDatabase && database.network !== undefined ? [allow(networkActions, ['*'])] : []),
    ];
    const role = new Role(this, `${name}-role`, {
      description: `Of the function ${deployedName(name, settings)}`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { Data: new PolicyDocument({ statements }) },
    });
    acknowledgeResources(role, objects, 'All objects below a prefix that this stage owns or reads.');
    if (usesDatabase && database.network !== undefined)
      acknowledgeResources(role, ['*'], 'Interfaces of a function in a network get their names from Lambda.');
    return role;
  }
}

/** The key that personal data are hashed with: of the secret or, off AWS, of the environment where one deploys. */
function piiEnvironment({ target, piiKeySecretArn }: Settings): Record<string, string> {
  if (piiKeySecretArn !== undefined) return { PII_KEY_SECRET_ARN: piiKeySecretArn };
  const { ECOM_PII_KEY } = process.env;
  return target === 'aws' || !ECOM_PII_KEY ? {} : { ECOM_PII_KEY };
}

/** What Lambda asks of a function's role to place it in a network. */
const networkActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

function databaseEnvironment({ target }: Settings, { secretArn, endpoint }: DatabaseAccess) {
  return {
    DATABASE_SECRET_ARN: secretArn,
    ...(endpoint === undefined ? {} : { DATABASE_ENDPOINT: endpoint }),
    // Node.js does not know the authority of RDS by itself; Lambda's runtime brings it in this file.
    ...(target === 'aws'
      ? { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem', DATABASE_TLS: 'verify-full' }
      : {}),
  };
}

const allow = (actions: string[], resources: string[]) =>
  new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
