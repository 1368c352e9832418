import { settingsOf } from '../../experiment/config.ts';
import type { MeasureConfig, MeasureSettings } from '../../experiment/config-slices.ts';
import type {
  ArmMeasurement,
  CohortMeasurement,
  ExperimentMeasurement,
  Measurements,
  ParallelMeasurement,
  SegmentMeasurement,
} from '../../experiment/measurements.ts';
import { metricsOf } from '../../experiment/metrics.ts';
import type { Database } from '../../platform/duckdb.ts';
import type { CleanResult, MartsResult, RunPlan, StageResult } from '../../runs/documents.ts';
import { type AggregatedColumns, Aggregates } from '../../statistics/aggregates.ts';
import {
  type AssignedArm,
  assignedByDay,
  mergedArms,
  mergedAssignedOutcomes,
  mergedEarlyExposures,
} from './assigned.ts';
import { type Cap, readCaps } from './caps.ts';
import { readAdjustedCells, readLogitCells } from './cells.ts';
import { areUnequal, type MeasuredColumns, measuredColumns, mergedColumns, mergedSums } from './columns.ts';
import { mergedEventQuality } from './event-quality.ts';
import { readRevenueHistogram } from './histogram.ts';
import { readQuantiles } from './quantiles.ts';
import { mergeDecisiveEvents, mergeEventNames, mergePopulation, mergeRules } from './reconcile.ts';
import { readSinceExposure } from './since-exposure.ts';
import { type LevelSums, readSums, type SumsQuery } from './sums.ts';
import { armElsewhere, exposureDay, type MartFiles, openUsers, segmentColumn } from './users.ts';

export interface MeasureInput extends MartFiles {
  readonly plan: Pick<RunPlan, 'unavailable'> & { readonly config: MeasureConfig };
  readonly quality: Measurements['quality'];
  readonly staged: readonly StageResult[];
  readonly cleaned: readonly CleanResult[];
  readonly marts: readonly MartsResult[];
}

interface Experiment {
  readonly experimentId: string;
  readonly settings: MeasureSettings;
  readonly columns: MeasuredColumns;
}

/** Adds the buckets up: everything `analyze` reads, the same whatever the buckets were. */
export async function measure(db: Database, input: MeasureInput): Promise<Measurements> {
  const { plan, quality, staged, cleaned, marts } = input;
  const population = mergePopulation(marts.flatMap((mart) => mart.population));
  const experiments = [...new Set(population.flatMap(({ experimentId }) => experimentId ?? []))].map(
    (experimentId): Experiment => {
      const settings = settingsOf(plan.config, experimentId);
      const assigned = mergedArms(marts, experimentId).map((arm) => arm.assigned);
      const columns = measuredColumns(plan.config, settings, areUnequal(assigned));
      return { experimentId, settings, columns };
    },
  );
  const eventNames = mergeEventNames(cleaned);
  return {
    schemaVersion: 1,
    asOf: marts[0]?.asOf ?? null,
    ...(eventNames === undefined ? {} : { eventNames }),
    decisiveEvents: mergeDecisiveEvents(plan.config, staged, cleaned),
    experiments: experiments.length === 0 ? [] : await measureExperiments(db, input, experiments),
    population,
    quality,
    quarantineRules: mergeRules([...staged, ...cleaned].flatMap((result) => result.quarantineRules)),
    warnings: mergeRules(cleaned.flatMap(({ warnings }) => warnings)),
  };
}

