import { piiKeyVariable } from '../platform/pii-key.ts';
import { readSecretText } from '../platform/secret.ts';

/** The key of personal data that a function has in a secret (`PII_KEY_SECRET_ARN`) becomes that of its environment. */
export async function takePiiKeyFromSecret(): Promise<void> {
  const { PII_KEY_SECRET_ARN: arn } = process.env;
  if (!arn || process.env[piiKeyVariable] !== undefined) return;
  process.env[piiKeyVariable] = (await readSecretText(arn, 'the key of personal data')).trim();
}
