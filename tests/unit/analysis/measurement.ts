import baseConfig from '../../../config/base.yaml';
import { type Config, loadConfig, settingsOf } from '../../../layers/experiment/config.ts';
import type { ArmMeasurement, ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import {
  builtInMetrics,
  covariatesOfExperiment,
  metricsOf,
  type OutcomeColumn,
} from '../../../layers/experiment/metrics.ts';

/** A user's outcomes by column of user_outcomes; what is left out is zero. */
export type User = Readonly<Record<string, number>>;

/** Columns of the base configuration's metrics: their parts, covariates and capped values. */
export const columns: OutcomeColumn[] = columnsOf(configOf());

/** Sums of an arm, the slow and obvious way. Capped values are the uncapped ones unless a user says otherwise. */
export function armOf(
  variant: string,
  users: readonly User[],
  more: Partial<ArmMeasurement> = {},
  measured: readonly OutcomeColumn[] = columns,
): ArmMeasurement {
  const names = measured.map(({ column }) => column);
  const rows = users.map((user) => names.map((name) => user[name] ?? user[uncapped(name)] ?? 0));
  const total = (value: (row: readonly number[]) => number) =>
    String(rows.reduce((sum, row) => sum + value(row), 0));
  return {
    variant,
    assigned: users.length,
    exposed: users.length,
    users: users.length,
    sums: Object.fromEntries(names.map((name, a) => [name, total((row) => row[a] ?? 0)])),
    products: Object.fromEntries(
      names.map((name, a) => [
        name,
        Object.fromEntries(
          names.slice(a).map((other, i) => [other, total((row) => (row[a] ?? 0) * (row[a + i] ?? 0))]),
        ),
      ]),
    ),
    ...more,
  };
}

function uncapped(name: string): string {
  const metric = builtInMetrics.find((known) => `${known.name}__capped` === name);
  return metric?.numerator.column ?? name;
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
    caps: [],
    arms: [...arms],
    crossovers: 0,
    crossoversByFirstVariant: [],
    unknownVariants: [],
    earlyExposures: { events: 0, users: 0, usersLeftOut: 0 },
    segments: [],
    cohorts: [],
    assignedByDay: [],
    sinceExposure: { columns: [], arms: [] },
    quantiles: [],
    revenueHistogram: [],
    logitCells: [],
    adjustedCells: [],
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

/** Columns that the metrics of a configuration's experiment are made of, the built-in ones first. */
export function columnsOf(config: Config, experimentId = 'checkout'): OutcomeColumn[] {
  const settings = settingsOf(config, experimentId);
  const metrics = metricsOf(config, settings);
  const all = [
    ...builtInMetrics.flatMap(({ numerator, denominator }) => [numerator, denominator ?? numerator]),
    ...metrics.flatMap(({ numerator, denominator, covariates, capped }) => [
      numerator,
      denominator ?? numerator,
      ...covariates,
      ...(capped === undefined ? [] : [capped]),
    ]),
    ...covariatesOfExperiment(config, settings),
  ];
  return [...new Map(all.map(({ column, unit }) => [column, { column, unit }])).values()];
}
