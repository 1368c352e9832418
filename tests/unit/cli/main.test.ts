import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { textLoader } from '../../../infrastructure/text-modules.mjs';

const root = PROJECT_ROOT;

let outputs: Metafile['outputs'];
beforeAll(async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-start-test-'));
  const { metafile } = await build({
    entryPoints: ['cli/main.ts'],
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    loader: textLoader,
    outdir: folder,
  });
  outputs = metafile.outputs;
  await rm(folder, { recursive: true });
});

/** Packages that are loaded before anything of `entry` is executed. */
function packagesOf(entry: string): string[] {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path: imported, kind, external } of outputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') continue;
      if (!external) visit(imported);
      else if (!imported.startsWith('node:')) packages.add(imported);
    }
  };
  const [start] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entry) ?? [];
  visit(start ?? '');
  return [...packages].toSorted();
}

describe('a command loads what it needs, and no more', () => {
  it('the list of commands needs the parser of the command line alone', () => {
    expect(packagesOf('cli/main.ts')).toEqual(['commander']);
  });

  it('ecom status reads its files without a client of AWS or of the database', () => {
    expect(packagesOf('cli/commands/status.ts')).toEqual(['zod']);
  });

  it('ecom runs and ecom watch need no engine, and draw nothing', () => {
    for (const command of ['runs', 'watch']) {
      expect(packagesOf(`cli/commands/${command}.ts`)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/duckdb|plot|linkedom/)]),
      );
    }
  });
});
