import { describe, expect, it } from 'vitest';
import { failure } from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { stagesOf } from '../../../layers/runs/stages.ts';
import { Drop, type Ended } from './drop.ts';
import { type KillPlan, killAsPlanned, killPoints } from './kill-plan.ts';
import { useDrops, useLaboratory } from './laboratory.ts';
import { forgetRun, type RunOutputs, readOutputs } from './outputs.ts';
import { Reader } from './reader.ts';

const laboratory = useLaboratory();
/** Those of a run whose users are in one bucket. */
const stageNames = stagesOf(undefined);
const dropOf = useDrops();

/** A drop that shows run A, and for which run B was done once without a disturbance and forgotten. */
async function openDrop(name: string) {
  const { deployed } = laboratory();
  const drop = new Drop(deployed, name);
  const [a, b] = [await dropOf(1), await dropOf(2)];
  const { runId } = await drop.run(b);
  const undisturbed = await readOutputs(deployed, runId);
  const shownB = JSON.stringify(await drop.shown());
  await forgetRun(deployed, name, runId);
  const before = await drop.run(a);
  const shownA = JSON.stringify(await drop.shown());
  return { drop, b, runId, undisturbed, before: before.runId, states: [shownA, shownB] };
}

type Opened = Awaited<ReturnType<typeof openDrop>>;

async function expectWhole({ drop, runId, states }: Opened, undisturbed: RunOutputs) {
  const { deployed } = laboratory();
  expect(await readOutputs(deployed, runId)).toEqual(undisturbed);
  expect(JSON.stringify(await drop.shown())).toBe(states[1]);
  expect((await drop.latest())?.runId).toBe(runId);
  const tables = await deployed.sql(`select relname from pg_class where relkind = 'r' and relname like $1`, [
    `%_${runId}`,
  ]);
  expect(tables).toHaveLength(2);
}

describe.concurrent('one process of every stage killed', () => {
  it.each(killPoints)(
    '%s: the run heals by itself and leaves what an undisturbed one leaves',
    async (point) => {
      const opened = await openDrop(`kill-${killPoints.indexOf(point)}`);
      const { drop, b, runId, undisturbed, before, states } = opened;
      const reader = new Reader(laboratory().deployed, drop);
      const kills = killAsPlanned(laboratory(), { runId, point });
      const ended = await drop.run(b);
      kills.stop();
      const { views, pointers } = await reader.stop();

      expect(ended).toMatchObject({ status: 'SUCCEEDED', runId, attempt: 2 });
      // `load` goes on beside `measure` and `analyze`, so it may be killed before or after either.
      const rest = (stages: readonly string[]) => stages.filter((stage) => stage !== 'load');
      expect(rest(kills.done)).toEqual(rest(stageNames));
      expect(kills.done).toHaveLength(stageNames.length);
      expect(kills.done.indexOf('load')).toBeGreaterThan(kills.done.indexOf('marts'));
      expect(kills.done.indexOf('load')).toBeLessThan(kills.done.indexOf('publish'));
      await expectWhole(opened, undisturbed);
      expect([...views].every((view) => states.includes(view))).toBe(true);
      expect([...pointers].every((pointer) => [before, runId].includes(pointer))).toBe(true);
    },
  );

  it('publish between the database and the pointer: readers see old or new, and the retry completes it', async () => {
    const opened = await openDrop('between');
    const { drop, b, undisturbed, states } = opened;
    let killed = 0;
    const stop = laboratory().storage.judgeBy(({ method, path }) => {
      if (method !== 'PUT' || !path.endsWith(processedKeys.latest(drop.name)) || killed > 0) return 'pass';
      killed += 1;
      return 'kill before';
    });
    const reader = new Reader(laboratory().deployed, drop);
    expect(await drop.run(b)).toMatchObject({ status: 'SUCCEEDED' });
    stop();
    const { views } = await reader.stop();
    expect(killed).toBe(1);
    await expectWhole(opened, undisturbed);
    expect([...views].every((view) => states.includes(view))).toBe(true);
  });
});

describe.concurrent('a process that is killed again and again', () => {
  it('fails the run in its stage, with one clear cause, and each retry goes on where it failed', async () => {
    const { deployed } = laboratory();
    const opened = await openDrop('kill-twice');
    const { drop, b, runId, undisturbed, before } = opened;
    let ended: Ended = { ...(await endOf({ point: 'before its marker', stages: ['plan'] })), runId };

    async function endOf(plan: Omit<KillPlan, 'runId' | 'times'>, after?: Ended): Promise<Ended> {
      const kills = killAsPlanned(laboratory(), { ...plan, runId, times: 2 });
      const result = after === undefined ? await drop.run(b) : await drop.retry(after);
      kills.stop();
      expect(kills.done).toEqual([...(plan.stages ?? []), ...(plan.stages ?? [])]);
      return result;
    }

    for (const stage of stageNames) {
      if (stage !== 'plan') ended = await endOf({ point: 'before its marker', stages: [stage] }, ended);
      const text = await deployed.processed.getText(processedKeys.failure(runId));
      const recorded = failure.parse(JSON.parse(text ?? 'null'));
      expect(ended).toMatchObject({ status: 'FAILED', error: recorded.error, cause: recorded.message });
      expect(recorded).toMatchObject({ stage, attempt: ended.attempt });
      expect(recorded.message).toContain(`stage "${stage}"`);
      expect(recorded.message).toContain(`./ecom retry ${runId}`);
      // The database shows a run before `publish` has said so, the pointer after it.
      if (stage !== 'publish') expect((await drop.latest())?.runId).toBe(before);
    }
    expect(await drop.retry(ended)).toMatchObject({ status: 'SUCCEEDED' });
    await expectWhole(opened, undisturbed);
    const attempts = await Promise.all(
      stageNames.map(async (stage) => (await deployed.store.read('marker', runId, stage, 0))?.attempt),
    );
    const last = ended.attempt + 1;
    // Attempt 1 was the undisturbed one; the stages that work in the database look at it in every attempt.
    expect(attempts).toEqual([3, 4, 5, 6, 7, 8, last, last]);
  });
});
