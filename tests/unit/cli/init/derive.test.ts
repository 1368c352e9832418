import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { init } from '../../../../cli/init/init.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import { prepareDrop } from '../../../../cli/pipeline/prepare-drop.ts';
import { validate } from '../../../../cli/validate/validate.ts';
import { UsageError } from '../../../../layers/platform/errors.ts';
import { asked, exportFolders, many, settings } from './folders.ts';

const { folderOf, remove } = exportFolders();
afterAll(remove);

const arm = (user: number) => (user % 2 === 0 ? 'treatment' : 'control');
const isBuyer = (user: number) => user % 4 === 0 || user % 10 === 1;
const day = (user: number) => `2024-03-0${(user % 5) + 1}`;

/** 200 users: in each arm 100, of whom 20 of the control and 50 of the treatment buy for 5. */
const users = 200;
const buyers = { control: 0.2, treatment: 0.5 };

/** The configuration that `init` writes takes the folder to these shares of buyers. */
async function shares(folder: string) {
  const result = await init(folder);
  await writeFile(path.join(folder, 'experiment.yaml'), result.text);
  const { report } = await analyzeFolder(folder);
  const conversion = report.experiments[0]?.metrics.find(({ metric }) => metric === 'purchase_conversion');
  const [comparison] = conversion?.comparisons ?? [];
  return {
    result,
    openWindows: report.experiments[0]?.trust.immature.users,
    found: { control: comparison?.control.mean, treatment: comparison?.treatment.mean },
  };
}

const assignments = `user_id,experiment_id,variant,assigned_ts\n${many(users, (i) => `${i},e,${arm(i)},2024-03-01 00:00:00`)}`;
const rows = (line: (user: number, name: string, at: string, revenue: string) => string) =>
  Array.from({ length: users }, (_, index) => index + 1).flatMap((user) => [
    line(user, 'view_product', `${day(user)} 10:00:00`, ''),
    ...(isBuyer(user) ? [line(user, 'purchase', `${day(user)} 11:00:00`, '5.00')] : []),
  ]);
const eventsFile = (header: string, lines: readonly string[]) => `${[header, ...lines].join('\n')}\n`;
const events = eventsFile(
  'event_id,user_id,event_name,event_ts,revenue',
  rows((user, name, at, revenue) => `${user}${name === 'purchase' ? 1 : 0},${user},${name},${at},${revenue}`),
);

describe('one file that is several datasets', { timeout: 60_000 }, () => {
  it('events that name the variant assign their users', async () => {
    const folder = await folderOf({
      'events.csv': eventsFile(
        'event_id,user_id,event_name,event_ts,revenue,ab_group',
        rows(
          (user, name, at, revenue) =>
            `${user}${name === 'purchase' ? 1 : 0},${user},${name},${at},${revenue},${arm(user)}`,
        ),
      ),
    });
    const { result, found } = await shares(folder);
    expect(settings(result)).toMatchObject({
      'raw.experiment_assignments': 'events.csv',
      'schema.experiment_assignments.variant': 'ab_group',
      'schema.experiment_assignments.assigned_ts': 'event_ts',
    });
    expect(found).toEqual(buyers);
  });

  it('a row for each user has assignment and outcome', async () => {
    const folder = await folderOf({
      'ab_data.csv': `user_id,timestamp,group,converted\n${many(users, (i) => `${i},${day(i)} 10:00:00,${arm(i)},${isBuyer(i) ? 1 : 0}`)}`,
    });
    const { result, found, openWindows } = await shares(folder);
    const { checks } = await validate({ folder });
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(openWindows).toBe(0);
    expect(settings(result)).toMatchObject({
      'raw.experiment_assignments': 'ab_data.csv',
      'raw.events': 'ab_data.csv',
      'schema.events.event_name': { column: 'converted', values: { '0': 'nothing', '1': 'purchase' } },
      'experiments.*.exposure': 'assignment',
      'experiments.*.outcome_window_days': 1,
    });
    expect(found).toEqual(buyers);
  });

  it('in German words as well, and its guardrails are those that such rows can hold', async () => {
    const folder = await folderOf({
      'auswertung.csv': `Kundennummer;Variante;Zugewiesen am;Gekauft\n${many(users, (i) => `K${i};${arm(i)};0${(i % 5) + 1}.03.2024 10:00;${isBuyer(i) ? 'ja' : 'nein'}`)}`,
    });
    const { result, found } = await shares(folder);
    expect(settings(result)).toMatchObject({
      'schema.events.event_name': { column: 'Gekauft', values: { ja: 'purchase', nein: 'nothing' } },
      'experiments.*.guardrails.retention_d7': null,
    });
    expect(found).toEqual(buyers);
  });

  it('also where its name is that of assignments', async () => {
    const folder = await folderOf({
      'ab_test_results.csv': `user_id,test_group,signup_date,converted\n${many(users, (i) => `u${i},${arm(i)},2024-01-01,${isBuyer(i) ? 1 : 0}`)}`,
    });
    expect((await shares(folder)).found).toEqual(buyers);
  });

  it('and does so without a time', async () => {
    const folder = await folderOf({
      'games.csv': `userid,version,retention_7\n${many(users, (i) => `${i},${arm(i)},${isBuyer(i) ? 'True' : 'False'}`)}`,
    });
    expect((await shares(folder)).found).toEqual(buyers);
  });
});

