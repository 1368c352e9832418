import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { ConfigError } from '../layers/platform/errors.ts';

/** The platforms that the native package exists for and a function can run on. */
export type DuckdbPlatform =
  | 'linux-x64'
  | 'linux-arm64'
  | 'linux-x64-musl'
  | 'linux-arm64-musl'
  | 'darwin-x64'
  | 'darwin-arm64';

/** The platform of this machine: what functions need that run as its processes. */
export function hostPlatform(): DuckdbPlatform {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const musl = process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
  return `${process.platform}-${process.arch}${musl ? '-musl' : ''}` as DuckdbPlatform;
}

const packageSchema = z.object({ version: z.string() });

/** Only what is run: no type declarations, no source maps, no manuals. */
const isRuntimeFile = (file: string) => !/\.(d\.ts|map|md)$/.test(file);

/**
 * Copies DuckDB's packages out of node_modules into `<folder>/@duckdb/...`, with the native package of exactly one
 * platform. Does nothing where `folder` holds these versions already.
 * @throws ConfigError where the native package of the platform is not installed
 */
export async function packDuckdb(root: string, platform: DuckdbPlatform, folder: string): Promise<void> {
  const bindings = await findPackage(root, '@duckdb/node-bindings');
  const sources = await Promise.all([
    findPackage(root, '@duckdb/node-api'),
    bindings,
    findPackage(root, `@duckdb/node-bindings-${platform}`, bindings.version),
    findPackage(root, 'detect-libc'),
  ]);
  const stamp = `${sources.map(({ name, version }) => `${name}@${version}`).join('\n')}\n`;
  const stampFile = path.join(folder, '.packed');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return;

  const fresh = `${folder}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  for (const { name, from } of sources)
    await cp(from, path.join(fresh, name), { recursive: true, dereference: true, filter: isRuntimeFile });
  await writeFile(path.join(fresh, '.packed'), stamp);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}

/** Where a package is installed. `wanted` is the version of a native package, which npm installs for this machine only. */
async function findPackage(root: string, name: string, wanted?: string) {
  const { resolve } = createRequire(path.join(root, 'package.json'));
  const from = (resolve.paths(name) ?? [])
    .map((parent) => path.join(parent, name))
    .find((folder) => existsSync(path.join(folder, 'package.json')));
  if (from === undefined) {
    throw new ConfigError({
      what: `the package ${name} is not installed, which the DuckDB layer needs`,
      where: path.join(root, 'node_modules'),
      remedy:
        wanted === undefined
          ? 'Install the dependencies: npm ci'
          : `Install it beside this machine's own: npm install --no-save --force ${name}@${wanted}\nOr let functions on AWS run on this machine's CPU: -c architecture=${process.arch === 'arm64' ? 'arm64' : 'x86_64'}`,
    });
  }
  const { version } = packageSchema.parse(
    JSON.parse(await readFile(path.join(from, 'package.json'), 'utf8')),
  );
  return { name, from, version };
}
