import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../layers/contracts/config.ts';
import { dropConfigName } from '../../layers/contracts/keys.ts';
import { systemFault } from '../system-error.ts';
import { UsageError } from '../usage-error.ts';
import { targetConfig } from './connection.ts';

/**
 * The configuration of a drop: the target's, under `configFile`, else under the folder's experiment.yaml if there is one.
 * @throws UsageError where `configFile` is not there, ConfigError for a mistake in a configuration
 */
export async function dropConfig(folder: string, configFile: string | undefined): Promise<Config> {
  const file = configFile ?? path.join(folder, dropConfigName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && configFile === undefined) return targetConfig();
    const fault = systemFault(error);
    if (fault === undefined) throw error;
    throw new UsageError({ ...fault, where: file }, { cause: error });
  }
  return targetConfig([{ name: file, text }]);
}
