import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../layers/contracts/config.ts';
import { type DatasetName, datasetNames, requiredDatasets } from '../../layers/contracts/datasets/index.ts';
import { dropConfigName, dropPrefix } from '../../layers/contracts/keys.ts';
import { UsageError } from '../usage-error.ts';

export interface DropFile {
  readonly kind: DatasetName | 'config';
  readonly file: string;
  readonly key: string;
  readonly size: number;
}

/**
 * The files of a local folder that make up a drop, and the keys they go to: each dataset's file (or its `.gz`), the
 * parts in a folder of its name, and experiment.yaml. `names` is the `raw` map of the drop's configuration, the keys
 * are those of the target's.
 * @throws UsageError when the folder lacks a required dataset, or has one twice
 */
export async function readDropFolder(
  folder: string,
  drop: string,
  names: Config['raw'],
  targetNames: Config['raw'],
): Promise<DropFile[]> {
  const files = await findDropFiles(folder, drop, names, targetNames);
  requireDatasets(folder, names, files);
  return files;
}

/** The same for a folder that may lack required datasets. */
export async function findDropFiles(
  folder: string,
  drop: string,
  names: Config['raw'],
  targetNames: Config['raw'],
): Promise<DropFile[]> {
  const prefix = dropPrefix(drop);
  const files: DropFile[] = [];
  for (const kind of datasetNames) {
    const name = names[kind];
    const target = targetNames[kind];
    const single = await existing([
      [path.join(folder, name), target],
      [path.join(folder, `${name}.gz`), `${target}.gz`],
    ]);
    const parts = await partsOf(path.join(folder, withoutCsv(name)), withoutCsv(target));
    if (single.length > 0 && parts.length > 0) {
      throw new UsageError({
        what: `"${kind}" is there twice, as a file and as a folder of parts`,
        where: folder,
        remedy: 'Remove one of them',
      });
    }
    for (const [file, key] of [...single, ...parts]) {
      files.push({ kind, file, key: prefix + key, size: (await stat(file)).size });
    }
  }
  const config = path.join(folder, dropConfigName);
  const found = await sizeOf(config);
  if (found !== undefined)
    files.push({ kind: 'config', file: config, key: prefix + dropConfigName, size: found });
  return files;
}

function requireDatasets(folder: string, names: Config['raw'], files: readonly DropFile[]): void {
  const missing = requiredDatasets.filter((dataset) => !files.some(({ kind }) => kind === dataset));
  if (missing.length === 0) return;
  throw new UsageError({
    what: `the folder lacks ${missing.map((dataset) => names[dataset]).join(' and ')}, without which there is no analysis`,
    where: folder,
    remedy: `Put the file there, or name yours under "raw" in a configuration: raw: { ${missing[0]}: your-file.csv }`,
  });
}

async function existing(candidates: readonly (readonly [string, string])[]) {
  const sizes = await Promise.all(candidates.map(([file]) => sizeOf(file)));
  return candidates.filter((_, index) => sizes[index] !== undefined).slice(0, 1);
}

async function partsOf(folder: string, key: string): Promise<(readonly [string, string])[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() && /\.csv(\.gz)?$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .map((name) => [path.join(folder, name), `${key}/${name}`] as const);
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
  return name.replace(/\.csv$/, '');
}
