import { stringify } from 'yaml';
import { visible } from '../terminal.ts';
import type { Findings, Guess, Question } from './findings.ts';

type Leaf = Guess | Question;
type Tree = Map<string, Tree | Leaf>;

/**
 * The text of an experiment.yaml: a line for each guess with how sure it is and why and, commented out in its place, one
 * for each question.
 * @param schema path or address of the JSON Schema for editors
 */
export function renderConfig({ guesses, questions, remarks }: Findings, schema: string): string {
  const tree: Tree = new Map();
  for (const leaf of [...guesses, ...questions]) insert(tree, leaf.path, leaf);
  return `${[
    [
      `# yaml-language-server: $schema=${schema}`,
      '# What `ecom init` read out of the files of this folder. All that is not here is as in config/base.yaml.',
      '# sure, likely or guess: how far to trust a line. Confirm them, then: ./ecom validate <this folder>',
      ...(questions.length === 0
        ? []
        : [
            '# The files do not tell what is marked with "ask": fill in what you know, and take the first "# " away.',
          ]),
    ].join('\n'),
    ...[...tree].map(([key, value]) => renderEntry(key, value, 0).join('\n')),
    ...(remarks.length === 0
      ? []
      : [['# Remarks', ...remarks.map((remark) => comment(`- ${remark}`))].join('\n')]),
  ].join('\n\n')}\n`;
}

function insert(tree: Tree, [key = '', ...rest]: readonly string[], leaf: Leaf): void {
  if (rest.length === 0) {
    tree.set(key, leaf);
    return;
  }
  const below = tree.get(key);
  const branch: Tree = below instanceof Map ? below : new Map();
  tree.set(key, branch);
  insert(branch, rest, leaf);
}

function renderEntry(key: string, value: Tree | Leaf, depth: number): string[] {
  const start = `${'  '.repeat(depth)}${isKnown(value) ? '' : '# '}${scalar(key)}:`;
  if (value instanceof Map) {
    return [start, ...[...value].flatMap(([name, below]) => renderEntry(name, below, depth + 1))];
  }
  if (!('value' in value)) return [`${start} ${scalar(value.example)} ${comment(`ask: ${value.because}`)}`];
  const text =
    typeof value.value === 'string'
      ? scalar(value.value)
      : typeof value.value === 'number' || value.value === null
        ? String(value.value)
        : flow(value.value);
  return [`${start} ${text} ${comment(`${value.confidence}: ${value.because}`)}`];
}

/** Whether there is a guess at or below the key: a map of questions alone is one itself. */
function isKnown(value: Tree | Leaf): boolean {
  return value instanceof Map ? [...value.values()].some(isKnown) : 'value' in value;
}

/** One word of YAML, quoted where it must be. */
function scalar(text: string): string {
  const defaultStringType = /[\n\r]/.test(text) ? 'QUOTE_DOUBLE' : 'PLAIN';
  return stringify(text, { lineWidth: 0, defaultStringType }).trimEnd();
}

/** A map or a list on one line. */
export function flow(map: object): string {
  if (Array.isArray(map)) return flowValue(map);
  const entries = Object.entries(map).filter(([, value]) => value !== undefined);
  return `{ ${entries.map(([key, value]) => `${key}: ${flowValue(value)}`).join(', ')} }`;
}

/** JSON, which YAML is too, but for words that need no quotation marks. */
function flowValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowValue).join(', ')}]`;
  return typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value) && scalar(value) === value
    ? value
    : JSON.stringify(value);
}

/** Names and values of the files may hold anything: a comment stays on its line. */
function comment(text: string): string {
  return `# ${visible(text).replaceAll('\n', '\\n')}`;
}
