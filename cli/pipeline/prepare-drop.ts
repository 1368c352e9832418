import { readFile } from 'node:fs/promises';
import { dropConfigName, dropPrefix } from '../../layers/runs/keys.ts';
import { dropConfig } from './drop-config.ts';
import { type DropFile, localFolder, readDropFolder, requireFolder } from './drop-folder.ts';
import { checkDropName } from './drop-name.ts';
import { targetConfig } from './target.ts';
import { unusedFiles } from './unused-files.ts';

export interface DropSource {
  readonly folder: string;
  readonly drop: string;
  /** A configuration to use in place of the folder's experiment.yaml. */
  readonly configFile?: string | undefined;
}

/** A drop that has been read and checked, but not uploaded. */
export interface PreparedDrop {
  readonly drop: string;
  readonly files: readonly DropFile[];
  /** What the folder holds besides: see unusedFiles. */
  readonly unused: readonly string[];
}

/**
 * Finds the files of a drop and validates its configuration before anything is uploaded.
 * @throws UsageError for a folder or a drop name that cannot work, ConfigError for a mistake in the configuration
 */
export async function prepareDrop({ folder, drop, configFile }: DropSource): Promise<PreparedDrop> {
  checkDropName(drop);
  await requireFolder(folder);
  const target = targetConfig();
  const { config, named } = await dropConfig(folder, configFile);
  const files = await readDropFolder(localFolder(folder), drop, config.raw, target.raw, named);
  const unused = await unusedFiles(folder, files);
  if (configFile === undefined) return { drop, files, unused };
  const { length: size } = await readFile(configFile);
  const own = { kind: 'config', file: configFile, key: dropPrefix(drop) + dropConfigName, size } as const;
  return { drop, files: [...files.filter(({ kind }) => kind !== 'config'), own], unused };
}
