import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type DatasetName, datasetNames, requiredDatasets } from '../../layers/data/datasets/index.ts';
import { fits } from '../../layers/engine/plan/writings.ts';
import { type Config, type FileNames, fileNamesOf, patternsOf } from '../../layers/experiment/config.ts';
import { ConfigError, UsageError } from '../../layers/platform/errors.ts';
import { nearest } from '../../layers/platform/nearest.ts';
import { dropConfigName, dropPrefix, excludedUsersName } from '../../layers/runs/keys.ts';
import { convertedFolder, isPartition } from '../convert/convert-folder.ts';
import { shellWord } from '../terminal.ts';

export interface DropFile {
  readonly kind: DatasetName | 'summary' | 'excluded_users' | 'config';
  readonly file: string;
  readonly key: string;
  readonly size: number;
}

/** A folder as far as a drop is read from it: on disk, or as a browser lists it. */
export interface DropFolder {
  /** What the paths of its files begin with. */
  readonly name: string;
  /** Size in bytes of the file at a path within the folder, or undefined where there is none. */
  readonly size: (file: string) => Promise<number | undefined>;
  /** Names of the files right below a folder within the folder. */
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** Names of the folders right below a folder within the folder. */
  readonly folders: (folder: string) => Promise<readonly string[]>;
}

export function localFolder(name: string): DropFolder {
  return {
    name,
    size: (file) => sizeOf(path.join(name, file)),
    names: (folder) => entriesIn(path.join(name, folder), (entry) => entry.isFile()),
    folders: (folder) => entriesIn(path.join(name, folder), (entry) => entry.isDirectory()),
  };
}

/** @throws UsageError when `folder` is not there, or is a file */
export async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isDirectory()) return;
  throw new UsageError({
    what: found === undefined ? 'there is no such folder' : 'this is a file, not a folder',
    where: folder,
    remedy: 'Name the folder that holds the CSVs',
  });
}

/** A folder of which nothing but the paths (with `/`, from the folder's name on) and sizes of its files is known. */
export function listedFolder(
  name: string,
  files: readonly { readonly path: string; readonly size: number }[],
): DropFolder {
  const sizes = new Map(files.map((file) => [file.path, file.size]));
  return {
    name,
    size: async (file) => sizes.get(path.posix.join(name, file)),
    names: async (folder) =>
      [...sizes.keys()]
        .filter((file) => path.posix.dirname(file) === path.posix.join(name, folder))
        .map((file) => path.posix.basename(file)),
    folders: async (folder) => {
      const within = `${path.posix.join(name, folder)}/`;
      const below = [...sizes.keys()]
        .filter((file) => file.startsWith(within))
        .map((file) => file.slice(within.length).split('/'));
      return [...new Set(below.flatMap(([first = '', ...rest]) => (rest.length > 0 ? [first] : [])))];
    },
  };
}

/**
 * The files of a folder that make up a drop, and the keys they go to: each dataset's file (or its `.gz`, or what it was
 * converted to from another form), the parts in a folder of its name, excluded_users.csv (or its `.gz`), and experiment.yaml. `names` is the `raw` map of the drop's
 * configuration, the keys are those of the target's; `named` says which of the names the drop's own file gives.
 * @throws UsageError when the folder lacks a required dataset, or has one twice; ConfigError when it lacks a file that
 *   the drop's own configuration names
 */
export async function readDropFolder(
  folder: DropFolder,
  drop: string,
  names: Config['raw'],
  targetNames: FileNames,
  named: NamedFiles = new Map(),
): Promise<DropFile[]> {
  const files = await findDropFiles(folder, drop, names, targetNames, named);
  requireDatasets(folder.name, names, files);
  return files;
}

