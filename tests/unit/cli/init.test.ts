import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { type InitResult, init } from '../../../cli/init/init.ts';
import { targetConfig } from '../../../cli/pipeline/connection.ts';
import { validate } from '../../../cli/validate/validate.ts';
import { SchemaError } from '../../../layers/contracts/errors/index.ts';

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'ecom-init-test-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  made += 1;
  const folder = path.join(root, String(made));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  return folder;
}

const settings = ({ guesses }: InitResult) =>
  Object.fromEntries(guesses.map(({ path: keys, value }) => [keys.join('.'), value]));
const asked = ({ questions }: InitResult) => questions.map(({ path: keys }) => keys.join('.'));
const configOf = ({ text }: InitResult) => targetConfig([{ name: 'experiment.yaml', text }]);

const many = (count: number, row: (index: number) => string) =>
  `${Array.from({ length: count }, (_, index) => row(index + 1)).join('\n')}\n`;

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
    experiments: { '*': { control: 'blue' } },
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
    'semicolons.csv': 'a;b\n1;2\n',
    'broken.csv.gz': 'no gzip',
    'events.csv': 'event_id,user_id,event_name,event_ts\n1,1,purchase,2024-01-02\n',
  });
  const { remarks } = await init(folder);
  expect(remarks).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^broken\.csv cannot be read: the file is not valid gzip/),
      expect.stringMatching(/^semicolons\.csv cannot be read: .*";", not by commas.*python3 -c/),
    ]),
  );
});

it('no configuration comes of files that cannot be read at all', async () => {
  const folder = await folderOf({ 'users.csv': 'a;b\n1;2\n', 'events.csv': 'a;b\n1;2\n' });
  const refused = init(folder);
  await expect(refused).rejects.toBeInstanceOf(SchemaError);
  await expect(refused).rejects.toThrow(/none of the 2 CSV files can be read.*";".*python3 -c/);
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
  await expect(init(parent)).rejects.toThrow(/folders of several: shop a, shop_b.*npx ecom init '.*shop a'/);

  const mixed = await init(await folderOf(Object.fromEntries([...shops, ...Object.entries(foreignShop())])));
  expect(mixed.remarks.join('\n')).toMatch(/folders shop a, shop_b hold files of several kinds/);
  expect(settings(mixed)).toMatchObject({ 'raw.users': 'customers.csv' });
});

