import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { generate } from '../../../../cli/generate/generate.ts';
import { init } from '../../../../cli/init/init.ts';
import { targetConfig } from '../../../../cli/pipeline/target.ts';
import { validate } from '../../../../cli/validate/validate.ts';
import { SchemaError } from '../../../../layers/platform/errors.ts';
import { asked, configOf, exportFolders, many, settings } from './folders.ts';

const { root, folderOf, remove } = exportFolders();
afterAll(remove);

/** A shop whose exports have names of their own, no products, no revenue, and users of events through sessions. */
const foreignShop = () => ({
  'customers.csv': `customer_id,signup_date,country_code,device,plan\n${many(60, (i) => `${i},2024-01-${String((i % 28) + 1).padStart(2, '0')},${i % 3 ? 'US' : 'CA'},mobile,${i % 2 ? 'free' : 'pro'}`)}`,
  'visits.csv': `visit_id,customer_id,visit_start\n${many(90, (i) => `${i},${(i % 60) + 1},2024-02-03T10:${String(i % 60).padStart(2, '0')}:00`)}`,
  'ab_test.csv': `customer_id,test_name,variation,assigned_at\n${many(60, (i) => `${i},new_page,${i % 2 ? 'A' : 'B'},2024-02-01`)}`,
  'clickstream.csv.gz': gzipSync(
    `hit_id,visit_id,action,timestamp\n${many(200, (i) => `${i},${(i % 90) + 1},${['page_view', 'click', 'add_to_cart', 'order_completed'][i % 4]},2024-02-03T10:30:00`)}`,
  ),
});

