import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ConfigError, TransientError } from './errors.ts';

/**
 * The text of a secret of Secrets Manager. Errors never show it.
 * @param of whose secret it is, as people are told
 * @throws ConfigError where it is not there; TransientError where Secrets Manager does not answer
 */
export async function readSecretText(arn: string, of: string): Promise<string> {
  const client = new SecretsManagerClient({});
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    return SecretString ?? '';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) {
      throw new ConfigError(
        { what: `the secret of ${of} does not exist`, where: arn, remedy: 'Deploy the stack again' },
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new TransientError(
      { what: `Secrets Manager does not answer as it should: ${reason}`, where: arn },
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}
