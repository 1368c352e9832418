import type { DatasetName } from '../../layers/contracts/datasets/index.ts';

/** `fail`: a run would drop these rows, or could not be trusted. `warn`: a run goes on, and a person should know. */
export type CheckStatus = 'ok' | 'warn' | 'fail';

export interface Check {
  readonly dataset: DatasetName;
  /** Name of the check, in snake_case. */
  readonly check: string;
  readonly column: string | null;
  readonly status: CheckStatus;
  /** Rows (of `files`: files; of checks by user: users) that the finding is about. */
  readonly count: number;
  /** `file:line` of the first one. */
  readonly example: string | null;
  readonly finding: string;
  readonly remedy: string | null;
}

export function passed(dataset: DatasetName, check: string, count: number, finding: string): Check {
  return { dataset, check, column: null, status: 'ok', count, example: null, finding, remedy: null };
}

/** `file:line` of a line of a dataset's file, which its ordinal names. */
export type Locate = (dataset: DatasetName, part: number, line: number) => string;

/** `file:line` of a row's `_row`. */
export function locateRow(locate: Locate, dataset: DatasetName, row: string | null): string | null {
  if (row === null) return null;
  const bits = BigInt(row);
  return locate(dataset, Number(bits >> 40n), Number(bits & ((1n << 40n) - 1n)));
}

export interface ValidationReport {
  readonly folder: string;
  readonly status: CheckStatus;
  readonly checks: readonly Check[];
}

/** The worst of the statuses. */
export function worst(checks: readonly Check[]): CheckStatus {
  const found = (status: CheckStatus) => checks.some((check) => check.status === status);
  return found('fail') ? 'fail' : found('warn') ? 'warn' : 'ok';
}
