import path from 'node:path';
import { IncompleteError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/log.ts';
import { migrateSession } from '../../platform/migrate.ts';
import { downloadAll, type Transfer } from '../../platform/object-store.ts';
import type { OpenSession } from '../../platform/postgres.ts';
import type { LoadResult, Output } from '../documents.ts';
import { processedKeys } from '../keys.ts';
import type { MartName } from '../mart-tables.ts';
import { completionOf } from '../progress.ts';
import { readRunOrder } from '../run-order.ts';
import type { Stage } from '../stage.ts';
import { loadPart } from './load-marts.ts';
import type { OpenAnother } from './part.ts';

/** Copies the marts of a user bucket into PostgreSQL; the last of a run's buckets completes it, for `publish` to show. */
export const loadStage = (withDatabase: OpenSession): Stage<'load'> => ({
  name: 'load',
  async run({ event, store, folder, engine, log }) {
    const { runId, drop, index } = event;
    const { buckets } = await store.require('plan', runId);
    const [{ outputs }, order] = await Promise.all([
      completionOf(store, 'marts', event, { index, parts: buckets }),
      store.require('inputs', runId).then((inputs) => readRunOrder(store, event, inputs)),
    ]);

    const copies = {
      user_exposure: copiesOf('user_exposure', runId, outputs, folder),
      user_outcomes: copiesOf('user_outcomes', runId, outputs, folder),
    };
    await downloadAll(store.processed, [...copies.user_exposure, ...copies.user_outcomes]);
    const files = {
      user_exposure: copies.user_exposure.map(({ file }) => file),
      user_outcomes: copies.user_outcomes.map(({ file }) => file),
    };

    await using database = await engine.open(folder);
    const session = { applicationName: 'ecom load', statementSeconds: 800, lockSeconds: 10 };
    const part = { runId, drop, ...order, part: index, parts: buckets, files };
    const result = await withDatabase(session, async (client) => {
      await migrateSession(client);
      const another: OpenAnother = (work) => withDatabase(session, work);
      return loadPart(client, another, database, part, folder);
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
