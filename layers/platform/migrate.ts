import type { Client } from 'pg';
import { ConfigError } from './errors.ts';
import { sha256 } from './hash.ts';
import marts from './migrations/0001_marts.sql';
import beforeExposure from './migrations/0002_before_exposure.sql';
import loadedPart from './migrations/0003_loaded_part.sql';
import schema from './migrations/0004_schema.sql';
import roles from './migrations/0005_roles.sql';
import { transaction, withPostgres } from './postgres.ts';

export interface Migration {
  /** `<version>_<what>.sql` */
  readonly file: string;
  readonly sql: string;
}

/** In the order in which they are applied. A file that was applied once never changes again. */
const migrations: readonly Migration[] = [
  { file: '0001_marts.sql', sql: marts },
  { file: '0002_before_exposure.sql', sql: beforeExposure },
  { file: '0003_loaded_part.sql', sql: loadedPart },
  { file: '0004_schema.sql', sql: schema },
  { file: '0005_roles.sql', sql: roles },
];

export interface Migrated {
  /** The files that were missing. */
  readonly applied: readonly string[];
  /** Whether a login that may read the views alone can be made; else an administrator has to make the roles (0005_roles.sql). */
  readonly hasRoles: boolean;
}

/** Brings the database of `url` to the schema of this version. */
export async function migrate(url: string): Promise<Migrated> {
  return withPostgres(url, { applicationName: 'ecom migrate', lockSeconds: 30 }, migrateSession);
}

/**
 * As `migrate`, on an open session. All missing files are applied in one transaction; of several callers one applies
 * them and the others find them applied.
 * @throws ConfigError when a file differs from what was applied under its name
 */
export async function migrateSession(
  client: Client,
  files: readonly Migration[] = migrations,
): Promise<Migrated> {
  return transaction(client, async () => {
    await client.query(`select pg_advisory_xact_lock(hashtextextended('ecom schema', 0))`);
    await client.query(`create table if not exists schema_migration (
      version integer primary key,
      name text not null,
      sha256 text not null,
      applied_at timestamptz not null default now()
    )`);
    const { rows } = await client.query<{ name: string; sha256: string }>(
      'select name, sha256 from schema_migration',
    );
    const known = new Map(rows.map((row) => [row.name, row.sha256]));
    const applied: string[] = [];
    for (const { file, sql } of files) {
      const before = known.get(file);
      if (before === sha256(sql)) continue;
      if (before !== undefined) throw changed(file);
      await client.query(sql);
      await client.query('insert into schema_migration (version, name, sha256) values ($1, $2, $3)', [
        Number.parseInt(file, 10),
        file,
        sha256(sql),
      ]);
      applied.push(file);
    }
    const { rows: readers } = await client.query<{ can: boolean }>(
      `select coalesce(has_schema_privilege(to_regrole('ecom_reader'), to_regnamespace('ecom'), 'usage'), false) as can`,
    );
    return { applied, hasRoles: readers[0]?.can ?? false };
  });
}

function changed(file: string): ConfigError {
  return new ConfigError({
    what: 'the migration differs from what this database got under its name',
    where: `layers/platform/migrations/${file}`,
    remedy:
      'Undo the change and put it into a new file, or use the version of the product that made the database',
  });
}
