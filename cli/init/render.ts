import { stringify } from 'yaml';
import { visible } from '../terminal.ts';
import type { Findings, Guess, Question } from './guess.ts';

type Tree = Map<string, Tree | Guess>;

/**
 * The text of an experiment.yaml: each guess on a line with how sure it is and why, then what is to be filled in, as
 * comments.
 * @param schema path or address of the JSON Schema for editors
 */
export function renderConfig({ guesses, questions, remarks }: Findings, schema: string): string {
  const tree: Tree = new Map();
  for (const guess of guesses) insert(tree, guess.path, guess);
  const sections = [...tree].map(([key, value]) => renderEntry(key, value, 0).join('\n'));
  return `${[
    [
      `# yaml-language-server: $schema=${schema}`,
      '# What `ecom init` read out of the files of this folder. All that is not here is as in config/base.yaml.',
      '# sure, likely or guess: how far to trust a line. Confirm them, then: npx ecom validate <this folder>',
    ].join('\n'),
    ...sections,
    ...(questions.length === 0
      ? []
      : [
          [
            '# What the files do not tell. Fill in what you know, without the "# ":',
            ...questions.flatMap(asComment),
          ].join('\n'),
        ]),
    ...(remarks.length === 0
      ? []
      : [['# Remarks', ...remarks.map((remark) => comment(`- ${remark}`))].join('\n')]),
  ].join('\n\n')}\n`;
}

function insert(tree: Tree, [key = '', ...rest]: readonly string[], guess: Guess): void {
  if (rest.length === 0) {
    tree.set(key, guess);
    return;
  }
  const below = tree.get(key);
  const branch: Tree = below instanceof Map ? below : new Map();
  tree.set(key, branch);
  insert(branch, rest, guess);
}

function renderEntry(key: string, value: Tree | Guess, depth: number): string[] {
  const start = `${'  '.repeat(depth)}${scalar(key)}:`;
  if (value instanceof Map) {
    return [start, ...[...value].flatMap(([name, below]) => renderEntry(name, below, depth + 1))];
  }
  const text =
    typeof value.value === 'string' ? scalar(value.value) : `{ constant: ${scalar(value.value.constant)} }`;
  return [`${start} ${text} ${comment(`${value.confidence}: ${value.because}`)}`];
}

function asComment({ path, example, because }: Question): string[] {
  return [
    comment(`- ${because}:`),
    ...path.map((key, depth) => {
      const end = depth === path.length - 1 ? ` ${scalar(example)}` : '';
      return `# ${'  '.repeat(depth)}${scalar(key)}:${end}`;
    }),
  ];
}

/** One word of YAML, quoted where it must be. */
function scalar(text: string): string {
  return stringify(text, {
    lineWidth: 0,
    defaultStringType: /[\n\r]/.test(text) ? 'QUOTE_DOUBLE' : 'PLAIN',
  }).trimEnd();
}

/** Names and values of the files may hold anything: a comment stays on its line. */
function comment(text: string): string {
  return `# ${visible(text).replaceAll('\n', '\\n')}`;
}
