import { UsageError } from '../../layers/platform/errors.ts';
import { analysesIn, type KeptRun } from './kept-reports.ts';

/**
 * The pipeline that a checkout has deployed, for commands that work on a folder as well.
 * @throws UsageError where ecom was installed without a checkout; LocalError when nothing runs locally
 */
export async function deployedPipeline() {
  if (HAS_CHECKOUT) {
    const [{ connect }, executions] = await Promise.all([
      import('./connection.ts'),
      import('./executions.ts'),
    ]);
    return { connection: await connect(), ...executions };
  }
  throw new UsageError({
    what: 'runs of the pipeline are known in a checkout of the project only',
    remedy: 'Name a folder that was analysed with ecom analyze',
  });
}

/**
 * What is left on this machine, the newest first, where there is no pipeline to ask: analyses of the folder that one is
 * in, and of the folders in it, and what the state folder has kept of runs. Undefined where the pipeline is to be asked,
 * and where nothing is left.
 */
export async function keptOnDisk(): Promise<readonly KeptRun[] | undefined> {
  const kept: KeptRun[] = [];
  if (HAS_CHECKOUT) {
    const { keptRuns, nothingRuns } = await import('./kept-runs.ts');
    if (!nothingRuns()) return undefined;
    kept.push(...(await keptRuns()));
  }
  const storeOf = async (folder: string) => {
    const { lastAnalysisOf } = await import('./analyses.ts');
    return (await lastAnalysisOf(folder)).store;
  };
  kept.push(...(await analysesIn('.', storeOf)));
  if (kept.length === 0) return undefined;
  return kept.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
}
