import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../../cli/generate/generate.ts';
import { analyzeFolder } from '../../../cli/pipeline/analyze-folder.ts';

/** A folder of somebody who has no checkout: the tarball is installed there, and a shop's CSVs lie beside. */
let folder: string;
let home: string;
const run = promisify(execFile);
const inHome = (command: string, ...args: string[]) => run(command, args, { cwd: home });
const npx = (...args: string[]) => inHome('npx', '--no-install', ...args);

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-package-'));
  home = path.join(folder, 'home');
  await mkdir(home);
  await run(process.execPath, [path.join(PROJECT_ROOT, 'infrastructure/package/package.mjs'), folder]);
  const [tarball = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  await writeFile(path.join(home, 'package.json'), '{ "private": true, "type": "module" }');
  await inHome('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', path.join(folder, tarball));
  await generate({ directory: path.join(home, 'shop'), users: 1000, uplift: 0.25, seed: 42 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const reportOf = (name: string) => readFile(path.join(home, name, 'report.json'), 'utf8');

describe('the package, in a folder that has nothing else', () => {
  it('brings DuckDB along with what that asks for, and nothing of the cloud', async () => {
    const packages = await readdir(path.join(home, 'node_modules'));
    expect(packages.filter((name) => !name.startsWith('.')).toSorted()).toEqual([
      '@duckdb',
      'detect-libc',
      'ecom-experiment-pipeline',
    ]);
    const code = path.join(home, 'node_modules', 'ecom-experiment-pipeline', 'code');
    for (const file of await readdir(code)) {
      expect(await readFile(path.join(code, file), 'utf8'), file).not.toMatch(
        /\bS3Client\b|SecretsManagerClient|SFNClient/,
      );
    }
  });

  it('analyses a folder to the very report of the checkout, from the command and from a program', async () => {
    const { stdout } = await npx('ecom', 'analyze', 'shop', '--out', 'by-command');
    expect(stdout).toContain('checkout_redesign');
    await writeFile(
      path.join(home, 'program.js'),
      `import { analyze } from 'ecom-experiment-pipeline';
       const { report, files } = await analyze('shop', { out: 'by-program' });
       console.log(JSON.stringify([report.experiments[0].experimentId, files.length]));`,
    );
    const program = await inHome(process.execPath, 'program.js');
    expect(JSON.parse(program.stdout)).toEqual(['checkout_redesign', 5]);
    await analyzeFolder(path.join(home, 'shop'), { out: path.join(home, 'by-checkout') });
    const expected = await reportOf('by-checkout');
    expect(await reportOf('by-command')).toBe(expected);
    expect(await reportOf('by-program')).toBe(expected);
  }, 120_000);

  it('lists the commands that work there, and no others', async () => {
    const { stdout } = await npx('ecom', '--help');
    const listed = [...stdout.matchAll(/^ {2}(\w+) (?:\[options\]|<)/gm)].map(([, name]) => name);
    expect(listed).toEqual([
      'init',
      'validate',
      'analyze',
      'quarantine',
      'report',
      'forget',
      'generate',
      'power',
      'completion',
    ]);
    await expect(npx('ecom', 'report')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: .*\n {2}Name a folder that was analysed/),
    });
  });

  it('is typed: a program that mistakes the report or an option does not compile', async () => {
    await writeFile(
      path.join(home, 'typed.ts'),
      `import { type Analysis, analyze, ConfigError, type Decision, PipelineError } from 'ecom-experiment-pipeline';
       const { report, files }: Analysis = await analyze('shop', { drop: 'spring', cache: false });
       const decision: Decision | undefined = report.experiments[0]?.decision;
       const action: 'ship' | 'do_not_ship' | 'keep_running' | 'invalid' | undefined = decision?.action;
       const p: number | null | undefined = report.experiments[0]?.metrics[0]?.comparisons[0]?.test?.p;
       const where: string | undefined = new ConfigError({ what: '' } ).fault.where;
       export const all: unknown[] = [files.length, action, p, where, PipelineError];
       // @ts-expect-error there is no such option
       export const wrong = analyze('shop', { folder: 'x' });
       // @ts-expect-error there is no such property
       export const absent = report.experiment;
`,
    );
    const compiler = path.join(PROJECT_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--strict', '--noEmit', '--target', 'es2023', '--module', 'nodenext', '--types', ''];
    const { stdout } = await inHome(process.execPath, compiler, ...options, 'typed.ts').catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });
});