it('decimal commas and dates of a country are told with what is accepted, and are no sure guess', async () => {
  const folder = await folderOf({
    'assignments.csv': `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},03.01.2024 21:${i + 10}`)}`,
    'events.csv': `event_id,user_id,event_name,timestamp,amount\n${many(20, (i) => `${i},${i},purchase,03.01.2024 22:${i + 10},"${i},50 €"`)}`,
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({
    'schema.events.revenue': 'amount',
    'schema.events.event_ts': 'timestamp',
  });
  expect(result.text).toMatch(/event_ts: timestamp # guess: .* cannot be read, such as "03\.01\.2024 22:11"/);
  expect(result.text).toMatch(/revenue: amount # guess: .* decimal comma: write 1234\.50/);
  expect(result.remarks).toEqual(
    expect.arrayContaining([
      expect.stringMatching(
        /^assignments\.csv, assigned_ts: 20 of 20 times cannot be read, such as "03\.01\.2024 21:11": write 2024-12-31T23:59:59Z/,
      ),
      expect.stringMatching(
        /^events\.csv, amount: 20 of 20 amounts cannot be read, such as "1,50 €", .*: write 1234\.50\.$/,
      ),
      expect.stringMatching(
        /^A run sets the rows with such values aside\. .*docs\/own-data\.md#recipes-values\.$/,
      ),
    ]),
  );
  expect(result.remarks.join('\n')).not.toMatch(/has days, not times/);
});

const confidences = ({ guesses }: InitResult) =>
  Object.fromEntries(
    guesses.map(({ path: keys, value, confidence }) => [keys.join('.'), [value, confidence]]),
  );
const assignments = `user_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},2024-01-01T10:00:00Z`)}`;
const eventsNamed = (names: readonly string[]) =>
  `event_id,user_id,event_name,event_ts\n${many(30, (i) => `${i},${i},${names[i % names.length]},2024-01-02T10:00:00Z`)}`;

it('names of other languages are understood, and none of them is sure', async () => {
  const folder = await folderOf({
    'testgruppen.csv': `Kundennummer,Testname,Testgruppe,Zeitstempel\n${many(20, (i) => `${i},x,${i % 2 ? 'Kontrolle' : 'Neu'},2024-01-01T10:00:00Z`)}`,
    'kunden.csv': `Kunden-ID,Gerät,Land,registriert_am\n${many(20, (i) => `${i},mobil,DE,2023-01-01`)}`,
    'ereignisse.csv': `Ereignis-ID,kunde,Sitzung,Ereignis,Datum,Umsatz,Menge,Bestellnummer\n${many(50, (i) => `${i},${i % 20},${i},${['Produktansicht', 'In den Warenkorb', 'Kasse', 'Kauf'][i % 4]},2024-01-02T10:00:00Z,${i}.50,1,b-${i}`)}`,
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({
    'raw.users': 'kunden.csv',
    'schema.users.user_id': 'Kunden-ID',
    'schema.users.device': 'Gerät',
    'schema.users.country': 'Land',
    'schema.users.signup_ts': 'registriert_am',
    'schema.experiment_assignments.user_id': 'Kundennummer',
    'schema.experiment_assignments.variant': 'Testgruppe',
    'schema.experiment_assignments.assigned_ts': 'Zeitstempel',
    'schema.events.event_id': 'Ereignis-ID',
    'schema.events.user_id': 'kunde',
    'schema.events.session_id': 'Sitzung',
    'schema.events.event_name': 'Ereignis',
    'schema.events.event_ts': 'Datum',
    'schema.events.revenue': 'Umsatz',
    'schema.events.quantity': 'Menge',
    'schema.events.order_id': 'Bestellnummer',
    'events.exposure': 'Produktansicht',
    'events.add_to_cart': 'In den Warenkorb',
    'events.begin_checkout': 'Kasse',
    'events.purchase': 'Kauf',
    'experiments.*.control': 'Kontrolle',
  });
  for (const { path: keys, confidence } of result.guesses) {
    if (keys[0] === 'events') expect(confidence).toBe('likely');
    if (keys[0] === 'schema') expect(confidence, keys.join('.')).not.toBe('sure');
  }
  await writeFile(path.join(folder, 'experiment.yaml'), result.text);
  const { checks } = await validate({ folder });
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
});

it.each([
  ['client_id', 'ga_session_id', 'menge', 'betrag'],
  ['visitor_id', 'sitzung', 'quantite', 'montant'],
  ['anonymous_id', 'visit_id', 'cantidad', 'importe'],
])('columns %s, %s, %s, %s are found', async (user, session, quantity, revenue) => {
  const folder = await folderOf({
    'assignments.csv': assignments,
    'events.csv': `event_id,${user},${session},event_name,event_ts,${quantity},${revenue}\n${many(30, (i) => `${i},${i},${i},purchase,2024-01-02T10:00:00Z,1,${i}.50`)}`,
  });
  expect(settings(await init(folder))).toMatchObject({
    'schema.events.user_id': user,
    'schema.events.session_id': session,
    'schema.events.quantity': quantity,
    'schema.events.revenue': revenue,
  });
});

it.each([
  ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed'],
  ['view_item', 'add-to-cart', 'checkout_started', 'order_completed'],
  ['Produkt angesehen', 'In den Warenkorb', 'Zur Kasse', 'Bestellung'],
  ['Fiche produit', 'Ajout au panier', 'Début commande', 'Achat'],
  ['Vista producto', 'Añadir al carrito', 'Iniciar compra', 'Compra'],
])('events %s, %s, %s, %s are found', async (...names) => {
  const folder = await folderOf({ 'assignments.csv': assignments, 'events.csv': eventsNamed(names) });
  const [exposure, cart, checkout, purchase] = names.map((name) => [name, 'likely']);
  expect(confidences(await init(folder))).toMatchObject({
    'events.exposure': exposure,
    'events.add_to_cart': cart,
    'events.begin_checkout': checkout,
    'events.purchase': purchase,
  });
});

it('names that mean several things are guesses that say so', async () => {
  const folder = await folderOf({
    'assignments.csv': assignments,
    'events.csv': `event_id,customer_id,visitor_id,event_name,event_ts,price\n${many(30, (i) => `${i},${i},${i + 100},${['Seitenaufruf', 'Warenkorb', 'Kauf', 'Bestellung', 'checkout'][i % 5]},2024-01-02T10:00:00Z,${i}.50`)}`,
  });
  const result = await init(folder);
  expect(result.text).toMatch(/user_id: customer_id # guess: .*it may also be "visitor_id"/);
  expect(result.text).toMatch(/revenue: price # guess: .*may mean it.*whole event, not per item/);
  expect(result.text).toMatch(/exposure: Seitenaufruf # guess: .*right only if users see the change there/);
  expect(result.text).toMatch(/add_to_cart: Warenkorb # guess: .*a look at the cart\?/);
  expect(result.text).toMatch(/begin_checkout: checkout # guess: /);
  expect(result.text).toMatch(/purchase: Kauf # guess: .*it may also be "Bestellung" \(6 events\)/);
  expect(result.text).toMatch(/# Bestellung: Kauf # ask: "Bestellung" \(6 events\) may be a purchase too/);
});

it('counts since 1970 are times that cannot be read, and no ids', async () => {
  const folder = await folderOf({
    'assignments.csv': `client_id,experiment_id,variant,assigned_at\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},17043000${i + 10}`)}`,
    'events.csv': `event_timestamp,event_name,client_id\n${many(30, (i) => `17043000${i + 10}000000,purchase,${i}`)}`,
  });
  const result = await init(folder);
  expect(result.text).toMatch(/event_ts: event_timestamp # guess: .*count from 1970 on: write 2024/);
  expect(result.text).toMatch(/assigned_ts: assigned_at # guess: .*count from 1970 on: write 2024/);
  expect(result.text).toMatch(/# event_id: .*number the lines: docs\/own-data\.md#recipes-names/);
});

it('of several ids of a user in the events that of the assignments is guessed', async () => {
  const folder = await folderOf({
    'assignments.csv': `anonymous_id,experiment_id,variant,assigned_ts\n${many(20, (i) => `anon-${i},x,${i % 2 ? 'control' : 'b'},2024-01-01`)}`,
    'events.csv': `event_id,user_id,anonymous_id,event_name,event_ts\n${many(30, (i) => `${i},${i % 3 ? '' : i},anon-${i},purchase,2024-01-02`)}`,
  });
  expect((await init(folder)).text).toMatch(
    /user_id: anonymous_id # guess: the assignments have "anonymous_id" too; it may also be "user_id"/,
  );
});

it('an exposure that no event looks like is asked for, never guessed', async () => {
  const folder = await folderOf({
    'assignments.csv': assignments,
    'events.csv': eventsNamed(['login', 'Purchase', 'search']),
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({ 'events.purchase': 'Purchase' });
  expect(settings(result)).not.toHaveProperty(['events.exposure']);
  expect(result.text).toMatch(
    /# exposure: <name of the event> # ask: no event looks like it; there are .*exposure: assignment/,
  );
});

it('without revenue it is told that its metrics are off, what was looked for and what may be meant', async () => {
  const events = (extra: string, value: (i: number) => string) =>
    `event_id,user_id,event_name,event_ts,${extra}\n${many(30, (i) => `${i},${i},purchase,2024-01-02T10:00:00Z,${value(i)}`)}`;
  const some = await init(
    await folderOf({ 'assignments.csv': assignments, 'events.csv': events('netto_eur', (i) => `${i}.50`) }),
  );
  expect(some.text).toMatch(
    /# revenue: netto_eur # ask: revenue metrics are switched off, .* revenue, amount, .*umsatz.*may be "netto_eur"/,
  );
  expect(configOf(some).schema.events.revenue).toBeUndefined();
  const none = await init(
    await folderOf({ 'assignments.csv': assignments, 'events.csv': events('colour', () => 'red') }),
  );
  expect(asked(none)).not.toContain('schema.events.revenue');
  expect(none.remarks.join('\n')).toMatch(
    /Revenue: revenue metrics are switched off, .* no other column has amounts/,
  );
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
