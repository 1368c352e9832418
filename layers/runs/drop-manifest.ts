import type { DatasetName } from '../data/datasets/index.ts';
import { type DropManifest, dropManifest } from './documents.ts';
import { dropPrefix, isDropFile, manifestName, parseRawKey } from './keys.ts';

/** Key of a drop's manifest. */
export function dropManifestKey(drop: string): string {
  return `${dropPrefix(drop)}${manifestName}`;
}

/**
 * Reads a drop's manifest. `fileNames` is the configuration's `raw` map.
 * Returns the manifest, or why the text is none of this drop.
 */
export function parseDropManifest(
  text: string,
  drop: string,
  fileNames: Readonly<Record<DatasetName, string>>,
): { manifest: DropManifest } | { problem: string } {
  const problem = (reason: string) => ({
    problem: `the manifest ${dropManifestKey(drop)} cannot be used: ${reason}`,
  });
  const parsed = dropManifest.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return problem(
      issue === undefined ? 'it is not valid' : `${issue.path.join('.') || 'it'}: ${issue.message}`,
    );
  }
  if (parsed.data.files.length === 0) return problem('it names no files');
  const named = new Set<string>();
  for (const { key } of parsed.data.files) {
    const place = parseRawKey(key, fileNames);
    if (place?.drop !== drop || !isDropFile(place.kind)) {
      return problem(`it names "${key}", which is no data file of the drop "${drop}"`);
    }
    if (named.has(key)) return problem(`it names "${key}" twice`);
    named.add(key);
  }
  return { manifest: parsed.data };
}

/** The value, or undefined for a text that is not JSON, which no schema accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
