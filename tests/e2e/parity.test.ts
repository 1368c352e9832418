import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { generate } from '../../cli/generate/generate.ts';
import { runsFolder } from '../../cli/pipeline/analyze-folder.ts';
import { reportSchema } from '../../layers/report/schema.ts';
import { areas, processedKeys, reportFiles } from '../../layers/runs/keys.ts';
import { connectTo, type Deployed } from './deployed.ts';
import { runEcom } from './ecom.ts';

/** Folders of CSVs as people bring them: as the product makes them, spoilt, and as another shop writes them. */
const drops = {
  generated: (folder: string) => generate({ directory: folder, users: 3000, uplift: 0.3, seed: 11 }),
  dirty: async (folder: string) => {
    await generate({ directory: folder, users: 2000, dirty: 0.02, files: 3, crossovers: 0.01, seed: 12 });
    await writeFile(path.join(folder, 'excluded_users.csv'), 'user_id\n1\n2\n3\n');
  },
  foreign: writeForeignShop,
};

describe.each(Object.entries(drops))('a folder of %s data', (name, write) => {
  let folder: string;
  let deployed: Deployed;
  let runId: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-parity-'));
    await write(path.join(folder, 'data'));
    deployed = connectTo(inject('stateFolder'));
    const data = path.join(folder, 'data');
    const drop = ['--drop', `parity_${name}`];
    const analyzed = await runEcom(['analyze', data, ...drop, '--out', path.join(folder, 'out')], deployed);
    expect(analyzed.code, analyzed.stderr).toBe(0);
    const run = await runEcom(['run', data, ...drop, '--json'], deployed);
    expect(run.code, run.stderr).toBe(0);
    runId = reportSchema.parse(JSON.parse(run.stdout)).run.runId;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const stored = async (key: string) => {
    const file = path.join(folder, 'object');
    await deployed.processed.downloadTo({ key }, file);
    return readFile(file);
  };

  it.each(reportFiles)('is analysed in one process to the very %s of the deployed pipeline', async (file) => {
    const own = await readFile(path.join(folder, 'out', file));
    const theirs = await stored(processedKeys.report(runId, file));
    expect(own.equals(theirs)).toBe(true);
  });

  it('is the same run, with the same marts byte for byte', async () => {
    const local = path.join(runsFolder(path.join(folder, 'out')), runId);
    const keys = (await deployed.processed.list(areas.marts))
      .map(({ key }) => key)
      .filter((key) => key.includes(runId));
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect((await readFile(path.join(local, key))).equals(await stored(key)), key).toBe(true);
    }
  });

  it('has the same lines in quarantine', async () => {
    const local = path.join(runsFolder(path.join(folder, 'out')), runId, areas.quarantine);
    const own = await readdir(local, { recursive: true }).catch(() => []);
    const theirs = (await deployed.processed.list(areas.quarantine)).filter(({ key }) => key.includes(runId));
    expect(own.filter((file) => file.endsWith('.parquet')).toSorted()).toEqual(
      theirs.map(({ key }) => key.slice(areas.quarantine.length)).toSorted(),
    );
    expect(theirs.length > 0).toBe(name === 'dirty');
  });
});

/** Ids that are texts, other column names, an archive, local names of arms, no sessions and no products. */
async function writeForeignShop(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const people = Array.from({ length: 1200 }, (_, index) => ({
    id: `c-${String((index * 7919) % 1200).padStart(4, '0')}`,
    arm: index % 2 === 0 ? 'A' : 'B',
    buys: (index * 37) % 11 < (index % 2 === 0 ? 2 : 3),
  }));
  const events = people.flatMap(({ id, buys }, index) => {
    const day = String(1 + (index % 9)).padStart(2, '0');
    return [
      `e${index}-1,${id},page_view,2025-03-${day} 08:00:00+01:00,`,
      ...(buys ? [`e${index}-2,${id},order,2025-03-${day}T09:30:00Z,${(index % 90) + 1}.50`] : []),
    ];
  });
  const assigned = people.map(({ id, arm }, index) => `${id},${arm},2025-03-0${1 + (index % 9)}`);
  await writeFile(
    path.join(folder, 'events.csv.gz'),
    gzipSync(`event_id,customer,type,timestamp,amount\r\n${events.join('\r\n')}\r\n`),
  );
  await writeFile(path.join(folder, 'assignments.csv'), `customer,bucket,since\n${assigned.join('\n')}\n`);
  await writeFile(
    path.join(folder, 'experiment.yaml'),
    `raw: { experiment_assignments: assignments.csv }
id_type: string
schema:
  events: { user_id: customer, event_name: type, event_ts: timestamp, revenue: amount }
  experiment_assignments:
    user_id: customer
    experiment_id: { constant: checkout }
    variant: { column: bucket, values: { A: control, B: treatment } }
    assigned_ts: since
events: { exposure: page_view, purchase: order }
experiments:
  "*": { outcome_window_days: 3 }
`,
  );
}