async function measureExperiments(
  db: Database,
  input: MeasureInput,
  experiments: readonly Experiment[],
): Promise<ExperimentMeasurement[]> {
  const { plan, marts } = input;
  const segmentNames = measurableSegments(plan, experiments);
  const every = mergedColumns(experiments.map(({ columns }) => columns));
  const largest = await openUsers(db, input, {
    columns: [...every.outcomes, ...every.covariates],
    segments: segmentNames,
    ramps: experiments.flatMap(({ experimentId, settings: { ramp } }) =>
      ramp.length === 0 ? [] : [{ experimentId, periods: ramp.map(({ until }) => until) }],
    ),
    parallel: experiments.length > 1 ? experiments.map(({ experimentId }) => experimentId) : [],
    withoutImmature: experiments
      .filter(({ settings }) => settings.immature === 'exclude')
      .map(({ experimentId }) => experimentId),
  });

  const caps: Cap[] = [];
  for (const { experimentId, columns } of experiments)
    caps.push(...(await readCaps(db, experimentId, columns.capped)));
  const query = {
    ...every.all,
    splits: [exposureDay, ...segmentNames.map(segmentColumn)],
    caps,
    largest,
  };
  const { whole, splits } = await readSums(db, query);
  const ramped = experiments.filter(({ settings }) => settings.ramp.length > 0);
  const byPeriod =
    ramped.length === 0
      ? null
      : await readSums(db, { ...query, byPeriodOf: ramped.map(({ experimentId }) => experimentId) });

  const parallel = experiments.length > 1 ? await readParallel(db, experiments, { caps, largest }) : [];

  const measured: ExperimentMeasurement[] = [];
  for (const { experimentId, settings, columns } of experiments) {
    const own = whole.filter((sums) => sums.experimentId === experimentId);
    const assigned = mergedArms(marts, experimentId);
    measured.push({
      experimentId,
      columns: [...columns.outcomes, ...columns.covariates, ...columns.capped].map(({ column, unit }) => ({
        column,
        unit,
      })),
      caps: caps.filter((cap) => cap.experimentId === experimentId).map(({ experimentId: _, ...cap }) => cap),
      arms: armsOf(own, assigned, settings, columns, byPeriod?.whole ?? []),
      ...mergedAssignedOutcomes(marts, experimentId),
      crossovers: assigned.reduce((sum, arm) => sum + arm.crossovers, 0),
      crossoversByFirstVariant: usersOf(
        assigned.map((arm) => ({ ...arm, crossovers: arm.crossovers - arm.tied })),
        'crossovers',
      ),
      unknownVariants: usersOf(assigned, 'unknown'),
      earlyExposures: mergedEarlyExposures(marts, experimentId),
      leftOut: assigned
        .filter(({ assigned: users }) => users > 0)
        .map(({ variant, excluded, early }) => ({ variant, excluded, early })),
      ...mergedEventQuality(marts, experimentId),
      segments: settings.segments.flatMap((segment) =>
        levelsOf(splits.get(segmentColumn(segment)) ?? [], experimentId).map(
          ({ level, arms }): SegmentMeasurement => ({
            segment,
            level,
            arms: arms.map((arm) =>
              armOf(arm, columns.all, byPeriod?.splits.get(segmentColumn(segment)) ?? []),
            ),
          }),
        ),
      ),
      ...parallelOf(parallel, experimentId, columns),
      cohorts: levelsOf(splits.get(exposureDay) ?? [], experimentId).map(
        ({ level, arms }): CohortMeasurement => ({
          day: level,
          arms: arms.map((arm) => armOf(arm, columns.outcomesAlone, byPeriod?.splits.get(exposureDay) ?? [])),
        }),
      ),
      assignedByDay: assignedByDay(marts, experimentId),
      ...(await measureDetails(db, experimentId, settings, plan.config)),
      immatureUsers: own.reduce((sum, { immature }) => sum + immature, 0),
    });
  }
  return measured;
}

interface ParallelSums {
  /** The other experiment. */
  readonly experimentId: string;
  /** Of all other experiments, by the arm in this one. */
  readonly sums: readonly LevelSums[];
}

/** What the primary metrics are made of, by the arm in each of the experiments; of the users who are in it and in another. */
async function readParallel(
  db: Database,
  experiments: readonly Experiment[],
  query: Pick<SumsQuery, 'caps' | 'largest'>,
): Promise<ParallelSums[]> {
  const columns = mergedSums(experiments.map((experiment) => experiment.columns.primary));
  const found: ParallelSums[] = [];
  for (const { experimentId } of experiments) {
    const column = armElsewhere(experimentId);
    const { splits } = await readSums(db, { ...query, ...columns, splits: [column] });
    found.push({ experimentId, sums: (splits.get(column) ?? []).filter(({ level }) => level !== '') });
  }
  return found;
}

