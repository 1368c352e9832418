import { mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../cli/pipeline/analyze-folder.ts';
import { rowsOf, useServer } from './marts.ts';

const server = useServer();
let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-analyze-load-'));
  data = path.join(folder, 'data');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const generateShop = (users: number) => generate({ directory: data, users, seed: 3 });
const shown = (url: string) =>
  rowsOf(
    url,
    `select drop_name, run_id, count(*)::integer as users, sum(revenue)::text as revenue
     from mart_user_outcomes group by 1, 2 order by 1`,
  );

test('an analysis that is loaded is published in the database, and the next one of changed data takes its place', async () => {
  const url = await server.emptyDatabase();
  await generateShop(300);
  const first = await analyzeFolder(data, { load: url });
  const ofFirst = await shown(url);
  expect(ofFirst).toMatchObject([{ drop_name: 'default', run_id: first.report.run.runId }]);
  const [experiment] = first.report.experiments;
  expect(ofFirst[0]?.users).toBe(experiment?.arms.reduce((sum, { exposed }) => sum + exposed, 0));

  // Older by their dates, as files out of an archive are: what is analysed last is meant.
  await generateShop(200);
  for (const name of ['users', 'products', 'sessions', 'experiment_assignments', 'events']) {
    const file = path.join(data, `${name}.csv`);
    await stat(file);
    await utimes(file, new Date('2020-01-01'), new Date('2020-01-01'));
  }
  const second = await analyzeFolder(data, { load: url });
  expect(second.report.run.runId).not.toBe(first.report.run.runId);
  expect(await shown(url)).toMatchObject([{ drop_name: 'default', run_id: second.report.run.runId }]);

  await generateShop(300);
  const again = await analyzeFolder(data, { load: url });
  expect(again.report).toEqual(first.report);
  expect(await shown(url)).toEqual(ofFirst);
}, 120_000);

test('each drop of a database shows its own analysis', async () => {
  const url = await server.emptyDatabase();
  await generateShop(200);
  const [ours, theirs] = [path.join(folder, 'ours'), path.join(folder, 'theirs')];
  await analyzeFolder(data, { load: url, drop: 'ours', out: ours });
  await analyzeFolder(data, { load: url, drop: 'theirs', out: theirs });
  expect(await shown(url)).toMatchObject([{ drop_name: 'ours' }, { drop_name: 'theirs' }]);
}, 60_000);

test.each([
  ['localhost/shop', 'this is not the URL of a PostgreSQL database', '--load'],
  ['postgres://127.0.0.1:1/shop', expect.stringMatching(/^the database does not answer/), '127.0.0.1:1/shop'],
])('a database at %s is refused before anything is done', async (load, what, where) => {
  await generateShop(100);
  const out = path.join(folder, 'refused');
  await expect(analyzeFolder(data, { load, out })).rejects.toMatchObject({
    name: 'UsageError',
    fault: { what, where },
  });
  await expect(stat(out)).rejects.toMatchObject({ code: 'ENOENT' });
});
