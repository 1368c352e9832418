import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LocalFile, runLocal } from '../../../layers/engine/run-local.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'run-local-'));
});
afterEach(() => rm(folder, { recursive: true }));

const assignments = ['user_id,experiment_id,variant,assigned_ts', '1,checkout,control,2024-03-01'];
const events = [
  'event_id,user_id,event_type,event_ts,revenue',
  '1,1,view_product,2024-03-02T10:00:00,',
  '2,1,purchase,2024-03-03T10:00:00,9.50',
];
const day = new Date('2024-03-05T12:00:00Z');

async function measured(lines: readonly string[], modifiedAt: Date, receivedAt?: Date) {
  const options = { ...(await dropOf(lines, modifiedAt)), ...(receivedAt && { receivedAt }) };
  const { runId, store } = await runLocal(options, 'measure');
  return store.require('measurements', runId);
}

async function dropOf(lines: readonly string[], modifiedAt: Date) {
  const files: LocalFile[] = [];
  for (const [kind, content] of [
    ['experiment_assignments', assignments],
    ['events', lines],
  ] as const) {
    const file = path.join(folder, `${kind}.csv`);
    await writeFile(file, `${content.join('\n')}\n`);
    await utimes(file, modifiedAt, modifiedAt);
    files.push({ kind, key: `raw/${kind}.csv`, file });
  }
  return { drop: 'default', files, folder: path.join(folder, 'runs'), codeVersion: 'c' };
}

test('one event of 2031 moves no end of the data: it is set aside, counted and told', async () => {
  const before = await measured(events, day, day);
  const after = await measured([...events, '3,1,purchase,2031-01-01T00:00:00,99999.00'], day, day);
  expect(before.asOf).toBe('2024-03-04T00:00:00.000Z');
  expect(after.asOf).toBe(before.asOf);
  expect(after.experiments).toEqual(before.experiments);
  expect(after.quality.events).toMatchObject({ lines: 3, accepted: 2, quarantined: 1 });
  expect(after.quarantineRules).toMatchObject([
    { dataset: 'events', column: 'event_ts', rule: 'in_the_future', rows: 1 },
  ]);
});

test('copies of files with a time of nowhere are read like the files: the day of the analysis counts', async () => {
  const [old, epoch] = [await measured(events, day), await measured(events, new Date(0))];
  expect(epoch).toEqual(old);
  expect(epoch.quality.events).toMatchObject({ accepted: 2, quarantined: 0 });
});

test('a run that goes on the next day stands on the day on which it began', async () => {
  const late = [...events, '3,1,search,2024-03-06T09:00:00,'];
  const first = await measured(late, day, day);
  expect(await measured(late, day, new Date('2024-03-09T00:00:00Z'))).toEqual(first);
  const inputs = await runLocal(
    {
      drop: 'default',
      files: ['events', 'experiment_assignments'].map((kind) => ({
        kind: kind as 'events',
        key: `raw/${kind}.csv`,
        file: path.join(folder, `${kind}.csv`),
      })),
      folder: path.join(folder, 'runs'),
      codeVersion: 'c',
    },
    'plan',
  ).then(({ runId, store }) => store.require('inputs', runId));
  expect(inputs.receivedAt).toBe(day.toISOString());
});

test('one bucket has nothing to exchange: nobody hears of the stage, and a run that ends with it goes no further', async () => {
  const heard: string[] = [];
  const onStage = (stage: string, parts: number, state: string) => heard.push(`${stage} ${parts} ${state}`);
  await runLocal({ ...(await dropOf(events, day)), onStage }, 'exchange');
  expect(heard).toEqual(['plan 1 begins', 'plan 1 done', 'stage 2 begins', 'stage 2 done']);
});

test('of several chunks that cannot be read the first one is told, whichever was done with first', async () => {
  const drop = await dropOf(events, day);
  const broken = await Promise.all(
    ['users', 'sessions'].map(async (kind) => {
      const file = path.join(folder, `${kind}.csv`);
      await writeFile(
        file,
        kind === 'users'
          ? `user_id,country\n${'\0'.repeat(5_000_000)}\n`
          : `session_id,user_id,session_start_ts\n\0\n`,
      );
      return { kind: kind as LocalFile['kind'], key: `raw/${kind}.csv`, file };
    }),
  );
  await expect(runLocal({ ...drop, files: [...drop.files, ...broken] })).rejects.toThrow(/raw\/users\.csv/);
});
