import { PipelineError } from '../../layers/platform/errors.ts';
import { defaultDrop } from '../../layers/runs/keys.ts';
import { endpointOf } from '../local/environment.ts';
import { readState } from '../local/state.ts';
import { shellWord } from '../terminal.ts';
import { type Connection, connect } from './connection.ts';
import { dropNameOf } from './drop-name.ts';
import { isLocal } from './target.ts';

/** The run that a drop shows, or undefined where none of it is published yet. */
export async function currentRun({ store }: Connection, drop: string): Promise<string | undefined> {
  return (await store.read('latest', drop))?.runId;
}

/**
 * The command that runs a folder; under a name of its own where the drop "default" shows a run already.
 * @param configFile a configuration in place of the folder's own
 */
export async function nextRun(folder: string, configFile?: string): Promise<string> {
  const config = configFile === undefined ? '' : ` --config ${shellWord(configFile)}`;
  const command = `./ecom run ${shellWord(folder)}${config}`;
  const current = await runOfDefault();
  const name = dropNameOf(folder);
  if (current === undefined || name === undefined) return command;
  return `${command} --drop ${name}\n(without --drop it replaces run ${current} as the current one of the drop "${defaultDrop}")`;
}

/** Asks only what runs on this machine anyway. */
async function runOfDefault(): Promise<string | undefined> {
  const { emulator, postgres, deployed } = readState();
  const runs = emulator !== undefined && postgres !== undefined && deployed !== undefined;
  if (!isLocal() || !runs || endpointOf() !== undefined) return undefined;
  try {
    return await currentRun(await connect(), defaultDrop);
  } catch (error) {
    // The next step is the same, whatever keeps the answer away: the command itself will tell.
    if (error instanceof PipelineError) return undefined;
    throw error;
  }
}
