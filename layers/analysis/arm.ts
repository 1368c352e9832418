import type { ArmMeasurement } from '../experiment/measurements.ts';
import { Aggregates } from '../statistics/aggregates.ts';

/** Some users of a variant: how many there are, and the exact sums over the analysed ones. */
export interface Arm extends Omit<ArmMeasurement, 'sums' | 'products'> {
  readonly aggregates: Aggregates;
}

export function armOf({ sums, products, ...counts }: ArmMeasurement): Arm {
  return { ...counts, aggregates: Aggregates.parse(counts.users, { sums, products }) };
}
