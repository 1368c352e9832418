import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { Database } from '../../layers/platform/duckdb.ts';
import { literal } from '../../layers/platform/sql.ts';
import { type Contestant, type Measured, measure } from './peers.ts';

/** What `ecom analyze` takes of a drop in daily files: all of it, after a change of alpha, and with one day more. */
export interface Again {
  readonly whole: Measured;
  readonly alpha: Measured;
  readonly day: Measured;
}

/**
 * @param source a generated drop of one file a dataset, whose events and sessions are cut by day into `folder`
 * @param folder an empty one
 */
export async function measureAgain(source: string, folder: string): Promise<Again> {
  const drop = path.join(folder, 'drop');
  const ofOneDay = await cutByDay(source, drop, folder);
  const report = path.join(folder, 'report');
  const analyze: Contestant = {
    name: 'ecom analyze',
    command: (given) => [
      process.execPath,
      path.join(PROJECT_ROOT, 'cli/bin.mjs'),
      ...['analyze', given, '--out', report],
    ],
    // What is asked here is the time: the numbers of the same drops are held against the truth elsewhere.
    arms: async () => [],
  };
  const take = async () => (await measure(analyze, drop)).measured;

  const aside = ofOneDay.map((file) => ({ file, to: path.join(folder, file.replaceAll('/', '-')) }));
  for (const { file, to } of aside) await rename(path.join(drop, file), to);
  await take();
  for (const { file, to } of aside) await rename(to, path.join(drop, file));
  const day = await take();

  await writeFile(path.join(drop, 'experiment.yaml'), `experiments: { '*': { alpha: 0.04 } }\n`);
  const alpha = await take();

  await rm(report, { recursive: true });
  return { whole: await take(), alpha, day };
}

/** Returns the files of one day, of the middle of the experiment. */
async function cutByDay(source: string, drop: string, spill: string): Promise<string[]> {
  await mkdir(drop, { recursive: true });
  await using database = await Database.open({ memoryMb: 4096, folder: spill });
  const ofOneDay: string[] = [];
  for (const [dataset, moment] of [
    ['events', 'event_ts'],
    ['sessions', 'session_start_ts'],
  ] as const) {
    const rows = `read_csv(${literal(path.join(source, `${dataset}.csv`))}, all_varchar = true)`;
    const days = await database.query<{ day: string }>(
      `SELECT DISTINCT left(${moment}, 10) AS day FROM ${rows} ORDER BY day`,
    );
    await mkdir(path.join(drop, dataset));
    for (const { day } of days) {
      const file = path.join(dataset, `part-${day}.csv`);
      await database.run(
        `COPY (FROM ${rows} WHERE left(${moment}, 10) = ${literal(day)}) TO ${literal(path.join(drop, file))} (FORMAT csv, HEADER)`,
      );
    }
    ofOneDay.push(path.join(dataset, `part-${days[Math.floor(days.length / 2)]?.day}.csv`));
  }
  for (const dataset of ['users', 'products', 'experiment_assignments']) {
    await writeFile(path.join(drop, `${dataset}.csv`), await readFile(path.join(source, `${dataset}.csv`)));
  }
  return ofOneDay;
}
