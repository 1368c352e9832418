import { expect, test } from 'vitest';
import { builtInMetrics } from '../../../../layers/experiment/metrics.ts';
import { martColumns, projection } from '../../../../layers/runs/load/columns.ts';

test('the columns of every built-in metric are columns of the table', () => {
  const used = builtInMetrics.flatMap(({ numerator, denominator }) =>
    denominator === undefined ? [numerator.column] : [numerator.column, denominator.column],
  );
  expect(Object.keys(martColumns.user_outcomes.columns)).toEqual(expect.arrayContaining(used));
});

test('a column the files lack is NULL, and one the table lacks goes into the JSON', () => {
  const sql = projection('user_exposure', ['a.parquet'], ['experiment_id', 'user_id', "it's"]);
  expect(sql).toMatch(
    /CAST\("user_id" AS VARCHAR\), NULL, NULL, NULL, NULL, NULL, json_object\('it''s', "it's"\) FROM/,
  );
});
