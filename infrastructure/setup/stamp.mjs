import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const stampName = '.ecom-stamp';

/**
 * A stamp in an installed folder says what it was installed from.
 * @param {string} folder
 * @param {readonly string[]} sources files that determine the folder's content
 */
export function stampOf(folder, sources) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\0`);
  for (const source of sources) hash.update(fs.readFileSync(source)).update('\0');
  const expected = hash.digest('hex');
  const file = path.join(folder, stampName);
  return {
    isCurrent: () => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === expected,
    write: () => fs.writeFileSync(file, expected),
  };
}
