import type { ArmMeasurement, ExperimentMeasurement } from '../experiment/measurements.ts';
import { Aggregates } from '../statistics/aggregates.ts';

/** Some users of a variant: how many there are, and the exact sums over the analysed ones. */
export interface Arm extends Omit<ArmMeasurement, 'sums' | 'products'> {
  readonly aggregates: Aggregates;
}

export function armOf({ sums, products, ...counts }: ArmMeasurement): Arm {
  return { ...counts, aggregates: Aggregates.parse(counts.users, { sums, products }) };
}

/** An arm that nobody is in. */
export function emptyArm(variant: string, { columns }: Pick<ExperimentMeasurement, 'columns'>): Arm {
  const names = columns.map(({ column }) => column);
  const pairs = names.flatMap((a, index) => names.slice(index).map((b) => [a, b] as const));
  const aggregates = Aggregates.none({ columns: names, pairs });
  return { variant, assigned: 0, exposed: 0, users: 0, aggregates };
}
