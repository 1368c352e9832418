import process from 'node:process';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/**
 * Environment of the function that tells a webhook, undefined where none is wanted: the secret that `webhookSecretArn`
 * names or, off AWS, what `ECOM_WEBHOOK_URL` and `ECOM_WEBHOOK_SECRET` say where one deploys.
 */
export function webhookEnvironment(
  scope: Construct,
  bucket: string,
  { target, webhookSecretArn }: Settings,
): Record<string, string> | undefined {
  if (webhookSecretArn !== undefined) {
    const { region } = Stack.of(scope);
    return {
      WEBHOOK_SECRET_ARN: webhookSecretArn,
      // Reports are private: the link leads whoever is signed in to the object.
      ...(target === 'aws'
        ? {
            REPORT_LINK: `https://${region}.console.aws.amazon.com/s3/object/${bucket}?region=${region}&prefix=`,
          }
        : {}),
    };
  }
  const { ECOM_WEBHOOK_URL, ECOM_WEBHOOK_SECRET } = process.env;
  if (target === 'aws' || !ECOM_WEBHOOK_URL) return undefined;
  return { WEBHOOK_URL: ECOM_WEBHOOK_URL, WEBHOOK_SECRET: ECOM_WEBHOOK_SECRET ?? '' };
}
