/** Which version of the engine this is: part of every run's identity, the same wherever the run takes place. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The sources that a run's results depend on, relative to the root, in order.
 * @param {string} root
 */
export function codeFiles(root) {
  const below = readdirSync(path.join(root, 'layers'), { recursive: true, encoding: 'utf8' })
    .map((file) => `layers/${file.replaceAll(path.sep, '/')}`)
    .filter((file) => /\.(ts|sql|css|js|json|yaml)$/.test(file) && !file.endsWith('.d.ts'));
  return ['config/base.yaml', 'package.json', ...below.sort()];
}

/**
 * Hash of these sources and of the versions of the packages that they use.
 * @param {string} root
 */
export function codeVersion(root) {
  const hash = createHash('sha256');
  for (const file of codeFiles(root)) {
    const text = readFileSync(path.join(root, file), 'utf8');
    hash.update(`\0${file}\0`).update(file === 'package.json' ? dependenciesOf(text) : text);
  }
  return hash.digest('hex');
}

/** @param {string} packageJson */
function dependenciesOf(packageJson) {
  return JSON.stringify(JSON.parse(packageJson).dependencies);
}
