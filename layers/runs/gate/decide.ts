import { datasetNames, requiredDatasets } from '../../data/datasets/index.ts';
import type { FileNames } from '../../experiment/config.ts';
import type { StoredObject } from '../../platform/object-store.ts';
import type { DropManifest, DropUploads, GateAnswer, RawInput } from '../documents.ts';
import { dropManifestKey, parseDropManifest } from '../drop-manifest.ts';
import type { Attempt } from '../executions.ts';
import { partsFolder } from '../keys.ts';

export interface DropFile extends StoredObject {
  readonly kind: RawInput['kind'];
}

/** What lies in a drop now. */
export interface DropState {
  readonly drop: string;
  readonly files: readonly DropFile[];
  /** Keys in the drop's folder that are no file of it. */
  readonly unrecognised: readonly string[];
  readonly manifest: (StoredObject & { readonly text: string }) | undefined;
  /** Says that all files are there. */
  readonly success: StoredObject | undefined;
}

/** The object whose creation woke the gate. */
export interface Upload {
  readonly kind: RawInput['kind'] | 'manifest' | 'success';
  readonly key: string;
  readonly etag: string;
  readonly eventTime: Date;
}

/** What to run: the files, and what makes the upload newer than an attempt that failed. */
export interface Start {
  readonly start: true;
  readonly files: readonly DropFile[];
  readonly asOf: string | null;
  readonly problem: string | undefined;
  /** Whether a manifest, or `_SUCCESS`, says that these are the files of the drop. */
  readonly declared: boolean;
  /** Files of the drop that its manifest leaves out. */
  readonly ignored: readonly string[];
  readonly uploadedAt: Date;
}

export interface NoStart {
  readonly start: false;
  readonly outcome: GateAnswer['outcome'];
  readonly reason: string;
  /** Datasets or keys that an incomplete drop lacks. */
  readonly missing: readonly string[];
}

/**
 * Whether an upload makes its drop a run, and of which files.
 *
 * A manifest that was written after the other files, or that names them as they are, says what the drop is: nothing
 * starts before all it names is there (entity tag and size), and the drop is exactly that. An upload it does not know
 * makes it stale, and starts nothing: what was declared is replaced by what is declared. Without one the drop is every
 * recognised file, and the event of the newest of them starts the run once the required datasets are there; each further
 * file begins the wait anew. `_SUCCESS` ends the wait: the drop is every recognised file, as long as none is newer. In whatever order files and events arrive, the event of the file that was there last
 * finds the others and is older than none of them. A manifest that cannot be read starts a run too, which fails with the reason: silence
 * would hide the mistake.
 */
export function decide(state: DropState, upload: Upload, fileNames: FileNames): Start | NoStart {
  const standing = judgeManifest(state, upload, fileNames);
  const uploadedAt = uploadTime(state, upload);

  if (standing.status === 'waiting')
    return incomplete('the manifest names files that are not there', standing.missing);
  if (upload.kind === 'manifest') {
    if (standing.status === 'none') return superseded('the manifest is gone');
    if (standing.status === 'stale') return superseded(`a newer file is there: ${standing.newer.join(', ')}`);
    return { start: true, uploadedAt, ...chosenFiles(state, standing, fileNames) };
  }

  if (standing.status === 'stale')
    return incomplete('the drop has a manifest that does not know this file', [dropManifestKey(state.drop)]);

  const chosen = chosenFiles(state, standing, fileNames);
  const missing = requiredDatasets.filter((dataset) => !chosen.files.some(({ kind }) => kind === dataset));
  if (missing.length > 0) return incomplete(`the drop lacks datasets${otherForms(state)}`, missing);
  const newest = Math.max(...chosen.files.map(({ lastModified }) => wholeSeconds(lastModified)));
  if (wholeSeconds(uploadedAt) < newest) return superseded('a newer file of the drop has its own event');
  const isComplete = state.success !== undefined && wholeSeconds(state.success.lastModified) >= newest;
  return { start: true, uploadedAt, ...chosen, declared: chosen.declared || isComplete };
}

/**
 * Files that are still those of an earlier upload while others of it were replaced. Where no manifest says that this is
 * the drop, the upload may be half way, and a mixture of the two would be no one's data. A configuration may change alone.
 */
export function filesOfEarlierUpload(files: readonly DropFile[], earlier: DropUploads['files']): string[] {
  const data = files.filter(({ kind }) => kind !== 'config');
  const before = new Map(earlier.map((file) => [file.key, file]));
  const isReplaced = data.some(({ key, etag }) => before.has(key) && before.get(key)?.etag !== etag);
  if (!isReplaced) return [];
  return data
    .filter(({ key, lastModified }) => before.get(key)?.lastModified === lastModified.toISOString())
    .map(({ key }) => key);
}

/**
 * What becomes of the drop's newest run, of which `newest` is the newest attempt and `promised` the one that its upload
 * is to have. After a failure only an upload newer than the failed attempt starts another one, so a second delivery of
 * an event never does.
 */
export function judgeAttempt(
  newest: Attempt | undefined,
  uploadedAt: Date,
  promised = 1,
): { readonly outcome: 'started' | Attempt['status']; readonly attempt: number } {
  if (newest === undefined || newest.attempt < promised) return { outcome: 'started', attempt: promised };
  if (newest.status === 'failed' && uploadedAt > newest.startedAt) {
    return { outcome: 'started', attempt: newest.attempt + 1 };
  }
  return { outcome: newest.status, attempt: newest.attempt };
}

