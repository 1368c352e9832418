/**
 * The marts beside those that Spark makes of the same clean events: `npm run oracle:spark [-- <users>]`. Needs a Java of 17 or
 * later; Spark is put into an environment of its own beside this file.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { generate } from '../../cli/generate/generate.ts';
import { prepareDrop } from '../../cli/pipeline/prepare-drop.ts';
import { runLocal } from '../../layers/engine/run-local.ts';
import { execute, pythonOf } from '../python-environment.ts';

const here = path.join(PROJECT_ROOT, 'tests/spark');
const users = Number(process.argv[2] ?? 5000);
const python = pythonOf(here);
const folder = await mkdtemp(path.join(tmpdir(), 'ecom-spark-'));
try {
  const source = path.join(folder, 'drop');
  // All that decides who is in the marts: bad rows, users in both arms, a variant that nobody knows, several files.
  await generate({
    directory: source,
    users,
    dirty: 0.02,
    crossovers: 0.03,
    unknownVariants: 0.01,
    files: 3,
  });
  const { files } = await prepareDrop({ folder: source, drop: 'default', configFile: undefined });
  const run = { drop: 'default', files, codeVersion: 'spark' };
  for (const buckets of [1, 4]) {
    process.stdout.write(`${users} users in ${buckets} bucket${buckets === 1 ? '' : 's'}\n`);
    const work = path.join(folder, String(buckets));
    const { store, runId } = await runLocal({ ...run, folder: work }, 'plan');
    await store.write('plan', [runId], { ...(await store.require('plan', runId)), buckets });
    await runLocal({ ...run, folder: work }, 'measure');
    execute(python, [path.join(here, 'marts.py'), path.join(work, runId, 'processed'), runId]);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
