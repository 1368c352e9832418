/**
 * Makes the package for people who have no checkout: the command and the library, in dist/package, and a tarball of it.
 * `node infrastructure/package/package.mjs [folder for the tarball]`
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { codeVersion } from '../code-version.mjs';
import { textLoader } from '../text-modules.mjs';
import { declarationsOf } from './schema-types.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = path.join(root, 'dist', 'package');
const project = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** The one package with native code; everything else is bundled. */
const external = '@duckdb/node-api';

/** Sloppy code, in a file that is no ES module therefore. */
const sloppy = 'parquetjs-lite';

/** @satisfies {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  loader: textLoader,
  keepNames: true,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
};

rmSync(folder, { recursive: true, force: true });
await bundleCode();
writeTypes();
writeManifest();
for (const [from, to] of [
  ['LICENSE', 'LICENSE'],
  ['infrastructure/package/README.md', 'README.md'],
  ['docs/experiment.schema.json', 'docs/experiment.schema.json'],
]) {
  mkdirSync(path.dirname(path.join(folder, to ?? '')), { recursive: true });
  copyFileSync(path.join(root, from ?? ''), path.join(folder, to ?? ''));
}
pack(path.resolve(process.argv[2] ?? path.join(root, 'dist')));

async function bundleCode() {
  await build({
    ...shared,
    stdin: { contents: `module.exports = require('${sloppy}');`, resolveDir: root },
    format: 'cjs',
    outfile: path.join(folder, `${sloppy}.cjs`),
    tsconfigRaw: {},
  });
  await build({
    ...shared,
    entryPoints: [
      { in: 'cli/main.ts', out: 'ecom' },
      { in: 'cli/library.ts', out: 'index' },
    ],
    outdir: folder,
    splitting: true,
    chunkNames: 'code/[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    external: [external, 'pg-native', 'canvas'],
    plugins: [
      {
        name: 'sloppy-code-apart',
        setup: ({ onResolve }) =>
          onResolve({ filter: new RegExp(`^${sloppy}$`) }, () => ({
            path: `#${sloppy}`,
            external: true,
          })),
      },
    ],
    define: {
      HAS_CHECKOUT: 'false',
      PROJECT_ROOT: '__packageRoot',
      CODE_VERSION: JSON.stringify(codeVersion(root)),
    },
    banner: {
      js: [
        "import { createRequire as __createRequire } from 'node:module';",
        'const require = __createRequire(import.meta.url);',
        "const __packageRoot = require('node:path').dirname(require.resolve('#package'));",
      ].join(' '),
    },
  });
  // In a project that has the package the command is npx's; ./ecom is that of a clone.
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.mjs'),
  )) {
    const code = readFileSync(path.join(folder, file), 'utf8');
    writeFileSync(path.join(folder, file), code.replace(/\.\/ecom(?= )/g, 'npx ecom'));
  }
  const command = path.join(folder, 'ecom.mjs');
  writeFileSync(command, `#!/usr/bin/env node\n${readFileSync(command, 'utf8')}`, { mode: 0o755 });
}

/** Declarations as the sources have them; those of the report come from its schema, since zod is not there. */
function writeTypes() {
  const emitted = mkdtempSync(path.join(os.tmpdir(), 'ecom-types-'));
  try {
    const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const settings = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8'));
    const config = path.join(root, 'dist', 'package-types.json');
    mkdirSync(path.dirname(config), { recursive: true });
    writeFileSync(
      config,
      JSON.stringify({
        compilerOptions: {
          ...settings.compilerOptions,
          noEmit: false,
          declaration: true,
          emitDeclarationOnly: true,
          rootDir: root,
          outDir: emitted,
          typeRoots: [path.join(root, 'node_modules', '@types')],
        },
        files: [path.join(root, 'cli/library.ts'), path.join(root, 'layers/ambient.d.ts')],
        include: [path.join(root, 'layers/**/*.d.ts')],
      }),
    );
    execFileSync(process.execPath, [compiler, '-p', config], { cwd: root, stdio: 'inherit' });
    for (const file of ['cli/library.d.ts', 'layers/platform/errors.d.ts']) {
      writeText(`types/${file}`, readFileSync(path.join(emitted, file), 'utf8'));
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true });
  }
  const schema = JSON.parse(readFileSync(path.join(root, 'docs', 'report.schema.json'), 'utf8'));
  writeText(
    'types/layers/report/schema.d.ts',
    `${declarationsOf('Report', schema)}
export type ExperimentReport = Report['experiments'][number];
export type MetricReport = Metric;
export type Decision = ExperimentReport['decision'];
`,
  );
}

function writeManifest() {
  const { name, version, description, license, engines, dependencies } = project;
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin: { ecom: 'ecom.mjs' },
    exports: { '.': { types: './types/cli/library.d.ts', default: './index.mjs' } },
    imports: { [`#${sloppy}`]: `./${sloppy}.cjs`, '#package': './package.json' },
    dependencies: { [external]: dependencies[external] },
  };
  writeText('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @param {string} to */
function pack(to) {
  mkdirSync(to, { recursive: true });
  execFileSync('npm', ['pack', '--silent', '--pack-destination', to], { cwd: folder, stdio: 'inherit' });
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeText(file, text) {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
}
