import process from 'node:process';
import { localEnvironment } from '../local/environment.ts';
import { readState } from '../local/state.ts';
import { target } from './target.ts';

/**
 * Where the target's pipeline keeps its marts: `DATABASE_URL`, else what runs locally or, on AWS, what the secret of the
 * stack says; that is asked each time, since RDS changes the password every week.
 * @throws LocalError when nothing runs locally; UsageError where AWS has no such stack; ConfigError where the secret may not
 * be read, or is of another shape
 */
export async function databaseUrlOfTarget(): Promise<string> {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  if (target() !== 'aws') return localEnvironment(readState()).DATABASE_URL;
  const [{ deployedOnAws }, { readSecret }] = await Promise.all([
    import('../aws/stack.ts'),
    import('../../layers/platform/database.ts'),
  ]);
  const { DatabaseSecretArn, DatabaseEndpoint } = await deployedOnAws();
  return readSecret(DatabaseSecretArn, { endpoint: DatabaseEndpoint, isVerified: true });
}
