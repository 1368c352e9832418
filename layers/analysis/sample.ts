import type {
  CapMeasurement,
  ExperimentMeasurement,
  QuantileMeasurement,
} from '../experiment/measurements.ts';
import type { Metric, OutcomeColumn, Unit } from '../experiment/metrics.ts';
import type { Decision } from '../report/schema.ts';
import { type Arm, armOf, emptyArm } from './arm.ts';

/** Which estimate, of which values. */
export type Basis = Pick<Decision['basis'], 'estimate' | 'values'>;

export const plainBasis: Basis = { estimate: 'unadjusted', values: 'uncapped' };

/** The users of some arms, all of an experiment's or those of a segment, as exact sums. */
export interface Sample {
  readonly control: Arm;
  readonly treatments: readonly Arm[];
  /** Arms that CUPED's slopes come from: the whole experiment's, also for a segment. */
  readonly pooled: readonly Arm[];
  readonly caps: readonly CapMeasurement[];
  readonly quantiles: readonly QuantileMeasurement[];
}

/** The control, and the treatments in the order of their names. A control that is not there has nobody. */
export function sampleOf(measurement: ExperimentMeasurement, controlName: string): Sample {
  const { caps, quantiles } = measurement;
  const arms = measurement.arms.map(armOf);
  const control = arms.find(({ variant }) => variant === controlName) ?? emptyArm(controlName, measurement);
  const treatments = arms
    .filter((arm) => arm !== control)
    .toSorted((a, b) => (a.variant < b.variant ? -1 : 1));
  return { control, treatments, pooled: [control, ...treatments], caps, quantiles };
}

/** Stored integers in one reported unit: cents in a unit of money, milliseconds in a second. */
export const scales: Record<Unit, bigint> = { count: 1n, cents: 100n, milliseconds: 1000n };

const units = { count: 'count', cents: 'currency', milliseconds: 'seconds' } as const;

export function columnUnit(unit: Unit): (typeof units)[Unit] {
  return units[unit];
}

/** The column whose values count on a basis: the capped one where the metric is capped and something was cut. */
export function numeratorOf(
  { numerator, capped }: Metric,
  { values }: Pick<Basis, 'values'>,
  caps: readonly CapMeasurement[],
): OutcomeColumn {
  if (values === 'uncapped' || capped === undefined) return numerator;
  const measured = caps.find(({ column }) => column === capped.column);
  return measured === undefined || measured.cap === null ? numerator : capped;
}
