import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';
import { FolderStore } from '../../../layers/platform/folder-store.ts';
import { silentLogger } from '../../../layers/platform/log.ts';
import type { ObjectStore } from '../../../layers/platform/object-store.ts';
import { S3Store } from '../../../layers/platform/s3.ts';
import type { RunPlan } from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { type Refusal, runStage } from '../../../layers/runs/stage.ts';
import { RunStore } from '../../../layers/runs/store.ts';
import { repeatable, storeOutputs } from '../../../layers/runs/work.ts';
import { ObjectServer } from '../engine/stage/object-server.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'work-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (digit: number) => String(digit).repeat(16);
const config = runConfiguration();

/** How often the work was done. */
let done: number;
beforeEach(() => {
  done = 0;
});

/** Marts made of the segments of "*" alone, and of when the files came. */
const stage = repeatable<'marts', { readonly source: string; readonly segments: string[] }, string>({
  name: 'marts',
  async inputs({ event: { runId }, store }) {
    const plan = await store.require('plan', runId);
    return {
      reads: {
        source: `processed/runs/${runId}/source`,
        segments: plan.config.experiments['*']?.segments ?? [],
      },
      aside: plan.asOf ?? '',
    };
  },
  adopt: ({ result, aside: before }, { aside }) => (before <= aside ? { result } : undefined),
  async run({ runId, processed, folder: own }, { reads, aside }) {
    done += 1;
    const file = path.join(own, `marts-${done}`);
    await writeFile(file, `segments ${reads.segments}`);
    const key = processedKeys.mart('user_exposure', runId, undefined);
    const outputs = await storeOutputs(processed, [{ key, file, rows: 7, bucket: 0 }]);
    const none = { population: [], arms: [], assignedByDay: [], earlyExposures: [] };
    return { outputs, result: { asOf: aside === '' ? null : aside, ...none } };
  },
});

interface Options {
  readonly plan?: Partial<RunPlan>;
  readonly refusals?: Refusal[];
}

async function runIn(store: RunStore, runId: string, { plan = {}, refusals }: Options = {}) {
  const event = { runId, drop: 'default', attempt: 1, index: 0 };
  await store.write('plan', [runId], {
    schemaVersion: 1,
    runId,
    drop: 'default',
    config,
    configHash: 'h',
    codeVersion: 'c',
    asOf: null,
    chunks: [],
    buckets: 1,
    present: [],
    unavailable: [],
    unmeasured: [],
    ...plan,
  });
  const engine = { open: () => Promise.reject(new Error('there is no engine')) };
  const { codeVersion = 'c' } = plan;
  await runStage(stage, { event, store, folder, engine, log: silentLogger, refusals, codeVersion });
  const marker = await store.require('marker', runId, 'marts', 0);
  const [output] = marker.outputs;
  return {
    marker,
    takenFrom: marker.work?.takenFrom,
    text: await store.processed.getText(output?.key ?? ''),
  };
}

const inFolder = () => new RunStore(new FolderStore(folder), new FolderStore(folder));
const segmentsOf = (segments: string[]): Partial<RunPlan> => {
  const star = config.experiments['*'];
  if (star === undefined) throw new Error('config/base.yaml has settings for all experiments');
  return { config: { ...config, experiments: { '*': { ...star, segments } } } };
};

