import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type InitResult, init } from '../../../../cli/init/init.ts';
import { analyzeFolder } from '../../../../cli/pipeline/analyze-folder.ts';
import { exportFolders, many, settings } from './folders.ts';

const { folderOf, remove } = exportFolders();
afterAll(remove);

const users = 200;
const arm = (user: number) => (user % 2 === 0 ? 'treatment' : 'control');
const customers = Array.from({ length: users }, (_, index) => index + 1);
/** 20 of 100 users of the control and 50 of the treatment order, each two items for 12.50 in all. */
const buyers = customers.filter((user) => user % 4 === 0 || user % 10 === 1);
const expected = { control: [0.2, 2.5], treatment: [0.5, 6.25] };
const assignments = (id: (user: number) => string) =>
  `user_id,experiment_id,variant,assigned_ts\n${many(users, (i) => `${id(i)},e,${arm(i)},2024-03-01T00:00:00Z`)}`;

const shopifyHeader =
  'Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Id';
const shopifyItems = (user: number) => {
  const name = `#${1000 + user}`;
  const at = '2024-03-02 10:00:00 +0100';
  return [
    `${name},k${user}@example.com,paid,${at},EUR,10.00,2.50,12.50,${at},1,Shoe,6.00,S-1,0.00,${5_000_000 + user}`,
    `${name},k${user}@example.com,,,,,,,${at},2,Sock,2.00,S-2,,`,
  ];
};
const shopifyJson = (user: number) =>
  JSON.stringify({
    id: 5_000_000 + user,
    name: `#${1000 + user}`,
    created_at: '2024-03-02T10:00:00+01:00',
    email: `k${user}@example.com`,
    currency: 'EUR',
    total_price: '12.50',
    financial_status: 'paid',
    customer: { id: 70_000 + user, orders_count: 1 },
    line_items: [
      { sku: 'S-1', quantity: 1, price: '6.00' },
      { sku: 'S-2', quantity: 2, price: '2.00' },
    ],
  });

/** Of each arm the share of users who bought, and their revenue: each of all users. */
async function analyzed(folder: string): Promise<{ result: InitResult; found: Record<string, number[]> }> {
  const result = await init(folder);
  await writeFile(path.join(folder, 'experiment.yaml'), result.text);
  return { result, found: await meansOf(folder) };
}

async function meansOf(folder: string): Promise<Record<'control' | 'treatment', number[]>> {
  const { report } = await analyzeFolder(folder);
  const mean = (name: string, side: 'control' | 'treatment') =>
    report.experiments[0]?.metrics.find(({ metric }) => metric === name)?.comparisons[0]?.[side].mean ?? -1;
  const of = (side: 'control' | 'treatment') => [
    mean('purchase_conversion', side),
    mean('revenue_per_user', side),
  ];
  return { control: of('control'), treatment: of('treatment') };
}

describe('orders of a shop beside assignments are purchases', { timeout: 60_000 }, () => {
  it('JSON lines of Shopify, whose customer is an object', async () => {
    const folder = await folderOf({
      'assignments.csv': assignments((user) => String(70_000 + user)),
      'shopify_orders.jsonl': `${buyers.map(shopifyJson).join('\n')}\n`,
    });
    const { result, found } = await analyzed(folder);
    expect(settings(result)).toMatchObject({
      id_type: 'bigint',
      'raw.events': 'shopify_orders.csv',
      'schema.events.event_id': 'id',
      'schema.events.user_id': { column: 'customer', json: '$.id' },
      'schema.events.event_name': { constant: 'purchase' },
      'schema.events.event_ts': 'created_at',
      'schema.events.revenue': 'total_price',
      'schema.events.order_id': 'name',
      'experiments.*.exposure': 'assignment',
    });
    expect(settings(result)).not.toHaveProperty('raw.sessions');
    expect(settings(result)).not.toHaveProperty('dedupe.events');
    expect(found).toEqual(expected);
  });

  it('a CSV of Shopify, a row an item, the total in the first row of an order', async () => {
    const folder = await folderOf({
      'assignments.csv': assignments((user) => `k${user}@example.com`),
      'orders_export.csv': `${[shopifyHeader, ...buyers.flatMap(shopifyItems)].join('\n')}\n`,
    });
    const { result, found } = await analyzed(folder);
    expect(settings(result)).toMatchObject({
      'schema.events.user_id': 'Email',
      'schema.events.event_ts': 'Created at',
      'schema.events.revenue': 'Total',
      'schema.events.order_id': 'Name',
      'dedupe.events': ['user_id', 'event_name', 'order_id'],
    });
    expect(found).toEqual(expected);
  });

  it('a CSV of WooCommerce with the total on each item, and orders that failed', async () => {
    const row = (user: number, status: string, item: string) =>
      `${100 + user},${status},2024-03-02 10:00:00,${user},EUR,12.50,${item}`;
    const failed = customers.filter((user) => user % 10 === 3).map((user) => row(user, 'wc-failed', 'Hat'));
    const folder = await folderOf({
      'assignments.csv': assignments(String),
      'wc-orders.csv': `${[
        'order_number,order_status,order_date,customer_id,order_currency,order_total,item_name',
        ...buyers.flatMap((user) => ['Shoe', 'Sock'].map((item) => row(user, 'wc-completed', item))),
        ...failed,
      ].join('\n')}\n`,
    });
    const { result, found } = await analyzed(folder);
    expect(settings(result)).toMatchObject({
      'schema.events.event_name': { column: 'order_status', values: { 'wc-completed': 'purchase' } },
      'schema.events.revenue': 'order_total',
      'dedupe.events': ['user_id', 'event_name', 'order_id'],
    });
    expect(found).toEqual(expected);
  });

  it('items that each have their own amount add up to the order', async () => {
    const folder = await folderOf({
      'assignments.csv': assignments(String),
      'order_items.csv': `order_id,customer_id,created_at,amount,sku\n${buyers
        .flatMap((user) => [
          `o${user},${user},2024-03-02T10:00:00Z,8.00,S-1`,
          `o${user},${user},2024-03-02T10:00:00Z,4.50,S-2`,
        ])
        .join('\n')}\n`,
    });
    const { result, found } = await analyzed(folder);
    expect(settings(result)).not.toHaveProperty('dedupe.events');
    expect(found).toEqual(expected);
  });
});

