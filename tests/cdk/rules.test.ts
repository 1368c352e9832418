import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { createApp } from './synthesize.ts';

describe('the template', () => {
  it.each([
    { target: 'local' },
    { target: 'aws', alarmEmail: 'team@example.com' },
    { target: 'aws', env: 'staging', keepRunsDays: '400', deleteData: 'true', deleteDataOf: 'staging' },
    {
      target: 'aws',
      webhookSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:webhook-AbCdEf',
    },
    { target: 'aws', vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2' },
    {
      target: 'aws',
      databaseSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-db-AbCdEf',
    },
  ])('follows AWS Solutions rules, or says why not, for %j', (context) => {
    const { app } = createApp(context);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
    expect(() => app.synth()).not.toThrow();
  });

  it("has no finding in CloudFormation's own validation", () => {
    const { directory } = createApp({ target: 'aws' }, true).app.synth();
    const report = JSON.parse(readFileSync(path.join(directory, 'validation-report.json'), 'utf8'));
    expect(report.pluginReports).toEqual([]);
  }, 120_000);
});
