/** Writes the Parquet files that a drop leaves into a folder: `node infrastructure/run.mjs tests/integration/interop/write-parquet.ts <folder>`. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runDrop } from '../../unit/engine/bad-input/run-drop.ts';
import { interopDrop } from './drop.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: write-parquet.ts <folder>');
const { parquet } = await runDrop(interopDrop);
for (const [key, bytes] of parquet) {
  const file = path.join(folder, key);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
