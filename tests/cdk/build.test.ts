import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Build, build, bundleBudgetKb } from '../../cdk/build.ts';
import { type DuckdbPlatform, hostPlatform } from '../../cdk/duckdb-layer.ts';
import { builtFunctions, functionSpecs } from '../../cdk/functions.ts';
import { ConfigError } from '../../layers/platform/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };

const folder = mkdtempSync(path.join(tmpdir(), 'ecom-build-'));
const platform = hostPlatform();
const options = { root: PROJECT_ROOT, platform, bundleLayer: false };
let built: Build;

beforeAll(async () => {
  built = await build({ ...options, output: path.join(folder, 'dist') });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packages whose code is in a bundle. */
function packagesIn(name: (typeof builtFunctions)[number]): string[] {
  const bundle = Object.entries(built.metafile.outputs).find(([file]) => file.endsWith(`${name}/index.js`));
  const inputs = Object.keys(bundle?.[1].inputs ?? {});
  return [
    ...new Set(inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [])),
  ].sort();
}

describe('a bundle', () => {
  it.each(builtFunctions)('of %s stays within its budget', (name) => {
    const file = path.join(built.functions[name], 'index.js');
    expect(statSync(file).size).toBeLessThan(bundleBudgetKb(name) * 1000);
  });

  it.each(builtFunctions)('of %s holds no tool of development', (name) => {
    const tools = ['aws-cdk-lib', 'constructs', 'commander', ...Object.keys(packageJson.devDependencies)];
    expect(packagesIn(name).filter((used) => tools.includes(used))).toEqual([]);
  });

  it.each(builtFunctions)('of %s asks for DuckDB exactly where the layer is', (name) => {
    const bundle = Object.entries(built.metafile.outputs).find(([file]) => file.endsWith(`${name}/index.js`));
    const asks = bundle?.[1].imports.some(({ path: imported }) => imported.startsWith('@duckdb/'));
    expect(asks).toBe(functionSpecs[name].duckdb);
  });

  it.each(builtFunctions)('of %s loads and exports its handler', (name) => {
    const program = `process.stdout.write(typeof require(${JSON.stringify(built.functions[name])}).handler)`;
    expect(run(program, { NODE_PATH: layerModules() })).toBe('function');
  });

  it('keeps the names of error classes, by which the state machine retries', () => {
    const program = `require(${JSON.stringify(built.functions.plan)}).handler({ runId: '0123456789abcdef', drop: 'default', attempt: 1 }).catch((error) => process.stdout.write(error.name))`;
    expect(run(program, { NODE_PATH: layerModules() })).toBe('ConfigError');
  });
});

describe('the build', () => {
  it('gives the same bytes and code version for the same sources', async () => {
    const handlers = handlersWith(
      'export class Named extends Error {}; export const handler = () => new Named();',
    );
    const first = await build({ ...options, handlers, output: path.join(folder, 'first') });
    const file = path.join(first.functions.gate, 'index.js');
    const before = statSync(file).mtimeMs;
    const again = await build({ ...options, handlers, output: path.join(folder, 'first') });
    const elsewhere = await build({
      ...options,
      handlers,
      bundleLayer: true,
      output: path.join(folder, 'elsewhere'),
    });
    expect([again.codeVersion, elsewhere.codeVersion]).toEqual([first.codeVersion, first.codeVersion]);
    expect(statSync(file).mtimeMs).toBe(before);
    expect(elsewhere.layer).toBeUndefined();
    const withDuckdb = builtFunctions.filter((name) =>
      existsSync(path.join(elsewhere.functions[name], 'node_modules', '@duckdb', 'node-api')),
    );
    expect(withDuckdb).toEqual(builtFunctions.filter((name) => functionSpecs[name].duckdb));
  });

  it('names the handlers that are missing', async () => {
    const handlers = handlersWith('export const handler = () => 1;');
    rmSync(path.join(handlers, 'load', 'handler.ts'));
    await expect(build({ ...options, handlers, output: path.join(folder, 'missing') })).rejects.toThrow(
      /no handler.ts for load/,
    );
  });

  it('refuses a bundle over its budget and names what is heaviest in it', async () => {
    const handlers = handlersWith("import './weight.ts'; export const handler = () => 1;");
    for (const name of builtFunctions)
      writeFileSync(
        path.join(handlers, name, 'weight.ts'),
        `console.log('${'x'.repeat(bundleBudgetKb(name) * 1000)}');`,
      );
    const output = path.join(folder, 'heavy');
    const failure = await build({ ...options, handlers, output }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failure)).toMatch(/over its budget of \d+ kB.*\n +\d+ kB .*weight\.ts/);
  });

  it('says how to get the native package of another platform', async () => {
    const other: DuckdbPlatform = platform.startsWith('darwin') ? 'linux-arm64' : 'darwin-arm64';
    const handlers = handlersWith('export const handler = () => 1;');
    await expect(
      build({ ...options, handlers, platform: other, output: path.join(folder, 'other') }),
    ).rejects.toThrow(
      /is not installed.*npm install --no-save --force @duckdb\/node-bindings-\w+-arm64@\d.*\n.*-c architecture=/,
    );
  });
});

describe('the DuckDB layer', () => {
  it('holds DuckDB for one platform, and nothing else', () => {
    expect(readdirSync(path.join(layerModules(), '@duckdb')).sort()).toEqual([
      'node-api',
      'node-bindings',
      `node-bindings-${platform}`,
    ]);
    expect(readdirSync(layerModules()).filter((name) => !name.startsWith('.'))).toEqual([
      '@duckdb',
      'detect-libc',
    ]);
    const files = readdirSync(layerModules(), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.node'))).toHaveLength(1);
    expect(files.filter((file) => /\.(d\.ts|map|md)$/.test(file))).toEqual([]);
  });

  it('answers a query where NODE_PATH is all that leads to it', () => {
    const program = `
      const { DuckDBInstance } = require('@duckdb/node-api');
      (async () => {
        const connection = await (await DuckDBInstance.create(':memory:')).connect();
        const rows = (await connection.runAndReadAll('select 6 * 7 as answer')).getRowObjectsJson();
        process.stdout.write(String(rows[0].answer));
      })();`;
    expect(run(program, { NODE_PATH: layerModules() })).toBe('42');
  });

  it('fits into a function, unzipped, with room for the code', () => {
    const files = readdirSync(layerModules(), { recursive: true, encoding: 'utf8' });
    const bytes = files.reduce((sum, file) => sum + statSync(path.join(layerModules(), file)).size, 0);
    expect(bytes).toBeLessThan(150e6);
  });
});

function layerModules(): string {
  return path.join(built.layer ?? '', 'nodejs', 'node_modules');
}

/** Runs a program where no package is installed, as in a function. */
function run(program: string, environment: Record<string, string>): string {
  return execFileSync(process.execPath, ['-e', program], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', AWS_REGION: 'us-east-1', ...environment },
    encoding: 'utf8',
  });
}

/** Handlers of one line for every function. */
function handlersWith(source: string): string {
  const handlers = mkdtempSync(path.join(folder, 'handlers-'));
  for (const name of builtFunctions) {
    mkdirSync(path.join(handlers, name));
    writeFileSync(path.join(handlers, name, 'handler.ts'), source);
  }
  return handlers;
}
