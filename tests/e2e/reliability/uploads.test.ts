import { appendFile, cp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readReport } from '../../../cli/pipeline/run-report.ts';
import { dropPrefix, manifestName, processedKeys } from '../../../layers/runs/keys.ts';
import { connectTo, type Deployed } from '../deployed.ts';
import { runEcom } from '../ecom.ts';
import { Drop } from './drop.ts';
import { deliverAgain } from './events.ts';
import { useDrops } from './laboratory.ts';
import { forgetRun, readOutputs } from './outputs.ts';
import { Reader } from './reader.ts';

let deployed: Deployed;
beforeAll(() => {
  deployed = connectTo(inject('stateFolder'));
});
const dropOf = useDrops();

/** Copies files into a drop as `aws s3 cp` does, without a manifest. */
async function copy(drop: Drop, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await deployed.raw.uploadFrom(path.join(folder, name), dropPrefix(drop.name) + name);
  }
}

async function loadsOf(drop: Drop): Promise<{ run: string; table: number }[]> {
  return deployed.sql(
    `select run_id as run, ('user_outcomes_' || run_id)::regclass::oid::integer as table
     from run where drop_name = $1 order by loaded_at`,
    [drop.name],
  );
}

/** More than the settle time. */
const lateSeconds = 30;

describe.concurrent('one content is one run', () => {
  it('uploaded twice, and another one with a changed byte', async () => {
    const drop = new Drop(deployed, 'same');
    const folder = await dropOf(1);
    const first = await drop.run(folder);
    expect(await drop.upload(folder)).toMatchObject({ outcome: 'succeeded', runId: first.runId, attempt: 1 });
    expect(await drop.attempts()).toHaveLength(1);

    const changed = `${folder}-changed`;
    await cp(folder, changed, { recursive: true });
    await appendFile(path.join(changed, 'users.csv'), '\n');
    const second = await drop.run(changed);
    expect(second.runId).not.toBe(first.runId);
    expect(await drop.attempts()).toHaveLength(2);
    expect(await loadsOf(drop)).toHaveLength(2);
  });

  it('with its manifest delivered five times at once, and all of its events again when it is over', async () => {
    const drop = new Drop(deployed, 'repeated');
    const folder = await dropOf(1);
    const { runId, attempt } = await drop.upload(folder);
    const manifest = dropPrefix(drop.name) + manifestName;
    await deliverAgain(deployed, [manifest], 5);
    await drop.end(runId ?? '', attempt ?? 0);
    const keys = (await deployed.raw.list(dropPrefix(drop.name))).map(({ key }) => key);
    await deliverAgain(deployed, keys, 2);
    await expect
      .poll(async () => (await drop.answer('files'))?.outcome, { timeout: 240_000 })
      .toBe('succeeded');
    expect(await drop.attempts()).toMatchObject([{ runId, attempt: 1, status: 'SUCCEEDED' }]);
    expect(await loadsOf(drop)).toHaveLength(1);
  });

  it('with the events of its upload delivered half a minute after it was published', async ({ expect }) => {
    const drop = new Drop(deployed, 'late');
    const { runId, attempt } = await drop.run(await dropOf(1));
    const writtenAt = async (key: string) =>
      (await deployed.processed.head(key))?.lastModified.getTime() ?? 0;
    const report = processedKeys.report(runId, 'report.json');
    const [latest, loads, reported] = [await drop.latest(), await loadsOf(drop), await writtenAt(report)];
    const keys = (await deployed.raw.list(dropPrefix(drop.name))).map(({ key }) => key);

    const late = Date.parse(latest?.publishedAt ?? '') + lateSeconds * 1000;
    await sleep(late - Date.now());
    await deliverAgain(deployed, keys, 1);
    for (const trigger of ['manifest', 'files'] as const) {
      // The events of older objects are answered too: they leave it to that of the newest.
      const lateAnswer = async () => {
        const answeredAt = await writtenAt(processedKeys.gate(drop.name, trigger));
        return answeredAt < late - 1000 ? undefined : drop.answer(trigger);
      };
      await expect
        .poll(lateAnswer, { timeout: 240_000 })
        .toMatchObject({ outcome: 'succeeded', runId, attempt: 1 });
    }
    expect(attempt).toBe(1);
    expect(await drop.attempts()).toMatchObject([{ runId, attempt: 1, status: 'SUCCEEDED' }]);
    expect(loads).toHaveLength(1);
    expect(await loadsOf(drop)).toEqual(loads);
    expect(await drop.latest()).toEqual(latest);
    expect(await writtenAt(report)).toBe(reported);
  });

  it('copied without a manifest in any order, with every event delivered three times', async () => {
    const drop = new Drop(deployed, 'bare');
    const folder = await dropOf(2);
    const names = (await readdir(folder)).toSorted().toReversed();
    await copy(drop, folder, names);
    const keys = names.map((name) => dropPrefix(drop.name) + name);
    await deliverAgain(deployed, keys, 3);
    const [attempt, ...others] = await drop.settled('SUCCEEDED');
    expect(others).toEqual([]);
    await deliverAgain(deployed, keys, 1);
    await expect
      .poll(async () => (await drop.answer('files'))?.outcome, { timeout: 240_000 })
      .toBe('succeeded');
    expect(await drop.attempts()).toEqual([attempt]);
    expect(await loadsOf(drop)).toHaveLength(1);
    expect((await drop.latest())?.runId).toBe(attempt?.runId);
  });
});

