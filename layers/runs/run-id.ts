import { sha256 } from '../platform/hash.ts';
import type { RunInputs } from './documents.ts';

/**
 * A run's id: 16 hex digits over everything its results depend on. The same content gives the same id however often
 * and in whichever order it is uploaded.
 */
export function runIdOf(
  run: Pick<RunInputs, 'drop' | 'asOf' | 'configHash' | 'codeVersion' | 'problem' | 'undeclared'> & {
    readonly inputs: readonly Pick<RunInputs['inputs'][number], 'key' | 'etag' | 'size'>[];
  },
): string {
  const inputs = run.inputs
    .map(({ key, etag, size }) => [key, etag, size] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { drop, asOf, configHash, codeVersion, problem = null } = run;
  const identity = [drop, inputs, asOf, configHash, codeVersion, problem];
  if (run.undeclared) identity.push('undeclared');
  return sha256(JSON.stringify(identity)).slice(0, 16);
}

/** Name of the execution of a run's n-th attempt, n from 1: `<run>-a<n>`. */
export function executionName(runId: string, attempt: number): string {
  return `${runId}-a${attempt}`;
}

/** An execution's name taken apart; undefined for one that somebody started by hand under another name. */
export function parseExecutionName(name: string): { runId: string; attempt: number } | undefined {
  const match = /^([0-9a-f]{16})-a(\d+)$/.exec(name);
  return match?.[1] === undefined ? undefined : { runId: match[1], attempt: Number(match[2]) };
}