describe('the shapes of public data sets and page tests, made up', { timeout: 60_000 }, () => {
  const wide = (line: (user: number) => string) => many(users, line);

  it.each([
    [
      'cookie_cats: a version and two retentions, as TRUE and FALSE',
      `userid,version,sum_gamerounds,retention_1,retention_7\n${wide((i) => `${i},${arm(i)},${i % 30},${isBuyer(i) ? 'TRUE' : 'FALSE'},FALSE`)}`,
    ],
    [
      "marketing_AB: pandas' index, names with blanks, and steps",
      `,user id,test group,converted,step1\n${wide((i) => `${i - 1},${1_000_000 + i},${arm(i)},${isBuyer(i) ? 'TRUE' : 'FALSE'},1`)}`,
    ],
    [
      'a page test: a time, a group, a page and whether converted',
      `user_id,timestamp,group,landing_page,converted\n${wide((i) => `${i},${day(i)} 10:00:00.123456,${arm(i)},new_page,${isBuyer(i) ? 1 : 0}`)}`,
    ],
    [
      'a page test whose outcome is called otherwise, beside a step to it',
      `user_id,group,page_design,clicked,subscribed\n${wide((i) => `${i},${arm(i)},new,1,${isBuyer(i) ? 'Yes' : 'No'}`)}`,
    ],
    [
      'rows with a number of their own that is called experiment_id',
      `experiment_id,user_id,variant,converted\n${wide((i) => `${500_000 + i},${i},${arm(i)},${isBuyer(i) ? 1 : 0}`)}`,
    ],
    [
      'hillstrom, numbered: what was spent, and a conversion',
      `user_id,history,zip_code,variant,visit,conversion,spend\n${wide((i) => `${i},${i}.50,Rural,${arm(i)},1,${isBuyer(i) ? 1 : 0},${isBuyer(i) ? '5.00' : '0'}`)}`,
    ],
  ])('%s', async (_, content) => {
    expect((await shares(await folderOf({ 'data.csv': content }))).found).toEqual(buyers);
  });
});

describe('a row a visit, with the arm and an outcome', { timeout: 60_000 }, () => {
  const visits = (armOf: (user: number, visit: number) => string) =>
    `visit_no,user_id,variant,visit_date,event_date,converted\n${many(
      2 * users,
      (i) =>
        `${i},${(i % users) + 1},${armOf((i % users) + 1, i)},x,2024-03-0${i > users ? 2 : 1},${i > users && isBuyer((i % users) + 1) ? 1 : 0}`,
    )}`;

  it('assigns a user at the first one, and what he does at any of them counts for him', async () => {
    const { result, found } = await shares(await folderOf({ 'ab_test_results.csv': visits(arm) }));
    expect(settings(result)).toMatchObject({
      'schema.experiment_assignments.assigned_ts': 'event_date',
      'schema.events.event_id': { line_number: true },
      'schema.events.event_name': { column: 'converted', values: { '0': 'nothing', '1': 'purchase' } },
      'experiments.*.exposure': 'assignment',
    });
    expect(settings(result)).not.toHaveProperty('experiments.*.outcome_window_days');
    expect(found).toEqual(buyers);
  });

  it('is refused where the arm was drawn for each of them', async () => {
    const drawn = visits((user, visit) => arm(visit > users ? user + (user % 3) : user));
    const refused = init(
      await folderOf({ 'ab_test_results.csv': drawn.replaceAll('visit_no', 'session_id') }),
    );
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      /67 of the 200 values of "user_id" have rows in several arms: "variant" was drawn for each visit.*--user session_id/s,
    );
  });
});

