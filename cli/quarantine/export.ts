import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type DatasetName, datasetNames } from '../../layers/data/datasets/index.ts';
import { TransientError, UsageError } from '../../layers/platform/errors.ts';
import type { ObjectStore } from '../../layers/platform/object-store.ts';
import type { Chunk, RunPlan } from '../../layers/runs/documents.ts';
import type { Quarantine, RowPlace } from './quarantine.ts';
import { linesOf, pickRecords, type RawRecord } from './raw-records.ts';

/** A CSV file of quarantined rows. */
export interface ExportedFile {
  readonly dataset: DatasetName;
  readonly file: string;
  rows: number;
}

/**
 * Writes the quarantined rows of each dataset into `<folder>/<dataset>.csv`, below the header of the raw file and byte for
 * byte as they stand there. Raw files with another header go into `<dataset>-2.csv` and so on.
 * @throws UsageError where a raw file is no longer there
 */
export async function exportRows(
  quarantine: Quarantine,
  raw: ObjectStore,
  plan: RunPlan,
  folder: string,
): Promise<ExportedFile[]> {
  await mkdir(folder, { recursive: true });
  const exported: ExportedFile[] = [];
  for (const dataset of datasetNames) {
    const places = groupBy(await quarantine.places(dataset), ({ file }) => file);
    const byHeader = new Map<string, ExportedFile>();
    for (const [key, rows] of [...places].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const chunks = plan.chunks.filter((chunk) => chunk.key === key);
      const lines = linesOf(await open(raw, chunks), chunks.map(startOf).slice(1));
      const first = await lines.next();
      const header = first.done === true ? '' : withLineEnd(first.value.text);
      let target = byHeader.get(header);
      const flags = target === undefined ? 'w' : 'a';
      if (target === undefined) {
        const name = byHeader.size === 0 ? dataset : `${dataset}-${byHeader.size + 1}`;
        target = { dataset, file: path.join(folder, `${name}.csv`), rows: 0 };
        byHeader.set(header, target);
      }
      target.rows += await copyRows(lines, rows, chunks, target.file, flags === 'w' ? header : '', flags);
    }
    exported.push(...byHeader.values());
  }
  return exported;
}

async function copyRows(
  lines: AsyncIterable<RawRecord>,
  places: readonly RowPlace[],
  chunks: readonly Chunk[],
  file: string,
  header: string,
  flags: 'w' | 'a',
): Promise<number> {
  const byLine = groupBy(places, ({ line }) => line);
  let count = 0;
  const texts = async function* () {
    if (header !== '') yield Buffer.from(header, 'latin1');
    for await (const { text } of pickRecords(lines, (line) =>
      extentOf(line, byLine.get(line.line), chunks),
    )) {
      count += 1;
      yield Buffer.from(withLineEnd(text), 'latin1');
    }
  };
  await pipeline(texts, createWriteStream(file, { flags }));
  return count;
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function extentOf(
  { text, position }: RawRecord,
  places: readonly RowPlace[] | undefined,
  chunks: readonly Chunk[],
): 'line' | 'record' | undefined {
  const chunk = chunks.findLast((candidate) => position >= startOf(candidate));
  const place = places?.find(
    ({ chunk: index, ids }) =>
      index === chunk?.index ||
      (index === null && (chunks.length === 1 || ids.every((id) => text.includes(id)))),
  );
  if (place === undefined) return undefined;
  return place.rule === 'broken_quotes' || place.rule === 'line_too_long' ? 'line' : 'record';
}

function startOf({ range }: Chunk): number {
  return range?.start ?? 0;
}

function withLineEnd(text: string): string {
  return /[\r\n]$/.test(text) ? text : `${text}\n`;
}

/** The raw object as the run read it: the current version where that is the same, else the pinned one. */
async function open(raw: ObjectStore, chunks: readonly Chunk[]): Promise<AsyncIterable<Uint8Array>> {
  const [chunk] = chunks;
  if (chunk === undefined) throw new Error('a quarantined row comes from a file of the plan');
  const { key, etag, versionId, gzip } = chunk;
  const isCurrent = (await raw.head(key))?.etag === etag;
  try {
    const body = await raw.stream(isCurrent ? { key } : { key, versionId });
    return gzip ? body.pipe(createGunzip()) : body;
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    throw new UsageError(
      {
        what: 'the raw file that the run read is no longer there',
        where: `${raw.location}/${key}`,
        remedy: 'See the rows as the run read them instead: ./ecom quarantine --json',
      },
      { cause: error },
    );
  }
}
