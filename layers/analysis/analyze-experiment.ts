import type { ExperimentSettings } from '../experiment/config.ts';
import type { ExperimentMeasurement, Measurements } from '../experiment/measurements.ts';
import { covariatesOfExperiment, maturityDays, metricsOf } from '../experiment/metrics.ts';
import { isRowAUser } from '../experiment/user-rows.ts';
import { daysOfIntake } from '../report/intake.ts';
import type { Decision, ExperimentReport } from '../report/schema.ts';
import type { RunPlan } from '../runs/documents.ts';
import { goalOfEach } from '../statistics/joint-power.ts';
import { oneSidedInflationOf } from '../statistics/sequential-power.ts';
import type { Arm } from './arm.ts';
import { effectsOnAssigned } from './assigned.ts';
import { blockedBy, blockedForGood } from './blocked.ts';
import { compareMetrics, type RoleOfMetric, rolesOf } from './compare-metrics.ts';
import { decideExperiment } from './decision-rules.ts';
import { capsOf, distributionsOf } from './distributions.ts';
import { errorRates } from './error-rates.ts';
import { guardrailAlpha } from './guardrail.ts';
import {
  costOfLooking,
  everyDay,
  lastDayJudged,
  lookingOf,
  type Progress,
  planLook,
  plannedLooks,
  tuningOf,
} from './look.ts';
import { analyses } from './metrics/kinds.ts';
import { cumulativeEffects, effectsSinceExposure } from './novelty.ts';
import { originalAnalyses } from './original-analyses.ts';
import { describeRamp, isRamped, type Period, periodsOf, plannedShares } from './ramp.ts';
import { adjustedRegressions } from './regression.ts';
import { type Sample, sampleOf } from './sample.ts';
import { compareSegments, segmentMinimumUsers } from './segments.ts';
import { settledVerdicts } from './settled.ts';
import type { RunQuality } from './trust/check.ts';
import { checkTrust } from './trust/index.ts';
import { unanalysable } from './unanalysable.ts';

interface Judged extends Pick<ExperimentReport, 'trust' | 'decision' | 'metrics'> {
  readonly sample: Sample;
  /** Of assignment; more than one where the shares were changed. */
  readonly periods: readonly Period[];
  /** Planned share of each arm. */
  readonly weights: Readonly<Record<string, number>>;
  readonly roles: readonly RoleOfMetric[];
}

type Run = Pick<RunPlan, 'unavailable'> & RunQuality & Pick<Measurements, 'asOf' | 'eventNames'>;

/**
 * What decides on one experiment, from its exact sums: trust checks, metrics and the decision; invalid, with the reason,
 * where it is `unanalysable`.
 */
export function judgeExperiment(
  measurement: ExperimentMeasurement,
  settings: ExperimentSettings,
  run: Run,
): Judged {
  const sample = sampleOf(measurement, settings.control);
  const problem = unanalysable(measurement, settings, run.asOf);
  const { control, treatments } = sample;
  const arms = [control, ...treatments];
  const periods = periodsOf(measurement, settings, arms, shares(settings, arms));
  const weights = plannedShares(periods);
  const roles = rolesOf(settings, metricsOf(run.config, settings), run, arms);
  const progress = progressOf(measurement, settings, arms, {
    asOf: run.asOf,
    maturityDays: isRowAUser(run.config) ? 0 : maturityDays(run.config, settings),
  });
  const primary = roles.find(({ role }) => role === 'primary');
  // Whose values do not add up cannot be judged as of an earlier look.
  const looked =
    primary !== undefined && analyses[primary.metric.kind].isOfSums ? settings : everyDay(settings);
  const look = planLook(looked, progress, arms.length);
  const { alpha, decision: basis, correction } = settings;

  const trust = checkTrust(
    measurement,
    sample,
    settings,
    periods,
    covariatesOfExperiment(run.config, settings),
    run,
  );
  const family = { alpha, basis, look, correction, multipleArms: settings.multiple_arms };
  const goal = plannedGoal(settings, weights, treatments.length);
  const metrics = compareMetrics(roles, sample, {
    ...family,
    guardrailInflation: oneSidedInflationOf(plannedLooks(everyDay(settings), 2 * guardrailAlpha), {
      alpha: guardrailAlpha,
      power: goal.power,
    }),
    guardrailLook: planLook({ ...everyDay(settings), alpha: 2 * guardrailAlpha }, progress, arms.length),
    prior: settings.bayes.prior,
    priorRelativeSd: settings.bayes.prior_relative_sd,
    power: {
      power: settings.power.power,
      goal,
      targetLift: settings.power.target_lift,
      intake: daysOfIntake(progress.days),
      looking: costOfLooking(
        planLook({ ...looked, alpha: goal.alpha }, progress, arms.length),
        looked,
        arms.length,
        goal,
      ),
    },
  });
  return {
    sample,
    periods,
    weights,
    roles,
    trust,
    decision: decideExperiment({
      blocked:
        problem === null ? blockedBy(measurement, arms, settings, roles, run) : blockedForGood(problem),
      trust,
      metrics,
      control: control.variant,
      treatments: treatments.map(({ variant }) => variant),
      basis: { ...basis, testing: testingOf(settings) },
      openWindows: settings.immature === 'include' ? trust.immature.share : null,
      progress,
      acceptHarm: settings.accept_harm,
      settled:
        primary === undefined
          ? null
          : settledVerdicts(measurement, primary, sample, {
              progress,
              lastDay: lastDayJudged(looked, progress),
              plan: family,
            }),
    }),
    metrics,
  };
}