describe('a folder of a foreign shop', () => {
  it('is understood, and validates with what was written', async () => {
    const folder = await folderOf(foreignShop());
    const result = await init(folder);
    expect(settings(result)).toEqual({
      'raw.users': 'customers.csv',
      'raw.sessions': 'visits.csv',
      'raw.experiment_assignments': 'ab_test.csv',
      'raw.events': 'clickstream.csv',
      id_type: 'bigint',
      'schema.users.user_id': 'customer_id',
      'schema.users.signup_ts': 'signup_date',
      'schema.users.country': 'country_code',
      'schema.sessions.session_id': 'visit_id',
      'schema.sessions.user_id': 'customer_id',
      'schema.sessions.session_start_ts': 'visit_start',
      'schema.experiment_assignments.user_id': 'customer_id',
      'schema.experiment_assignments.experiment_id': 'test_name',
      'schema.experiment_assignments.variant': 'variation',
      'schema.experiment_assignments.assigned_ts': 'assigned_at',
      'schema.events.event_id': 'hit_id',
      'schema.events.session_id': 'visit_id',
      'schema.events.event_name': 'action',
      'schema.events.event_ts': 'timestamp',
      'events.exposure': 'page_view',
      'events.purchase': 'order_completed',
      'experiments.*.control': 'A',
    });
    expect(asked(result)).toEqual(['raw.products']);
    expect(result.remarks.join('\n')).toMatch(/plan may serve as segments/);

    await writeFile(path.join(folder, 'experiment.yaml'), result.text);
    const { checks } = await validate({ folder });
    expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(configOf(result).experiments['*']?.control).toBe('A');
  });

  it('gets a line for each guess that says how sure it is and why', async () => {
    const { text } = await init(await folderOf(foreignShop()));
    expect(text).toMatch(/^# yaml-language-server: \$schema=.*docs\/experiment\.schema\.json$/m);
    expect(text).toMatch(/^ {4}control: A # likely: by custom among A, B$/m);
    expect(text).toMatch(/^ {2}exposure: page_view # guess: there is no "view_product", but "page_view"/m);
    expect(text).toMatch(/^ {2}# products: your-file\.csv # ask: no file looks like products/m);
  });
});

it('columns of users that tell who somebody is are proposed to be dropped, and no segments', async () => {
  const users = many(
    60,
    (i) => `${i},u${i}@example.com,${i % 2 ? 'Ann' : 'Bob'},10.0.0.${i},${i % 2 ? 'free' : 'pro'}`,
  );
  const folder = await folderOf({
    ...foreignShop(),
    'customers.csv': `customer_id,E-Mail,First Name,ip,plan\n${users}`,
  });
  const result = await init(folder);
  expect(configOf(result).pii).toEqual({ users: { 'E-Mail': 'drop', 'First Name': 'drop', ip: 'drop' } });
  expect(result.text).toMatch(/^ {4}E-Mail: drop # likely: by its name it tells who somebody is/m);
  expect(result.remarks.join('\n')).toMatch(/users: plan may serve as segments/);
  await writeFile(path.join(folder, 'experiment.yaml'), result.text);
  const { checks } = await validate({ folder });
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
});

it('generated data need nothing but their own names', async () => {
  const folder = path.join(root, 'generated');
  await generate({ directory: folder, users: 500, dirty: 0.02 });
  const result = await init(folder);
  expect(asked(result)).toEqual([]);
  expect(Object.keys(settings(result)).filter((key) => key.startsWith('schema.'))).toEqual([]);
  expect(settings(result)).toMatchObject({ id_type: 'bigint', 'experiments.*.control': 'control' });
  const { raw, ...config } = configOf(result);
  const { raw: usual, ...base } = targetConfig();
  expect(config).toEqual(base);
  expect(raw).toEqual(usual);
});

it('ids that are no numbers make id_type a string', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `u-${i},x,${i % 2 ? 'control' : 'b'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},u-${i},purchase,2024-01-02`)}`,
  });
  expect(settings(await init(folder))).toMatchObject({ id_type: 'string' });
});

it('what cannot be told is asked in comments, and the rest still validates', async () => {
  const folder = await folderOf({
    'split.csv': `user_id,variant,when\n${many(20, (i) => `${i},${i % 2 ? 'blue' : 'green'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},${i},${i % 2 ? 'foo' : 'bar'},2024-01-02`)}`,
  });
  const result = await init(folder);
  expect(asked(result)).toEqual(
    expect.arrayContaining(['raw.users', 'events.exposure', 'experiments.*.control']),
  );
  expect(settings(result)).toMatchObject({
    'schema.experiment_assignments.experiment_id': { constant: 'split' },
    'schema.experiment_assignments.assigned_ts': 'when',
  });
  expect(configOf(result).schema.experiment_assignments.experiment_id).toEqual({ constant: 'split' });
  const answered = { ...result, text: result.text.replaceAll(/^( *)# (?=.*(?::$|# ask:))/gm, '$1') };
  expect(configOf(answered)).toMatchObject({
    raw: { users: 'your-file.csv' },
    experiments: { '*': { control: '<its name>' } },
  });
});

it('other spellings of an event become aliases of the most frequent one', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(30, (i) => `${i},${i},${['view_product', 'addToCart', 'Add to Cart', 'addToCart'][i % 4]},2024-01-02`)}`,
  });
  expect(settings(await init(folder))).toMatchObject({
    'events.add_to_cart': 'addToCart',
    'event_aliases.Add to Cart': 'addToCart',
  });
});

it('experiments with different controls are named each', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(40, (i) => (i % 2 ? `${i},one,${i % 4 === 1 ? 'control' : 'x'},2024-01-01` : `${i},two,${i % 4 === 0 ? 'A' : 'B'},2024-01-01`))}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},${i},view_product,2024-01-02`)}`,
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({
    'experiments.one.control': 'control',
    'experiments.two.control': 'A',
  });
  expect(configOf(result).experiments.two?.control).toBe('A');
});

