import { expect, test } from 'vitest';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { session, useServer } from './marts.ts';

const server = useServer();

/** A server that takes no writes, and says of itself whether it is a standby. */
async function writeTo(isStandby: boolean): Promise<Error> {
  const url = await server.emptyDatabase();
  return withPostgres(url, session, async (client) => {
    await client.query(`
      create schema fake;
      create function fake.pg_is_in_recovery() returns boolean language sql as 'select ${isStandby}';
      set search_path = fake, pg_catalog;
      set default_transaction_read_only = on`);
    await client.query('create table fake.t (n integer)');
  }).then(
    () => new Error('no error'),
    (error: Error) => error,
  );
}

test('a server that has become a standby in a failover is asked again, a user without the right is not', async () => {
  const standby = await writeTo(true);
  expect([standby.name, standby.message]).toEqual([
    'TransientError',
    expect.stringMatching(/takes no writes, since it is a standby.*Name the writer/),
  ]);
  const reader = await writeTo(false);
  expect([reader.name, reader.message]).toEqual([
    'ConfigError',
    expect.stringMatching(/the database takes no writes.*Grant it/),
  ]);
});
