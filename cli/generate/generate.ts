import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type DatasetName, datasetNames } from '../../layers/data/datasets/index.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { counted } from '../terminal.ts';
import { makeCatalog, type Product } from './catalog.ts';
import { CsvFile } from './csv-file.ts';
import { Dirt } from './dirt.ts';
import { type GenerateOptions, type Settings, settingsFrom } from './options.ts';
import { outcomeWindowDays } from './population.ts';
import { Random } from './random.ts';
import { Clock, headers, VisitorRows, writeProducts } from './rows.ts';
import { expectations, type GeneratedTruth, Tally } from './truth.ts';
import { drawVisitor, secondsPerDay } from './visitor.ts';

/** First word of each random stream: what it is for. */
const streams = { user: 1, product: 2, dirt: 3 } as const;
const pilotUsers = 2000;
const visitorDatasets = datasetNames.filter((dataset) => dataset !== 'products');

/**
 * Writes the five datasets of a shop with an experiment into a folder: same options, same bytes. Rows are grouped by
 * user, users in the order of their ids, so that memory does not grow with the data; a user's rows do not depend on
 * how many users follow.
 * @throws UsageError when an option is out of range, or the folder holds other files of the datasets
 */
export async function generate(options: GenerateOptions): Promise<GeneratedTruth> {
  const settings = settingsFrom(options);
  const { directory, seed, files: parts } = settings;
  const catalog = makeCatalog(seed, streams.product);
  const users = usersOf(settings, catalog);
  if (parts > users) {
    throw new UsageError({
      what: `${counted(users, 'user')} cannot fill ${counted(parts, 'file')}`,
      remedy: 'Give fewer --files',
    });
  }
  const files = perDataset((dataset) => fileNames(dataset, dataset === 'products' ? 1 : parts));
  await refuseOtherFiles(directory, Object.values(files).flat());

  const dirt = perDataset(
    (dataset, index) => new Dirt(dataset, settings.dirty, new Random().restart(seed, streams.dirt, index)),
  );
  const rows = perDataset(() => 0);
  const sink = (dataset: DatasetName, file: CsvFile) => (line: string) => {
    rows[dataset] += 1;
    file.add(line);
    const bad = dirt[dataset].after(line);
    if (bad !== undefined) file.add(bad);
  };

  const products = await CsvFile.create(path.join(directory, ...files.products), headers.products);
  writeProducts(catalog, sink('products', products));
  await products.close();

  const tally = new Tally();
  const visitorRows = new VisitorRows(new Clock(settings.start), settings.experiment);
  const random = new Random();
  for (let part = 0; part < parts; part += 1) {
    const open = await Promise.all(
      visitorDatasets.map(async (dataset) => {
        const file = await CsvFile.create(path.join(directory, files[dataset][part] ?? ''), headers[dataset]);
        return [dataset, file] as const;
      }),
    );
    const sinks = Object.fromEntries(
      open.map(([dataset, file]) => [dataset, sink(dataset, file)]),
    ) as Parameters<VisitorRows['write']>[1];
    const last = Math.floor((users * (part + 1)) / parts);
    for (let id = Math.floor((users * part) / parts) + 1; id <= last; id += 1) {
      const visitor = drawVisitor(id, settings, catalog, random.restart(seed, streams.user, id));
      tally.add(visitor);
      visitorRows.write(visitor, sinks);
      for (const [, file] of open) if (file.full) await file.drain();
    }
    for (const [, file] of open) await file.close();
  }

  return {
    settings: { ...settings, users },
    end: new Clock(settings.start).format(settings.days * secondsPerDay),
    outcomeWindowDays,
    ...expectations(settings, tally.exposedByDay),
    arms: tally.arms,
    crossovers: tally.crossovers,
    unknownVariants: tally.unknownVariants,
    datasets: perDataset((dataset) => ({
      files: files[dataset],
      rows: rows[dataset],
      dirty: dirt[dataset].counts,
    })),
  };
}

function perDataset<Value>(
  value: (dataset: DatasetName, index: number) => Value,
): Record<DatasetName, Value> {
  const entries = datasetNames.map((dataset, index) => [dataset, value(dataset, index)]);
  return Object.fromEntries(entries) as Record<DatasetName, Value>;
}

/** For `events`, as many users as have that many events, going by the first ones. */
function usersOf(settings: Settings, catalog: readonly Product[]): number {
  if (settings.events === undefined) return settings.users ?? 1000;
  const random = new Random();
  let events = 0;
  for (let id = 1; id <= pilotUsers; id += 1) {
    random.restart(settings.seed, streams.user, id);
    events += drawVisitor(id, settings, catalog, random).events.length;
  }
  return Math.max(1, Math.round((settings.events * pilotUsers) / events));
}

function fileNames(dataset: DatasetName, parts: number): string[] {
  if (parts === 1) return [`${dataset}.csv`];
  return Array.from(
    { length: parts },
    (_, part) => `${dataset}/part-${String(part + 1).padStart(5, '0')}.csv`,
  );
}

/** Files of an earlier, differently split generation would count as parts of this one. */
async function refuseOtherFiles(directory: string, files: readonly string[]): Promise<void> {
  const own = new Set(files);
  const topLevel = await namesIn(directory);
  for (const dataset of datasetNames) {
    const inFolder = (await namesIn(path.join(directory, dataset))).map((name) => `${dataset}/${name}`);
    const other = [`${dataset}.csv`, `${dataset}.csv.gz`, ...inFolder].filter((file) => !own.has(file));
    const beside = new Set([...topLevel, ...inFolder]);
    const found = other.find((file) => beside.has(file));
    if (found === undefined) continue;
    throw new UsageError({
      what: `the folder already holds ${found}, which this generation would not replace`,
      where: directory,
      remedy: 'Give an empty folder, or remove the file',
    });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw error;
    throw new UsageError(
      { what: 'this is a file, not a folder', where: directory, remedy: 'Name a folder' },
      { cause: error },
    );
  }
}
