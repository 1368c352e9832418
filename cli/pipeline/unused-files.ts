import { readdir } from 'node:fs/promises';
import path from 'node:path';
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

function reasonOf(name: string, isUsed: (name: string) => boolean): string | undefined {
  const plain = name.replace(/\.gz$/, '');
  if (plain !== name && isUsed(plain)) return `${plain} is there, and is taken`;
  if (name !== dropConfigName && /\.ya?ml$/i.test(name) && nearest(name.toLowerCase(), [dropConfigName])) {
    return `the configuration of a folder is called ${dropConfigName}`;
  }
  return undefined;
}
