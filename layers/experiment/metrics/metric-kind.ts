import { z } from 'zod';
import type { EventColumn, OutcomeColumn } from '../outcome-columns.ts';

export const better = z.enum(['higher', 'lower']);
export const days = z.number().int().min(1).max(3650);
export const eventName = z.string().min(1);

/** Settings that metrics of every kind over events have. */
export const metricBase = {
  window_days: days.optional().describe("Days it looks at, where they are not the experiment's window."),
  better: better.default('higher').describe('Which way is good.'),
};

/** What a metric measures of each user. */
export interface MeasuredMetric {
  /** Of a quantile: the column whose values are ranked; `session_ms` stands for the duration of each session. */
  readonly numerator: OutcomeColumn;
  readonly denominator?: OutcomeColumn;
  /** Whether a ratio's numerator counts some of what its denominator counts, so that it is a share. */
  readonly isShare?: true;
  /** Of a quantile: which, 0.5 to 0.99. */
  readonly quantile?: number;
  /** Optional datasets without which the metric is unavailable. */
  readonly needs: readonly ('sessions' | 'users' | 'products')[];
}

/** What a declaration may refer to. */
export interface DeclarationContext {
  /** The sum that a name stands for, of a metric or a column. */
  partNamed(name: string): OutcomeColumn | undefined;
  /** What to write instead of a name that stands for no sum. */
  suggestPart(name: string): string;
  readonly purchaseEvent: string;
}

export interface DeclarationProblem {
  /** The key that is wrong, below the metric's own. */
  readonly key?: string;
  readonly what: string;
  readonly remedy: string;
}

/** A kind of metric: how experiment.yaml declares one, and what is measured of it. How it is estimated: layers/analysis/metrics. */
export interface MetricKind<Declared> {
  /** The kind that its metrics are of, by which they are estimated and reported. */
  readonly kind: string;
  readonly schema: z.ZodType<Declared>;
  /** Whether large values of its numerator can be cut. */
  readonly canCap: boolean;
  /** Whether covariates from before the exposure can adjust it, so that it has a value before the exposure itself. */
  readonly canAdjust: boolean;
  /** The column of user_outcomes that a metric of the name adds; undefined where it is made of others. */
  columnOf(name: string, declared: Declared): EventColumn | undefined;
  /** Whether a ratio may be made of that column. */
  readonly isPart: boolean;
  measure(name: string, declared: Declared, context: Pick<DeclarationContext, 'partNamed'>): MeasuredMetric;
  /** What a schema cannot see. */
  problems?(name: string, declared: Declared, context: DeclarationContext): DeclarationProblem[];
}
