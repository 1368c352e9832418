import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { InitResult } from '../../../../cli/init/init.ts';
import { targetConfig } from '../../../../cli/pipeline/target.ts';

/** Folders of exports below a temporary one, made of the contents of their files. */
export function exportFolders() {
  const root = mkdtempSync(path.join(os.tmpdir(), 'ecom-init-test-'));
  let made = 0;

  async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
    made += 1;
    const folder = path.join(root, String(made));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
    return folder;
  }

  return { root, folderOf, remove: () => rm(root, { recursive: true, force: true }) };
}

export const settings = ({ guesses }: InitResult) =>
  Object.fromEntries(guesses.map(({ path: keys, value }) => [keys.join('.'), value]));
export const asked = ({ questions }: InitResult) => questions.map(({ path: keys }) => keys.join('.'));
export const configOf = ({ text }: InitResult) => targetConfig([{ name: 'experiment.yaml', text }]);

export const many = (count: number, row: (index: number) => string) =>
  `${Array.from({ length: count }, (_, index) => row(index + 1)).join('\n')}\n`;
