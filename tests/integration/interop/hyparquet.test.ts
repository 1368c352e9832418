import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { beforeAll, describe, expect, test } from 'vitest';
import { type DropRun, runDrop } from '../../unit/engine/bad-input/run-drop.ts';
import { interopDrop, longEvent } from './drop.ts';

/** Types in the footer, as other readers go by them. */
const eventTypes = {
  event_id: 'INT64 INT_64',
  user_id: 'INT64 INT_64',
  event_name: 'BYTE_ARRAY UTF8',
  event_ts: 'INT64 TIMESTAMP_MICROS',
  quantity: 'INT64 INT_64',
  revenue: 'INT64 DECIMAL(18,2)',
};

describe('Parquet of every stage, read by a reader that is not DuckDB', () => {
  let run: DropRun;
  beforeAll(async () => {
    run = await runDrop(interopDrop);
  });

  const fileOf = (prefix: string): ArrayBuffer => {
    const bytes = [...run.parquet].find(([key]) => key.startsWith(prefix))?.[1];
    if (bytes === undefined) throw new Error(`there is no file below ${prefix}`);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  };
  const rowsOf = (prefix: string) => parquetReadObjects({ file: fileOf(prefix), compressors });
  const typesOf = (prefix: string) =>
    Object.fromEntries(
      parquetSchema(parquetMetadata(fileOf(prefix))).children.map(({ element }) => {
        const { name, type, converted_type, precision, scale } = element;
        const decimal = converted_type === 'DECIMAL' ? `DECIMAL(${precision},${scale})` : converted_type;
        return [name, [type, decimal].filter(Boolean).join(' ')];
      }),
    );
  const cleanEvents = () => `processed/events_clean/run_id=${run.runId}/dt=2024-03-02/`;
  const instant = (value: unknown) => (value as Date).toISOString();

  test.each([
    ['staged events', () => 'processed/staged/events/'],
    ['clean events', cleanEvents],
  ])('%s have their types and values', async (_, area) => {
    const prefix = area();
    expect(typesOf(prefix)).toMatchObject(eventTypes);
    const rows = await rowsOf(prefix);
    const long = rows.find(({ event_id }) => event_id === longEvent.event_id);
    expect({ ...long, event_ts: instant(long?.event_ts) }).toMatchObject(longEvent);
    expect(rows.find(({ event_id }) => event_id === 6n)).toMatchObject({
      event_name: 'ça va ☕',
      session_id: null,
      quantity: null,
      revenue: null,
      currency: null,
    });
    expect(rows).toHaveLength(7);
  });

  test('clean events tell purchases by a boolean, and net revenue to the cent', async () => {
    const prefix = cleanEvents();
    expect(typesOf(prefix)).toMatchObject({ is_purchase: 'BOOLEAN', net_revenue: 'INT64 DECIMAL(18,2)' });
    const purchases = (await rowsOf(prefix)).filter(({ is_purchase }) => is_purchase === true);
    expect(purchases.map(({ net_revenue }) => net_revenue).toSorted()).toEqual([1234567890123.45, 9.99]);
  });

  test('the marts hold each exposed user once, with times, counts and money', async () => {
    const exposure = await rowsOf('processed/marts/user_exposure/');
    expect(
      exposure.map(({ user_id, variant, exposed_at }) => [user_id, variant, instant(exposed_at)]),
    ).toEqual([
      [1n, 'control', '2024-03-02T10:01:00.000Z'],
      [2n, 'treatment', '2024-03-02T10:01:00.000Z'],
      [3n, 'control', '2024-03-02T11:00:00.000Z'],
      [4n, 'treatment', '2024-03-02T12:00:00.000Z'],
    ]);
    const outcomes = await rowsOf('processed/marts/user_outcomes/');
    expect(outcomes.map(({ user_id, revenue }) => [user_id, revenue])).toEqual([
      [1n, 1234567890133.44],
      [2n, 0],
      [3n, 0],
      [4n, 0],
    ]);
  });

  test('the quarantine tells file, line, rule, reason and text', async () => {
    expect(await rowsOf('processed/quarantine/events/')).toMatchObject([
      {
        source_key: 'raw/events.csv',
        line: 9n,
        column: 'event_ts',
        rule: 'not_a_timestamp',
        raw: '7,,1,search,yesterday,,,,,',
      },
    ]);
  });

  test('every other file can be read as well', async () => {
    for (const key of run.parquet.keys()) expect(await rowsOf(key), key).toBeInstanceOf(Array);
  });
});
