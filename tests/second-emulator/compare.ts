import type { StoredFile } from './observe.ts';

/** Files of a kind on two emulators. */
export interface Comparison {
  readonly kind: string;
  readonly files: number;
  readonly identical: number;
  /** Where the others differ: keys of the documents; of Parquet files the order of rows, a column, or rows. */
  readonly differ: readonly string[];
}

/** In the order in which a run makes them. */
const kinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['what the gate pinned', /\/inputs\.json$/],
  ['the plan', /\/plan\.json$/],
  ['staged Parquet', /^processed\/staged\//],
  ['quarantined rows', /^processed\/quarantine\//],
  ['clean events', /^processed\/events_clean\//],
  ['intermediate Parquet, ids left out', /\/(intermediate|excluded_users)\//],
  ['marts', /^processed\/marts\//],
  ['measurements', /\/measurements\.json$/],
  ['report, results, decision', /^processed\/reports\//],
  ['completion markers', /\/done\//],
  ["the run's manifest", /\/manifest\.json$/],
];

/** @throws Error where a run left other files on the one than on the other, or files of no known kind */
export function compare(
  ours: Readonly<Record<string, StoredFile>>,
  theirs: Readonly<Record<string, StoredFile>>,
): Comparison[] {
  const keys = Object.keys(ours);
  const missing = [...keys, ...Object.keys(theirs)].filter((key) => !(key in ours && key in theirs));
  const unknown = keys.filter((key) => !kinds.some(([, pattern]) => pattern.test(key)));
  if (missing.length + unknown.length > 0)
    throw new Error(`on one alone: ${missing.join(', ')}; of no kind: ${unknown.join(', ')}`);
  return kinds.map(([kind, pattern]) => {
    const own = keys.filter((key) => pattern.test(key));
    const differing = own.filter((key) => ours[key]?.sha256 !== theirs[key]?.sha256);
    const places = differing.flatMap((key) => placesOf(ours[key], theirs[key]));
    return {
      kind,
      files: own.length,
      identical: own.length - differing.length,
      differ: [...new Set(places)].toSorted(),
    };
  });
}

function placesOf(ours: StoredFile | undefined, theirs: StoredFile | undefined): string[] {
  if (ours?.document !== undefined && theirs?.document !== undefined)
    return differences(ours.document, theirs.document);
  if (ours?.rows === undefined || theirs?.rows === undefined) return ['bytes'];
  if (ours.rows.all === theirs.rows.all) return ['order of rows'];
  return [ours.rows.withoutVersion === theirs.rows.withoutVersion ? 'source_version' : 'rows'];
}

/** Keys at which two JSON values differ, positions in lists left out: `outputs[].bytes`. */
function differences(a: unknown, b: unknown, at = ''): string[] {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
    return a.flatMap((item, index) => differences(item, b[index], `${at}[]`));
  if (!isObject(a) || !isObject(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [at];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], at === '' ? key : `${at}.${key}`),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
