import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands, commandNames } from '../../../../cli/commands/index.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../../../../cli/completion/scripts.ts';
import { vocabularyOf } from '../../../../cli/completion/vocabulary.ts';

const program = new Command('ecom');
await addCommands(program, commandNames);
const vocabulary = vocabularyOf(program.commands);

async function completed(...words: string[]): Promise<string[]> {
  const script = `${bashCompletion(vocabulary)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ecom; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...words]);
  return stdout.split('\n').filter((word) => word !== '');
}

describe('in bash', () => {
  it('the beginning of a command is completed', async () => {
    expect(await completed('ecom', 'quar')).toEqual(['quarantine']);
  });
  it('the options of a command are offered', async () => {
    expect(await completed('ecom', 'run', '--')).toEqual(
      expect.arrayContaining(['--drop', '--config', '--json']),
    );
  });
  it('the values of an option are offered', async () => {
    expect(await completed('ecom', 'quarantine', '--dataset', 'e')).toEqual([
      'experiment_assignments',
      'events',
    ]);
  });
  it('folders are completed where a command takes one', async () => {
    expect(await completed('ecom', 'init', `${PROJECT_ROOT}/conf`)).toEqual([`${PROJECT_ROOT}/config`]);
  });
});

it.each([
  ['zsh', zshCompletion(vocabulary)],
  ['fish', fishCompletion(vocabulary)],
])('%s is told every command and every option', (_, script) => {
  for (const { name, options } of vocabulary) {
    expect(script).toContain(name);
    for (const { flag } of options) expect(script).toContain(flag.slice(2));
  }
});
