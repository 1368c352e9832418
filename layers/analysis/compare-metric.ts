import type { Metric } from '../experiment/metrics.ts';
import type { Comparison } from '../report/schema.ts';
import { type AdjustedArms, type AdjustedEffect, compareAdjusted } from '../statistics/adjustment.ts';
import { posteriorOf, relativeEstimate } from '../statistics/bayes.ts';
import { type Effect, effectOf } from '../statistics/effect.ts';
import { divide } from '../statistics/moments.ts';
import { shrunkenLift } from '../statistics/shrinkage.ts';
import type { Arm } from './arm.ts';
import { adjustedArms, estimateLift } from './estimate.ts';
import { fewBuyers } from './few-buyers.ts';
import { analyses } from './metrics/kinds.ts';
import type { Estimate } from './metrics/metric-analysis.ts';
import { type PowerPlan, powerNow } from './power-now.ts';
import { isRamped } from './ramp.ts';
import { type Basis, numeratorOf, plainBasis, type Sample, scales } from './sample.ts';

/** What an experiment's settings say about comparing. */
export interface ComparisonPlan {
  readonly alpha: number;
  readonly basis: Basis;
  readonly prior: { readonly mean: number; readonly sd: number } | null;
  /** Scatter of true relative lifts around zero, by which a lift is drawn towards it. */
  readonly priorRelativeSd: number;
  readonly power: PowerPlan;
}

/** A comparison before its family is known, with the estimate that its inference starts from. */
export interface Candidate {
  readonly metric: Metric;
  readonly better: 'higher' | 'lower';
  readonly treatment: Arm;
  readonly estimate: Estimate;
  readonly comparison: Omit<Comparison, 'adjustedCi' | 'sequential' | 'deciding' | 'verdict'>;
}

/** Sums and effect of one treatment against the control on the declared basis, and nothing beside it. */
export function compareBriefly(
  metric: Metric,
  better: 'higher' | 'lower',
  sample: Sample,
  treatment: Arm,
  { alpha, basis }: Pick<ComparisonPlan, 'alpha' | 'basis'>,
): Candidate {
  const estimate = estimateLift(metric, sample, treatment, basis);
  const effect = effectOf(estimate, alpha);
  return {
    metric,
    better,
    treatment,
    estimate,
    comparison: {
      variant: treatment.variant,
      control: summarise(metric, sample.control, sample, plainBasis),
      treatment: summarise(metric, treatment, sample, plainBasis),
      effect: effectReport(effect),
      test: effect.test && { ...effect.test, pAdjusted: null },
      reason: reasonOf(metric, effect),
    },
  };
}

/** The same, with everything that is shown beside the deciding effect. */
export function compareMetric(
  metric: Metric,
  better: 'higher' | 'lower',
  sample: Sample,
  treatment: Arm,
  plan: ComparisonPlan,
): Candidate {
  const candidate = compareBriefly(metric, better, sample, treatment, plan);
  const { alpha, basis } = plan;
  const few = fewBuyers(metric, sample.control, treatment);
  const isPlain = basis.estimate === 'unadjusted' && basis.values === 'uncapped';
  const beside = analyses[metric.kind].beside?.(
    { metric, sample, numerator: metric.numerator },
    treatment,
    alpha,
  );
  const alternative = (other: Basis) => {
    const effect = effectOf(estimateLift(metric, sample, treatment, other), alpha);
    return { effect: effectReport(effect), test: effect.test };
  };
  return {
    ...candidate,
    comparison: {
      ...candidate.comparison,
      ...(isPlain ? {} : { plain: alternative(plainBasis) }),
      cuped: cupedReport(candidate, sample, alpha),
      ...(metric.capped === undefined ? {} : { capped: cappedReport(metric, sample, treatment, alpha) }),
      bayes: bayesReport(candidate, plan),
      shrunken: shrunkenReport(candidate, plan),
      ...(few === null ? {} : { fewBuyers: few }),
      power: powerNow(candidate.estimate, sample.control.users + treatment.users, plan.power),
      ...(isRamped(sample) ? {} : beside),
    },
  };
}

export function effectReport(effect: Effect<string>): Comparison['effect'] {
  const { absolute, relative } = effect;
  return { absolute, relative, ...intervalsOf(effect) };
}

export function intervalsOf({ absoluteCi, relativeCi, relativeReason }: Effect<string>) {
  return {
    absoluteCi: absoluteCi && ([...absoluteCi] as [number, number]),
    relativeCi: relativeCi && ([...relativeCi] as [number, number]),
    relativeReason,
  };
}

/** Whose lack a zero denominator is, where it has a name. */
const emptyDenominators: Readonly<Record<string, string>> = {
  sessions: 'no_ended_sessions',
  exposure_sessions: 'no_sessions',
  orders: 'no_orders',
};

