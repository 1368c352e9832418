import { expect, test } from 'vitest';
import { builtInMetrics, columnsOfRun } from '../../../../layers/experiment/metrics.ts';
import { runConfiguration } from '../../../../layers/experiment/run-configuration.ts';
import { martColumns, projection } from '../../../../layers/runs/load/columns.ts';

test('the columns of every built-in metric are columns of the table', () => {
  const used = builtInMetrics.flatMap(({ numerator, denominator }) =>
    denominator === undefined ? [numerator.column] : [numerator.column, denominator.column],
  );
  expect(Object.keys(martColumns.user_outcomes.columns)).toEqual(expect.arrayContaining(used));
});

test('what users did before the exposure has columns, too, as far as the built-in metrics are adjusted by it', () => {
  const { covariates } = columnsOfRun(runConfiguration());
  expect(Object.keys(martColumns.user_outcomes.columns)).toEqual(
    expect.arrayContaining(covariates.map(({ column }) => column)),
  );
});

test('files without further columns have an empty object of them', () => {
  expect(projection('user_exposure', ['a.parquet'], ['experiment_id'])).toContain(", '{}' FROM");
});

test('a column the files lack is NULL, and one the table lacks goes into the JSON', () => {
  const sql = projection('user_exposure', ['a.parquet'], ['experiment_id', 'user_id', "it's"]);
  expect(sql).toMatch(
    /CAST\("user_id" AS VARCHAR\), NULL, NULL, NULL, NULL, NULL, json_object\('it''s', "it's"\) FROM/,
  );
});
