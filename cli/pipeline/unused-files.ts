import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readHeader } from '../../layers/data/csv/local-file.ts';
import { SchemaError, UsageError } from '../../layers/platform/errors.ts';
import { nearest } from '../../layers/platform/nearest.ts';
import { dropConfigName } from '../../layers/runs/keys.ts';
import type { DropFile } from './drop-folder.ts';

const most = 8;

/** Sentences about the files of a folder that are no part of its drop: each that looks meant, then all others. */
export async function unusedFiles(
  folder: string,
  used: readonly Pick<DropFile, 'file'>[],
): Promise<string[]> {
  const isUsed = (name: string) => used.some(({ file }) => path.resolve(file) === path.resolve(folder, name));
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !isUsed(entry.name))
    .map(({ name }) => name)
    .toSorted();
  const told = names.flatMap((name) => {
    const reason = reasonOf(name, isUsed);
    return reason === undefined ? [] : [{ name, reason }];
  });
  const others = names.filter((name) => !told.some((sentence) => sentence.name === name));
  return [
    ...told.map(({ name, reason }) => `${name} is not read: ${reason}`),
    ...(others.length === 0
      ? []
      : [
          `not used: ${others.slice(0, most).join(', ')}${others.length > most ? `, and ${others.length - most} more` : ''}`,
        ]),
  ];
}

/**
 * @throws UsageError where a file that is not used has the name, but for its numbers, and the header of one that is: a day of
 *   several, of which a verdict would rest on one
 */
export async function refuseUnusedParts(
  folder: string,
  used: readonly Pick<DropFile, 'kind' | 'file'>[],
): Promise<void> {
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(csv|tsv)(\.gz)?$/.test(entry.name))
    .map(({ name }) => name)
    .toSorted();
  const isUsed = (name: string) => used.some(({ file }) => path.resolve(file) === path.resolve(folder, name));
  for (const name of names.filter(isUsed)) {
    const header = await headerOf(folder, name);
    const others: string[] = [];
    for (const other of names.filter((one) => !isUsed(one) && stem(one) === stem(name))) {
      if (header !== undefined && (await headerOf(folder, other)) === header) others.push(other);
    }
    if (others.length === 0) continue;
    const parts = name.replace(/\.(csv|tsv)(\.gz)?$/, '');
    throw new UsageError({
      what: `${others.join(', ')} look${others.length === 1 ? 's' : ''} like ${name} of other days, and would not be used`,
      where: folder,
      remedy: `Put all ${others.length + 1} into a folder ${parts}/, which is read as one file; or take the others away`,
    });
  }
}

/** The name without its numbers and what joins them. */
function stem(name: string): string {
  return name.replace(/\.(csv|tsv)(\.gz)?$/, '').replace(/[\d._-]+/g, '');
}

/** The columns of a file; undefined where it has no header that can be read, which is told elsewhere. */
async function headerOf(folder: string, name: string): Promise<string | undefined> {
  try {
    return (await readHeader(path.join(folder, name), name)).join();
  } catch (error) {
    if (error instanceof SchemaError) return undefined;
    throw error;
  }
}

function reasonOf(name: string, isUsed: (name: string) => boolean): string | undefined {
  const plain = name.replace(/\.gz$/, '');
  if (plain !== name && isUsed(plain)) return `${plain} is there, and is taken`;
  if (name !== dropConfigName && /\.ya?ml$/i.test(name) && nearest(name.toLowerCase(), [dropConfigName])) {
    return `the configuration of a folder is called ${dropConfigName}`;
  }
  return undefined;
}
