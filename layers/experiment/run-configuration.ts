import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import baseConfig from '../../config/base.yaml';
import { ConfigError } from '../platform/errors.ts';
import { type Config, type ConfigFile, type FileNames, fileNamesOf, loadConfig } from './config.ts';

/** The configuration that every other one overlays. */
export const baseConfigFile: ConfigFile = { name: 'config/base.yaml', text: baseConfig };

/**
 * The configuration of a run: config/base.yaml overlaid by the drop's own file. Its `raw` speaks to the uploader alone:
 * in the bucket the files have the names of the deployment.
 * @throws ConfigError where the file is wrong, or sets what only a target may set
 */
export function runConfiguration(dropFile?: ConfigFile): Config & { readonly raw: FileNames } {
  const base = loadConfig([baseConfigFile]);
  const raw = fileNamesOf(base.raw);
  if (dropFile === undefined) return { ...base, raw };
  const config = loadConfig([baseConfigFile, dropFile]);
  refuseTargetSettings(dropFile);
  return { ...config, raw };
}

/** Where the deployment lies is nothing that a drop can change. */
function refuseTargetSettings({ name, text }: ConfigFile): void {
  const lineCounter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter });
  if (!isMap(contents)) return;
  for (const { key } of contents.items) {
    if (!isScalar(key) || key.value !== 'aws') continue;
    const { line, col } = lineCounter.linePos(key.range?.[0] ?? 0);
    throw new ConfigError({
      what: `"aws" cannot be set for one drop`,
      where: `${name}:${line}:${col}`,
      remedy: 'Remove it: it is a setting of the deployment (config/base.yaml)',
    });
  }
}
