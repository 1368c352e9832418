import path from 'node:path';
import { recode } from './recode.ts';
import { type SplitCounts, type SplitOptions, splitRecords } from './split-records.ts';
import { unescapeQuotes } from './unescape.ts';

/** A file that was split into records, as `splitRecords` leaves them. */
export interface SplitFile extends SplitCounts {
  readonly records: string;
  readonly rejects: string;
  /** Whether it was no UTF-8 and was taken for windows-1252. */
  readonly windows: boolean;
}

/**
 * Splits a file into records, and where that shows that it is written otherwise, reads it so: one whose letters beyond ASCII
 * are none of UTF-8 is of windows-1252, and one whose quotation marks are all right, and more records with them, once a
 * backslash escapes them is of those that write `\"`.
 * @param folder where records, rejects and what lies between are written
 * @param name what their names begin with
 */
export async function splitFile(
  source: string,
  { folder, name }: { readonly folder: string; readonly name: string },
  options: SplitOptions,
): Promise<SplitFile> {
  const place = (kind: string) => path.join(folder, `${name}.${kind}`);
  const targets = { records: place('records.csv'), rejects: place('rejects.csv') };
  let file = source;
  let split = splitEvenly(file, targets, options);
  const windows = split.notUtf8 > 0 && split.beyondAscii === 0;
  if (windows) {
    file = place('recoded.csv');
    await recode(source, 'windows-1252', file);
    split = splitEvenly(file, targets, options);
  }
  if (split.broken > 0) {
    const unescaped = place('unescaped.csv');
    const others = { records: place('unescaped-records.csv'), rejects: place('unescaped-rejects.csv') };
    if ((await unescapeQuotes(file, unescaped)) > 0) {
      const again = splitEvenly(unescaped, others, options);
      if (again.broken === 0 && again.rejected < split.rejected) return { ...again, ...others, windows };
    }
  }
  return { ...split, ...targets, windows };
}

/**
 * Splits a file so that all records end the same: with as many fields as the header has columns, or with a delimiter too many. Where
 * some have one that others have not, it may as well be one in their middle, behind which each value is in the next column.
 */
function splitEvenly(
  file: string,
  targets: { readonly records: string; readonly rejects: string },
  options: SplitOptions,
): SplitCounts {
  const split = splitRecords(file, targets, options);
  if (split.widths.size <= 1) return split;
  const [width = options.columns] = [...split.widths].toSorted((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
  return splitRecords(file, targets, { ...options, width });
}
