import path from 'node:path';
import type { FileWriting } from '../../data/file-writing.ts';
import { type Config, fileNamesOf } from '../../experiment/config.ts';
import { ConfigError } from '../../platform/errors.ts';
import { nearest } from '../../platform/nearest.ts';
import { dropPrefix } from '../../runs/keys.ts';
import type { PlannedFile } from './chunks.ts';

type DataInput = PlannedFile['input'];
type NamedInput = Pick<DataInput, 'kind' | 'key'>;

/** What the configuration says of a file, a more particular name going before a more general one. */
export function writingOf(
  input: NamedInput,
  drop: string,
  { files, raw }: Pick<Config, 'files' | 'raw'>,
): FileWriting {
  const names = namesOf(input, drop, raw);
  const said = Object.entries(files)
    .map(([name, writing]) => ({
      writing,
      at: names.findIndex((one) => fits(name, one)),
      length: name.length,
    }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at || a.length - b.length);
  return Object.assign({}, ...said.map(({ writing }) => writing));
}

/** @throws ConfigError where the configuration names a file that there is none of */
export function checkWritings(
  inputs: readonly DataInput[],
  drop: string,
  { files, raw }: Pick<Config, 'files' | 'raw'>,
): void {
  const names = inputs.map((input) => namesOf(input, drop, raw));
  const unknown = Object.keys(files).find((file) => !names.flat().some((name) => fits(file, name)));
  if (unknown === undefined) return;
  const all = [...new Set(names.flat())];
  const near = nearest(unknown, all);
  throw new ConfigError({
    what: `no file of the drop is called "${unknown}"`,
    where: 'files',
    remedy: near === undefined ? `There are ${all.slice(0, 10).join(', ')}` : `Did you mean "${near}"?`,
  });
}

/** The names of a file, the most general first: its dataset, its name in the configuration, its path as a part. */
function namesOf({ kind, key }: NamedInput, drop: string, raw: Config['raw']): string[] {
  const within = key.slice(dropPrefix(drop).length);
  const name = fileNamesOf(raw)[kind];
  return within.includes('/')
    ? [kind, name, `${name.replace(/\.(csv|tsv)$/, '')}/${path.posix.basename(within)}`]
    : [kind, name];
}

/** Whether a name with `*` is that of a file, or of the same one compressed. */
export function fits(pattern: string, name: string): boolean {
  const parts = pattern
    .replace(/\.gz$/, '')
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(name.replace(/\.gz$/, ''));
}
