import type { IncomingMessage } from 'node:http';
import path from 'node:path';
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
import { type Conversions, isConverted, type OpenedConversion } from './conversions.ts';

const size = z.number().int().nonnegative();

const listing = z.strictObject({
  /** Name of the folder, which every path begins with; empty for files without one. */
  folder: z.string(),
  files: z.array(z.strictObject({ path: z.string(), size })),
  /** Text of the folder's experiment.yaml, or of the file that takes its place. */
  config: z.string().nullable(),
  /** Id of the conversion of what is no CSV; null where all is. */
  conversion: z.string().nullable(),
});

/** Which of a folder's files make up the drop, and the keys they go to. */
export interface CheckedListing {
  readonly files: readonly DropFile[];
  /** Paths that are no part of a drop. */
  readonly ignored: readonly string[];
  /** A sentence for each file that was converted. */
  readonly converted: readonly string[];
}

const chosen = z.strictObject({ paths: z.array(z.string()) });

/** Begins to convert a folder's files, where there is something to convert. */
export async function openConversion(conversions: Conversions, body: unknown): Promise<OpenedConversion> {
  return conversions.open(parse(chosen, body).paths);
}

/** Takes a file that is to be converted. */
export async function receiveFile(
  conversions: Conversions,
  id: string,
  file: string,
  request: IncomingMessage,
): Promise<Record<string, never>> {
  await conversions.receive(id, file, request, lengthOf(request, file));
  return {};
}

/**
 * Checks what a browser is about to upload, before it does.
 * @throws UsageError or ConfigError as `ecom upload` would
 */
export async function checkListing(
  conversions: Conversions,
  drop: string,
  body: unknown,
): Promise<CheckedListing> {
  checkDropName(drop);
  const { folder, files, config, conversion } = parse(listing, body);
  const target = targetConfig();
  const configs = config === null ? [] : [{ name: dropConfigName, text: config }];
  const named = new Map(configs.flatMap((file) => [...namedFiles(file)]));
  const { raw: names, summary } = targetConfig(configs);
  if (summary !== null) refuseSums(summary.file);
  const within = (file: string) => (folder === '' ? file : path.posix.relative(folder, file));
  if (conversion === null) refuseOtherForms(files.map((file) => within(file.path)));
  const converted = conversion === null ? undefined : await conversions.convert(conversion);
  const made = (converted?.files ?? []).map((file) => ({
    ...file,
    path: path.posix.join(folder, file.path),
  }));
  // What commands once converted in the folder may be of other data by now.
  const own = files.filter((file) => !isConverted(within(file.path)));
  const found = await readDropFolder(
    listedFolder(folder, [...own, ...made]),
    drop,
    names,
    fileNamesOf(target.raw),
    named,
  );
  const used = new Set(found.map(({ file }) => file));
  const sources = new Set(conversion === null ? [] : filesToConvert(files.map((file) => within(file.path))));
  return {
    files: found,
    ignored: files
      .map((file) => file.path)
      .filter((file) => !used.has(file) && !sources.has(within(file)) && !isConverted(within(file))),
    converted: converted?.sentences ?? [],
  };
}

/** @throws UsageError */
function refuseSums(summary: string): never {
  throw new UsageError({
    what: `${summary} holds sums by arm, and no users that the pipeline could stage and load`,
    remedy: 'Analyse the folder on this machine: ./ecom analyze <folder>',
  });
}

/** @throws UsageError where a file is of another form than CSV */
function refuseOtherForms(paths: readonly string[]): void {
  const [first] = filesToConvert(paths);
  if (first === undefined) return;
  throw new UsageError({
    what: 'the file is no CSV, and was not converted',
    where: first,
    remedy: 'Choose the folder again',
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
  const length = lengthOf(request, key);
  await raw.uploadStream(request, length, key);
  return checkStored(raw, { file: key, key, size: length });
}

const stored = z.strictObject({
  files: z.array(z.strictObject({ key: z.string(), etag: z.string(), size })).min(1),
  conversion: z.string().nullable(),
});

/**
 * Stores a file that was converted on this machine.
 * @throws UsageError for a key that is none of the drop's data files, or a file that was not converted
 */
export async function storeConverted(
  { raw }: Connection,
  conversions: Conversions,
  drop: string,
  body: unknown,
): Promise<StoredFile> {
  checkDropName(drop);
  const { conversion, file, key } = parse(convertedFile, body);
  checkKey(drop, key);
  const { place, size } = await conversions.place(conversion, file);
  await raw.uploadFrom(place, key);
  return checkStored(raw, { file, key, size });
}

const convertedFile = z.strictObject({ conversion: z.string(), file: z.string(), key: z.string() });

/** @throws UsageError where the request does not say how long its body is */
function lengthOf(request: IncomingMessage, where: string): number {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (Number.isInteger(length)) return length;
  throw new UsageError({ what: 'the length of the file is not given', where });
}

/** Completes a drop with its manifest, and waits for the gate to start its run. */
export async function startRun(
  connection: Connection,
  conversions: Conversions,
  drop: string,
  body: unknown,
): Promise<StartedRun> {
  checkDropName(drop);
  const { files, conversion } = parse(stored, body);
  for (const file of files) {
    checkKey(drop, file.key);
    await checkStored(connection.raw, { ...file, file: file.key });
  }
  const manifestEtag = await completeUpload(connection.raw, drop, files);
  const started = await awaitRun(connection, { drop, manifestEtag });
  if (conversion !== null) await conversions.remove(conversion);
  return started;
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