describe('work of before', () => {
  it('is taken over by a run that would do the same, under keys of its own, and by the next one from that', async () => {
    const store = inFolder();
    const first = await runIn(store, run(1));
    expect(first.takenFrom).toBeNull();
    const second = await runIn(store, run(2));
    expect(second).toMatchObject({ takenFrom: run(1), text: 'segments device,country' });
    expect(second.marker.outputs).toEqual([
      {
        ...first.marker.outputs[0],
        key: `processed/marts/user_exposure/run_id=${run(2)}/user_exposure.parquet`,
      },
    ]);
    expect(second.marker.result).toEqual(first.marker.result);
    await rm(path.join(folder, processedKeys.run(run(1))), { recursive: true });
    expect(await runIn(store, run(3))).toMatchObject({ takenFrom: run(2), text: 'segments device,country' });
    expect(done).toBe(1);
  });

  it.each([
    ['an input', segmentsOf(['country']), 'segments country'],
    ['the code', { codeVersion: 'd' }, 'segments device,country'],
    ['the drop', { drop: 'june' }, 'segments device,country'],
  ])('is done anew where %s is another', async (_, plan, text) => {
    const store = inFolder();
    await runIn(store, run(1));
    expect(await runIn(store, run(2), { plan })).toMatchObject({ takenFrom: null, text });
    expect(done).toBe(2);
  });

  it('is taken over as far as the stage says that what is left aside shows nowhere', async () => {
    const store = inFolder();
    await runIn(store, run(1), { plan: { asOf: '2024-03-02T00:00:00Z' } });
    const earlier = await runIn(store, run(2), { plan: { asOf: '2024-03-01T00:00:00Z' } });
    expect(earlier.takenFrom).toBeNull();
    const later = await runIn(store, run(3), { plan: { asOf: '2024-03-03T00:00:00Z' } });
    expect(later).toMatchObject({ takenFrom: run(2), marker: { work: { aside: '2024-03-03T00:00:00Z' } } });
  });

  it.each([
    ['its object is gone', (file: string) => rm(file)],
    ['its object was cut', (file: string) => writeFile(file, 'seg')],
  ])('is done anew where %s', async (_, harm) => {
    const store = inFolder();
    const { marker } = await runIn(store, run(1));
    await harm(path.join(folder, marker.outputs[0]?.key ?? ''));
    expect(await runIn(store, run(2))).toMatchObject({ takenFrom: null, text: 'segments device,country' });
  });

  it('is done anew where the run that did it left no marker, and replaces what a run that was killed left', async () => {
    const store = inFolder();
    await runIn(store, run(1));
    await rm(path.join(folder, processedKeys.done(run(1), 'marts', 0)));
    const half = processedKeys.mart('user_exposure', run(2), undefined);
    await store.processed.put(half, 'seg');
    expect(await runIn(store, run(2))).toMatchObject({ takenFrom: null, text: 'segments device,country' });
    expect(await runIn(store, run(1))).toMatchObject({ takenFrom: run(2) });
  });

  it('stays as it was, whatever becomes of what was taken over', async () => {
    const store = inFolder();
    const first = await runIn(store, run(1));
    await runIn(store, run(2));
    await store.processed.put(processedKeys.mart('user_exposure', run(2), undefined), 'other');
    const file = path.join(folder, first.marker.outputs[0]?.key ?? '');
    expect(await readFile(file, 'utf8')).toBe('segments device,country');
  });

  it('is no result where refusals are collected: nobody takes it over, and it takes nothing', async () => {
    const store = inFolder();
    await runIn(store, run(1), { refusals: [] });
    expect(await runIn(store, run(2))).toMatchObject({ takenFrom: null });
    const third = await runIn(store, run(3), { refusals: [] });
    expect(third.takenFrom).toBeUndefined();
    expect(done).toBe(3);
  });

  it('is found in the folders of other runs as well', async () => {
    const at = (name: string) => new FolderStore(path.join(folder, name));
    const before = new RunStore(at('1'), at('1'));
    await runIn(before, run(1));
    const store = new RunStore(at('2'), at('2'), { earlier: [new RunStore(at('0'), at('0')), before] });
    expect(await runIn(store, run(2))).toMatchObject({ takenFrom: run(1), text: 'segments device,country' });
  });

  it('is copied within S3, unless it was replaced there', async () => {
    await using _ = await ObjectServer.start();
    const processed: ObjectStore = new S3Store('processed-bucket');
    const store = new RunStore(new S3Store('raw-bucket'), processed);
    const { marker } = await runIn(store, run(1));
    expect(await runIn(store, run(2))).toMatchObject({ takenFrom: run(1), text: 'segments device,country' });
    for (const runId of [run(1), run(2)]) {
      await processed.put(processedKeys.mart('user_exposure', runId, undefined), 'segments of someone else');
    }
    expect(await runIn(store, run(3))).toMatchObject({ takenFrom: null, text: 'segments device,country' });
    expect(marker.outputs[0]?.bytes).toBe('segments device,country'.length);
  });
});
