import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { dropConfigName } from '../../layers/runs/keys.ts';
import { type InitResult, init } from '../init/init.ts';
import type { Confidence } from '../init/match.ts';
import { flow } from '../init/render.ts';
import { note, paint, print, printJson, shellWord, table } from '../terminal.ts';

/** `ecom init <dir>`: a configuration for files of any make. */
export function define(command: Command): void {
  command
    .argument('<dir>')
    .option('--force', 'write an experiment.yaml that is there anew; what was decided in it stays')
    .option('--print', 'print it instead of writing it')
    .option('--user <column>', 'of a file with a row a user: the id')
    .option('--variant <column>', 'of such a file: the arm')
    .option('--outcome <column>', 'of such a file: yes and no, an amount, or column=value')
    .option('--json', 'print the guesses, with how sure each is, as JSON')
    .addHelpText(
      'after',
      '\nFiles and columns may have other names than the documented ones (docs/data-contract.md).\n\nExamples:\n  ecom init data/\n  ecom init data/ --print\n  ecom init data/ --variant treat --outcome improved=yes\n  ecom init data/ --force --json | jq .questions',
    )
    .action(initFolder);
}

interface InitOptions {
  readonly force?: boolean;
  readonly print?: boolean;
  readonly user?: string;
  readonly variant?: string;
  readonly outcome?: string;
  readonly json?: boolean;
}

async function initFolder(folder: string, options: InitOptions): Promise<void> {
  const { user, variant, outcome } = options;
  const result = await init(folder, { user, variant, outcome, writes: !options.print });
  const file = path.join(folder, dropConfigName);
  if (!options.print) await write(file, result.text, options.force === true);
  if (options.json) printJson({ file: options.print ? null : file, ...result });
  else if (options.print) process.stdout.write(result.text);
  else printGuesses(file, folder, result);
}

async function write(file: string, text: string, replace: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: replace ? 'w' : 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new UsageError(
        {
          what: 'there is one already',
          where: file,
          remedy: 'Replace it with --force, or look with --print',
        },
        { cause: error },
      );
    }
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
      throw new UsageError(
        { what: 'the folder cannot be written to', where: file, remedy: 'Take the text from --print' },
        { cause: error },
      );
    }
    throw error;
  }
}

const colours = { sure: 'green', likely: 'yellow', guess: 'red' } as const;

function printGuesses(file: string, folder: string, { guesses, questions, remarks }: InitResult): void {
  const text = table(
    [{ title: 'sure?' }, { title: 'setting' }, { title: 'value' }, { title: 'because' }],
    guesses.map(({ path: keys, value, confidence, because }) => [
      confidence,
      keys.join('.'),
      typeof value === 'object' && value !== null ? flow(value) : String(value),
      because,
    ]),
  );
  print(text.replace(/^(sure|likely|guess)\b(?!\?)/gm, (word) => paint(colours[word as Confidence], word)));
  if (questions.length > 0) {
    print(`\n${paint('bold', 'What the files do not tell')}`);
    print(
      table(
        [{ title: 'setting' }, { title: 'because' }],
        questions.map(({ path: keys, because }) => [keys.join('.'), because]),
      ),
    );
  }
  if (remarks.length > 0) print();
  for (const remark of remarks) print(`- ${remark}`);
  note(`\nWritten to ${file}. Confirm it, then: ./ecom validate ${shellWord(folder)}`);
}
