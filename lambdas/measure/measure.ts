import { settingsOf } from '../../layers/contracts/config.ts';
import type {
  ArmMeasurement,
  ExperimentMeasurement,
  Measurements,
  SegmentMeasurement,
} from '../../layers/contracts/measurements.ts';
import type { CleanResult, MartsResult, RunPlan, StageResult } from '../../layers/contracts/run-documents.ts';
import type { Database } from '../../layers/storage/duckdb.ts';
import { literalList, renderSql } from '../../layers/storage/sql.ts';
import logitCellsSql from './logit-cells.sql';
import { type Moments, metricColumns, noMoments, readMoments } from './moments.ts';
import { mergePopulation, mergeRules, reconcile } from './reconcile.ts';

export interface MeasureInput {
  readonly plan: Pick<RunPlan, 'config' | 'unavailable'>;
  readonly staged: readonly StageResult[];
  readonly cleaned: readonly CleanResult[];
  readonly marts: readonly MartsResult[];
  /** Local files of the marts of all buckets. */
  readonly userExposure: readonly string[];
  readonly userOutcomes: readonly string[];
}

/** Adds the buckets up: everything `analyze` reads, the same whatever the buckets were. */
export async function measure(db: Database, input: MeasureInput): Promise<Measurements> {
  const { plan, staged, cleaned, marts } = input;
  const quality = reconcile(staged, cleaned);
  await db.run(`
    CREATE VIEW outcomes AS FROM read_parquet(${literalList(input.userOutcomes)});
    CREATE VIEW exposure AS FROM read_parquet(${literalList(input.userExposure)})`);
  const population = mergePopulation(marts.flatMap((mart) => mart.population));
  const experimentIds = [...new Set(population.flatMap(({ experimentId }) => experimentId ?? []))];
  const withoutImmature = experimentIds.filter((id) => settingsOf(plan.config, id).immature === 'exclude');

  const all = await readMoments(db, undefined, withoutImmature);
  const segments = new Map<string, Moments[]>();
  for (const segment of measurableSegments(plan, experimentIds)) {
    segments.set(segment, await readMoments(db, segment, withoutImmature));
  }
  const cells = await logitCells(db, withoutImmature);
  return {
    schemaVersion: 1,
    asOf: marts[0]?.asOf ?? null,
    experiments: experimentIds.map((experimentId): ExperimentMeasurement => {
      const own = all.filter((moments) => moments.experimentId === experimentId);
      const settings = settingsOf(plan.config, experimentId);
      const assigned = mergedArms(marts, experimentId);
      const crossovers = assigned.filter((arm) => arm.crossovers > 0);
      return {
        experimentId,
        caps: [],
        unknownVariants: [],
        cohorts: [],
        assignedByDay: [],
        sinceExposure: { columns: [], arms: [] },
        quantiles: [],
        revenueHistogram: [],
        adjustedCells: [],
        columns: metricColumns.map(({ column, unit }) => ({ column, unit })),
        arms: armsOf(own, assigned, settings.weights === 'equal' ? [] : Object.keys(settings.weights)),
        crossovers: crossovers.reduce((sum, arm) => sum + arm.crossovers, 0),
        crossoversByFirstVariant: crossovers.map((arm) => ({ variant: arm.variant, users: arm.crossovers })),
        segments: settings.segments.flatMap((segment) =>
          levelsOf(segment, segments.get(segment) ?? [], experimentId),
        ),
        logitCells: cells.get(experimentId) ?? [],
        immatureUsers: own.reduce((sum, { immature }) => sum + immature, 0),
      };
    }),
    population,
    quality,
    quarantineRules: mergeRules([...staged, ...cleaned].flatMap((result) => result.quarantineRules)),
    warnings: mergeRules(cleaned.flatMap(({ warnings }) => warnings)),
  };
}

/** Segments of the experiments, but for those that the plan found no source for. */
function measurableSegments(
  { config, unavailable }: MeasureInput['plan'],
  experimentIds: readonly string[],
): string[] {
  const named = new Set(experimentIds.flatMap((id) => settingsOf(config, id).segments));
  return [...named].filter((segment) => !unavailable.some(({ what }) => what === `segment ${segment}`));
}

interface AssignedArm {
  readonly variant: string;
  readonly assigned: number;
  readonly crossovers: number;
}

function mergedArms(marts: readonly MartsResult[], experimentId: string): AssignedArm[] {
  const merged = new Map<string, AssignedArm>();
  for (const arm of marts.flatMap(({ arms }) => arms)) {
    if (arm.experimentId !== experimentId) continue;
    const before = merged.get(arm.variant);
    merged.set(arm.variant, {
      variant: arm.variant,
      assigned: arm.assigned + (before?.assigned ?? 0),
      crossovers: arm.crossovers + (before?.crossovers ?? 0),
    });
  }
  return [...merged.values()].toSorted((a, b) => (a.variant < b.variant ? -1 : 1));
}

/** Arms that the weights name or someone was assigned to, also those in which nobody was exposed. */
function armsOf(
  exposed: readonly Moments[],
  arms: readonly AssignedArm[],
  weighted: readonly string[],
): ArmMeasurement[] {
  const assigned = new Map(arms.map((arm) => [arm.variant, arm.assigned]));
  const variants = new Set([
    ...weighted,
    ...arms.filter((arm) => arm.assigned > 0).map(({ variant }) => variant),
  ]);
  return [...variants].sort().map((variant) => ({
    variant,
    assigned: assigned.get(variant) ?? 0,
    ...withoutLevel(exposed.find((moments) => moments.variant === variant) ?? noMoments),
  }));
}

function levelsOf(segment: string, moments: readonly Moments[], experimentId: string): SegmentMeasurement[] {
  const own = moments.filter((moment) => moment.experimentId === experimentId);
  return [...new Set(own.map(({ level }) => level))].map((level) => ({
    segment,
    level,
    // Segments are those of exposed users: how many were assigned at a level is not known.
    arms: own
      .filter((moment) => moment.level === level)
      .map((moment) => ({ variant: moment.variant, assigned: 0, ...withoutLevel(moment) })),
  }));
}

function withoutLevel({
  exposed,
  users,
  sums,
  products,
}: Pick<Moments, 'exposed' | 'users' | 'sums' | 'products'>) {
  return { exposed, users, sums, products };
}

async function logitCells(
  db: Database,
  withoutImmature: readonly string[],
): Promise<Map<string, ExperimentMeasurement['logitCells']>> {
  const rows = await db.query<{
    experimentId: string;
    variant: string;
    eventsInWindow: string;
    users: string;
    purchased: string;
  }>(renderSql(logitCellsSql, { without_immature: `${literalList(withoutImmature)}::VARCHAR[]` }));
  const cells = new Map<string, ExperimentMeasurement['logitCells']>();
  for (const { experimentId, variant, eventsInWindow, users, purchased } of rows) {
    const own = cells.get(experimentId) ?? [];
    own.push({
      variant,
      eventsInWindow: Number(eventsInWindow),
      users: Number(users),
      purchased: Number(purchased),
    });
    cells.set(experimentId, own);
  }
  return cells;
}
