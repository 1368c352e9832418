import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { dropConfigName } from '../../layers/runs/keys.ts';
import type { Findings, Guess } from './findings.ts';
import { flow } from './render.ts';

/** Parts of a configuration that say what files are like, which `init` reads anew; `files` is kept by itself. */
const read = ['raw', 'schema', 'id_type', 'summary'];

/**
 * The findings with what somebody has decided in the folder's configuration, where the files do not tell it: control,
 * plan, metrics and the like stay. Of what they tell otherwise than it was said there, a remark tells.
 */
export async function withKeptAnswers(folder: string, findings: Findings): Promise<Findings> {
  const before = leavesOf(await configIn(folder));
  const found = findings.guesses.map(({ path: keys }) => keys);
  const isFound = ({ path: keys }: Leaf) =>
    found.some((other) => isWithin(keys, other) || isWithin(other, keys));
  const kept = before.filter((leaf) => ![...read, 'files'].includes(leaf.path[0] ?? '') && !isFound(leaf));
  const lost = before.filter((leaf) => {
    if (leaf.path[0] === 'files' || kept.includes(leaf)) return false;
    const now = findings.guesses.find(
      ({ path: keys }) => isWithin(keys, leaf.path) && isWithin(leaf.path, keys),
    );
    return JSON.stringify(now?.value) !== JSON.stringify(leaf.value);
  });
  const isAnswered = (keys: readonly string[]) => kept.some(({ path: own }) => isWithin(keys, own));
  return {
    guesses: [
      ...findings.guesses,
      ...kept.map(
        ({ path: keys, value }): Guess => ({
          path: keys,
          value: value as Guess['value'],
          confidence: 'sure',
          because: `said in the ${dropConfigName} that was there`,
        }),
      ),
    ],
    questions: findings.questions.filter(({ path: keys }) => !isAnswered(keys)),
    remarks: [
      ...findings.remarks,
      ...lost.map(
        ({ path: keys, value }) =>
          `${keys.join('.')} was ${typeof value === 'object' && value !== null ? flow(value) : String(value)} in the ${dropConfigName} that was there, and is not any more.`,
      ),
    ],
  };
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** What the folder's configuration says; nothing where there is none. */
async function configIn(folder: string): Promise<unknown> {
  try {
    return parse(await readFile(path.join(folder, dropConfigName), 'utf8'));
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    // A mistake in it is told by `keptWritings`.
    if (code === 'ENOENT' || name === 'YAMLParseError') return {};
    throw error;
  }
}

/** The settings of a configuration, as deep as `init` writes them. */
function leavesOf(value: unknown, keys: readonly string[] = []): Leaf[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || keys.length >= depthOf(keys)) {
    return keys.length === 0 ? [] : [{ path: keys, value }];
  }
  return Object.entries(value).flatMap(([key, below]) => leavesOf(below, [...keys, key]));
}

function depthOf([first = '', , third]: readonly string[]): number {
  if (first === 'experiments') return third === 'guardrails' ? 4 : 3;
  if (first === 'summary') return 3;
  return first === 'schema' || first === 'pii' ? 3 : 2;
}

function isWithin(keys: readonly string[], others: readonly string[]): boolean {
  return others.every((key, index) => keys[index] === key);
}
