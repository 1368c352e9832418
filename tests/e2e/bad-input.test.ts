import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { reportSchema } from '../../layers/report/schema.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { fileCases } from '../unit/engine/bad-input/drops.ts';
import { dropOfLines, expectedQuality } from '../unit/engine/bad-input/line-drop.ts';
import type { Files } from '../unit/engine/bad-input/run-drop.ts';
import { connectTo, type Deployed } from './deployed.ts';
import { runEcom } from './ecom.ts';

/** Drops of the catalogue that run end to end as well: each kind of failure, at each stage that finds it. */
const sampled = [
  'a required column under another name',
  'gzip that ends too early',
  'more bad rows than the dataset tolerates, of several kinds',
  'events of users who are not in the users file, more than 5 %',
  'two currencies',
  'a currency that is no code of three letters',
];

describe('bad input, end to end', () => {
  let folder: string;
  let deployed: Deployed;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'ecom-bad-input-'));
    deployed = connectTo(inject('stateFolder'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ecom = (...args: string[]) => runEcom(args, { stateFolder: deployed.stateFolder });

  async function written(name: string, files: Files): Promise<string> {
    const data = path.join(folder, name);
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(data, file)), { recursive: true });
      await writeFile(path.join(data, file), content);
    }
    return data;
  }

  it('every bad line of the catalogue in one drop costs itself alone', async () => {
    const data = await written('lines', dropOfLines().files);
    const result = await ecom('run', data, '--drop', 'bad_lines', '--json');
    expect(result.code, result.stderr).toBe(0);
    const report = reportSchema.parse(JSON.parse(result.stdout));
    // The catalogue's upload is of 2024, this one of today: of its two events of the future one has come to pass.
    const { accepted = 0, quarantined = 0, ...others } = expectedQuality().events ?? {};
    expect(report.quality).toEqual({
      ...expectedQuality(),
      events: { ...others, accepted: accepted + 1, quarantined: quarantined - 1 },
    });
    const shown = await ecom('quarantine', report.run.runId, '--json', '--limit', '1000');
    expect(shown.code, shown.stderr).toBe(0);
    for (const { rule } of report.quarantineRules) expect(shown.stdout).toContain(`"${rule}"`);
  });

  it.each(
    fileCases
      .filter(({ input }) => sampled.includes(input))
      .map((one, index) => [one.input, one, index] as const),
  )('%s: the run fails, says so, and publishes nothing', async (_, { files, fails }, index) => {
    const drop = `bad_drop_${index}`;
    const data = await written(drop, files);
    const result = await ecom('run', data, '--drop', drop);
    expect(result.code, result.stderr).toBe(1);
    expect(unwrapped(result.stderr)).toContain(
      unwrapped(fails?.[1] ?? '').replaceAll('raw/', `raw/${drop}/`),
    );
    expect(result.stderr).not.toMatch(/\n\s+at .*\.m?[jt]s/);
    expect(await deployed.processed.getText(processedKeys.latest(drop))).toBeUndefined();
    const rows = await deployed.sql('select 1 from mart_user_outcomes where drop_name = $1', [drop]);
    expect(rows).toEqual([]);
  });

  it('the samples are cases of the catalogue', () => {
    expect(
      fileCases.filter(({ input, fails }) => sampled.includes(input) && fails !== undefined),
    ).toHaveLength(sampled.length);
  });
});

/** Text that a terminal may have broken into lines. */
const unwrapped = (text: string) => text.replaceAll(/\s+/g, ' ');
