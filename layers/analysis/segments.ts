import type { SegmentMeasurement } from '../experiment/measurements.ts';
import type { Comparison, Interaction, MetricReport, SegmentReport } from '../report/schema.ts';
import { liftsOfSegments, testHeterogeneity } from '../statistics/heterogeneity.ts';
import { holm } from '../statistics/multiplicity.ts';
import { type Arm, armOf } from './arm.ts';
import { type Candidate, type ComparisonPlan, compareBriefly } from './compare-metric.ts';
import { describeMetric, type RoleOfMetric } from './compare-metrics.ts';
import { analyses } from './metrics/kinds.ts';
import type { Sample } from './sample.ts';
import { testFamily } from './significance.ts';

/** A level with fewer analysed users in an arm says too little to be looked at. */
export const segmentMinimumUsers = 100;

interface Level {
  readonly segment: string;
  readonly level: string;
  readonly users: number;
  /** Null where the level is too small. */
  readonly sample: Sample | null;
  /** By metric and treatment, in their order. */
  readonly candidates: readonly Candidate[];
}

/**
 * Every metric within each level of each segment. Exploratory: p-values and intervals are corrected by Holm over the
 * levels of the segment, for each metric and treatment. A metric with two roles is there once, in the first; quantiles
 * are not measured by segment.
 */
export function compareSegments(
  measured: readonly SegmentMeasurement[],
  roles: readonly RoleOfMetric[],
  whole: Sample,
  plan: Pick<ComparisonPlan, 'alpha' | 'basis'>,
): { readonly segments: SegmentReport[]; readonly interactions: Interaction[] } {
  const parts = roles.filter(
    ({ metric, unavailable }, i) =>
      unavailable === null &&
      analyses[metric.kind].isOfSums &&
      roles.findIndex((other) => other.metric === metric) === i,
  );
  const levels = measured.map((own) => levelOf(own, parts, whole, plan));
  const judged = new Map<Candidate, Comparison>();
  const families = familiesOf(levels);
  for (const { members } of families) {
    const comparisons = testFamily(members, whole, {
      ...plan,
      look: { method: 'none', alpha: plan.alpha },
      correction: 'holm',
      multipleArms: 'holm',
    });
    for (const [i, candidate] of members.entries()) {
      const comparison = comparisons[i];
      if (comparison !== undefined) judged.set(candidate, comparison);
    }
  }
  return {
    segments: levels.map(({ segment, level, users, sample, candidates }): SegmentReport => {
      if (sample === null) return { segment, level, users, metrics: [], reason: 'too_few_users' };
      const metrics = parts.map(
        (part): MetricReport => ({
          ...describeMetric(part),
          comparisons: candidates
            .filter(({ metric }) => metric === part.metric)
            .flatMap((candidate) => judged.get(candidate) ?? []),
        }),
      );
      return { segment, level, users, metrics, reason: null };
    }),
    interactions: withCorrection(families.map(interactionOf)),
  };
}

function levelOf(
  { segment, level, arms }: SegmentMeasurement,
  parts: readonly RoleOfMetric[],
  whole: Sample,
  plan: Pick<ComparisonPlan, 'alpha' | 'basis'>,
): Level {
  const users = arms.reduce((sum, arm) => sum + arm.users, 0);
  const here = ({ variant }: Arm) => {
    const arm = arms.find((measured) => measured.variant === variant);
    return arm === undefined ? [] : [armOf(arm)];
  };
  const [control] = here(whole.control);
  const treatments = whole.treatments.flatMap(here);
  const isLarge = (arm: Arm) => arm.users >= segmentMinimumUsers;
  const large = treatments.filter(isLarge);
  if (control === undefined || !isLarge(control) || large.length === 0) {
    return { segment, level, users, sample: null, candidates: [] };
  }
  const sample = { ...whole, control, treatments: large };
  const candidates = parts.flatMap(({ metric, better }) =>
    large.map((arm) => compareBriefly(metric, better, sample, arm, plan)),
  );
  return { segment, level, users, sample, candidates };
}

interface Family {
  readonly segment: string;
  readonly metric: string;
  readonly variant: string;
  /** One per level. */
  readonly members: readonly Candidate[];
}

function familiesOf(levels: readonly Level[]): Family[] {
  const families = new Map<
    string,
    { segment: string; metric: string; variant: string; members: Candidate[] }
  >();
  for (const { segment, candidates } of levels) {
    for (const candidate of candidates) {
      const [metric, variant] = [candidate.metric.name, candidate.treatment.variant];
      const key = JSON.stringify([segment, metric, variant]);
      const family = families.get(key) ?? { segment, metric, variant, members: [] };
      family.members.push(candidate);
      families.set(key, family);
    }
  }
  return [...families.values()];
}

const methods = { log_ratio: 'cochran_q_log_ratio', difference: 'cochran_q_difference' } as const;

function interactionOf({ segment, metric, variant, members }: Family): Interaction {
  const { scale, segments } = liftsOfSegments(
    members.flatMap(({ estimate }) => (estimate.reason === null ? [estimate] : [])),
  );
  const test = testHeterogeneity(segments);
  const named = { segment, metric, variant, method: methods[scale] };
  return test.reason === null
    ? { ...named, q: test.q, df: test.df, p: test.p, pAdjusted: null, reason: null }
    : { ...named, q: null, df: null, p: null, pAdjusted: null, reason: test.reason };
}

/** Holm over the segments, for each metric and treatment. */
function withCorrection(interactions: readonly Interaction[]): Interaction[] {
  return interactions.map((interaction) => {
    const { p } = interaction;
    if (p === null) return interaction;
    const family = interactions.filter(
      ({ metric, variant, p: other }) =>
        other !== null && metric === interaction.metric && variant === interaction.variant,
    );
    const adjusted = holm(family.map(({ p: other }) => other ?? 1));
    return { ...interaction, pAdjusted: adjusted[family.indexOf(interaction)] ?? null };
  });
}
