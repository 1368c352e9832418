import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { createApp } from './synthesize.ts';

describe("AWS' own rules for solutions", () => {
  it.each([{ target: 'local' }, { target: 'aws', alarmEmail: 'team@example.com' }])(
    'hold, or are acknowledged with a reason, for $target',
    (context) => {
      const { app } = createApp(context);
      Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
      expect(() => app.synth()).not.toThrow();
    },
  );
});
