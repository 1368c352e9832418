import { afterEach, describe, expect, test } from 'vitest';
import {
  type ColumnContract,
  type DatasetContract,
  datasetContracts,
  type OnFail,
} from '../../../layers/data/datasets/index.ts';
import { DataError } from '../../../layers/platform/errors.ts';
import { filesOf, goodDrop } from '../engine/bad-input/good-drop.ts';
import { runDrop } from '../engine/bad-input/run-drop.ts';

const real = { ...datasetContracts };
afterEach(() => {
  Object.assign(datasetContracts, real);
});

function changeEvents(change: Partial<DatasetContract>): void {
  datasetContracts.events = { ...real.events, ...change };
}

function changeColumn(name: string, change: Partial<ColumnContract>): void {
  changeEvents({
    columns: real.events.columns.map((column) => (column.name === name ? { ...column, ...change } : column)),
  });
}

const withEvents = (...lines: string[]) => filesOf({ ...goodDrop, events: [...goodDrop.events, ...lines] });
const rulesOf = async (files: Record<string, string>) => {
  const { measured } = await runDrop(files);
  const told = (rules: typeof measured.warnings) => rules.map(({ rule, rows }) => [rule, rows]);
  return { quarantined: told(measured.quarantineRules), warned: told(measured.warnings) };
};

describe('what a broken rule leads to is what the contract says', () => {
  const beyond = withEvents(
    '90,,3,search,2024-03-02T10:00:00Z,,101,,,',
    '91,,3,search,2024-03-02T10:00:00Z,,100,,,',
  );
  const limit = (onFail: OnFail) =>
    changeColumn('quantity', { range: { rule: 'too_many', max: 100, onFail } });

  test('a range: warn', async () => {
    limit('warn');
    expect(await rulesOf(beyond)).toEqual({ quarantined: [], warned: [['too_many', 1]] });
  });

  test('a range: quarantine', async () => {
    limit('quarantine');
    expect(await rulesOf(beyond)).toEqual({ quarantined: [['too_many', 1]], warned: [] });
  });

  test('a range: fail, with the line', async () => {
    limit('fail');
    await expect(runDrop(beyond)).rejects.toThrow('quantity too many: "101" (raw/events.csv:7)');
  });

  test('a domain: quarantine', async () => {
    changeColumn('order_id', {
      domain: { rule: 'not_an_order', pattern: 'o[0-9]+', meaning: 'an order', onFail: 'quarantine' },
    });
    expect(await rulesOf(withEvents('90,,3,purchase,2024-03-02,,1,1.00,order 7,EUR'))).toEqual({
      quarantined: [['not_an_order', 1]],
      warned: [],
    });
  });

  test('a value that is not of its type: fail, even in a row that breaks milder rules as well', async () => {
    changeColumn('revenue', { onFail: 'fail' });
    const run = runDrop(withEvents('x,,3,search,2024-03-02,,1,lots,,EUR'));
    await expect(run).rejects.toThrow(DataError);
    await expect(run).rejects.toThrow('revenue not money: "lots" (raw/events.csv:7)');
  });

  test('a reference: fail, with the line', async () => {
    changeEvents({
      references: [{ column: 'product_id', dataset: 'products', key: 'product_id', onFail: 'fail' }],
    });
    const run = runDrop(withEvents('90,,3,search,2024-03-02,77,,,,'));
    await expect(run).rejects.toThrow(DataError);
    await expect(run).rejects.toThrow(
      'product_id "77": no row of products has this product_id (raw/events.csv:7)',
    );
  });

  test('a reference: quarantine takes the rows out of what later stages read', async () => {
    changeEvents({
      references: [{ column: 'session_id', dataset: 'sessions', key: 'session_id', onFail: 'quarantine' }],
    });
    const { measured, events } = await runDrop(withEvents('90,77,3,search,2024-03-02,,,,,'));
    expect(measured.quality.events).toMatchObject({ accepted: 5, quarantined: 1 });
    expect(events.map(({ event_id }) => event_id)).not.toContain('90');
  });

  test('more bad rows are tolerated where the contract tolerates them', async () => {
    const bad = Array.from({ length: 30 }, () => 'x,,3,search,2024-03-02,,,,,');
    await expect(runDrop(withEvents(...bad))).rejects.toThrow(/too many bad rows: 30 of 35, where 5 %/);
    changeEvents({ maxBadRate: 0.9 });
    expect(await rulesOf(withEvents(...bad))).toEqual({ quarantined: [['id_not_integer', 30]], warned: [] });
  });
});
