import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../../layers/platform/hash.ts';
import type { ErasedFile } from './own-files.ts';
import type { SearchedFile } from './proof.ts';

/** What was erased of a user, and how it was looked whether it is gone. Names the user by a hash alone. */
export interface ErasureReceipt {
  readonly schemaVersion: 1;
  readonly drop: string;
  /** SHA-256 of the drop's name, a line feed, and the id as a run reads it. */
  readonly user: string;
  readonly at: string;
  /** Whether it was done; false: it was only told what would be. */
  readonly erased: boolean;
  /** Files of the drop. */
  readonly files: readonly ErasedFile[];
  /** All that is left, and how often the id was found there; null where nothing was searched. */
  readonly proof: readonly SearchedFile[] | null;
  /** The file that this was written to; null where it was not. */
  readonly receipt: string | null;
}

/** Whose erasure it is, and when. */
export function receiptOf(
  drop: string,
  id: string,
  now: Date,
): Pick<ErasureReceipt, 'schemaVersion' | 'drop' | 'user' | 'at'> {
  return { schemaVersion: 1, drop, user: sha256(`${drop}\n${id}`), at: now.toISOString() };
}

/** Writes a receipt as a new file of the folder, which `name` and the time name, and returns it with its place. */
export async function writeReceipt<Receipt extends ErasureReceipt>(
  told: Receipt,
  folder: string,
  name: string,
): Promise<Receipt & { readonly receipt: string }> {
  const done = { ...told, receipt: path.join(folder, `${name}-${told.at.replaceAll(/[:.]/g, '-')}.json`) };
  await mkdir(folder, { recursive: true });
  await writeFile(done.receipt, `${JSON.stringify(done, null, 2)}\n`, { flag: 'wx' });
  return done;
}

/** Where the proof found the id, each place once. */
export function foundIn({ proof }: Pick<ErasureReceipt, 'proof'>): string[] {
  return [...new Set((proof ?? []).filter(({ found }) => found > 0).map(({ file }) => file))];
}
