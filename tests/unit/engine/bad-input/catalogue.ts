import type { DatasetName } from '../../../../layers/data/datasets/index.ts';
import type { Files } from './run-drop.ts';

/** What becomes of one line. */
export interface Fate {
  /** Taken, with these values where they are not plain. */
  readonly taken?: Readonly<Record<string, unknown>>;
  /** Set aside by this rule of this column. */
  readonly quarantined?: readonly [column: string | null, rule: string];
  /** Dropped: it repeats an earlier line. */
  readonly duplicate?: true;
  /** Taken, and counted under this rule. */
  readonly warned?: string;
}

export const groups = [
  'Values',
  'Times',
  'Money',
  'Records',
  'Repeats',
  'References',
  'Order of time',
] as const;

/** Bad lines of one dataset of a drop that is fine otherwise. All cases share one run. */
export interface LineCase {
  readonly group: (typeof groups)[number];
  readonly input: string;
  readonly dataset: DatasetName;
  readonly lines: readonly (readonly [line: string | Buffer, fate: Fate])[];
  /** Added to what the fates say. */
  readonly note?: string;
}

export const fileGroups = [
  'Headers',
  'Writings that the configuration names',
  'Encodings and line ends',
  'Files',
  'Whole drops',
  'Sums by arm',
] as const;

/** A drop of its own. */
export interface FileCase {
  readonly group: (typeof fileGroups)[number];
  readonly input: string;
  readonly files: Files;
  /** The run fails: class and a part of its message. */
  readonly fails?: readonly [error: string, message: string];
  /** The run goes on: what is not as it is in a drop without a fault. */
  readonly goesOn?: {
    readonly accepted?: Partial<Record<DatasetName, number>>;
    readonly quarantined?: readonly (readonly [
      dataset: DatasetName,
      column: string | null,
      rule: string,
      rows: number,
    ])[];
    readonly duplicates?: Partial<Record<DatasetName, number>>;
    readonly warned?: readonly (readonly [dataset: DatasetName, rule: string, rows: number])[];
    /** Values of the last event, as staged. */
    readonly lastEvent?: Readonly<Record<string, unknown>>;
  };
  readonly note?: string;
}

/** A drop whose rows can all be read, and of which a verdict would mislead. */
export interface ExperimentCase {
  readonly input: string;
  readonly files: Files;
  /** By experiment: the action, and a part of the first reason. */
  readonly decisions: Readonly<Record<string, readonly [action: string, reason?: string]>>;
  /** A part of a warning of the first experiment. */
  readonly warns?: string;
  /** Revenue of each arm of the first experiment. */
  readonly revenue?: Readonly<Record<string, number>>;
  /** Events dropped as duplicates. */
  readonly duplicates?: number;
}
