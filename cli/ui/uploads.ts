import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { fileNamesOf } from '../../layers/experiment/config.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { dropConfigName, isDropFile, parseRawKey } from '../../layers/runs/keys.ts';
import { filesToConvert } from '../convert/convert-folder.ts';
import type { Connection } from '../pipeline/connection.ts';
import { namedFiles } from '../pipeline/drop-config.ts';
import { type DropFile, listedFolder, readDropFolder } from '../pipeline/drop-folder.ts';
import { checkDropName } from '../pipeline/drop-name.ts';
import { awaitRun, type StartedRun } from '../pipeline/run-drop.ts';
import { targetConfig } from '../pipeline/target.ts';
import { checkStored, completeUpload, type StoredFile } from '../pipeline/upload.ts';

const size = z.number().int().nonnegative();

const listing = z.strictObject({
  /** Name of the folder, which every path begins with; empty for files without one. */
  folder: z.string(),
  files: z.array(z.strictObject({ path: z.string(), size })),
  /** Text of the folder's experiment.yaml, or of the file that takes its place. */
  config: z.string().nullable(),
});

/** Which of a folder's files make up the drop, and the keys they go to. */
export interface CheckedListing {
  readonly files: readonly DropFile[];
  /** Paths that are no part of a drop. */
  readonly ignored: readonly string[];
}

/**
 * Checks what a browser is about to upload, before it does.
 * @throws UsageError or ConfigError as `ecom upload` would
 */
export async function checkListing(drop: string, body: unknown): Promise<CheckedListing> {
  checkDropName(drop);
  const { folder, files, config } = parse(listing, body);
  const target = targetConfig();
  const own = config === null ? [] : [{ name: dropConfigName, text: config }];
  const named = new Map(own.flatMap((file) => [...namedFiles(file)]));
  const { raw: names, summary } = targetConfig(own);
  refuseOtherForms(
    files.map((file) => file.path),
    summary?.file,
  );
  const found = await readDropFolder(
    listedFolder(folder, files),
    drop,
    names,
    fileNamesOf(target.raw),
    named,
  );
  const used = new Set(found.map(({ file }) => file));
  return { files: found, ignored: files.map((file) => file.path).filter((file) => !used.has(file)) };
}

/**
 * What a browser sends is stored as it is: the command line converts it first.
 * @throws UsageError where a file is of another form than CSV, or holds sums by arm
 */
function refuseOtherForms(paths: readonly string[], summary: string | undefined): void {
  if (summary !== undefined) {
    throw new UsageError({
      what: `${summary} holds sums by arm, and no users that the pipeline could stage and load`,
      remedy: 'Analyse the folder on this machine: ./ecom analyze <folder>',
    });
  }
  const [first, ...others] = filesToConvert(paths);
  if (first === undefined) return;
  throw new UsageError({
    what: `${first}${others.length === 0 ? ' is' : ` and ${others.length} more are`} no CSV, and this page uploads files as they are`,
    remedy:
      'Upload the folder with ./ecom upload <folder>, which writes JSON lines, Parquet and zip as CSV first; or leave what is not meant out of it',
  });
}

/**
 * Passes the body of a request on to the raw bucket as it comes in.
 * @throws UsageError for a key that is none of the drop's data files
 */
export async function storeFile(
  { raw }: Connection,
  drop: string,
  key: string,
  request: IncomingMessage,
): Promise<StoredFile> {
  checkDropName(drop);
  checkKey(drop, key);
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (!Number.isInteger(length)) {
    throw new UsageError({ what: 'the length of the file is not given', where: key });
  }
  await raw.uploadStream(request, length, key);
  return checkStored(raw, { file: key, key, size: length });
}

const stored = z.strictObject({
  files: z.array(z.strictObject({ key: z.string(), etag: z.string(), size })).min(1),
});

/** Completes a drop with its manifest, and waits for the gate to start its run. */
export async function startRun(connection: Connection, drop: string, body: unknown): Promise<StartedRun> {
  checkDropName(drop);
  const { files } = parse(stored, body);
  for (const file of files) {
    checkKey(drop, file.key);
    await checkStored(connection.raw, { ...file, file: file.key });
  }
  const manifestEtag = await completeUpload(connection.raw, drop, files);
  return awaitRun(connection, { drop, manifestEtag });
}

function checkKey(drop: string, key: string): void {
  const place = parseRawKey(key, fileNamesOf(targetConfig().raw));
  if (place?.drop === drop && isDropFile(place.kind)) return;
  throw new UsageError({ what: `this is no data file of the drop "${drop}"`, where: key });
}

const longestBody = 8_000_000;

/** @throws UsageError for a body that is too long, or no JSON */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!(Number(request.headers['content-length']) <= longestBody)) {
    throw new UsageError({
      what: 'the request is too long',
      remedy: 'Use ./ecom upload for so many files',
    });
  }
  try {
    return JSON.parse(await text(request));
  } catch (error) {
    throw new UsageError({ what: 'the request is not JSON' }, { cause: error });
  }
}

function parse<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError({
    what: `the request is not understood: ${issue?.message}`,
    where: issue?.path.join('.'),
  });
}
