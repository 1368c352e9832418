/**
 * Runs a TypeScript entry: bundles it with esbuild (packages stay external) into node_modules/.cache and imports it.
 * `node infrastructure/run.mjs <entry.ts> [arguments...]`; the entry sees the arguments as `process.argv.slice(2)`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { textLoader } from './text-modules.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Bundles `entry` and imports the result. The bundle's name is the hash of its content, so that several processes may
 * do this at the same time.
 * @param {string} entry path of a TypeScript file, absolute or relative to the working directory
 * @returns {Promise<unknown>} the module's exports
 */
export async function importTypeScript(entry) {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [path.resolve(entry)],
    absWorkingDir: root,
    bundle: true,
    write: false,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: textLoader,
    sourcemap: 'inline',
    define: { PROJECT_ROOT: JSON.stringify(root) },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const file = /** @type {import('esbuild').OutputFile} */ (result.outputFiles[0]);
  const folder = path.join(root, 'node_modules', '.cache', 'ecom');
  const name = path.basename(entry, '.ts');
  const target = path.join(
    folder,
    `${name}-${createHash('sha256').update(file.contents).digest('hex').slice(0, 16)}.mjs`,
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${target}.${process.pid}`, file.contents);
  renameSync(`${target}.${process.pid}`, target);
  return import(pathToFileURL(target).href);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const entry = process.argv[2];
  if (entry === undefined) throw new Error('usage: node infrastructure/run.mjs <entry.ts> [arguments...]');
  process.argv.splice(1, 1);
  process.setSourceMapsEnabled(true);
  await importTypeScript(entry);
}
