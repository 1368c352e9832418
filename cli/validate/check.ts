import type { DatasetName } from '../../layers/data/datasets/index.ts';
import { counted } from '../terminal.ts';

/**
 * `fail`: a run would fail. `warn`: a run goes on, perhaps without some rows, and a person should know. `skip`: not
 * checked, since what it would look at failed.
 */
export type CheckStatus = 'ok' | 'warn' | 'fail' | 'skip';

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
  /** What a run would do about it that changes its verdict: `it would ...`. */
  readonly consequence?: string;
}

export function passed(dataset: DatasetName, check: string, count: number, finding: string): Check {
  return { dataset, check, column: null, status: 'ok', count, example: null, finding, remedy: null };
}

/** A check that would only repeat that `failed` cannot be used as it is. */
export function skipped(dataset: DatasetName, check: string, failed: DatasetName): Check {
  return { ...passed(dataset, check, 0, `not checked, since ${failed} failed`), status: 'skip' };
}

export interface ValidationReport {
  readonly folder: string;
  /** What would become of a run: `fail`, or the worst that it would go on with. */
  readonly status: Exclude<CheckStatus, 'skip'>;
  /** The same in a sentence. */
  readonly outcome: string;
  /** Rows that a run would set aside. */
  readonly quarantined: number;
  /** Whether the pipeline can run the folder, too: sums by arm are analysed on this machine alone. */
  readonly takesPipeline: boolean;
  /** Sentences about files of the folder that a run would not read. */
  readonly unused: readonly string[];
  readonly checks: readonly Check[];
}

/** What a run would do, in a sentence. */
export function outcomeOf(checks: readonly Check[], quarantined: number): string {
  const having = (status: CheckStatus) => checks.filter((check) => check.status === status);
  const [failed, warned] = [having('fail').length, having('warn').length];
  if (failed > 0) return `A run would fail: ${failed === 1 ? 'one check' : `${failed} checks`} failed.`;
  const consequences = [
    ...(quarantined > 0 ? [`set aside ${counted(quarantined, 'row')}`] : []),
    ...new Set(having('warn').flatMap(({ consequence }) => consequence ?? [])),
  ];
  const warnings = warned === 0 ? '' : `, with ${counted(warned, 'warning')}`;
  return `A run would pass${warnings}${consequences.length === 0 ? '' : `; it would ${consequences.join(', and ')}`}.`;
}

/** The worst of the statuses. */
export function worst(checks: readonly Check[]): ValidationReport['status'] {
  const found = (status: CheckStatus) => checks.some((check) => check.status === status);
  return found('fail') ? 'fail' : found('warn') ? 'warn' : 'ok';
}
