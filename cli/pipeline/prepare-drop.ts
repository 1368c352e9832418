import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Config, fileNamesOf } from '../../layers/experiment/config.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { dropConfigName, dropPrefix } from '../../layers/runs/keys.ts';
import { convertFolder } from '../convert/convert-folder.ts';
import { shellWord } from '../terminal.ts';
import { dropConfig } from './drop-config.ts';
import {
  type DropFile,
  findDropFiles,
  findSummary,
  localFolder,
  requireDatasets,
  requireFolder,
} from './drop-folder.ts';
import { checkDropName } from './drop-name.ts';
import { targetConfig } from './target.ts';
import { refuseUnusedParts, unusedFiles } from './unused-files.ts';

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
  /** What was read in another form, and what the folder holds besides: see convertFolder and unusedFiles. */
  readonly unused: readonly string[];
}

/**
 * Finds the files of a drop and validates its configuration before anything is done with them.
 * @param takesSums whether a file of sums by arm may stand in place of users
 * @throws UsageError for a folder or a drop name that cannot work, or with one of several files of the same kind, ConfigError for a mistake in the configuration
 */
export async function prepareDrop(source: DropSource, takesSums = false): Promise<PreparedDrop> {
  const { config, ...prepared } = await findDrop(source);
  if (config.summary !== null) {
    if (takesSums) return prepared;
    throw new UsageError({
      what: `${config.summary.file} holds sums by arm, and no users that the pipeline could stage and load`,
      where: source.folder,
      remedy: `Analyse it on this machine, without a database: ./ecom analyze ${shellWord(source.folder)}`,
    });
  }
  requireDatasets(source.folder, config.raw, prepared.files);
  return prepared;
}

/** The same for a folder that may lack required datasets, with its configuration. */
export async function findDrop({
  folder,
  drop,
  configFile,
}: DropSource): Promise<PreparedDrop & { config: Config }> {
  checkDropName(drop);
  await requireFolder(folder);
  const target = targetConfig();
  const { config, named } = await dropConfig(folder, configFile);
  const { sentences, sources } = await convertFolder(folder);
  const files =
    config.summary === null
      ? await findDropFiles(localFolder(folder), drop, config.raw, fileNamesOf(target.raw), named)
      : await findSummary(localFolder(folder), drop, config.summary.file);
  await refuseUnusedParts(folder, files);
  const read = [...files, ...[...sources].map((source) => ({ file: path.join(folder, source) }))];
  const unused = [...sentences, ...(await unusedFiles(folder, read))];
  if (configFile === undefined) return { drop, files, unused, config };
  const { length: size } = await readFile(configFile);
  const own = { kind: 'config', file: configFile, key: dropPrefix(drop) + dropConfigName, size } as const;
  return { drop, files: [...files.filter(({ kind }) => kind !== 'config'), own], unused, config };
}