/** The same for a folder that may lack required datasets. */
export async function findDropFiles(
  folder: DropFolder,
  drop: string,
  names: Config['raw'],
  targetNames: FileNames,
  named: NamedFiles = new Map(),
): Promise<DropFile[]> {
  const prefix = dropPrefix(drop);
  const files: DropFile[] = [];
  const add = (kind: DropFile['kind'], file: string, key: string, size: number) =>
    files.push({ kind, file: path.join(folder.name, file), key: prefix + key, size });
  for (const kind of datasetNames) {
    const name = fileNamesOf(names)[kind];
    const target = targetNames[kind];
    const patterns = patternsOf(names[kind]);
    if (patterns !== undefined) {
      for (const [file, key, size] of await listedParts(
        folder,
        patterns,
        withoutCsv(target),
        named.get(kind),
      )) {
        add(kind, file, key, size);
      }
      continue;
    }
    const single = await firstOf(folder, [
      [name, target],
      [`${name}.gz`, `${target}.gz`],
      [`${convertedFolder}/${name}`, target],
      [`${convertedFolder}/${name}.gz`, `${target}.gz`],
    ]);
    // Spark calls a folder of parts as a file.
    const folders = [withoutCsv(name), name, `${convertedFolder}/${withoutCsv(name)}`];
    const parts = (
      await Promise.all(folders.map((within) => partsOf(folder, within, withoutCsv(target))))
    ).flat();
    if (single.length > 0 && parts.length > 0) {
      throw new UsageError({
        what: `"${kind}" is there twice, as a file and as a folder of parts`,
        where: folder.name || undefined,
        remedy: 'Remove one of them',
      });
    }
    for (const [file, key, size] of [...single, ...parts]) add(kind, file, key, size);
  }
  const excluded = [excludedUsersName, `${excludedUsersName}.gz`].map((name) => [name, name] as const);
  for (const [file, key, size] of await firstOf(folder, excluded)) add('excluded_users', file, key, size);
  const config = await folder.size(dropConfigName);
  if (config !== undefined) add('config', dropConfigName, dropConfigName, config);
  await requireNamedFiles(folder, names, named, files);
  return files;
}

/**
 * The files of a folder whose configuration names a file of sums: that one (or its `.gz`, or what it was converted to from another
 * form), and the configuration.
 * @throws UsageError where it is not there
 */
export async function findSummary(folder: DropFolder, drop: string, name: string): Promise<DropFile[]> {
  const prefix = dropPrefix(drop);
  const [found] = await firstOf(folder, [
    [name, name],
    [`${name}.gz`, `${name}.gz`],
    [`${convertedFolder}/${name}`, name],
    [`${convertedFolder}/${name}.gz`, `${name}.gz`],
  ]);
  if (found === undefined) {
    throw new UsageError({
      what: `there is no ${name}, which the configuration names as its file of sums`,
      where: folder.name || undefined,
      remedy: 'Put the file there, or correct the name: summary: { file: ... }',
    });
  }
  const [file, key, size] = found;
  const config = await folder.size(dropConfigName);
  return [
    { kind: 'summary', file: path.join(folder.name, file), key: prefix + key, size },
    ...(config === undefined
      ? []
      : [
          {
            kind: 'config' as const,
            file: path.join(folder.name, dropConfigName),
            key: prefix + dropConfigName,
            size: config,
          },
        ]),
  ];
}

/** Where the drop's own configuration names the file of a dataset: `file:line:column`. */
export type NamedFiles = ReadonlyMap<DatasetName, string>;

/** Whoever names a file wants it used, also where the pipeline could do without. */
async function requireNamedFiles(
  folder: DropFolder,
  names: Config['raw'],
  named: NamedFiles,
  files: readonly DropFile[],
): Promise<void> {
  for (const [dataset, where] of named) {
    if (files.some(({ kind }) => kind === dataset)) continue;
    const all = await Promise.all(['', convertedFolder].map((within) => folder.names(within)));
    const present = all.flat().filter((file) => /\.(csv|tsv)(\.gz)?$/.test(file));
    const name = fileNamesOf(names)[dataset];
    const near = nearest(
      name,
      present.map((file) => file.replace(/\.gz$/, '')),
    );
    throw new ConfigError({
      what: `there is no ${name}, which the configuration names as the file of ${dataset}`,
      where,
      remedy:
        near !== undefined
          ? `Did you mean "${near}"?`
          : `Correct the name, or leave the line out${present.length === 0 ? '' : `; the folder has ${present.join(', ')}`}`,
    });
  }
}

/** @throws UsageError where a required dataset is not among the files */
export function requireDatasets(folder: string, names: Config['raw'], files: readonly DropFile[]): void {
  const missing = requiredDatasets.filter((dataset) => !files.some(({ kind }) => kind === dataset));
  if (missing.length === 0) return;
  throw new UsageError({
    what: `the folder lacks ${missing.map((dataset) => fileNamesOf(names)[dataset]).join(' and ')}, without which there is no analysis`,
    where: folder || undefined,
    remedy: `Put the file there. Where yours have other names, let a configuration be written: ./ecom init ${shellWord(folder || '.')}`,
  });
}

