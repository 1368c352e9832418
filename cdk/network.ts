import { Annotations, Fn } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { named } from './names.ts';
import { removalPolicy, type Settings } from './settings.ts';

/**
 * Where the database and the functions that talk to it are: a network without a way to the internet, from which S3 and
 * Secrets Manager are reached by endpoints, or the one that `vpcId` names.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Of the functions; whoever guards a database lets this one in. */
  readonly clients: ISecurityGroup;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    // The assertion: CDK's declarations do not hold under exactOptionalPropertyTypes.
    this.vpc = settings.vpcId === undefined ? (this.#create(settings) as IVpc) : this.#existing(settings);
    this.subnets = { subnetType: SubnetType.PRIVATE_ISOLATED };
    const clients = new SecurityGroup(this, 'Clients', {
      vpc: this.vpc,
      description: 'Functions that talk to the database',
      allowAllOutbound: false,
    });
    // S3's endpoint has the public addresses of S3, and a network without a gateway has no others behind this port.
    clients.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'S3 and Secrets Manager');
    this.clients = clients;
    if (settings.vpcId === undefined) this.#admitToEndpoint();
  }

  #create(settings: Settings): Vpc {
    const logGroup = new LogGroup(this, 'Rejected', {
      logGroupName: `/aws/vpc/${named(settings, 'ecom-experiment')}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: removalPolicy(settings),
    });
    return new Vpc(this, 'Vpc', {
      vpcName: named(settings, 'ecom-experiment'),
      ipAddresses: IpAddresses.cidr('10.71.0.0/24'),
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      // CDK would empty the default group by a custom resource; nothing here is a member of it.
      restrictDefaultSecurityGroup: false,
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: {
        Rejected: {
          destination: FlowLogDestination.toCloudWatchLogs(logGroup),
          trafficType: FlowLogTrafficType.REJECT,
        },
      },
    });
  }

  #admitToEndpoint(): void {
    const endpoint = this.vpc.addInterfaceEndpoint('SecretsManager', {
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      subnets: this.subnets,
      open: false,
    });
    endpoint.connections.allowFrom(this.clients, Port.HTTPS, 'Functions read the login of the database');
  }

  /** Nothing is looked up: the network is what the settings say of it, and its endpoints are its owner's. */
  #existing({ vpcId = '', subnetIds = [] }: Settings): IVpc {
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      availabilityZones: subnetIds.map((_, index) => Fn.select(index, Fn.getAzs())),
      isolatedSubnetIds: subnetIds,
    });
    const reason = 'Its routes are those of its owner.';
    Annotations.of(vpc).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId', reason);
    return vpc;
  }
}
