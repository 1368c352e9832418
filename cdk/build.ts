import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { build as bundle, type Metafile, type Plugin } from 'esbuild';
import { codeVersion } from '../infrastructure/code-version.mjs';
import { withLock } from '../infrastructure/lock.mjs';
import { textLoader } from '../infrastructure/text-modules.mjs';
import { ConfigError } from '../layers/platform/errors.ts';
import { type DuckdbPlatform, packDuckdb } from './duckdb-layer.ts';
import { builtFunctions, type FunctionName, functionSpecs } from './functions.ts';

/**
 * What a bundle may weigh in kB: a dependency that slips in fails the build, not a cold start on AWS. `analyze` draws
 * the charts of the report, and Plot with a document to draw in weighs 1.1 MB.
 */
export function bundleBudgetKb(name: FunctionName): number {
  return name === 'analyze' ? 3_300 : 2_250;
}

export interface BuildOptions {
  /** Folder of package.json. */
  readonly root: string;
  /** Where DuckDB has to run. */
  readonly platform: DuckdbPlatform;
  /** For an emulator that does not mount layers: DuckDB goes into each bundle that needs it, and there is no layer. */
  readonly bundleLayer: boolean;
  /** Folder that holds `<function>/handler.ts`. */
  readonly handlers?: string;
  /** Folder for the results. */
  readonly output?: string;
}

export interface Build {
  /** Folder of each function's code. */
  readonly functions: Readonly<Record<FunctionName, string>>;
  /** Folder of the DuckDB layer, unless the bundles hold it. */
  readonly layer: string | undefined;
  /** Part of each run's identity. */
  readonly codeVersion: string;
  /** esbuild's account of what went into each bundle. */
  readonly metafile: Metafile;
}

/**
 * Bundles every function and packs the DuckDB layer. The same sources give the same bytes; files that would not change
 * are left alone.
 * @throws ConfigError where a handler or a native package is missing, or a bundle is over its budget
 */
export async function build(options: BuildOptions): Promise<Build> {
  const { root, platform, bundleLayer } = options;
  const handlers = options.handlers ?? path.join(root, 'lambdas');
  const output = options.output ?? path.join(root, bundleLayer ? 'dist/with-duckdb' : 'dist');
  const folderOf = (name: FunctionName) => path.join(output, 'lambdas', name);
  const layer = bundleLayer ? undefined : path.join(output, 'layers', 'duckdb');

  assertHandlers(handlers);
  const { outputFiles, metafile } = await bundleFunctions(root, handlers, output);
  assertBudget(metafile, root);
  const duckdbFolders =
    layer === undefined
      ? builtFunctions.filter((name) => functionSpecs[name].duckdb).map(folderOf)
      : [path.join(layer, 'nodejs')];
  // Two deployments at once build into the same folder.
  await withLock(path.join(output, 'lock'), {}, async () => {
    await Promise.all(outputFiles.map(({ path: file, contents }) => writeIfChanged(file, contents)));
    for (const folder of duckdbFolders) await packDuckdb(root, platform, path.join(folder, 'node_modules'));
  });

  return {
    functions: Object.fromEntries(builtFunctions.map((name) => [name, folderOf(name)])) as Build['functions'],
    layer,
    codeVersion: codeVersion(root),
    metafile,
  };
}

function bundleFunctions(root: string, handlers: string, output: string) {
  return bundle({
    absWorkingDir: root,
    entryPoints: builtFunctions.map((name) => ({
      in: path.join(handlers, name, 'handler.ts'),
      out: path.join('lambdas', name, 'index'),
    })),
    outdir: output,
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['@duckdb/*'],
    loader: textLoader,
    plugins: [englishOnly],
    // Not tsconfig.json: under its "strict" the whole bundle would be strict code, which parquetjs-lite is not.
    tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
    // Names of error classes are the contract with the state machine.
    keepNames: true,
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
}

/** Of zod's messages in fifty languages, 300 kB that every cold start would read, those that are shown. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

function assertHandlers(handlers: string): void {
  const missing = builtFunctions.filter((name) => !existsSync(path.join(handlers, name, 'handler.ts')));
  if (missing.length === 0) return;
  throw new ConfigError({
    what: `no handler.ts for ${missing.join(', ')}`,
    where: handlers,
    remedy: 'Every function of the state machine needs its handler: restore the file',
  });
}

function assertBudget(metafile: Metafile, root: string): void {
  for (const [file, { bytes, inputs }] of Object.entries(metafile.outputs)) {
    const name = builtFunctions.find((each) => file.endsWith(`/${each}/index.js`));
    if (name === undefined || bytes <= bundleBudgetKb(name) * 1000) continue;
    const heaviest = weightByPackage(inputs)
      .slice(0, 8)
      .map(([name, weight]) => `  ${Math.round(weight / 1000)} kB  ${name}`);
    throw new ConfigError({
      what: `the bundle has ${Math.round(bytes / 1000)} kB, over its budget of ${bundleBudgetKb(name)} kB; heaviest in it:\n${heaviest.join('\n')}`,
      where: path.resolve(root, file),
      remedy: 'Import less, or raise bundleBudgetKb in cdk/build.ts for a reason',
    });
  }
}

/** Bytes that each package, or file of our own, has in a bundle; heaviest first. */
function weightByPackage(inputs: Metafile['outputs'][string]['inputs']): [string, number][] {
  const weights = new Map<string, number>();
  for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? input;
    weights.set(name, (weights.get(name) ?? 0) + bytesInOutput);
  }
  return [...weights].sort(([, a], [, b]) => b - a);
}

async function writeIfChanged(file: string, contents: Uint8Array): Promise<void> {
  const current = existsSync(file) ? await readFile(file) : undefined;
  if (current?.equals(contents)) return;
  await mkdir(path.dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, contents);
  await rename(fresh, file);
}