it('hostile names and values stay inside their comments', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},"x\naws: {}\n\u001b[2J",${i % 2 ? '"a: b #c"' : 'z'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},${i},"evil\nid_type: string",2024-01-02`)}`,
  });
  const result = await init(folder);
  expect(result.text).not.toContain('\u001b');
  expect(configOf(result)).toMatchObject({ id_type: 'bigint', aws: targetConfig().aws });
});

it('files that cannot be read are named with the reason and a way out', async () => {
  const folder = await folderOf({
    'quotes.csv': 'a,"b,c\n1,2\n',
    'broken.csv.gz': 'no gzip',
    'events.csv': 'event_id,user_id,event_name,event_ts\n1,1,purchase,2024-01-02\n',
  });
  const { remarks } = await init(folder);
  expect(remarks).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^broken\.csv cannot be read: the file is not valid gzip/),
      expect.stringMatching(/^quotes\.csv cannot be read: the header's quotation marks do not match/),
    ]),
  );
});

it('rows below a header with a quotation mark too many are read as a run reads them', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,"variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},${i},purchase,2024-01-02`)}`,
  });
  expect(settings(await init(folder))).toMatchObject({ 'experiments.*.control': 'control' });
});

it('no configuration comes of files that cannot be read at all', async () => {
  const folder = await folderOf({ 'users.csv': 'a,"b,c\n1,2\n', 'events.csv': 'a,"b,c\n1,2\n' });
  const refused = init(folder);
  await expect(refused).rejects.toBeInstanceOf(SchemaError);
  await expect(refused).rejects.toThrow(/none of the 2 CSV files can be read.*quotation marks/);
});

it('lines that end in CR CR LF are read as any other', async () => {
  const foreign = Object.entries(foreignShop());
  const expected = await init(await folderOf(Object.fromEntries(foreign)));
  const odd = foreign.map(([name, text]) => [
    name,
    typeof text === 'string' ? text.replaceAll('\n', '\r\r\n') : text,
  ]);
  const result = await init(await folderOf(Object.fromEntries(odd)));
  expect(settings(result)).toEqual(settings(expected));
  expect(result.remarks).toEqual(expected.remarks);
});

it('folders that hold whole exports are no parts of a file: each is named', async () => {
  const shops = ['shop a', 'shop_b'].flatMap((shop) =>
    Object.entries(foreignShop()).map(([name, content]) => [`${shop}/${name}`, content]),
  );
  const parent = await folderOf(Object.fromEntries(shops));
  await expect(init(parent)).rejects.toThrow(/folders of several: shop a, shop_b.*\.\/ecom init '.*shop a'/);

  const mixed = await init(await folderOf(Object.fromEntries([...shops, ...Object.entries(foreignShop())])));
  expect(mixed.remarks.join('\n')).toMatch(/folders shop a, shop_b hold files of several kinds/);
  expect(settings(mixed)).toMatchObject({ 'raw.users': 'customers.csv' });
});

