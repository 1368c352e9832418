import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands, commandNames } from '../../../cli/commands/index.ts';

const root = PROJECT_ROOT;
const documents = [
  'README.md',
  'cdk/README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

/** Every call of the command in a document's code: `./ecom <words>` or `ecom <words>`, without comments and pipes. */
function callsIn(document: string): string[][] {
  const text = readFileSync(path.join(root, document), 'utf8');
  const code = [...text.matchAll(/```(?:sh|bash)?\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    ([, block, inline]) => block ?? inline ?? '',
  );
  return code
    .flatMap((found) => found.split('\n'))
    .flatMap((line) => /^(?:.*?\b[A-Z_]+=\S+ )?(?:\.\/)?ecom (.+)$/.exec(line.trim())?.[1] ?? [])
    .map((call) => words(call.split(/ #| \||\$\(/)[0] ?? ''));
}

function words(call: string): string[] {
  return [...call.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) => word);
}

const program = new Command('ecom');
await addCommands(program, commandNames);

describe('the commands that the documents show', () => {
  const calls = documents.flatMap((document) => callsIn(document).map((call) => ({ document, call })));

  it('are found in the documents', () => {
    expect(calls.length).toBeGreaterThan(20);
  });

  it('are never those that npx would fetch from the registry', () => {
    const found = documents.filter((document) =>
      /npx (?:-\S+ )*ecom\b/.test(
        readFileSync(path.join(root, document), 'utf8').replaceAll('npx --no-install ecom', ''),
      ),
    );
    expect(found).toEqual([]);
  });

  it.each(calls.map(({ document, call }) => [document, call.join(' '), call] as const))(
    '%s: ecom %s',
    (_document, _text, [name, ...rest]) => {
      if (name === undefined || name.startsWith('<') || name === 'command') return;
      const command = program.commands.find((candidate) => candidate.name() === name);
      expect(command, `there is no command "${name}"`).toBeDefined();
      const known = command?.options.flatMap(({ long, short }) => [long, short]) ?? [];
      for (const word of rest.filter((candidate) => /^--?[a-z]/i.test(candidate))) {
        const option = word.replace(/^[[(]/, '').split('=')[0];
        if (name === 'deploy' && option === '-c') continue;
        expect(known, `ecom ${name} has no option ${option}`).toContain(option);
      }
    },
  );
});
