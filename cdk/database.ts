import { Duration, RemovalPolicies, Validations } from 'aws-cdk-lib';
import { Port } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
} from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { named } from './names.ts';
import { Network } from './network.ts';
import { removalPolicy, type Settings } from './settings.ts';

/** How functions reach the database that they publish to. */
export interface DatabaseAccess {
  readonly secretArn: string;
  /** `host:port/database`, where the secret holds a login alone. */
  readonly endpoint?: string;
  /** The network they have to be in; without one they reach it over the internet. */
  readonly network?: Network;
}

const databaseName = 'ecom';

/**
 * The database on AWS: the one of `databaseSecretArn`, else Aurora PostgreSQL that pauses while nobody asks it. RDS makes
 * its login, keeps it in a secret and rotates it.
 */
export class Database extends Construct implements DatabaseAccess {
  readonly secretArn: string;
  readonly endpoint?: string;
  readonly network?: Network;
  /** The stack's own cluster, for its metrics. */
  readonly cluster?: DatabaseCluster;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    if (settings.databaseSecretArn !== undefined) {
      this.secretArn = settings.databaseSecretArn;
      if (settings.vpcId !== undefined) this.network = new Network(this, 'Network', settings);
      return;
    }
    const network = new Network(this, 'Network', settings);
    const cluster = createCluster(this, network, settings);
    if (cluster.secret === undefined) throw new Error('RDS was not asked to manage the login');
    this.secretArn = cluster.secret.secretArn;
    const { hostname, port } = cluster.clusterEndpoint;
    this.endpoint = `${hostname}:${port}/${databaseName}`;
    this.network = network;
    this.cluster = cluster;
    // A database that stays does so with the network that it is in.
    RemovalPolicies.of(this).apply(removalPolicy(settings));
  }
}

function createCluster(scope: Construct, network: Network, settings: Settings): DatabaseCluster {
  const cluster = new DatabaseCluster(scope, 'Cluster', {
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_9 }),
    clusterIdentifier: named(settings, 'ecom-experiment'),
    defaultDatabaseName: databaseName,
    credentials: Credentials.fromUsername('ecom'),
    manageMasterUserPassword: true,
    writer: ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
    serverlessV2MinCapacity: 0,
    serverlessV2MaxCapacity: settings.databaseMaxCapacity,
    serverlessV2AutoPauseDuration: Duration.minutes(5),
    vpc: network.vpc,
    vpcSubnets: network.subnets,
    storageEncrypted: true,
    backup: { retention: Duration.days(7) },
    copyTagsToSnapshot: true,
    removalPolicy: removalPolicy(settings),
  });
  cluster.connections.allowFrom(network.clients, Port.tcp(5432), 'Functions of the pipeline');
  Validations.of(cluster).acknowledge(
    {
      id: 'AwsSolutions-RDS6',
      reason:
        'RDS manages and rotates the password; a token of IAM would need a client of its own in every tool.',
    },
    {
      id: 'AwsSolutions-RDS10',
      reason:
        'The cluster stays when its stack goes; a protected one could not be taken back when a first deployment fails.',
    },
    {
      id: 'AwsSolutions-RDS11',
      reason: 'The port is open to the functions of the pipeline alone; another number would hide nothing.',
    },
  );
  return cluster;
}
