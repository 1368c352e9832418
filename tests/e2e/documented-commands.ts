import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = PROJECT_ROOT;

/** The README, then what it leads to. */
const documents = [
  'README.md',
  'cdk/README.md',
  ...readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => path.join('docs', file)),
];

/** What a reader can paste into a shell, as opposed to a name that a sentence mentions. */
const pasteable = /^(?:[A-Z_]+=\S+ )?(?:\.\/ecom|npm|npx|node|docker|aws|eval|\.venv\/bin\/\w+) /;

/** Every command of the documents once, with the first document that shows it, in the order of reading. */
export function documentedCommands(): Map<string, string> {
  const commands = new Map<string, string>();
  for (const document of documents) {
    for (const command of commandsIn(readFileSync(path.join(root, document), 'utf8'))) {
      if (!commands.has(command)) commands.set(command, document);
    }
  }
  return commands;
}

function commandsIn(text: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```|`([^`]+)`/gm)]
    .flatMap(([, language, block, inline]) =>
      inline !== undefined ? [inline] : ['', 'sh'].includes(language ?? '') ? linesOf(block ?? '') : [],
    )
    .map((command) => command.replace(/\s+/g, ' ').trim())
    .filter((command) => pasteable.test(command));
}

/** Lines that end in a backslash go on in the next; comments are left out. */
function linesOf(block: string): string[] {
  return block
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s#\s.*$/, ''));
}
