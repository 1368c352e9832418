import { ensureUp } from '../local/up.ts';
import { type Connection, connect } from './connection.ts';
import { isLocal } from './target.ts';

/**
 * Connects to the target's pipeline; locally, what does not run yet is started and deployed before.
 * @throws LocalError, PostgresError or DeploymentError saying what stands in the way
 */
export async function startAndConnect(): Promise<Connection> {
  if (isLocal()) await ensureUp();
  return connect();
}
