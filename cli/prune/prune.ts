import { areas } from '../../layers/runs/keys.ts';
import type { Connection } from '../pipeline/connection.ts';
import { deployedExecutions } from '../pipeline/executions.ts';
import { choose, type DropRuns, objectsByRun, type RunObjects } from './choose.ts';

/** The runs whose objects may go, the largest first; one that is under way may not. */
export async function findOldRuns(connection: Connection, keep: number): Promise<RunObjects[]> {
  const runs = objectsByRun(await connection.processed.list('processed/'));
  return withoutRunning(connection, choose(runs, await readDrops(connection), keep));
}

/** Deletes what runs left, run by run: one that is interrupted leaves the others whole. */
export async function deleteRuns({ processed }: Connection, runs: readonly RunObjects[]): Promise<void> {
  for (const { keys } of runs) await processed.deleteAll(keys);
}

async function readDrops({ store, processed }: Connection): Promise<DropRuns[]> {
  const drops = await processed.folders(areas.gate);
  return Promise.all(
    drops.map(async (drop) => {
      const [uploads, latest] = await Promise.all([store.read('uploads', drop), store.read('latest', drop)]);
      return {
        drop,
        runs: uploads?.runs.map(({ runId }) => runId) ?? [],
        published: latest?.runId,
      };
    }),
  );
}

async function withoutRunning(connection: Connection, runs: readonly RunObjects[]): Promise<RunObjects[]> {
  const executions = await deployedExecutions(connection);
  const newest = await Promise.all(runs.map(({ runId }) => executions.newest(runId)));
  return runs.filter((_, index) => newest[index]?.status !== 'running');
}
