import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Database } from '../../platform/duckdb.ts';
import { literal } from '../../platform/sql.ts';
import type { Output } from '../../runs/documents.ts';
import { contentOf } from '../../runs/work.ts';

/** A file of the Parquet files of several shares, one after the other. A share without rows takes no byte. */
export interface PackedShares {
  readonly file: string;
  readonly rows: number;
  /** Where in the file each share ends. */
  readonly ends: readonly number[];
}

/**
 * Writes the rows of a query, each share for itself, into one file: however many shares there are, it is one object to
 * store, of which a reader takes the bytes of its own.
 * @param query rows with the column `_share` (0 .. shares - 1); `order`: what they are sorted by within a share
 * @returns undefined where there are no rows
 */
export async function packShares(
  db: Database,
  query: string,
  { order, shares, file }: { readonly order: string; readonly shares: number; readonly file: string },
): Promise<PackedShares | undefined> {
  await db.run(`CREATE OR REPLACE TEMP TABLE packed AS FROM (${query}) ORDER BY _share, ${order}`);
  const found = await db.query<{ share: number; n: string }>(
    'SELECT _share AS share, count(*) AS n FROM packed GROUP BY _share ORDER BY _share',
  );
  const piece = path.join(path.dirname(file), 'share.parquet');
  const ends: number[] = [];
  let end = 0;
  await writeFile(file, '');
  for (const { share } of found) {
    await db.run(`
      COPY (SELECT * EXCLUDE (_share) FROM packed WHERE _share = ${share})
      TO ${literal(piece)} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)`);
    const bytes = await readFile(piece);
    await appendFile(file, bytes);
    while (ends.length < share) ends.push(end);
    end += bytes.length;
    ends.push(end);
  }
  while (ends.length < shares) ends.push(end);
  await db.run('DROP TABLE packed');
  await rm(piece, { force: true });
  const rows = found.reduce((sum, { n }) => sum + Number(n), 0);
  return rows === 0 ? undefined : { file, rows, ends };
}

/** The Parquet file of one share within an object. */
export interface ShareRef extends ReturnType<typeof contentOf> {
  readonly range: { readonly start: number; readonly end: number };
}

/** A share of what an object holds; none where the share has no rows. */
export function shareIn(output: Output, share: number): ShareRef[] {
  const { ends = [] } = output;
  const [start = 0, end = 0] = [ends[share - 1] ?? 0, ends[share]];
  return start === end ? [] : [{ ...contentOf(output), range: { start, end } }];
}
