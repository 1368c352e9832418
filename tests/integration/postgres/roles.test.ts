import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { migrate, migrateSession } from '../../../layers/platform/migrate.ts';
import marts from '../../../layers/platform/migrations/0001_marts.sql';
import beforeExposure from '../../../layers/platform/migrations/0002_before_exposure.sql';
import loadedPart from '../../../layers/platform/migrations/0003_loaded_part.sql';
import roles from '../../../layers/platform/migrations/0005_roles.sql';
import { withPostgres } from '../../../layers/platform/postgres.ts';
import { pruneRuns, publishRun, readPublished } from '../../../layers/runs/publish/published.ts';
import { load, makeRun, rowsOf, session, useServer } from './marts.ts';

const server = useServer();
const run = (digit: number) => String(digit).padStart(16, '0');
const history = { isNewerThan: async () => true, latestRun: async () => undefined };

/** URL of the same database for a new login that is a member of a role. */
async function logInAs(url: string, role?: string): Promise<string> {
  const name = `login_${randomUUID().replaceAll('-', '')}`;
  await rowsOf(url, `create role ${name} login password 'p'`);
  if (role !== undefined) await rowsOf(url, `grant ${role} to ${name}`);
  return url.replace(/\/\/[^@]+@/, `//${name}:p@`);
}
const nameOf = (url: string) => new URL(url).username;

const publish = (url: string, runId: string) =>
  withPostgres(url, session, (client) =>
    publishRun(client, { runId, drop: 'default', manifestKey: 'k', manifestSha256: 'h' }, history),
  );

/** What the product before had left: everything in the schema "public". */
async function oldDatabase(url: string): Promise<void> {
  await withPostgres(url, session, (client) =>
    migrateSession(client, [
      { file: '0001_marts.sql', sql: marts },
      { file: '0002_before_exposure.sql', sql: beforeExposure },
      { file: '0003_loaded_part.sql', sql: loadedPart },
    ]),
  );
}
const homes = (url: string) =>
  rowsOf(
    url,
    `select nspname as schema, count(*)::integer as relations from pg_class
     join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('public', 'ecom') and relkind in ('r', 'p', 'v') group by 1 order by 1`,
  );

describe('a database of the version before', () => {
  test('moves into the schema with what runs have loaded, and reads and loads as before', async () => {
    const url = await server.emptyDatabase();
    await oldDatabase(url);
    await load(server, url, await makeRun(server, { runId: run(1), users: 8 }));
    await publish(url, run(1));
    // A load that was under way.
    await rowsOf(url, `create table user_exposure_${run(9)} (like user_exposure)`);
    await rowsOf(url, 'create table somebody_elses (id integer)');
    expect(await homes(url)).toEqual([{ schema: 'public', relations: 12 }]);

    expect((await migrate(url)).applied).toEqual(['0004_schema.sql', '0005_roles.sql']);
    expect(await homes(url)).toEqual([
      { schema: 'ecom', relations: 11 },
      { schema: 'public', relations: 1 },
    ]);
    await load(server, url, await makeRun(server, { runId: run(2), users: 6, second: 2 }));
    await publish(url, run(2));
    expect(
      await rowsOf(url, 'select run_id, count(*)::integer as users from mart_user_outcomes group by 1'),
    ).toEqual([{ run_id: run(2), users: 6 }]);
    const pruned = await withPostgres(url, session, (client) => pruneRuns(client, 'default', 1));
    expect(pruned).toEqual({ dropped: [run(1)], held: [] });
  });

  test('is found under the names alone by the login that migrated it, whatever it connects with', async () => {
    const url = await server.emptyDatabase();
    await oldDatabase(url);
    await migrate(url);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      expect((await client.query('select * from mart_user_exposure')).rows).toEqual([]);
      expect((await client.query('select count(*)::integer as n from run')).rows).toEqual([{ n: 0 }]);
    } finally {
      await client.end();
    }
  });
});