function parallelOf(
  parallel: readonly ParallelSums[],
  experimentId: string,
  { primary }: MeasuredColumns,
): Pick<ExperimentMeasurement, 'parallel'> {
  const found = parallel.flatMap((other) =>
    levelsOf(other.sums, experimentId).map(
      ({ level, arms }): ParallelMeasurement => ({
        experimentId: other.experimentId,
        variant: level,
        arms: arms.map((arm) => armOf(arm, primary)),
      }),
    ),
  );
  return found.length === 0 ? {} : { parallel: found };
}

async function measureDetails(
  db: Database,
  experimentId: string,
  settings: MeasureSettings,
  config: MeasureConfig,
): Promise<
  Pick<
    ExperimentMeasurement,
    'sinceExposure' | 'quantiles' | 'revenueHistogram' | 'logitCells' | 'adjustedCells'
  >
> {
  return {
    sinceExposure: await readSinceExposure(db, experimentId, config, settings),
    quantiles: await readQuantiles(db, experimentId, metricsOf(config, settings)),
    revenueHistogram: await readRevenueHistogram(db, experimentId),
    logitCells: await readLogitCells(db, experimentId),
    adjustedCells: settings.cuped === null ? [] : await readAdjustedCells(db, experimentId),
  };
}

/** Segments of the experiments, but for those that the plan found no source for. */
function measurableSegments(
  { unavailable }: MeasureInput['plan'],
  experiments: readonly Experiment[],
): string[] {
  const named = new Set(experiments.flatMap(({ settings }) => settings.segments));
  const absent = unavailable.filter(({ kind }) => kind === 'segment').map(({ name }) => name);
  return [...named].filter((segment) => !absent.includes(segment));
}

/** Arms that the weights name or someone was assigned to, also those in which nobody was exposed. */
function armsOf(
  exposed: readonly LevelSums[],
  arms: readonly AssignedArm[],
  { weights }: MeasureSettings,
  columns: MeasuredColumns,
  byPeriod: readonly LevelSums[],
): ArmMeasurement[] {
  const assigned = new Map(arms.map((arm) => [arm.variant, arm.assigned]));
  const variants = new Set([
    ...(weights === 'equal' ? [] : Object.keys(weights)),
    ...arms.filter((arm) => arm.assigned > 0).map(({ variant }) => variant),
  ]);
  return [...variants].sort().map((variant) => {
    const found = exposed.find((arm) => arm.variant === variant);
    const nobody = { experimentId: '', level: '', variant, exposed: 0 };
    const arm = found ?? { ...nobody, aggregates: Aggregates.none(columns.all) };
    return { ...armOf(arm, columns.all, byPeriod), assigned: assigned.get(variant) ?? 0 };
  });
}

function usersOf(
  arms: readonly AssignedArm[],
  what: 'crossovers' | 'unknown',
): { variant: string; users: number }[] {
  return arms.filter((arm) => arm[what] > 0).map((arm) => ({ variant: arm.variant, users: arm[what] }));
}

function levelsOf(sums: readonly LevelSums[], experimentId: string): { level: string; arms: LevelSums[] }[] {
  const own = sums.filter((arm) => arm.experimentId === experimentId);
  return [...new Set(own.map(({ level }) => level))].map((level) => ({
    level,
    arms: own.filter((arm) => arm.level === level),
  }));
}

/** What an experiment measures of an arm. Levels are those of exposed users: how many were assigned at one is not known. */
function armOf(
  arm: Pick<LevelSums, 'experimentId' | 'level' | 'variant' | 'exposed' | 'aggregates'>,
  columns: AggregatedColumns,
  byPeriod: readonly LevelSums[] = [],
): ArmMeasurement {
  const { variant } = arm;
  const sums = ({ exposed, aggregates }: Pick<LevelSums, 'exposed' | 'aggregates'>) => ({
    exposed,
    users: Number(aggregates.n),
    ...aggregates.restrict(columns).toJSON(),
  });
  const periods = byPeriod
    .filter(
      (own) => own.experimentId === arm.experimentId && own.level === arm.level && own.variant === variant,
    )
    .map((own) => ({ period: own.period ?? 0, ...sums(own) }))
    .toSorted((a, b) => a.period - b.period);
  return { variant, assigned: 0, ...sums(arm), ...(periods.length === 0 ? {} : { periods }) };
}
