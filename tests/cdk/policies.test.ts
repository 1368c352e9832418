import { describe, expect, it } from 'vitest';
import { builtFunctions } from '../../cdk/functions.ts';
import { render, resourcesOf, synthesize } from './synthesize.ts';

const webhookSecretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook-AbCdEf';
const piiKeySecretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:pii-AbCdEf';
const template = synthesize({ target: 'aws', bucketSuffix: '', webhookSecretArn, piiKeySecretArn });

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);

/** Everything a role may do, from its inline policies and from those attached to it. */
function statementsOf(roleId: string): Statement[] {
  const inline = resourcesOf(template)[roleId]?.Properties.Policies ?? [];
  const attached = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
    .map(({ Properties }) => Properties)
    .filter(({ Roles }) => Roles.some((role: { Ref: string }) => role.Ref === roleId));
  return [...inline, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** Lines `action resource`, ARNs shortened to what names the resource. */
function permissionsOf(roleId: string): string[] {
  const lines = statementsOf(roleId).flatMap(({ Action, Resource }) =>
    list(Action).flatMap((action) =>
      list(Resource).map((resource) => {
        const arn = render(template, resource).replace(
          /^arn:.*?:(?=(execution|stateMachine):)|^arn:.*:::/,
          '',
        );
        return `${action} ${arn}`;
      }),
    ),
  );
  return lines.sort();
}

function roleOf(functionName: string): string {
  const found = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).find(
    ({ Properties }) => Properties.FunctionName === functionName,
  );
  return found?.Properties.Role['Fn::GetAtt'][0];
}

/** What Lambda asks of a function's role to place it in a network; these have no permissions on single resources. */
const network = [
  'ec2:AssignPrivateIpAddresses *',
  'ec2:CreateNetworkInterface *',
  'ec2:DeleteNetworkInterface *',
  'ec2:DescribeNetworkInterfaces *',
  'ec2:DescribeSubnets *',
  'ec2:UnassignPrivateIpAddresses *',
];

/** Beyond what each of them may do: write to its own log group, list the processed bucket. */
const expected: Record<(typeof builtFunctions)[number], string[]> = {
  gate: [
    's3:GetObject ecom-poc-processed/processed/gate/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObject ecom-poc-raw/raw/*',
    's3:ListBucket ecom-poc-raw',
    's3:PutObject ecom-poc-processed/processed/gate/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    'sqs:ChangeMessageVisibility ecom-experiment-settling',
    'sqs:DeleteMessage ecom-experiment-settling',
    'sqs:GetQueueAttributes ecom-experiment-settling',
    'sqs:GetQueueAttributes ecom-experiment-unanswered',
    'sqs:GetQueueUrl ecom-experiment-settling',
    'sqs:GetQueueUrl ecom-experiment-unanswered',
    'sqs:ReceiveMessage ecom-experiment-settling',
    'sqs:SendMessage ecom-experiment-unanswered',
    'states:DescribeExecution execution:ecom-experiment-pipeline:*',
    'states:StartExecution ecom-experiment-pipeline',
  ],
  plan: [
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObjectVersion ecom-poc-raw/raw/*',
    's3:ListBucket ecom-poc-raw',
    's3:PutObject ecom-poc-processed/processed/runs/*',
  ],
  stage: [
    's3:GetObject ecom-poc-processed/processed/quarantine/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObject ecom-poc-processed/processed/staged/*',
    's3:GetObject ecom-poc-processed/processed/work/*',
    's3:GetObjectVersion ecom-poc-raw/raw/*',
    's3:ListBucket ecom-poc-raw',
    's3:PutObject ecom-poc-processed/processed/quarantine/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/staged/*',
    's3:PutObject ecom-poc-processed/processed/work/*',
    `secretsmanager:GetSecretValue ${piiKeySecretArn}`,
  ],
  exchange: [
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObject ecom-poc-processed/processed/work/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/work/*',
  ],
  clean: [
    's3:GetObject ecom-poc-processed/processed/events_clean/*',
    's3:GetObject ecom-poc-processed/processed/quarantine/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObject ecom-poc-processed/processed/staged/*',
    's3:GetObject ecom-poc-processed/processed/work/*',
    's3:PutObject ecom-poc-processed/processed/events_clean/*',
    's3:PutObject ecom-poc-processed/processed/quarantine/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/work/*',
  ],
  marts: [
    's3:GetObject ecom-poc-processed/processed/events_clean/*',
    's3:GetObject ecom-poc-processed/processed/marts/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObject ecom-poc-processed/processed/work/*',
    's3:PutObject ecom-poc-processed/processed/marts/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/work/*',
  ],
  measure: [
    's3:GetObject ecom-poc-processed/processed/marts/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:GetObject ecom-poc-processed/processed/work/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/work/*',
  ],
  load: [
    's3:GetObject ecom-poc-processed/processed/marts/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    'secretsmanager:GetSecretValue ecom-experiment.MasterUserSecret.SecretArn',
    ...network,
  ],
  analyze: [
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/reports/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
  ],
  publish: [
    's3:GetObject ecom-poc-processed/processed/gate/*',
    's3:GetObject ecom-poc-processed/processed/latest/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/latest/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    'secretsmanager:GetSecretValue ecom-experiment.MasterUserSecret.SecretArn',
    ...network,
  ],
  fail: [
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
  ],
  // Outside of the database's network, and without its login.
  notify: [
    's3:GetObject ecom-poc-processed/processed/reports/*',
    's3:GetObject ecom-poc-processed/processed/runs/*',
    's3:PutObject ecom-poc-processed/processed/runs/*',
    `secretsmanager:GetSecretValue ${webhookSecretArn}`,
  ],
};

describe('a function', () => {
  it.each(builtFunctions)('%s may do exactly this', (name) => {
    const common = [
      `logs:CreateLogStream /aws/lambda/ecom-experiment-${name}`,
      `logs:PutLogEvents /aws/lambda/ecom-experiment-${name}`,
      's3:ListBucket ecom-poc-processed',
    ];
    expect(permissionsOf(roleOf(`ecom-experiment-${name}`))).toEqual([...common, ...expected[name]].sort());
  });
});

describe('the state machine', () => {
  it('may call the stages, run its own children, and report', () => {
    const [machine] = Object.values(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
    const role = machine?.Properties.RoleArn['Fn::GetAtt'][0];
    const permissions = permissionsOf(role);
    expect(permissions.filter((line) => !line.endsWith(' *'))).toEqual(
      [
        ...builtFunctions
          .filter((name) => name !== 'gate')
          // Every version: a run under way calls the one that it began with.
          .map((name) => `lambda:InvokeFunction ecom-experiment-${name}:*`),
        'states:DescribeExecution execution:ecom-experiment-pipeline:*',
        'states:RedriveExecution execution:ecom-experiment-pipeline/*:*',
        'states:StartExecution stateMachine:ecom-experiment-pipeline',
        'states:StopExecution execution:ecom-experiment-pipeline:*',
      ].sort(),
    );
    // These have no permissions on single resources.
    const everywhere = permissions.filter((line) => line.endsWith(' *')).map((line) => line.split(':')[0]);
    expect([...new Set(everywhere)]).toEqual(['logs', 'xray']);
  });
});

describe('every policy', () => {
  it('names its actions one by one', () => {
    const roles = Object.keys(resourcesOf(template, 'AWS::IAM::Role'));
    const actions = roles.flatMap((role) => statementsOf(role).flatMap(({ Action }) => list(Action)));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('is written here, none is one of AWS', () => {
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::IAM::Role')))
      expect(Properties.ManagedPolicyArns).toBeUndefined();
  });
});
