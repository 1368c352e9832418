import path from 'node:path';
import { withDatabase } from '../../layers/platform/database.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { IncompleteError } from '../../layers/platform/errors.ts';
import type { Logger } from '../../layers/platform/log.ts';
import { migrateSession } from '../../layers/platform/migrate.ts';
import { downloadAll, type Transfer } from '../../layers/platform/transfer.ts';
import { readCompletions } from '../../layers/runs/completions.ts';
import { type LoadResult, loadResult, martsResult, type Output } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { loadMarts } from '../../layers/runs/load/load-marts.ts';
import type { MartName } from '../../layers/runs/mart-tables.ts';
import { readInputs, readRunOrder } from '../../layers/runs/run-order.ts';
import { readPlan, stageHandler } from '../../layers/runs/stage-handler.ts';

/** Copies the marts into PostgreSQL, where `publish` makes them visible. */
export const handler = stageHandler({
  stage: 'load',
  resultSchema: loadResult,
  async run({ event, environment, processed, folder, log }) {
    const { runId, drop } = event;
    const plan = await readPlan(processed, runId);
    const marts = await readCompletions(processed, 'marts', martsResult, event, plan.buckets);
    const outputs = marts.flatMap((completion) => completion.outputs);
    const order = await readRunOrder(processed, event, await readInputs(processed, runId));

    const copies = {
      user_exposure: copiesOf('user_exposure', runId, outputs, folder),
      user_outcomes: copiesOf('user_outcomes', runId, outputs, folder),
    };
    await downloadAll(processed, [...copies.user_exposure, ...copies.user_outcomes]);
    const files = {
      user_exposure: copies.user_exposure.map(({ file }) => file),
      user_outcomes: copies.user_outcomes.map(({ file }) => file),
    };

    await using database = await Database.open({ memoryMb: environment.memoryMb, folder });
    const session = { applicationName: 'ecom load', statementSeconds: 800, lockSeconds: 10 };
    const result = await withDatabase(session, async (client) => {
      await migrateSession(client);
      return loadMarts(client, database, { runId, drop, ...order, files }, folder);
    });
    logSplit(log, result);
    return { outputs: [], result };
  },
});

function copiesOf(mart: MartName, runId: string, outputs: readonly Output[], folder: string): Transfer[] {
  const prefix = path.posix.dirname(processedKeys.mart(mart, runId, undefined));
  const keys = outputs.map(({ key }) => key).filter((key) => path.posix.dirname(key) === prefix);
  if (keys.length === 0) {
    throw new IncompleteError({
      what: `the stage "marts" wrote no file of ${mart}`,
      where: `run ${runId}`,
      remedy: 'This is a mistake of the pipeline: please report it with the run id',
    });
  }
  return keys.map((key) => ({ key, file: path.join(folder, path.posix.basename(key)) }));
}

function logSplit(log: Logger, { variants }: LoadResult): void {
  for (const experimentId of new Set(variants.map((arm) => arm.experimentId))) {
    const arms = variants.filter((arm) => arm.experimentId === experimentId);
    const split = arms.map(({ variant, users }) => `${variant}: ${users}`).join(', ');
    log.info(`loaded ${experimentId}: ${split}`, { experimentId });
  }
}