describe('orders beside events of a shop', { timeout: 60_000 }, () => {
  const eventsNamed = (names: readonly string[]) =>
    `event_id,user_id,event_name,event_ts\n${many(200, (i) => `${i},${70_000 + i},${names[i % names.length]},2024-03-02T10:00:00Z`)}`;
  const remarksWith = async (names: readonly string[]) => {
    const folder = await folderOf({
      'assignments.csv': assignments((user) => String(70_000 + user)),
      'events.csv': eventsNamed(names),
      'shopify_orders.jsonl': `${buyers.map(shopifyJson).join('\n')}\n`,
    });
    const result = await init(folder);
    expect(settings(result)).toMatchObject({ 'raw.events': 'events.csv' });
    expect(settings(result)).not.toHaveProperty('raw.sessions');
    return result.remarks;
  };

  it('are left out where the events have purchases', async () => {
    expect(await remarksWith(['view_product', 'purchase'])).toContain(
      'shopify_orders.csv holds orders, and events.csv has purchases of its own, which are used: both together would count each twice.',
    );
  });

  it('are named with the way to use both where the events have none', async () => {
    expect(await remarksWith(['view_product', 'search'])).toContain(
      'shopify_orders.csv holds orders, and events.csv has no purchases: to use both, see docs/own-data.md#recipes-orders-of-a-shop.',
    );
  });

  it('are parts of one dataset with them and with refunds, as the recipe has it', async () => {
    const folder = await folderOf({
      'experiment_assignments.csv': assignments(String),
      'events/events.csv': `event_id,user_id,event_name,event_ts\n${many(users, (i) => `e${i},${i},view_product,2024-03-02T09:00:00Z`)}`,
      'events/orders.csv': `order_number,customer_id,financial_status,created_at,total_price\n${buyers
        .map((user) => `o${user},${user},${user % 8 === 0 ? 'refunded' : 'paid'},2024-03-02T10:00:00Z,12.50`)
        .join('\n')}\n`,
      'events/refunds.csv': `refund_number,order_number,customer_id,kind,refunded_at,amount\n${buyers
        .filter((user) => user % 8 === 0)
        .map((user) => `r${user},o${user},${user},refund,2024-03-03T10:00:00Z,12.50`)
        .join('\n')}\n`,
      'experiment.yaml': `
id_type: auto
schema:
  events:
    event_id: [event_id, refund_number, order_number]
    user_id: [user_id, customer_id]
    event_name: [event_name, financial_status, kind]
    event_ts: [event_ts, created_at, refunded_at]
    revenue: [total_price, amount]
    order_id: order_number
event_aliases: { paid: purchase, partially_refunded: purchase, refunded: purchase }
experiments: { "*": { control: control } }
`,
    });
    // 25 of the 50 orders of the treatment were paid back.
    expect(await meansOf(folder)).toEqual({ control: [0.2, 2.5], treatment: [0.5, 3.125] });
  });
});