describe.concurrent('what a drop shows', () => {
  it('is never a mixture of files of two uploads, however slowly they are copied over each other', async () => {
    const drop = new Drop(deployed, 'slow');
    const [old, fresh] = [await dropOf(1), await dropOf(2)];
    await copy(drop, old, (await readdir(old)).toSorted());
    const [before] = await drop.settled('SUCCEEDED');
    const reader = new Reader(deployed, drop);
    const [first = '', ...others] = (await readdir(fresh)).toSorted();
    await copy(drop, fresh, [first]);
    await expect
      .poll(async () => (await drop.answer('files'))?.outcome, { timeout: 240_000 })
      .toBe('incomplete');
    expect((await drop.answer('files'))?.missing).toEqual(others.map((name) => dropPrefix(drop.name) + name));
    expect(await drop.attempts()).toHaveLength(1);

    await copy(drop, fresh, others);
    const [, after] = await drop.settled('SUCCEEDED', 'SUCCEEDED');
    const { views } = await reader.stop();
    expect(await drop.attempts()).toHaveLength(2);
    expect((await drop.latest())?.runId).toBe(after?.runId);
    expect([...views].map((view) => JSON.parse(view)[0].run)).toEqual([before?.runId, after?.runId]);
  });

  it('is the newest upload where two overlap, and where the older content comes back meanwhile', async () => {
    const drop = new Drop(deployed, 'overlap');
    const [a, b] = [await dropOf(1), await dropOf(2)];
    const [first, second] = [await drop.upload(a), await drop.upload(b)];
    const back = await drop.upload(a);
    expect(back.runId).toBe(first.runId);
    await drop.settled('SUCCEEDED', 'SUCCEEDED');
    expect((await drop.latest())?.runId).toBe(first.runId);
    expect((await drop.shown()).map(({ run }) => run)).toEqual([first.runId]);
    expect((await loadsOf(drop)).map(({ run }) => run).toSorted()).toEqual(
      [first.runId, second.runId].toSorted(),
    );
  });

  it('is content that comes back, without a second load, unless its rows were dropped to make room', async () => {
    const drop = new Drop(deployed, 'back');
    const [a, b] = [await dropOf(1), await dropOf(2)];
    const first = await drop.run(a);
    const outputs = await readOutputs(deployed, first.runId);
    const shown = await drop.shown();
    const [load] = await loadsOf(drop);
    await drop.run(b);

    expect(await drop.run(a)).toMatchObject({ runId: first.runId, attempt: 2, status: 'SUCCEEDED' });
    expect((await drop.latest())?.runId).toBe(first.runId);
    expect(await drop.shown()).toEqual(shown);
    expect((await loadsOf(drop))[0]).toEqual(load);

    await drop.run(b);
    await deployed.sql('delete from run where run_id = $1', [first.runId]);
    await deployed.sql(`drop table user_exposure_${first.runId}, user_outcomes_${first.runId}`);
    expect(await drop.run(a)).toMatchObject({ attempt: 3, status: 'SUCCEEDED' });
    expect((await drop.latest())?.runId).toBe(first.runId);
    expect(await drop.shown()).toEqual(shown);
    expect(await readOutputs(deployed, first.runId)).toEqual(outputs);
  });

  it('is brought back by ecom retry, or by the next upload, where the database was lost', async () => {
    const drop = new Drop(deployed, 'lost');
    const { runId } = await drop.run(await dropOf(1));
    const shown = await drop.shown();
    const lose = async (run: string) => {
      await deployed.sql('delete from published where drop_name = $1', [drop.name]);
      await deployed.sql('delete from run where drop_name = $1', [drop.name]);
      await deployed.sql(`drop table user_exposure_${run}, user_outcomes_${run}`);
    };
    await lose(runId);
    expect(await drop.shown()).toEqual([]);
    const retried = await runEcom(['retry', runId], { stateFolder: deployed.stateFolder });
    expect(retried.code, retried.stderr).toBe(0);
    expect(await drop.shown()).toEqual(shown);

    await lose(runId);
    const next = await drop.run(await dropOf(2));
    expect(next).toMatchObject({ status: 'SUCCEEDED' });
    expect((await drop.shown()).map(({ run }) => run)).toEqual([next.runId]);
    // The older run belongs to the database again, and the newer one stays the one that is shown.
    expect(await drop.retry({ runId, attempt: 2 })).toMatchObject({ status: 'SUCCEEDED' });
    expect((await drop.shown()).map(({ run }) => run)).toEqual([next.runId]);
    expect((await drop.latest())?.runId).toBe(next.runId);
  });
});

describe('ten drops at once', () => {
  it('run side by side, each with its own numbers', async () => {
    const seeds = Array.from({ length: 10 }, (_, index) => index + 1);
    const folders = await Promise.all(seeds.map(dropOf));
    const drops = seeds.map((seed) => new Drop(deployed, `side-${seed}`));
    const ended = await Promise.all(drops.map((drop, index) => drop.run(folders[index] ?? '')));
    expect(new Set(ended.map(({ runId }) => runId)).size).toBe(10);
    for (const [index, { runId, status }] of ended.entries()) {
      expect(status).toBe('SUCCEEDED');
      const { experiments, run } = await readReport(deployed, runId);
      const users = experiments.flatMap(({ arms }) => arms).reduce((sum, arm) => sum + arm.users, 0);
      expect(run.drop).toBe(drops[index]?.name);
      expect(await drops[index]?.shown()).toMatchObject([{ run: runId, users }]);
      expect((await drops[index]?.latest())?.runId).toBe(runId);
    }
  });
});

describe('the same content', () => {
  it('gives the same bytes and the same rows when all that a run left is taken away, and it is run again', async () => {
    const drop = new Drop(deployed, 'again');
    const folder = await dropOf(3);
    const first = await drop.run(folder);
    const outputs = await readOutputs(deployed, first.runId);
    await forgetRun(deployed, drop.name, first.runId);
    expect(await drop.retry(first)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    expect(await readOutputs(deployed, first.runId)).toEqual(outputs);
  });
});
