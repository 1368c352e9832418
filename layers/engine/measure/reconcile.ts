import { datasetNames } from '../../data/datasets/index.ts';
import type { EventFate, RuleCount } from '../../data/row-counts.ts';
import { decisiveEvents, rowsOfEvent } from '../../experiment/config.ts';
import type { MeasureConfig } from '../../experiment/config-slices.ts';
import type { Measurements, PopulationStep } from '../../experiment/measurements.ts';
import { DataError } from '../../platform/errors.ts';
import {
  type Chunk,
  type CleanResult,
  eventNamesLimit,
  type FileCounts,
  type StageResult,
} from '../../runs/documents.ts';

const examplesPerRule = 3;

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
    const before = files.get(key);
    files.set(key, {
      key,
      lines: chunk.lines + (before?.lines ?? 0),
      accepted: total(parts, ({ accepted }) => accepted) + (before?.accepted ?? 0),
      quarantined:
        chunk.quarantined + total(parts, ({ quarantined }) => quarantined) + (before?.quarantined ?? 0),
      duplicates: total(parts, ({ duplicates }) => duplicates) + (before?.duplicates ?? 0),
    });
  }
  for (const file of files.values()) requireBalance(file);
  return [...files.values()];
}

/** What became of every line of every dataset, from what became of those of its files. */
export function qualityOf(
  chunks: readonly Pick<Chunk, 'key' | 'dataset'>[],
  files: readonly FileCounts[],
): Measurements['quality'] {
  const datasets = new Map(chunks.map(({ key, dataset }) => [key, dataset]));
  const quality: Measurements['quality'] = {};
  for (const dataset of datasetNames) {
    const own = files.filter(({ key }) => datasets.get(key) === dataset);
    if (own.length === 0) continue;
    quality[dataset] = {
      lines: total(own, ({ lines }) => lines),
      accepted: total(own, ({ accepted }) => accepted),
      quarantined: total(own, ({ quarantined }) => quarantined),
      duplicates: total(own, ({ duplicates }) => duplicates),
    };
  }
  return quality;
}

/** One count per dataset, column and rule, with the first examples in the order of files and lines, in the order of the datasets. */
export function mergeRules(counts: readonly RuleCount[]): RuleCount[] {
  const merged = new Map<string, RuleCount>();
  for (const count of counts) {
    const key = JSON.stringify([datasetNames.indexOf(count.dataset), count.rule, count.column]);
    const before = merged.get(key);
    merged.set(key, {
      ...count,
      rows: count.rows + (before?.rows ?? 0),
      examples: [...(before?.examples ?? []), ...count.examples]
        .toSorted(
          (a, b) =>
            compare(a.file ?? '', b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || compare(a.value, b.value),
        )
        .slice(0, examplesPerRule),
    });
  }
  return [...merged].toSorted(([a], [b]) => compare(a, b)).map(([, count]) => count);
}

/** The steps of all buckets added up: by experiment, each in the order of its steps. */
export function mergePopulation(steps: readonly PopulationStep[]): PopulationStep[] {
  const merged = new Map<string, PopulationStep>();
  for (const step of steps) {
    const key = JSON.stringify([step.experimentId, step.step]);
    const before = merged.get(key);
    merged.set(key, {
      ...step,
      rows: step.rows + (before?.rows ?? 0),
      users: step.users + (before?.users ?? 0),
    });
  }
  return [...merged.values()].toSorted((a, b) => compare(a.experimentId ?? '', b.experimentId ?? ''));
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
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

/** Names of the events of all buckets; undefined where they are not all known. */
export function mergeEventNames(cleaned: readonly Pick<CleanResult, 'eventNames'>[]): string[] | undefined {
  if (cleaned.some(({ eventNames }) => eventNames === undefined)) return undefined;
  const names = [...new Set(cleaned.flatMap(({ eventNames = [] }) => eventNames))].sort();
  return names.length < eventNamesLimit ? names : undefined;
}

/** What became of the events that decide, over all chunks and buckets; of none that the files do not have. */
export function mergeDecisiveEvents(
  config: MeasureConfig,
  staged: readonly StageResult[],
  cleaned: readonly CleanResult[],
): EventFate[] {
  const refused = staged.flatMap(({ quarantinedEvents = [] }) => quarantinedEvents);
  return decisiveEvents(config).flatMap((event) => {
    const own = cleaned
      .flatMap(({ decisiveEvents: fates = [] }) => fates)
      .filter((fate) => fate.event === event);
    const accepted = total(own, (fate) => fate.accepted);
    const quarantined = total(own, (fate) => fate.quarantined) + rowsOfEvent(event, refused, config);
    return accepted + quarantined === 0 ? [] : [{ event, accepted, quarantined }];
  });
}