it('how amounts and times are written is tried on the values and proposed', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id;experiment_id;variant;assigned_ts\n${many(20, (i) => `${i};x;${i % 2 ? 'control' : 'b'};0${1 + (i % 9)}/01/2024`)}`,
    'events.csv': `event_id,user_id,event_name,timestamp,amount\n${many(20, (i) => `${i},${i},purchase,23.01.2024 22:${i + 10},"1.0${i + 10},50 €"`)}`,
  });
  const result = await init(folder);
  expect(configOf(result).schema).toMatchObject({
    events: {
      revenue: { column: 'amount', decimal: ',', thousands: '.', strip_currency: true },
      event_ts: { column: 'timestamp', format: '%d.%m.%Y %H:%M' },
    },
    experiment_assignments: { assigned_ts: { column: 'assigned_ts', format: '%d/%m/%Y' } },
  });
  expect(result.text).toMatch(
    /revenue: .*# likely: .*amounts such as "1\.011,50 €": it reads 20 of 20 values/,
  );
  expect(result.text).toMatch(
    /event_ts: .*# guess: .*"23\.01\.2024 22:11": it reads 20 of 20 values; they are UTC unless/,
  );
  expect(result.text).toMatch(/assigned_ts: .*# guess: .*"%m\/%d\/%Y" would read as many/);
  expect(result.remarks).toContain(
    'assignments.csv: its columns are separated by ";". A run finds that itself.',
  );
});

it('an arm called None is the control where the others have telling names', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'None' : 'Green'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},${i},purchase,2024-01-02`)}`,
  });
  expect(settings(await init(folder))).toMatchObject({ 'experiments.*.control': 'None' });
});

it('amounts that may be read in two ways are a guess, and those that no way reads are told', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'false' : 'true'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts,revenue\n${many(20, (i) => `${i},${i},purchase,2024-01-02,"${i === 20 ? 'gratis' : `${i},500`}"`)}`,
  });
  const result = await init(folder);
  expect(result.text).toMatch(
    /revenue: \{ column: revenue, decimal: "," \} # guess: .*thousands: "," would read as many/,
  );
  expect(result.remarks).toContainEqual(
    expect.stringMatching(/^events\.csv, revenue: 1 of 20 amounts cannot be read/),
  );
  expect(settings(result)).toMatchObject({ 'experiments.*.control': 'false' });
});

it('the list of users to leave out is no dataset, and its use is told', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(20, (i) => `${i},${i},purchase,2024-01-02`)}`,
    'excluded_users.csv': 'user_id\n3\n4\n',
  });
  const result = await init(folder);
  expect(asked(result)).toContain('raw.users');
  expect(result.remarks).toContain('excluded_users.csv (2 rows) is used: its users are left out.');
  expect(result.text).not.toMatch(/excluded_users\.csv is not used/);
});

it('a folder without CSVs is refused', async () => {
  await expect(init(await folderOf({ 'notes.txt': 'x' }))).rejects.toThrow('the folder holds no CSV file');
  await expect(init(path.join(root, 'nowhere'))).rejects.toThrow('there is no such folder');
});

it('what the configuration that is there says of files holds, and stays', async () => {
  const folder = await folderOf({
    'experiment_assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},2024-01-01T10:00:00Z`)}`,
    'events.csv': `report,of,a,tool\nmade,by,hand,in,May\nevent_id,user_id,event_name,event_ts\n${many(30, (i) => `${i},${i},view_product,2024-01-02T10:00:00Z`)}`,
    'experiment.yaml': 'files: { events: { skip_lines: 2, zone: Europe/Berlin } }\n',
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({
    'raw.events': 'events.csv',
    'files.events': { skip_lines: 2, zone: 'Europe/Berlin' },
  });
  expect(configOf(result).files).toEqual({ events: { skip_lines: 2, zone: 'Europe/Berlin' } });
});

it('a configuration that is there and has a mistake is told, and its files are not', async () => {
  const folder = await folderOf({
    'events.csv': `event_id,user_id,event_name,event_ts\n${many(30, (i) => `${i},${i},view_product,2024-01-02T10:00:00Z`)}`,
    'experiment.yaml': 'fils: { events: { skip_lines: 2 } }\n',
  });
  expect((await init(folder)).remarks[0]).toMatch(/^The experiment.yaml that is there has a mistake/);
});

it('what is only printed leaves the folder as it is, and reads the same', async () => {
  const folder = await folderOf({
    'experiment_assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},2024-01-01T10:00:00Z`)}`,
    'events.jsonl': many(30, (i) =>
      JSON.stringify({
        event_id: i,
        user_id: i,
        event_name: 'view_product',
        event_ts: '2024-01-02T10:00:00Z',
      }),
    ),
  });
  const printed = await init(folder, { writes: false });
  expect(await readdir(folder)).toEqual(['events.jsonl', 'experiment_assignments.csv']);
  expect(settings(printed)).toMatchObject({ 'raw.events': 'events.csv' });
  expect(printed.text).toBe((await init(folder)).text);
});