/** What the command line reads and a run does not. */
function otherForms({ unrecognised }: DropState): string {
  const keys = unrecognised.filter((key) => /\.(zip|parquet|(jsonl|ndjson)(\.gz)?)$/i.test(key));
  return keys.length === 0
    ? ''
    : `; ${keys.slice(0, 3).join(', ')} cannot be read here: ./ecom upload <dir> uploads such files as CSV`;
}

type Standing =
  | { readonly status: 'none' }
  | { readonly status: 'invalid'; readonly problem: string }
  | { readonly status: 'waiting'; readonly missing: readonly string[] }
  | { readonly status: 'stale'; readonly newer: readonly string[] }
  | { readonly status: 'in force'; readonly manifest: DropManifest };

function judgeManifest({ drop, files, manifest }: DropState, upload: Upload, fileNames: FileNames): Standing {
  if (manifest === undefined) return { status: 'none' };
  const parsed = parseDropManifest(manifest.text, drop, fileNames);
  const named = 'manifest' in parsed ? parsed.manifest.files : [];
  const present = new Map(files.map((file) => [file.key, file]));
  const same = new Map(named.map((entry) => [entry.key, isSame(entry, present.get(entry.key))]));
  const missing = named.map(({ key }) => key).filter((key) => !same.get(key));

  const newer = files
    .filter((file) => {
      const writtenAt = isMultipart(file) ? laterTime(file, upload) : file.lastModified;
      return same.get(file.key) === false
        ? writtenAt >= manifest.lastModified
        : !same.has(file.key) && writtenAt > manifest.lastModified;
    })
    .map(({ key }) => key);
  if (newer.length > 0) return { status: 'stale', newer };
  if ('problem' in parsed) return { status: 'invalid', problem: parsed.problem };
  return missing.length > 0
    ? { status: 'waiting', missing }
    : { status: 'in force', manifest: parsed.manifest };
}

function isSame(entry: DropManifest['files'][number], file: DropFile | undefined): boolean {
  return file?.etag === entry.etag && file.size === entry.size;
}

function chosenFiles({ files }: DropState, standing: Standing, fileNames: FileNames) {
  if (standing.status !== 'in force') {
    const isInvalid = standing.status === 'invalid';
    const { chosen, ignored } = withoutTwins(files);
    const problem = isInvalid ? standing.problem : twoForms(chosen, fileNames);
    return { files: chosen, asOf: null, problem, declared: isInvalid, ignored };
  }
  const named = new Set(standing.manifest.files.map(({ key }) => key));
  return {
    files: files.filter(({ key }) => named.has(key)),
    asOf: standing.manifest.asOf,
    problem: undefined,
    declared: true,
    ignored: files.filter(({ key }) => !named.has(key)).map(({ key }) => key),
  };
}

/** Of a file and the same one compressed, the file: what the command line takes of a folder. */
function withoutTwins(files: readonly DropFile[]) {
  const keys = new Set(files.map(({ key }) => key));
  const isTwin = ({ key }: DropFile) => key.endsWith('.gz') && keys.has(key.slice(0, -'.gz'.length));
  return {
    chosen: files.filter((file) => !isTwin(file)),
    ignored: files.filter(isTwin).map(({ key }) => key),
  };
}

/** Why a dataset cannot be read that is there as a file and as a folder of parts. */
function twoForms(files: readonly DropFile[], fileNames: FileNames): string | undefined {
  for (const dataset of datasetNames) {
    const keys = files.filter(({ kind }) => kind === dataset).map(({ key }) => key);
    const parts = keys.filter((key) => key.includes(`/${partsFolder(fileNames[dataset])}`));
    if (parts.length > 0 && parts.length < keys.length)
      return `"${dataset}" is there twice, as a file and as a folder of parts: ${keys.join(', ')}`;
  }
  return undefined;
}

/** When the object of the event was there; where it is another one by now (overwritten, deleted), the event's time. */
function uploadTime({ files, manifest, success }: DropState, upload: Upload): Date {
  const objects = [...files, manifest, success].filter((object) => object !== undefined);
  const current = objects.find((object) => isOf(object, upload));
  return current === undefined ? upload.eventTime : laterTime(current, upload);
}

function isOf({ key, etag }: StoredObject, upload: Upload): boolean {
  return key === upload.key && etag === upload.etag;
}

/**
 * When an object was there, as far as one event tells. S3 dates an object by the beginning of its upload (a multipart
 * one by its initiation, which may be minutes before its end), and an event by the end.
 */
function laterTime(object: StoredObject, upload: Upload): Date {
  if (!isOf(object, upload)) return object.lastModified;
  return new Date(Math.max(object.lastModified.getTime(), upload.eventTime.getTime()));
}

/** The entity tag of a multipart object ends in the number of its parts. */
function isMultipart({ etag }: StoredObject): boolean {
  return /^[0-9a-f]{32}-\d+$/.test(etag);
}

/** S3 dates objects by the second, some emulators more finely, and events are cut to the second: compared as whole ones. */
function wholeSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

function incomplete(reason: string, missing: readonly string[]): NoStart {
  return { start: false, outcome: 'incomplete', reason, missing };
}

function superseded(reason: string): NoStart {
  return { start: false, outcome: 'superseded', reason, missing: [] };
}
