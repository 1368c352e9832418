import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { datasetNames } from '../../../layers/data/datasets/index.ts';
import { runLocal, runPart } from '../../../layers/engine/run-local.ts';
import type { OpenSession } from '../../../layers/platform/postgres.ts';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { loadStage } from '../../../layers/runs/load/load.ts';
import { publishStage } from '../../../layers/runs/publish/publish.ts';
import { rowsOf, useServer } from './marts.ts';

const server = useServer();
const codeVersion = 'test';

test('a run of two buckets is published with the users of both once each of them is loaded, in any order', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-load-test-'));
  try {
    const truth = await generate({ directory: path.join(folder, 'raw'), users: 300 });
    const files = datasetNames.map((kind) => ({
      kind,
      key: `raw/${kind}.csv`,
      file: path.join(folder, 'raw', ...(truth.datasets[kind].files[0] ?? '').split('/')),
    }));
    const options = { drop: 'shop', files, folder: path.join(folder, 'runs'), codeVersion };
    const { runId, store } = await runLocal(options, 'plan');
    await store.write('plan', [runId], { ...(await store.require('plan', runId)), buckets: 2 });
    const run = await runLocal(options);

    const url = await server.database();
    const withDatabase: OpenSession = (session, work) => withPostgres(url, session, work);
    const part = (index: number, attempt: number) => ({ runId, drop: 'shop', attempt, index });
    const load = (index: number, attempt = 1) =>
      runPart(loadStage(withDatabase), run.store, part(index, attempt), { codeVersion });
    const publish = (attempt = 1) =>
      runPart(publishStage(withDatabase), run.store, part(0, attempt), { codeVersion });

    await load(1);
    await expect(publish()).rejects.toThrow('part 1 of 2 of the stage "load" ended without a result');
    await load(0);
    await publish();

    const { control, treatment } = truth.arms;
    const exposed = control.exposed + treatment.exposed;
    const shown = await rowsOf(
      url,
      'select count(*)::integer as users, count(distinct user_id)::integer as ids, sum(revenue) as revenue from mart_user_outcomes',
    );
    const cents = [control, treatment].reduce((sum, arm) => sum + arm.purchaseCents - arm.refundCents, 0);
    expect(shown).toEqual([{ users: exposed, ids: exposed, revenue: (cents / 100).toFixed(2) }]);
    const { tables, variants, stages } = await run.store.require('manifest', runId);
    expect(tables).toEqual([
      { table: `user_exposure_${runId}`, rows: exposed, revenue: null },
      { table: `user_outcomes_${runId}`, rows: exposed, revenue: (cents / 100).toFixed(2) },
    ]);
    expect(variants.map(({ variant, users }) => [variant, users])).toEqual([
      ['control', control.exposed],
      ['treatment', treatment.exposed],
    ]);
    expect(stages.find(({ stage }) => stage === 'load')?.parts).toBe(2);

    // In a further attempt, what a part found before does not count.
    await rowsOf(url, `drop table user_outcomes_${runId}`);
    await expect(load(0, 2)).rejects.toThrow(`relation "user_outcomes_${runId}" does not exist`);
    await load(1, 2);
    await expect(publish(2)).rejects.toThrow(`relation "user_outcomes_${runId}" does not exist`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
