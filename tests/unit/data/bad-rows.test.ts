import { expect, test } from 'vitest';
import { checkBadRate } from '../../../layers/data/bad-rows.ts';
import { datasetContracts } from '../../../layers/data/datasets/index.ts';
import { DataError } from '../../../layers/platform/errors.ts';

const check = (lines: number, quarantined: number, maxBadRate?: number, rule = 'id_not_integer') =>
  checkBadRate(
    { ...datasetContracts.events, ...(maxBadRate === undefined ? {} : { maxBadRate }) },
    {
      lines,
      accepted: lines - quarantined,
      quarantined,
      quarantineRules: [
        {
          dataset: 'events',
          column: 'user_id',
          rule,
          rows: quarantined,
          examples: [{ line: 2, value: 'x' }],
        },
      ],
    },
    '0123456789abcdef',
    'raw/events.csv',
  );

test('up to 5 % bad rows are tolerated, or what the contract says', () => {
  expect(() => check(1000, 50)).not.toThrow();
  expect(() => check(1000, 51)).toThrow(DataError);
  expect(() => check(1000, 200, 0.2)).not.toThrow();
});

test('a handful of bad rows is tolerated in a small file, but not all of its rows', () => {
  expect(() => check(30, 19)).not.toThrow();
  expect(() => check(3, 3)).toThrow(DataError);
});

test('the error names the file, the rule, an example and where to see all', () => {
  expect(() => check(1000, 100)).toThrow(
    'too many bad rows: 100 of 1000, where 5 % are tolerated; user_id id_not_integer 100 (line 2: "x") ' +
      '(raw/events.csv). See all of them: ./ecom quarantine 0123456789abcdef.',
  );
});

test('too many orders of guests are told how they are left out', () => {
  expect(() => check(1000, 100, undefined, 'no_user')).toThrow(
    /orders of guests, are of no arm.*docs\/own-data.md#recipes-orders-of-a-shop has a command for CSV and for JSON lines/,
  );
});