describe('a row a user whose names tell nothing', { timeout: 60_000 }, () => {
  const improved = (user: number) => (isBuyer(user) ? 'better' : 'as before');

  it('is read by the columns that are named', async () => {
    const folder = await folderOf({
      'trial.csv': `rownames,treat,state,experience\n${many(users, (i) => `${i},${i % 2 === 0 ? 1 : 0},${improved(i)},${i % 7}`)}`,
    });
    const result = await init(folder, { variant: 'treat', outcome: 'state=better' });
    expect(settings(result)).toMatchObject({
      'schema.experiment_assignments.user_id': 'rownames',
      'schema.experiment_assignments.variant': 'treat',
      'schema.events.event_name': {
        column: 'state',
        values: { better: 'purchase', 'as before': 'nothing' },
      },
      'experiments.*.control': '0',
    });
    await writeFile(path.join(folder, 'experiment.yaml'), result.text);
    const { report } = await analyzeFolder(folder);
    const conversion = report.experiments[0]?.metrics.find(({ metric }) => metric === 'purchase_conversion');
    expect(conversion?.comparisons[0]).toMatchObject({
      control: { n: 100, mean: buyers.control },
      treatment: { n: 100, mean: buyers.treatment },
    });
  });

  it('has an amount as its outcome', async () => {
    const folder = await folderOf({
      'donations.csv': `id,treatment,donation\n${many(users, (i) => `${i},${i % 2 === 0 ? 1 : 0},${i % 2 === 0 ? i % 8 : i % 5}.50`)}`,
    });
    const result = await init(folder, { variant: 'treatment', outcome: 'donation' });
    expect(settings(result)).toMatchObject({
      'schema.events.event_name': { constant: 'purchase' },
      'schema.events.revenue': 'donation',
      'experiments.*.primary': 'revenue_per_user',
    });
    await writeFile(path.join(folder, 'experiment.yaml'), result.text);
    const { report } = await analyzeFolder(folder);
    const revenue = report.experiments[0]?.metrics.find(({ metric }) => metric === 'revenue_per_user');
    expect(revenue?.comparisons[0]).toMatchObject({
      control: { n: 100, mean: 2.5 },
      treatment: { n: 100, mean: 3.5 },
    });
  });

  it('and no id: its lines are the users, and repeated rows are several', async () => {
    const content = `history,arm,visit,converted\n${many(users, (i) => `${i % 3},${arm(i)},1,${isBuyer(i) ? 1 : 0}`)}`;
    const { result, found } = await shares(await folderOf({ 'mails.csv': content }));
    expect(settings(result)).toMatchObject({
      'schema.experiment_assignments.user_id': { line_number: true },
      'schema.events.user_id': { line_number: true },
      'schema.events.event_id': { line_number: true },
    });
    expect(result.remarks.join(' ')).toContain('nobody can see one who is there twice');
    expect(asked(result)).not.toContain('schema.events.user_id');
    expect(found).toEqual(buyers);
  });

  it('is refused where no file has the columns, with those that it has', async () => {
    const folder = await folderOf({ 'trial.csv': 'rownames,treat,state\n1,0,better\n2,1,worse\n' });
    const refused = init(folder, { variant: 'arm', outcome: 'state=better' });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      /no file has a row for each user with the variant "arm", outcome "state=better".*rownames, treat, state/s,
    );
  });
});