describe('a member of', () => {
  test('ecom_reader sees the views and nothing else', async () => {
    const url = await server.database();
    await load(server, url, await makeRun(server, { runId: run(1), users: 8 }));
    await publish(url, run(1));
    const reader = await logInAs(url, 'ecom_reader');
    for (const view of ['mart_user_exposure', 'ecom.mart_user_outcomes'])
      expect(await rowsOf(reader, `select count(*)::integer as users from ${view}`)).toEqual([{ users: 8 }]);
    for (const statement of [
      'select * from user_outcomes',
      `select * from user_outcomes_${run(1)}`,
      'select * from published',
      'select * from run',
      'select * from schema_migration',
      'create table ecom.mine (id integer)',
      'drop view mart_user_outcomes',
    ])
      await expect(rowsOf(reader, statement), statement).rejects.toThrow(/lacks a right|must be owner/);
  });

  test('ecom_writer loads, publishes and makes room, also of what another login had loaded, and changes no view', async () => {
    const url = await server.database();
    const [first, second] = [await logInAs(url, 'ecom_writer'), await logInAs(url, 'ecom_writer')];
    await load(server, url, await makeRun(server, { runId: run(1), users: 8 }));
    await load(server, first, await makeRun(server, { runId: run(2), users: 6, second: 2 }));
    await load(server, second, await makeRun(server, { runId: run(3), users: 4, second: 3 }));
    expect(await publish(second, run(3))).toEqual({ published: true, reason: null });
    expect(await withPostgres(second, session, (client) => pruneRuns(client, 'default', 1))).toEqual({
      dropped: [run(2), run(1)],
      held: [],
    });
    expect(await rowsOf(second, 'select count(*)::integer as users from mart_user_outcomes')).toEqual([
      { users: 4 },
    ]);
    expect(await withPostgres(second, session, (client) => migrateSession(client))).toEqual({
      applied: [],
      hasRoles: true,
    });
    for (const statement of ['drop view mart_user_outcomes', 'delete from schema_migration'])
      await expect(rowsOf(second, statement), statement).rejects.toThrow(/lacks a right/);
  });
});

describe('a login that may not create roles', () => {
  /** Of a database whose administrator has let it have a schema. */
  async function ownDatabase() {
    const url = await server.emptyDatabase();
    const shop = await logInAs(url);
    await rowsOf(url, `create schema ecom authorization ${nameOf(shop)}`);
    return { url, shop };
  }

  test('owns the marts itself, loads and publishes', async () => {
    const { shop } = await ownDatabase();
    // Roles are the server's, and those of other databases are no use to it.
    expect((await migrate(shop)).hasRoles).toBe(false);
    await load(server, shop, await makeRun(server, { runId: run(1), users: 8 }));
    await publish(shop, run(1));
    const read = (client: pg.Client) => readPublished(client, 'default');
    expect(await withPostgres(shop, session, read)).toMatchObject({ runId: run(1) });
  });

  test('gets the roles when an administrator runs the file, and goes on', async () => {
    const { url, shop } = await ownDatabase();
    await migrate(shop);
    await load(server, shop, await makeRun(server, { runId: run(1), users: 8 }));
    await publish(shop, run(1));
    await rowsOf(url, roles);
    await rowsOf(url, `grant ecom_owner, ecom_writer to ${nameOf(shop)}`);
    expect(await migrate(shop)).toEqual({ applied: [], hasRoles: true });
    await load(server, shop, await makeRun(server, { runId: run(2), users: 6, second: 2 }));
    await publish(shop, run(2));
    const reader = await logInAs(url, 'ecom_reader');
    expect(await rowsOf(reader, 'select count(*)::integer as users from ecom.mart_user_outcomes')).toEqual([
      { users: 6 },
    ]);
    expect(await withPostgres(shop, session, (client) => pruneRuns(client, 'default', 1))).toEqual({
      dropped: [run(1)],
      held: [],
    });
  });

  test('is told which right it lacks where it may have no schema either', async () => {
    const url = await server.emptyDatabase();
    await expect(migrate(await logInAs(url))).rejects.toThrow(/lacks a right/);
  });
});

test('a login that may create roles, and is no superuser, ends with the same roles', async () => {
  const url = await server.emptyDatabase();
  const admin = await logInAs(url);
  await rowsOf(url, `alter role ${nameOf(admin)} createrole`);
  await rowsOf(url, `grant create on database ${new URL(url).pathname.slice(1)} to ${nameOf(admin)}`);
  await rowsOf(url, `create schema ecom authorization ${nameOf(admin)}`);
  // The roles are there already, made by somebody else, who lets it give them.
  await migrate(await server.emptyDatabase());
  await rowsOf(url, `grant ecom_owner, ecom_writer, ecom_reader to ${nameOf(admin)} with admin option`);
  expect((await migrate(admin)).hasRoles).toBe(true);
  await load(server, admin, await makeRun(server, { runId: run(1), users: 8 }));
  await publish(admin, run(1));
  const reader = await logInAs(url, 'ecom_reader');
  expect(await rowsOf(reader, 'select count(*)::integer as users from mart_user_outcomes')).toEqual([
    { users: 8 },
  ]);
});
