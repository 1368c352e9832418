import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { type DatasetName, datasetNames } from '../../layers/data/datasets/index.ts';
import type { Config, ConfigFile } from '../../layers/experiment/config.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { dropConfigName } from '../../layers/runs/keys.ts';
import { systemFault } from '../system-error.ts';
import type { NamedFiles } from './drop-folder.ts';
import { targetConfig } from './target.ts';

/** The configuration of a drop: the target's, under the drop's own. */
export interface DropConfig {
  readonly config: Config;
  readonly named: NamedFiles;
}

/**
 * The configuration under `configFile`, else under the folder's experiment.yaml if there is one.
 * @throws UsageError where `configFile` is not there, ConfigError for a mistake in a configuration
 */
export async function dropConfig(folder: string, configFile: string | undefined): Promise<DropConfig> {
  const file = configFile ?? path.join(folder, dropConfigName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && configFile === undefined) {
      return { config: targetConfig(), named: new Map() };
    }
    const fault = systemFault(error);
    if (fault === undefined) throw error;
    throw new UsageError({ ...fault, where: file }, { cause: error });
  }
  const own = { name: file, text };
  return { config: targetConfig([own]), named: namedFiles(own) };
}

/** Where a configuration that is valid names files. */
export function namedFiles({ name, text }: ConfigFile): Map<DatasetName, string> {
  const lineCounter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter });
  const raw = isMap(contents) ? contents.get('raw') : undefined;
  const named = new Map<DatasetName, string>();
  for (const { key } of isMap(raw) ? raw.items : []) {
    const dataset = datasetNames.find((known) => isScalar(key) && key.value === known);
    if (dataset === undefined || !isScalar(key) || !key.range) continue;
    const { line, col } = lineCounter.linePos(key.range[0]);
    named.set(dataset, `${name}:${line}:${col}`);
  }
  return named;
}