/** The analysis of one experiment: what decides, and what is shown beside it. */
export function analyzeExperiment(
  measurement: ExperimentMeasurement,
  settings: ExperimentSettings,
  run: Run,
): ExperimentReport {
  const { sample, periods, weights, roles, trust, decision, metrics } = judgeExperiment(
    measurement,
    settings,
    run,
  );
  // What is not measured by period cannot be compared where the shares were changed.
  const comparable: ExperimentMeasurement = isRamped(sample)
    ? { ...measurement, assignedOutcomes: [], adjustedCells: [], sinceExposure: { columns: [], arms: [] } }
    : measurement;
  const { control, treatments } = sample;
  const arms = [control, ...treatments];
  const { alpha, decision: basis } = settings;
  const [firstTreatment] = treatments;
  const primary = roles.find(({ role }) => role === 'primary');

  return {
    experimentId: measurement.experimentId,
    control: control.variant,
    settings: {
      ...describeSettings(settings, weights, run.config.events.exposure),
      ...(isRamped(sample) && { ramp: describeRamp(periods, sample) }),
      ...(run.config.summary !== null && { ofSums: true as const }),
    },
    arms: arms.map(({ variant, users, exposed, assigned }) => ({ variant, users, exposed, assigned })),
    trust,
    decision,
    errorRates:
      primary === undefined
        ? null
        : errorRates(settings, {
            kind: primary.metric.kind,
            weights: arms.map(({ variant }) => weights[variant] ?? 0),
          }),
    metrics,
    assigned: effectsOnAssigned(comparable, roles, sample, {
      alpha,
      isExposedByAssignment: settings.exposure === 'assignment',
    }),
    ...compareSegments(measurement.segments, roles, sample, { alpha, basis }),
    novelty: cumulativeEffects(measurement.cohorts, roles, sample, {
      alpha,
      tunedFor: tuningOf(settings, arms.length),
    }),
    sinceExposure: effectsSinceExposure(comparable, sample, alpha),
    regression: adjustedRegressions(comparable.adjustedCells, sample, alpha),
    distributions: distributionsOf(measurement, arms),
    caps: capsOf(measurement, roles),
    parity:
      firstTreatment === undefined || isRamped(sample) || run.config.summary !== null
        ? null
        : originalAnalyses(measurement, control, firstTreatment, settings.alpha),
  };
}

function shares({ weights }: ExperimentSettings, arms: readonly Arm[]): Record<string, number> {
  if (weights !== 'equal') return weights;
  return Object.fromEntries(arms.map(({ variant }) => [variant, 1 / arms.length]));
}

/** Level and power of the comparison of one treatment, so that the whole experiment has those that it was planned with. */
function plannedGoal(
  settings: ExperimentSettings,
  weights: Readonly<Record<string, number>>,
  treatments: number,
) {
  const { alpha, correction, multiple_arms, control, guardrails, power } = settings;
  const share = weights[control] ?? 0;
  return goalOfEach({
    alpha,
    power: power.power,
    treatments: Math.max(treatments, 1),
    sharing: correction === 'none' ? 'none' : multiple_arms,
    allocation: share > 0 && share < 1 ? (1 - share) / share / Math.max(treatments, 1) : 1,
    // Those that need no proof take no power.
    guardrails: Object.values(guardrails).filter(({ require }) => require === 'within_margin').length,
  });
}

function progressOf(
  { cohorts, immatureUsers }: ExperimentMeasurement,
  settings: ExperimentSettings,
  arms: readonly Arm[],
  { asOf, maturityDays }: Pick<Progress, 'asOf' | 'maturityDays'>,
): Progress {
  const countsOpen = settings.immature === 'include';
  const analysed = usersOf(arms);
  const days = cohorts.map(({ day }, i) => ({
    day,
    users: cohorts.slice(0, i + 1).reduce((sum, cohort) => sum + usersOf(cohort.arms), 0),
  }));
  return {
    plannedEnd: settings.planned_end,
    plannedUsers: settings.planned_users,
    asOf,
    firstDay: cohorts[0]?.day ?? null,
    closedUsers: countsOpen ? analysed - immatureUsers : analysed,
    openUsers: immatureUsers,
    countsOpen,
    maturityDays,
    lastClosedDay: asOf === null ? null : dayBefore(asOf, maturityDays + 1),
    days,
  };
}

function usersOf(arms: readonly Pick<Arm, 'users'>[]): number {
  return arms.reduce((sum, { users }) => sum + users, 0);
}

/** The day, YYYY-MM-DD, on which the moment lies that is so many days earlier. */
function dayBefore(moment: string, days: number): string {
  return new Date(Date.parse(moment) - days * 86_400_000).toISOString().slice(0, 10);
}

function testingOf(settings: ExperimentSettings): Decision['basis']['testing'] {
  const { method } = lookingOf(settings);
  return method === 'none' ? 'fixed_horizon' : method;
}

function describeSettings(
  settings: ExperimentSettings,
  weights: Readonly<Record<string, number>>,
  defaultExposure: string,
): ExperimentReport['settings'] {
  const { exposure } = settings;
  return {
    hypothesis: settings.hypothesis,
    exposure: exposure === 'assignment' ? 'assignment' : (exposure.event ?? defaultExposure),
    requireAssignmentBefore: exposure === 'assignment' || exposure.require_assignment_before,
    outcomeWindowDays: settings.outcome_window_days,
    immature: settings.immature,
    primary: settings.primary,
    alpha: settings.alpha,
    guardrailAlpha,
    correction: settings.correction,
    multipleArms: settings.multiple_arms,
    weights,
    plannedEnd: settings.planned_end,
    plannedUsers: settings.planned_users,
    cupedLookbackDays: settings.cuped?.lookback_days ?? null,
    segmentMinimumUsers,
  };
}
