import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packShares, shareIn } from '../../../../layers/engine/exchange/packed-shares.ts';
import { Database } from '../../../../layers/platform/duckdb.ts';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import { downloadAll } from '../../../../layers/platform/object-store.ts';
import { literal } from '../../../../layers/platform/sql.ts';
import { storeOutputs } from '../../../../layers/runs/work.ts';

test('one object holds every share, and a reader takes the bytes of its own', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'shares-'));
  try {
    await using db = await Database.open({ memoryMb: 512, folder, threads: 2 });
    const file = path.join(folder, 'ids');
    const query = "SELECT n, 'id ' || n AS id, [1, 4, 1][n % 3 + 1] AS _share FROM range(10) t(n)";
    const packed = await packShares(db, query, { order: 'n DESC', shares: 6, file });
    if (packed === undefined) throw new Error('there are rows');
    const store = new FolderStore(path.join(folder, 'store'));
    const [output] = await storeOutputs(store, [{ key: 'a/ids', bucket: null, ...packed }]);
    if (output === undefined) throw new Error('one was stored');
    expect(output).toMatchObject({ rows: 10, bytes: packed.ends[5], ends: packed.ends });

    // Shares without rows take nothing, wherever they are.
    const refs = [0, 1, 2, 3, 4, 5].map((share) => shareIn(output, share));
    expect(refs.map(({ length }) => length)).toEqual([0, 1, 0, 0, 1, 0]);
    expect(refs[1]).toEqual([{ key: 'a/ids', etag: output.etag, range: { start: 0, end: packed.ends[1] } }]);
    const rowsOf = async (share: number) => {
      const copy = path.join(folder, `share-${share}.parquet`);
      await downloadAll(
        store,
        (refs[share] ?? []).map((ref) => ({ ...ref, file: copy })),
      );
      const rows = await db.query<{ id: string }>(`FROM read_parquet(${literal(copy)})`);
      return rows.map(({ id }) => id);
    };
    expect(await rowsOf(1)).toEqual(['id 9', 'id 8', 'id 6', 'id 5', 'id 3', 'id 2', 'id 0']);
    expect(await rowsOf(4)).toEqual(['id 7', 'id 4', 'id 1']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('of no rows there is no file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'shares-'));
  try {
    await using db = await Database.open({ memoryMb: 512, folder, threads: 2 });
    const file = path.join(folder, 'ids');
    const query = 'SELECT 1 AS n, 0 AS _share WHERE false';
    expect(await packShares(db, query, { order: 'n', shares: 2, file })).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