describe('what exports lack', { timeout: 60_000 }, () => {
  it('events without an id get one of the columns that tell them apart', async () => {
    const folder = await folderOf({
      'experiment_assignments.csv': assignments.replace(/^(\d+),/gm, 'u$1,'),
      'events.csv': eventsFile(
        'user_pseudo_id,event_name,event_timestamp,purchase_revenue',
        rows((user, name, at, revenue) => `u${user},${name},${Date.parse(`${at}Z`)}000,${revenue}`),
      ),
    });
    const { result, found } = await shares(folder);
    expect(settings(result)).toMatchObject({
      id_type: 'string',
      'schema.events.event_id': { column: 'user_pseudo_id', with: ['event_timestamp'] },
    });
    expect(result.remarks.join(' ')).toContain('events.csv looks like an export of Google Analytics 4');
    expect(found).toEqual(buyers);
  });

  it('assignments without a time count from the first day of the events on', async () => {
    const folder = await folderOf({
      'experiment_assignments.csv': assignments.replaceAll(/,(assigned_ts|2024-.*)$/gm, ''),
      'events.csv': events,
    });
    const { result, found } = await shares(folder);
    expect(settings(result)).toMatchObject({
      'schema.experiment_assignments.assigned_ts': { constant: '2024-03-01' },
    });
    expect(found).toEqual(buyers);
  });

  it('ids with zeros before them in one file, and some with letters, are of one kind', async () => {
    const padded = (user: number) => (user % 10 === 0 ? `A${user}` : String(user).padStart(8, '0'));
    const folder = await folderOf({
      'experiment_assignments.csv': assignments.replace(/^(\d+),/gm, (_, user) => `${padded(Number(user))},`),
      'events.csv': events.replace(
        /^(\d+),(\d+),/gm,
        (_, id, user) => `${id},${Number(user) % 10 === 0 ? `A${user}` : user},`,
      ),
    });
    const { result, found } = await shares(folder);
    expect(settings(result).id_type).toBe('auto');
    expect(found).toEqual(buyers);
  });
});

describe('files of other kinds', { timeout: 60_000 }, () => {
  it('tabs, in a file of their own ending', async () => {
    const folder = await folderOf({
      'experiment_assignments.csv': assignments,
      'events.tsv': events.replaceAll(',', '\t'),
    });
    const { result, found } = await shares(folder);
    expect(settings(result)).toMatchObject({ 'raw.events': 'events.tsv' });
    expect(found).toEqual(buyers);
  });

  it('folders that partition a table', async () => {
    const [header = '', ...lines] = events.trimEnd().split('\n');
    const folder = await folderOf({
      'experiment_assignments.csv': assignments,
      'events/dt=2024-03-01/part-0.csv': eventsFile(header, lines.slice(0, 100)),
      'events/dt=2024-03-02/part-0.csv': eventsFile(header, lines.slice(100)),
    });
    expect((await shares(folder)).found).toEqual(buyers);
    const { files } = await prepareDrop({ folder, drop: 'default' });
    expect(files.filter(({ kind }) => kind === 'events').map(({ key }) => key)).toEqual([
      'raw/events/dt-2024-03-01-part-0.csv',
      'raw/events/dt-2024-03-02-part-0.csv',
    ]);
  });

  it('one of several days is refused, and all of them in a folder are taken', async () => {
    const [header = '', ...lines] = events.trimEnd().split('\n');
    const names = ['events_2024-03-01.csv', 'events_2024-03-02.csv'];
    const folder = await folderOf({
      'experiment_assignments.csv': assignments,
      [names[0] ?? '']: eventsFile(header, lines.slice(0, 100)),
      [names[1] ?? '']: eventsFile(header, lines.slice(100)),
      'experiment.yaml': 'raw: { events: events_2024-03-01.csv }\n',
    });
    const refused = prepareDrop({ folder, drop: 'default' });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      /events_2024-03-02.csv looks like events_2024-03-01.csv of other days.*into a folder events_2024-03-01\//,
    );
    const parts = path.join(folder, 'events_2024-03-01');
    await mkdir(parts);
    for (const name of names) await rename(path.join(folder, name), path.join(parts, name));
    const { report } = await analyzeFolder(folder);
    expect(report.quality.events?.accepted).toBe(lines.length);
  });
});
