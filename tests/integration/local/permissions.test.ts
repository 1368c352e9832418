import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CommandResult, runCommand } from '../../e2e/ecom.ts';

const root = PROJECT_ROOT;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ecom-permissions-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs Node.js as somebody whom permissions bind: root without its privileges is bound by those of its own files. */
function run(args: readonly string[], stateFolder: string): Promise<CommandResult> {
  const isRoot = process.getuid?.() === 0;
  const [command = '', ...rest] = [
    ...(isRoot ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : []),
    process.execPath,
    ...args,
  ];
  return runCommand(command, rest, { stateFolder });
}

const ecom = (args: readonly string[], stateFolder: string) =>
  run([path.join(root, 'cli', 'bin.mjs'), ...args], stateFolder);

function expectRefusal({ code, stdout, stderr }: CommandResult, words: string, where: string): void {
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toContain(words);
  expect(stderr).toContain(where);
  expect(stderr).not.toMatch(/\n {4}at |node:internal/);
}

it.each([['up'], ['down']])('ecom %s says that the state folder cannot be written', async (command) => {
  await chmod(folder, 0o555);
  expectRefusal(await ecom([command], folder), 'permission denied', folder);
  const nested = path.join(folder, 'below');
  expectRefusal(await ecom(['up'], nested), 'permission denied', nested);
});

it.each([['status'], ['up'], ['runs']])('ecom %s says that the state cannot be read', async (command) => {
  const state = path.join(folder, 'state.json');
  await writeFile(state, '{}', { mode: 0o000 });
  expectRefusal(await ecom([command], folder), 'the local state cannot be read', state);
});

it('a command says that the checkout cannot be written, where it would keep its bundle', async () => {
  const programs = ['run.mjs', 'code-version.mjs', 'text-modules.mjs', 'setup/problem.mjs'];
  for (const file of [
    ...programs.map((name) => `infrastructure/${name}`),
    'config/base.yaml',
    'package.json',
  ])
    await cp(path.join(root, file), path.join(folder, file));
  await mkdir(path.join(folder, 'layers'));
  await writeFile(path.join(folder, 'entry.ts'), 'console.log(1)');
  const packages = path.join(folder, 'node_modules');
  await mkdir(packages);
  await symlink(path.join(root, 'node_modules', 'esbuild'), path.join(packages, 'esbuild'));
  await chmod(packages, 0o555);
  const result = await run(
    [path.join(folder, 'infrastructure/run.mjs'), path.join(folder, 'entry.ts')],
    folder,
  );
  await chmod(packages, 0o755);
  expectRefusal(result, 'the checkout cannot be written: EACCES', path.join(packages, '.cache'));
});
