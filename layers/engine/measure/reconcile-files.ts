import { DataError } from '../../platform/errors.ts';
import type { Chunk, CleanResult, FileCounts, StageResult } from '../../runs/documents.ts';

/**
 * Adds up, file by file, what `stage` and `clean` made of its lines.
 * @param staged results in the order of `chunks`
 * @throws DataError where a line of some file is neither accepted nor quarantined nor a duplicate, or is so twice
 */
export function reconcileFiles(
  chunks: readonly Pick<Chunk, 'key'>[],
  staged: readonly StageResult[],
  cleaned: readonly CleanResult[],
): FileCounts[] {
  const files = new Map<string, FileCounts>();
  for (const [index, { key }] of chunks.entries()) {
    const chunk = staged[index];
    if (chunk === undefined) throw new Error(`there is no result of chunk ${index}`);
    const parts = cleaned
      .flatMap(({ datasets }) => datasets[chunk.dataset]?.parts ?? [])
      .filter(({ part }) => part === chunk.part);
    const sum = (of: 'accepted' | 'quarantined' | 'duplicates') =>
      parts.reduce((total, part) => total + part[of], 0);
    const before = files.get(key);
    files.set(key, {
      key,
      lines: chunk.lines + (before?.lines ?? 0),
      accepted: sum('accepted') + (before?.accepted ?? 0),
      quarantined: chunk.quarantined + sum('quarantined') + (before?.quarantined ?? 0),
      duplicates: sum('duplicates') + (before?.duplicates ?? 0),
    });
  }
  for (const file of files.values()) requireBalance(file);
  return [...files.values()];
}

function requireBalance({ key, lines, accepted, quarantined, duplicates }: FileCounts): void {
  if (lines === accepted + quarantined + duplicates) return;
  throw new DataError({
    what: `${lines} lines do not add up to ${accepted} accepted, ${quarantined} quarantined and ${duplicates} duplicates`,
    where: key,
    remedy:
      'Look for ids that rows of different users share (a session or an event has one user); if there are none, report this as a bug',
  });
}
