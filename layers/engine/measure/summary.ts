import { type Config, settingsOf } from '../../experiment/config.ts';
import { measureConfig } from '../../experiment/config-slices.ts';
import type {
  ArmMeasurement,
  ExperimentMeasurement,
  Measurements,
  PopulationStep,
} from '../../experiment/measurements.ts';
import { metricNamed } from '../../experiment/metrics.ts';
import type { SummaryRow } from '../../experiment/summary.ts';
import { type AggregatedColumns, Aggregates } from '../../statistics/aggregates.ts';
import { measuredColumns } from './columns.ts';

/**
 * What the rows of a file of sums say of each experiment: those of an arm are added up, those of a day are its cohort. What
 * sums do not tell is empty, and the metrics made of it are unavailable by the plan.
 */
export function measureSummary(
  rows: readonly SummaryRow[],
  config: Config,
  asOf: string | null,
): Measurements {
  const ids = [...new Set(rows.map(({ experimentId }) => experimentId))].sort();
  const measured = ids.map((experimentId) => {
    const own = rows.filter((row) => row.experimentId === experimentId);
    return { ...measureExperiment(experimentId, own, config), lines: own.length };
  });
  const lastDay = rows.reduce<string | null>(
    (last, { day }) => (day !== null && (last === null || day > last) ? day : last),
    null,
  );
  return {
    schemaVersion: 1,
    asOf: asOf ?? (lastDay === null ? null : endOf(lastDay)),
    experiments: measured.map(({ lines: _, ...experiment }) => experiment),
    population: measured.flatMap(({ experimentId, arms, lines }) =>
      (['assigned', 'exposed', 'analysed'] as const).map(
        (step): PopulationStep => ({
          experimentId,
          step,
          rows: lines,
          users: arms.reduce((sum, { users }) => sum + users, 0),
        }),
      ),
    ),
    quality: {},
    quarantineRules: [],
    warnings: [],
  };
}

function measureExperiment(
  experimentId: string,
  rows: readonly SummaryRow[],
  config: Config,
): ExperimentMeasurement {
  const settings = settingsOf(measureConfig(config), experimentId);
  const { weights } = settings;
  const isArm = ({ variant }: Pick<SummaryRow, 'variant'>) => weights === 'equal' || variant in weights;
  const known = rows.filter(isArm);
  const columns = measuredColumns(config, settings);
  const variants = [
    ...new Set([
      ...(weights === 'equal' ? [] : Object.keys(weights)),
      ...known.filter(({ users }) => users > 0).map(({ variant }) => variant),
    ]),
  ].sort();
  const armsOf = (of: readonly SummaryRow[], shape: AggregatedColumns, all: readonly string[]) =>
    all.map((variant): ArmMeasurement => {
      const own = of.filter((row) => row.variant === variant);
      const sums = own
        .map((row) => aggregatesOf(row, config, shape))
        .reduce((sum, row) => sum.add(row), Aggregates.none(shape));
      const users = Number(sums.n);
      return { variant, assigned: users, exposed: users, users, ...sums.toJSON() };
    });
  const days = [...new Set(known.flatMap(({ day }) => day ?? []))].sort();
  const unknown = [...new Set(rows.filter((row) => !isArm(row)).map(({ variant }) => variant))].sort();
  const usersOf = (of: readonly SummaryRow[], variant: string) =>
    of.reduce((sum, row) => (row.variant === variant ? sum + row.users : sum), 0);
  return {
    experimentId,
    columns: columns.outcomes.map(({ column, unit }) => ({ column, unit })),
    caps: [],
    arms: armsOf(known, columns.all, variants),
    crossovers: 0,
    crossoversByFirstVariant: [],
    unknownVariants: unknown.map((variant) => ({ variant, users: usersOf(rows, variant) })),
    earlyExposures: { events: 0, users: 0, usersLeftOut: 0 },
    segments: [],
    cohorts: days.map((day) => {
      const ofDay = known.filter((row) => row.day === day && row.users > 0);
      const there = variants.filter((variant) => ofDay.some((row) => row.variant === variant));
      return {
        day,
        arms: armsOf(ofDay, columns.outcomesAlone, there).map((arm) => ({ ...arm, assigned: 0 })),
      };
    }),
    assignedByDay: days.map((day) => {
      const ofDay = known.filter((row) => row.day === day);
      return {
        day,
        arms: variants
          .map((variant) => ({ variant, users: usersOf(ofDay, variant) }))
          .filter(({ users }) => users > 0),
      };
    }),
    sinceExposure: { columns: [], arms: [] },
    quantiles: [],
    revenueHistogram: [],
    logitCells: [],
    adjustedCells: [],
    immatureUsers: 0,
  };
}

/** The sums of a row; those of columns that the file does not tell are zero, and no metric that counts is made of them. */
function aggregatesOf(
  { users, outcomes }: SummaryRow,
  config: Pick<Config, 'metrics'>,
  shape: AggregatedColumns,
): Aggregates {
  const told = new Map(
    Object.entries(outcomes).flatMap(([name, sums]) => {
      const column = metricNamed(config, name)?.numerator.column;
      return column === undefined ? [] : [[column, sums] as const];
    }),
  );
  return Aggregates.from(
    BigInt(users),
    shape,
    (column) => BigInt(told.get(column)?.sum ?? 0),
    (a, b) => (a === b ? BigInt(told.get(a)?.squares ?? 0) : 0n),
  );
}

function endOf(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString();
}
