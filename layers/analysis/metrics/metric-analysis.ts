import type { Metric, OutcomeColumn } from '../../experiment/metrics.ts';
import type { Comparison, MetricReport } from '../../report/schema.ts';
import type { InestimableEffect, LiftEstimate } from '../../statistics/effect.ts';
import type { Moments } from '../../statistics/moments.ts';
import type { Arm } from '../arm.ts';
import type { Sample } from '../sample.ts';

/** The lift from which every inference about a metric starts. */
export type Estimate = LiftEstimate | InestimableEffect;

/** One quantity of each of two arms. */
export type ArmPair = readonly [control: Moments, treatment: Moments];

/** A metric, and the column whose values count: its numerator, or that with its large values cut. */
export interface Measured {
  readonly metric: Metric;
  readonly numerator: OutcomeColumn;
  readonly sample: Sample;
}

/** How the metrics of a kind are estimated, tested and shown. */
export interface MetricAnalysis {
  /** Whether it is made of sums that add up over users, so that it is measured by segment and by day, too. */
  readonly isOfSums: boolean;
  unit(metric: Metric): MetricReport['unit'];
  /** The lift of a treatment over the control, unadjusted. */
  lift(measured: Measured, treatment: Arm): Estimate;
  /** The quantities it is made of, of each of which the arms need enough users for a test to be evidence. */
  quantities(measured: Measured, treatment: Arm): readonly ArmPair[];
  /** What is shown of one arm. */
  summary(measured: Measured, arm: Arm): Comparison['control'];
  /** What is shown beside the comparison. */
  beside?(measured: Measured, treatment: Arm, alpha: number): Pick<Comparison, 'newcombeCi'>;
}
