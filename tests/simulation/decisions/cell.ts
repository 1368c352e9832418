import type { Truth } from './truth.ts';

/** Shares of the experiments of a cell that something can be promised of. */
export type Rate =
  /** The decision of the last look. */
  | 'ship'
  | 'do_not_ship'
  | 'keep_running'
  | 'invalid'
  /** The decision of some look. */
  | 'ship at some look'
  | 'do_not_ship at some look'
  /** The decision of some look, by the rules of shown harm. */
  | 'harm at some look'
  /** Some look ships while a metric of the shipped treatment is significantly worse, and no reason says so. */
  | 'silent harm'
  /** The primary metric of some treatment is significantly better at the last look, or at some look. */
  | 'better'
  | 'better at some look';

export interface Promised {
  readonly rate: Rate;
  readonly is: 'at most' | 'at least';
  readonly value: number;
}

/** One truth, as one shop configures and watches its experiment. */
export interface Cell {
  readonly group: string;
  readonly name: string;
  readonly truth: Truth;
  /** The shop's experiment.yaml. */
  readonly yaml: string;
  /** Days at whose end the shop runs the pipeline, in order. */
  readonly looks: readonly number[];
  /** Experiments of the full run. */
  readonly experiments: number;
  readonly promises: readonly Promised[];
  /** What `power` promises of the primary metric, and the rate that must keep it. */
  readonly power?: { readonly promised: number; readonly rate: 'better' | 'better at some look' };
}
