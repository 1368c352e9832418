import { readFile } from 'node:fs/promises';
import { statePaths } from '../../cli/local/state.ts';
import type { ExecutionState } from '../../cli/pipeline/executions.ts';
import type { Deployed } from '../e2e/deployed.ts';

/** How often each operation of S3 was asked for. */
export type Requests = Readonly<Record<string, number>>;

const line = /^(\S+) .* AWS s3\.(\w+) => \d+$/;

/** Requests to S3 between start and end of an execution, by the emulator's log. */
export async function requestsOf(
  { stateFolder }: Deployed,
  { startedAt, stoppedAt }: Pick<ExecutionState, 'startedAt' | 'stoppedAt'>,
): Promise<Requests> {
  const counts: Record<string, number> = {};
  for (const text of (await readFile(statePaths(stateFolder).emulatorLog, 'utf8')).split('\n')) {
    const [, at = '', operation] = line.exec(text) ?? [];
    if (operation === undefined) continue;
    const moment = new Date(at).getTime();
    if (moment < startedAt.getTime() || moment > (stoppedAt?.getTime() ?? 0)) continue;
    counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}
