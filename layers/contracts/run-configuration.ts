import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import baseConfig from '../../config/base.yaml';
import { type Config, type ConfigFile, loadConfig } from './config.ts';
import { ConfigError } from './errors/index.ts';

/** Settings of the deployment, which the functions get from it: a drop cannot change where it lies. */
const ofTheTarget = ['aws', 'raw'];

/**
 * The configuration of a run: config/base.yaml overlaid by the drop's own file.
 * @throws ConfigError where the file is wrong, or sets what only a target may set
 */
export function runConfiguration(dropFile?: ConfigFile): Config {
  const base = { name: 'config/base.yaml', text: baseConfig };
  if (dropFile === undefined) return loadConfig([base]);
  const config = loadConfig([base, dropFile]);
  refuseTargetSettings(dropFile);
  return config;
}

function refuseTargetSettings({ name, text }: ConfigFile): void {
  const lineCounter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter });
  if (!isMap(contents)) return;
  for (const { key } of contents.items) {
    if (!isScalar(key) || !ofTheTarget.includes(String(key.value))) continue;
    const { line, col } = lineCounter.linePos(key.range?.[0] ?? 0);
    throw new ConfigError({
      what: `"${key.value}" cannot be set for one drop`,
      where: `${name}:${line}:${col}`,
      remedy: 'Remove it: it is a setting of the deployment (config/base.yaml)',
    });
  }
}
