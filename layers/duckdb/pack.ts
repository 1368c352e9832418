import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { ConfigError } from '../contracts/errors/index.ts';

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

/** Only what is run: no type declarations, no source maps, no manuals. */
const isRuntimeFile = (file: string) => !/\.(d\.ts|map|md)$/.test(file);

/**
 * Copies DuckDB's packages out of node_modules into `<folder>/@duckdb/...`, with the native package of exactly one
 * platform. Does nothing where `folder` holds these versions already.
 * @throws ConfigError where the native package of the platform is not installed
 */
export async function packDuckdb(root: string, platform: DuckdbPlatform, folder: string): Promise<void> {
  const packages = [
    '@duckdb/node-api',
    '@duckdb/node-bindings',
    `@duckdb/node-bindings-${platform}`,
    'detect-libc',
  ];
  const sources = await Promise.all(packages.map((name) => findPackage(root, name)));
  const stamp = `${sources.map(({ name, version }) => `${name}@${version}`).join('\n')}\n`;
  const stampFile = path.join(folder, '.packed');
  if ((await readFile(stampFile, 'utf8').catch(() => '')) === stamp) return;

  const fresh = `${folder}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  for (const { name, from } of sources) {
    await cp(from, path.join(fresh, name), { recursive: true, dereference: true, filter: isRuntimeFile });
  }
  await writeFile(path.join(fresh, '.packed'), stamp);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}

/** Version of the installed `@duckdb/node-api`. */
export async function duckdbVersion(root: string): Promise<string> {
  return (await findPackage(root, '@duckdb/node-api')).version;
}

async function findPackage(root: string, name: string) {
  const require = createRequire(path.join(root, 'package.json'));
  for (const parent of require.resolve.paths(name) ?? []) {
    const from = path.join(parent, name);
    const text = await readFile(path.join(from, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return { name, from, version: (JSON.parse(text) as { version: string }).version };
  }
  const platform = /^@duckdb\/node-bindings-(\w+)-(\w+)(-musl)?$/.exec(name);
  throw new ConfigError({
    what: `the package ${name} is not installed, which the DuckDB layer needs`,
    where: path.join(root, 'node_modules'),
    remedy:
      platform === null
        ? 'Install the dependencies: npm ci'
        : `Install it beside this machine's own: npm ci --os=${platform[1]} --cpu=${platform[2]}${
            platform[1] === 'linux' ? ` --libc=${platform[3] === undefined ? 'glibc' : 'musl'}` : ''
          }`,
  });
}
