import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type InitResult, init } from '../../../../cli/init/init.ts';
import { validate } from '../../../../cli/validate/validate.ts';
import { fileNamesOf } from '../../../../layers/experiment/config.ts';
import { asked, configOf, exportFolders, many, settings } from './folders.ts';

const { folderOf, remove } = exportFolders();
afterAll(remove);

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
  expect(result.text).toMatch(/revenue: price # guess: .*may be this column.*whole event, not per item/);
  expect(result.text).toMatch(/exposure: Seitenaufruf # guess: .*right only if users see the change there/);
  expect(result.text).toMatch(/add_to_cart: Warenkorb # guess: .*a look at the cart\?/);
  expect(result.text).toMatch(/begin_checkout: checkout # guess: /);
  expect(result.text).toMatch(/purchase: Kauf # guess: .*it may also be "Bestellung" \(6 events\)/);
  expect(result.text).toMatch(/# Bestellung: Kauf # ask: "Bestellung" \(6 events\) may be a purchase too/);
});

it('counts since 1970 are times, and no ids', async () => {
  const folder = await folderOf({
    'assignments.csv': `client_id,experiment_id,variant,assigned_at\n${many(20, (i) => `${i},x,${i % 2 ? 'control' : 'b'},17043000${i + 10}`)}`,
    'events.csv': `event_timestamp,event_name,client_id\n${many(30, (i) => `17043000${i + 10}000000,purchase,${i}`)}`,
  });
  const result = await init(folder);
  expect(result.text).toMatch(
    /event_ts: \{ column: event_timestamp, format: epoch \} # likely: .*counts since 1970 such as "1704300011000000"/,
  );
  expect(result.text).toMatch(
    /assigned_ts: \{ column: assigned_at, format: epoch \} # likely: .*it reads 20 of 20 values/,
  );
  expect(result.text).toMatch(/event_id: \{ column: client_id, with: \[event_timestamp\] \} # guess: /);
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

it('which zone is taken for times without an offset is told beside times with one, and the line that names another', async () => {
  const folder = await folderOf({
    'experiment_assignments.csv': assignments.replaceAll('T10:00:00Z', 'T10:00:00+01:00'),
    'events.csv': eventsNamed(['view_product', 'purchase']).replaceAll('Z\n', '\n'),
  });
  expect((await init(folder)).remarks).toContain(
    'events.event_ts carries no offset, and experiment_assignments.assigned_ts does (+01:00): a run takes it for UTC. If it is local time: schema: { events: { event_ts: { column: event_ts, zone: "Europe/Berlin" } } }, or the zone of the shop.',
  );
});

it('other spellings of an event count as the usual one, also of one that plays no part', async () => {
  const folder = await folderOf({
    'experiment_assignments.csv': assignments,
    'events.csv': eventsNamed([
      'view_product',
      'session_start',
      'session_start',
      'Session_Start',
      'Purchase',
    ]),
  });
  const found = settings(await init(folder));
  expect(found['event_aliases.Session_Start']).toBe('session_start');
  expect(Object.keys(found).filter((key) => key.startsWith('event_aliases.'))).toEqual([
    'event_aliases.Session_Start',
  ]);
});

it('a file name with a blank is taken as it is, and so is an amount whose name has its currency', async () => {
  const name = 'Auswertung Checkout.csv';
  const folder = await folderOf({
    [name]: `Kundennummer;Variante;Gekauft;Umsatz (EUR)\n${many(20, (i) => `K${i};${i % 2 ? 'A' : 'B'};${i % 3 ? 'nein;' : 'ja;1.234,50'}`)}`,
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({
    'raw.events': name,
    'schema.events.revenue': { column: 'Umsatz (EUR)', decimal: ',', thousands: '.' },
  });
  expect(fileNamesOf(configOf(result).raw).experiment_assignments).toBe(name);
});

it('answers that were given in a configuration stay, and what is read otherwise now is told', async () => {
  const folder = await folderOf({
    'ab.csv': `user_id,arm,converted\n${many(20, (i) => `${i},${i % 2 ? 'old_one' : 'fresh'},${i % 3 ? 0 : 1}`)}`,
    'experiment.yaml':
      'id_type: string\nexperiments: { "*": { control: old_one, planned_users: 5000, guardrails: { bounce_rate: null } } }\n',
  });
  const result = await init(folder);
  expect(settings(result)).toMatchObject({
    'experiments.*.control': 'old_one',
    'experiments.*.planned_users': 5000,
    'experiments.*.guardrails.bounce_rate': null,
    'experiments.*.guardrails.retention_d7': null,
  });
  expect(asked(result)).not.toContain('experiments.*.control');
  expect(result.remarks.join(' ')).toContain('id_type was string in the experiment.yaml that was there');
  expect(configOf(result).experiments['*']).toMatchObject({ control: 'old_one', planned_users: 5000 });
});
