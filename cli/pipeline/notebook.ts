import { createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UsageError } from '../../layers/platform/errors.ts';
import { notebook } from '../../layers/report/notebook/notebook.ts';
import { areas } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';

/**
 * Writes `report.ipynb` into the folder of a report, with the run's users below `marts/`, and returns its path.
 * @throws UsageError where the users are not there any more
 */
export async function writeNotebook(
  folder: string,
  runId: string,
  store: RunStore | undefined,
): Promise<string> {
  const users =
    store === undefined ? [] : await store.processed.list(`${areas.marts}user_outcomes/run_id=${runId}/`);
  if (store === undefined || users.length === 0) {
    throw new UsageError({
      what: 'the users of this run were not kept, which the notebook computes from',
      where: `run ${runId}`,
      remedy: 'Analyse the folder again without --no-cache, or start the pipeline that ran it: ./ecom up',
    });
  }
  const marts = path.join(folder, 'marts');
  await rm(marts, { recursive: true, force: true });
  await mkdir(marts, { recursive: true });
  for (const { key } of users) {
    await pipeline(
      await store.processed.stream({ key }),
      createWriteStream(path.join(marts, path.posix.basename(key))),
    );
  }
  const file = path.join(folder, 'report.ipynb');
  await writeFile(file, notebook());
  return file;
}