function reasonOf({ denominator }: Metric, { reason }: Effect): string | null {
  if (reason !== 'zero_denominator' || denominator === undefined) return reason;
  return emptyDenominators[denominator.column] ?? reason;
}

function cupedReport(
  { metric, treatment, estimate }: Candidate,
  sample: Sample,
  alpha: number,
): NonNullable<Comparison['cuped']> {
  if (metric.covariates.length === 0) return { reason: 'no_covariate' };
  if (estimate.reason === 'too_few_users') return { reason: estimate.reason };
  const arms = adjustedArms(metric, sample, treatment, plainBasis);
  const { thetas, varianceReduction, ...effect } = isRamped(sample)
    ? adjustedOverPeriods(metric, treatment, sample, alpha, arms)
    : compareAdjusted({ ...arms, alpha });
  const unit = (scale: bigint) => Number(scale);
  const perUnit = unit(arms.denominatorScale ?? 1n) / unit(arms.scale ?? 1n);
  return {
    covariates: metric.covariates.map(({ column }) => column),
    thetas: thetas.map((theta, i) => {
      const covariate = metric.covariates[i];
      return covariate === undefined ? theta : theta * perUnit * unit(scales[covariate.unit]);
    }),
    varianceReduction,
    slopes: arms.slopesOf,
    effect: effectReport(effect),
    test: effect.test,
    reason: effect.reason,
  };
}

/** What {@link compareAdjusted} tells, of an experiment whose shares were changed. */
function adjustedOverPeriods(
  metric: Metric,
  treatment: Arm,
  sample: Sample,
  alpha: number,
  arms: AdjustedArms,
): AdjustedEffect {
  const adjusted = estimateLift(metric, sample, treatment, { ...plainBasis, estimate: 'cuped' });
  const plain = estimateLift(metric, sample, treatment, plainBasis);
  const varianceReduction =
    adjusted.reason === null && plain.reason === null && plain.liftVariance > 0
      ? 1 - adjusted.liftVariance / plain.liftVariance
      : null;
  const effect = effectOf(adjusted, alpha);
  return { ...effect, thetas: compareAdjusted({ ...arms, alpha }).thetas, varianceReduction };
}

function cappedReport(
  metric: Metric,
  sample: Sample,
  treatment: Arm,
  alpha: number,
): NonNullable<Comparison['capped']> {
  const measured = sample.caps.find(({ column }) => column === metric.capped?.column);
  if (measured === undefined || measured.cap === null) return { reason: 'nothing_to_cap' };
  const basis: Basis = { estimate: 'unadjusted', values: 'capped' };
  const effect = effectOf(estimateLift(metric, sample, treatment, basis), alpha);
  const cappedUsers = ({ variant }: Arm) =>
    measured.capped.find((arm) => arm.variant === variant)?.users ?? 0;
  return {
    cap: divide(BigInt(measured.cap), scales[metric.numerator.unit]),
    percentile: measured.percentile,
    cappedUsers: { control: cappedUsers(sample.control), treatment: cappedUsers(treatment) },
    control: summarise(metric, sample.control, sample, basis),
    treatment: summarise(metric, treatment, sample, basis),
    effect: effectReport(effect),
    test: effect.test,
    reason: effect.reason,
  };
}

function bayesReport(
  { estimate, better }: Candidate,
  { prior, alpha }: ComparisonPlan,
): NonNullable<Comparison['bayes']> {
  const posterior = posteriorOf(estimate, { prior, alpha, better });
  if (posterior.reason !== null) return { reason: posterior.reason };
  const { chanceToWin, expectedLoss, mean, sd, credibleInterval } = posterior;
  return { prior, chanceToWin, expectedLoss, lift: { mean, sd, credibleInterval: [...credibleInterval] } };
}

function shrunkenReport(
  { estimate }: Candidate,
  { priorRelativeSd: priorSd, alpha }: ComparisonPlan,
): NonNullable<Comparison['shrunken']> {
  if (estimate.reason !== null) return { reason: estimate.reason };
  if (estimate.baseline === 0) return { reason: 'zero_baseline' };
  const lift = relativeEstimate(estimate);
  if (!(lift.variance > 0 && Number.isFinite(lift.value + lift.variance))) return { reason: 'no_variance' };
  const { value, interval } = shrunkenLift(lift, { priorSd, alpha });
  return { priorSd, relative: value, interval: [...interval] };
}

function summarise(metric: Metric, arm: Arm, sample: Sample, basis: Basis): Comparison['control'] {
  const numerator = numeratorOf(metric, basis, sample.caps);
  return analyses[metric.kind].summary({ metric, sample, numerator }, arm);
}
