import baseConfig from '../../../config/base.yaml';
import { type Config, loadConfig } from '../../../layers/contracts/config.ts';
import type { ArmMeasurement, ExperimentMeasurement } from '../../../layers/contracts/measurements.ts';
import { builtInMetrics } from '../../../layers/contracts/metrics.ts';

/** A user's outcomes by column of user_outcomes; what is left out is zero. */
export type User = Readonly<Record<string, number>>;

export const columns = [
  ...new Map(
    builtInMetrics
      .flatMap(({ numerator, denominator }) =>
        denominator === undefined ? [numerator] : [numerator, denominator],
      )
      .map((column) => [column.column, column]),
  ).values(),
];

/** Sums of an arm, the slow and obvious way. */
export function armOf(
  variant: string,
  users: readonly User[],
  more: Partial<ArmMeasurement> = {},
): ArmMeasurement {
  const total = (value: (user: User) => number) => String(users.reduce((sum, user) => sum + value(user), 0));
  const names = columns.map(({ column }) => column);
  return {
    variant,
    assigned: users.length,
    exposed: users.length,
    users: users.length,
    sums: Object.fromEntries(names.map((a) => [a, total((user) => user[a] ?? 0)])),
    products: Object.fromEntries(
      names.map((a, index) => [
        a,
        Object.fromEntries(
          names.slice(index).map((b) => [b, total((user) => (user[a] ?? 0) * (user[b] ?? 0))]),
        ),
      ]),
    ),
    ...more,
  };
}

/** `count` users who each did `user`. */
export function users(count: number, user: User): User[] {
  return Array.from({ length: count }, () => user);
}

export function experimentOf(
  arms: readonly ArmMeasurement[],
  more: Partial<ExperimentMeasurement> = {},
): ExperimentMeasurement {
  return {
    experimentId: 'checkout',
    columns: [...columns],
    arms: [...arms],
    crossovers: 0,
    segments: [],
    logitCells: [],
    immatureUsers: 0,
    ...more,
  };
}

/** The base configuration with a drop's overlay. */
export function configOf(overlay = '{}'): Config {
  return loadConfig([
    { name: 'config/base.yaml', text: baseConfig },
    { name: 'experiment.yaml', text: overlay },
  ]);
}
