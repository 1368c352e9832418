import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { dropConfigName } from '../../layers/contracts/keys.ts';
import { Database } from '../../layers/storage/duckdb.ts';
import { targetConfig } from '../pipeline/connection.ts';
import { requireFolder } from '../pipeline/drop-folder.ts';
import { UsageError } from '../usage-error.ts';
import { type Findings, guess } from './guess.ts';
import { profileFolder } from './profile.ts';
import { renderConfig } from './render.ts';

export interface InitResult extends Findings {
  /** The configuration, valid as it stands. */
  readonly text: string;
}

/**
 * Reads a configuration out of a folder of CSVs.
 * @throws UsageError where the folder is not there, or holds no CSV file
 */
export async function init(folder: string): Promise<InitResult> {
  await requireFolder(folder);
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-init-'));
  try {
    await using database = await Database.open({
      memoryMb: 2048,
      folder: workspace,
      threads: os.availableParallelism(),
    });
    const profiles = await profileFolder(database, folder);
    if (profiles.files.length === 0 && profiles.unreadable.length === 0) {
      throw new UsageError({
        what: 'the folder holds no CSV file',
        where: folder,
        remedy: 'Put your exports there (.csv or .csv.gz), or try made-up ones: npx ecom generate <dir>',
      });
    }
    const findings = await guess(database, profiles, targetConfig());
    const schema = path.join(PROJECT_ROOT, 'docs', 'experiment.schema.json');
    const text = renderConfig(findings, path.relative(folder, schema).split(path.sep).join('/'));
    targetConfig([{ name: path.join(folder, dropConfigName), text }]);
    return { ...findings, text };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
