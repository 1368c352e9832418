import type { KnownDialect } from '../../layers/data/csv/dialect.ts';
import { datasetNames } from '../../layers/data/datasets/index.ts';
import { dialectOfFile } from '../../layers/data/file-writing.ts';
import { fits } from '../../layers/engine/plan/writings.ts';
import { type Config, fileNamesOf } from '../../layers/experiment/config.ts';
import { ConfigError } from '../../layers/platform/errors.ts';
import { dropConfigName } from '../../layers/runs/keys.ts';
import { dropConfig } from '../pipeline/drop-config.ts';
import type { Findings } from './findings.ts';

interface KeptWritings extends Pick<Findings, 'guesses' | 'remarks'> {
  readonly dialectOf: (name: string) => KnownDialect;
  readonly hasMistake: boolean;
}

/**
 * What somebody has said under `files` in the folder's configuration, without which files may be read in another way: it holds
 * for `init`, too, and stays. A configuration with a mistake says nothing.
 */
export async function keptWritings(folder: string): Promise<KeptWritings> {
  let config: Config;
  try {
    ({ config } = await dropConfig(folder, undefined));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remark = `The ${dropConfigName} that is there has a mistake, so that nothing of it was kept, nor its "files" looked at: ${error.fault.what}.`;
    return { dialectOf: () => ({}), hasMistake: true, guesses: [], remarks: [remark] };
  }
  const { files } = config;
  const names = fileNamesOf(config.raw);
  return {
    hasMistake: false,
    dialectOf: (name) => {
      const called = [name, ...datasetNames.filter((dataset) => names[dataset] === name)];
      const said = Object.entries(files).filter(([key]) => called.some((one) => fits(key, one)));
      return Object.assign({}, ...said.map(([, writing]) => dialectOfFile(writing)));
    },
    guesses: Object.entries(files).map(([key, value]) => ({
      path: ['files', key],
      value,
      confidence: 'sure',
      because: `said in the ${dropConfigName} that was there`,
    })),
    remarks: [],
  };
}