type Found = readonly [file: string, key: string, size: number];

/** The first of the candidates that is there. */
async function firstOf(
  folder: DropFolder,
  candidates: readonly (readonly [file: string, key: string])[],
): Promise<Found[]> {
  for (const [file, key] of candidates) {
    const size = await folder.size(file);
    if (size !== undefined) return [[file, key, size]];
  }
  return [];
}

/** The parts of a dataset: files of its folder, and of folders that partition it, such as `dt=2024-01-01`. */
async function partsOf(folder: DropFolder, parts: string, key: string): Promise<Found[]> {
  const files = await partFiles(folder, parts);
  return Promise.all(
    files.map(async (file) => {
      const name = path.posix
        .relative(parts, file)
        .replaceAll(/[/=]/g, '-')
        .replace(/\.tsv(\.gz)?$/, '.csv$1');
      return [file, `${key}/${name}`, (await folder.size(file)) ?? 0] as const;
    }),
  );
}

/**
 * The parts of a dataset whose files the configuration lists, by name or with `*`: each once, be it compressed or converted.
 * @throws ConfigError where an entry of the list fits no file, or two files would have one name as parts
 */
async function listedParts(
  folder: DropFolder,
  patterns: readonly string[],
  key: string,
  where: string | undefined,
): Promise<Found[]> {
  const found = new Map<string, string>();
  for (const pattern of patterns) {
    const within = path.posix.dirname(pattern) === '.' ? '' : path.posix.dirname(pattern);
    const places = (
      await Promise.all([within, path.posix.join(convertedFolder, within)].map(filesIn))
    ).flat();
    const fitting = places.filter((file) => fits(path.posix.basename(pattern), path.posix.basename(file)));
    if (fitting.length === 0) {
      throw new ConfigError({
        what: `no file is called ${pattern}, which the configuration lists`,
        where,
        remedy: `Correct the list${places.length === 0 ? '' : `; there are ${places.join(', ')}`}`,
      });
    }
    for (const file of fitting) {
      const own = file.replace(`${convertedFolder}/`, '');
      const part = `${key}/${own.replaceAll(/[/=]/g, '-').replace(/\.(tsv|csv)(\.gz)?$/, '')}`;
      const before = found.get(part);
      if (before === undefined) found.set(part, file);
      else if (withoutForm(before) !== withoutForm(file)) {
        throw new ConfigError({
          what: `${before} and ${file} would be one part of the dataset`,
          where,
          remedy: 'Rename one of them',
        });
      }
    }
  }
  return Promise.all(
    [...found].map(async ([part, file]) => {
      const ending = file.endsWith('.gz') ? '.csv.gz' : '.csv';
      return [file, `${part}${ending}`, (await folder.size(file)) ?? 0] as const;
    }),
  );

  /** Plain ones before compressed ones, which are the same. */
  async function filesIn(place: string): Promise<string[]> {
    const names = (await folder.names(place)).filter((name) => /\.(csv|tsv)(\.gz)?$/.test(name));
    return names.toSorted().map((name) => path.posix.join(place, name));
  }

  function withoutForm(file: string): string {
    return file.replace(`${convertedFolder}/`, '').replace(/\.gz$/, '');
  }
}

async function partFiles(folder: DropFolder, within: string): Promise<string[]> {
  const files = (await folder.names(within)).filter((name) => /\.(csv|tsv)(\.gz)?$/.test(name)).toSorted();
  const partitions = (await folder.folders(within)).filter((name) => isPartition(name)).toSorted();
  const below = await Promise.all(partitions.map((name) => partFiles(folder, path.posix.join(within, name))));
  return [...files.map((name) => path.posix.join(within, name)), ...below.flat()];
}

async function entriesIn(folder: string, isWanted: (entry: Dirent) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return entries.filter(isWanted).map(({ name }) => name);
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' ||
      (error as NodeJS.ErrnoException).code === 'ENOTDIR'
    ) {
      return undefined;
    }
    throw error;
  }
}

function withoutCsv(name: string): string {
  return name.replace(/\.(csv|tsv)$/, '');
}
