import { expect, test } from 'vitest';
import { ConfigError } from '../../../layers/platform/errors.ts';
import { migrate, migrateSession } from '../../../layers/platform/migrate.ts';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { rowsOf, session, useServer } from './marts.ts';

const server = useServer();
const files = [
  '0001_marts.sql',
  '0002_before_exposure.sql',
  '0003_loaded_part.sql',
  '0004_schema.sql',
  '0005_roles.sql',
];

test('an empty database gets the marts, and a second time nothing happens', async () => {
  const url = await server.emptyDatabase();
  expect(await migrate(url)).toEqual({ applied: files, hasRoles: true });
  expect(await migrate(url)).toEqual({ applied: [], hasRoles: true });
  expect(await rowsOf(url, 'select * from mart_user_outcomes')).toEqual([]);
});

test('of several at the same time one applies each file', async () => {
  const url = await server.emptyDatabase();
  const answers = await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
  expect(answers.flatMap(({ applied }) => applied)).toEqual(files);
});

test('a file that changed after it was applied is refused by name, and nothing is applied', async () => {
  const url = await server.emptyDatabase();
  const first = { file: '0001_a.sql', sql: 'create table a (id integer)' };
  const second = { file: '0002_b.sql', sql: 'create table b (id integer)' };
  await withPostgres(url, session, (client) => migrateSession(client, [first]));
  const changed = [{ ...first, sql: 'create table a (id bigint)' }, second];
  const attempt = withPostgres(url, session, (client) => migrateSession(client, changed));
  await expect(attempt).rejects.toThrow(ConfigError);
  await expect(attempt).rejects.toThrow(/0001_a\.sql/);
  expect(await rowsOf(url, "select to_regclass('b') as b")).toEqual([{ b: null }]);
});

test('a file that fails leaves nothing of itself behind', async () => {
  const url = await server.emptyDatabase();
  const broken = [{ file: '0001_a.sql', sql: 'create table a (id integer); select 1 / 0' }];
  await expect(withPostgres(url, session, (client) => migrateSession(client, broken))).rejects.toThrow(
    /division/,
  );
  expect(await rowsOf(url, "select to_regclass('a') as a")).toEqual([{ a: null }]);
});
