import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Database } from '../../layers/platform/duckdb.ts';
import { SchemaError, UsageError } from '../../layers/platform/errors.ts';
import { dropConfigName } from '../../layers/runs/keys.ts';
import { convertedFolder, convertFolder } from '../convert/convert-folder.ts';
import { requireFolder } from '../pipeline/drop-folder.ts';
import { targetConfig } from '../pipeline/target.ts';
import { shellWord } from '../terminal.ts';
import type { Findings } from './findings.ts';
import { guess } from './guess.ts';
import { withKeptAnswers } from './kept-answers.ts';
import { keptWritings } from './kept-writings.ts';
import { type FolderProfile, profileFolder } from './profile.ts';
import { renderConfig } from './render.ts';
import type { RowAnswers } from './user-rows.ts';

export interface InitResult extends Findings {
  /** The configuration, valid as it stands. */
  readonly text: string;
}

/** What the user says of a file with a row a user, and what may be written. */
export interface InitOptions extends RowAnswers {
  /** Whether JSON lines, Parquet and zip files are written as CSV into the folder, as a run reads them; by default yes. */
  readonly writes?: boolean;
}

/**
 * Reads a configuration out of a folder of CSVs.
 * @throws UsageError where no file has the columns of the answers, the folder is not there, or holds no CSV file of its own; SchemaError where none can be read
 */
export async function init(
  folder: string,
  { writes = true, ...answers }: InitOptions = {},
): Promise<InitResult> {
  await requireFolder(folder);
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'ecom-init-'));
  try {
    await using database = await Database.open({
      memoryMb: 2048,
      folder: workspace,
      threads: os.availableParallelism(),
    });
    const converted = path.join(writes ? folder : workspace, convertedFolder);
    const { sentences } = await convertFolder(folder, converted);
    const kept = await keptWritings(folder);
    const profiles = await profileFolder(database, { folder, converted }, workspace, kept.dialectOf);
    if (profiles.files.length === 0) throw nothingToReadIn(folder, profiles);
    const guessed = await guess(database, profiles, targetConfig(), answers);
    const read = {
      guesses: [...guessed.guesses, ...kept.guesses],
      questions: guessed.questions,
      remarks: [...sentences.map((text) => `${text}.`), ...kept.remarks, ...guessed.remarks],
    };
    const findings = kept.hasMistake ? read : await withKeptAnswers(folder, read);
    const schema = path.join(PROJECT_ROOT, 'docs', 'experiment.schema.json');
    const text = renderConfig(findings, path.relative(folder, schema).split(path.sep).join('/'));
    targetConfig([{ name: path.join(folder, dropConfigName), text }]);
    return { ...findings, text };
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

function nothingToReadIn(folder: string, { unreadable, exports }: FolderProfile): Error {
  const [first] = unreadable;
  if (first !== undefined) {
    const none =
      unreadable.length === 1
        ? 'the only CSV file cannot be read'
        : `none of the ${unreadable.length} CSV files can be read`;
    return new SchemaError({
      what: `${none}, so that no configuration was written: ${first.problem}`,
      where: path.join(folder, first.name),
      remedy: `${first.remedy === null ? '' : `${first.remedy}. `}Then again: ./ecom init ${shellWord(folder)}`,
    });
  }
  const [one] = exports;
  if (one !== undefined) {
    return new UsageError({
      what: `the folder holds no CSV file of its own, but folders of several: ${exports.join(', ')}`,
      where: folder,
      remedy: `Take each as a drop of its own: ./ecom init ${shellWord(path.join(folder, one))}`,
    });
  }
  return new UsageError({
    what: 'the folder holds no CSV file',
    where: folder,
    remedy:
      'Put your exports there (.csv, .csv.gz, .zip, .jsonl or .parquet), or try made-up ones: ./ecom generate <dir>',
  });
}
