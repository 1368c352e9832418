import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import { prepareDrop } from '../../../../cli/pipeline/prepare-drop.ts';
import { validate } from '../../../../cli/validate/validate.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'ecom-listed-files-'));
afterAll(() => rm(root, { recursive: true, force: true }));
let made = 0;

const assignments =
  'user_id,experiment_id,variant,assigned_ts\n1,e,control,2024-03-01\n2,e,treatment,2024-03-01\n';
const header = 'event_id,user_id,event_name,event_ts\n';
const event = (id: number) => `${id},${(id % 2) + 1},view_product,2024-03-02T10:00:00Z\n`;

async function folderOf(raw: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  made += 1;
  const folder = path.join(root, String(made));
  const all = {
    'experiment_assignments.csv': assignments,
    'experiment.yaml': `raw: { events: ${raw} }\n`,
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

const eventsOf = async (folder: string) =>
  (await prepareDrop({ folder, drop: 'default' })).files
    .filter(({ kind }) => kind === 'events')
    .map(({ file, key }) => [path.relative(folder, file), key]);

it('a list of files is one dataset, each a part of it: to validate and analyze as well', async () => {
  const folder = await folderOf('[web.csv, app.csv]', {
    'web.csv': header + event(1) + event(2),
    'app.csv': header + event(3),
  });
  expect(await eventsOf(folder)).toEqual([
    ['web.csv', 'raw/events/web.csv'],
    ['app.csv', 'raw/events/app.csv'],
  ]);
  const { checks } = await validate({ folder });
  expect(checks.find(({ dataset, check }) => dataset === 'events' && check === 'files')).toMatchObject({
    count: 2,
    finding: 'web.csv and 1 more',
  });
  const { report } = await analyzeFolder(folder);
  expect(report.quality.events).toMatchObject({ lines: 3, accepted: 3 });
});

it('a pattern takes the files that fit it, of a folder, too: compressed, tabbed or converted, and each once', async () => {
  const folder = await folderOf('["log-*.csv", "log-1.csv", "export/*.tsv"]', {
    'log-1.csv': header + event(1),
    'log-2.csv.gz': gzipSync(header + event(2)),
    'log-3.jsonl':
      '{"event_id":3,"user_id":1,"event_name":"view_product","event_ts":"2024-03-02T10:00:00Z"}\n',
    'export/a.tsv': (header + event(4)).replaceAll(',', '\t'),
    'export/b.csv': header + event(5),
  });
  expect(await eventsOf(folder)).toEqual([
    ['log-1.csv', 'raw/events/log-1.csv'],
    ['log-2.csv.gz', 'raw/events/log-2.csv.gz'],
    ['ecom-converted/log-3.csv', 'raw/events/log-3.csv'],
    ['export/a.tsv', 'raw/events/export-a.csv'],
  ]);
});

it('an entry that fits no file is refused, with its place in the configuration', async () => {
  const folder = await folderOf('["log-*.csv", clicks.csv]', { 'log-1.csv': header + event(1) });
  await expect(prepareDrop({ folder, drop: 'default' })).rejects.toMatchObject({
    fault: {
      what: 'no file is called clicks.csv, which the configuration lists',
      where: `${path.join(folder, 'experiment.yaml')}:1:8`,
      remedy: 'Correct the list; there are experiment_assignments.csv, log-1.csv',
    },
  });
});

it('two files that would be one part are refused, for one of them would be lost', async () => {
  const folder = await folderOf('["a-b.csv", "a/b.csv"]', {
    'a-b.csv': header + event(1),
    'a/b.csv': header + event(2),
  });
  await expect(prepareDrop({ folder, drop: 'default' })).rejects.toThrow(
    'a-b.csv and a/b.csv would be one part of the dataset',
  );
});

it('a single pattern needs no list', async () => {
  const folder = await folderOf('export/*.csv', { 'export/b.csv': header + event(5) });
  expect(await eventsOf(folder)).toEqual([['export/b.csv', 'raw/events/export-b.csv']]);
});
