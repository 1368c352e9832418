import type { ExperimentSettings } from '../../layers/contracts/config.ts';
import { ConfigError } from '../../layers/contracts/errors/index.ts';
import type { ExperimentMeasurement } from '../../layers/contracts/measurements.ts';
import { builtInMetrics, type Metric } from '../../layers/contracts/metrics.ts';
import type { RunPlan } from '../../layers/contracts/run-documents.ts';
import type { Comparison, ExperimentReport, MetricReport } from '../../layers/report/schema.ts';
import { holm } from '../../layers/statistics/multiplicity.ts';
import { compareMetric, reportedUnit } from './compare-metric.ts';
import { decide } from './decide.ts';
import { assessGuardrail } from './guardrail.ts';
import { originalAnalyses } from './parity.ts';
import { checkTrust } from './trust.ts';

type Arm = ExperimentMeasurement['arms'][number];
type Role = MetricReport['role'];

/**
 * The analysis of one experiment from its exact sums.
 * @throws ConfigError when the configured control is not among the arms that the data have
 */
export function analyzeExperiment(
  measurement: ExperimentMeasurement,
  settings: ExperimentSettings,
  run: Pick<RunPlan, 'config' | 'unavailable'> & { readonly asOf: string | null },
): ExperimentReport {
  const { experimentId } = measurement;
  const control = measurement.arms.find(({ variant }) => variant === settings.control);
  if (control === undefined) {
    const arms = measurement.arms.map(({ variant }) => `"${variant}"`).join(', ');
    throw new ConfigError({
      what: `experiment "${experimentId}" has no arm "${settings.control}", its arms are ${arms || 'none'}`,
      where: `experiments.${experimentId}.control, or experiments."*".control`,
      remedy: 'Name the arm that is the control in experiment.yaml',
    });
  }
  const treatments = measurement.arms
    .filter((arm) => arm !== control)
    .toSorted((a, b) => (a.variant < b.variant ? -1 : 1));
  const arms = [control, ...treatments];
  const weights = shares(settings, arms);
  const trust = checkTrust({ ...measurement, arms }, weights, {
    requireAssignmentBefore:
      settings.exposure === 'assignment' || settings.exposure.require_assignment_before,
    immature: settings.immature,
  });
  const metrics = compareAll(settings, control, treatments, run.unavailable);
  const [firstTreatment] = treatments;

  return {
    experimentId,
    control: control.variant,
    settings: describeSettings(settings, weights, run.config.events.exposure),
    arms: arms.map(({ variant, users, exposed, assigned }) => ({ variant, users, exposed, assigned })),
    trust,
    decision: decide({
      trust,
      metrics,
      treatments: treatments.map(({ variant }) => variant),
      alpha: settings.alpha,
      plan: {
        plannedEnd: settings.planned_end,
        plannedUsers: settings.planned_users,
        asOf: run.asOf,
        analysedUsers: arms.reduce((sum, arm) => sum + arm.users, 0),
      },
    }),
    metrics,
    segments: [],
    parity:
      firstTreatment === undefined
        ? null
        : originalAnalyses(measurement, control, firstTreatment, settings.alpha),
  };
}

function shares({ weights }: ExperimentSettings, arms: readonly Arm[]): Record<string, number> {
  if (weights !== 'equal') return weights;
  return Object.fromEntries(arms.map(({ variant }) => [variant, 1 / arms.length]));
}

function compareAll(
  settings: ExperimentSettings,
  control: Arm,
  treatments: readonly Arm[],
  unavailable: RunPlan['unavailable'],
): MetricReport[] {
  const named: [string, Role][] = [
    [settings.primary, 'primary'],
    ...settings.secondary.map((name): [string, Role] => [name, 'secondary']),
    ...Object.keys(settings.guardrails).map((name): [string, Role] => [name, 'guardrail']),
  ];
  const reports = named.map(([name, role]): MetricReport => {
    const metric = metricNamed(name);
    const off = unavailable.find(({ what }) => what === name)?.reason ?? null;
    const comparisons =
      off === null ? treatments.map((arm) => compareMetric(metric, control, arm, settings.alpha)) : [];
    const guardrail = role === 'guardrail' ? settings.guardrails[name] : undefined;
    return {
      metric: name,
      role,
      kind: metric.kind,
      unit: reportedUnit(metric),
      better: guardrail?.better ?? metric.better,
      unavailable: off,
      comparisons: comparisons.map((comparison) => ({
        ...comparison,
        ...(guardrail === undefined
          ? {}
          : {
              nonInferiority: assessGuardrail(
                metric,
                control,
                armOf(treatments, comparison.variant),
                guardrail,
              ),
            }),
        verdict: 'inconclusive',
      })),
    };
  });
  return reports.map((report) => withVerdicts(withAdjustment(report, reports), settings.alpha));
}

function metricNamed(name: string): Metric {
  const metric = builtInMetrics.find((candidate) => candidate.name === name);
  if (metric === undefined) {
    throw new ConfigError({
      what: `metric "${name}" is declared in the configuration, and declared metrics are not computed yet`,
      where: `metrics.${name}`,
      remedy: `Use one of ${builtInMetrics.map((known) => known.name).join(', ')}`,
    });
  }
  return metric;
}

function armOf(arms: readonly Arm[], variant: string): Arm {
  const arm = arms.find((candidate) => candidate.variant === variant);
  if (arm === undefined) throw new Error(`there is no arm "${variant}"`);
  return arm;
}

/** Holm over the comparisons of the report's role: primary and secondary are families of their own. */
function withAdjustment(report: MetricReport, all: readonly MetricReport[]): MetricReport {
  if (report.role === 'guardrail') return report;
  const family = all
    .filter(({ role }) => role === report.role)
    .flatMap(({ metric, comparisons }) =>
      comparisons.flatMap(({ variant, test }) => (test === null ? [] : [{ metric, variant, p: test.p }])),
    );
  const adjusted = holm(family.map(({ p }) => p));
  const adjustedOf = (variant: string) =>
    adjusted[family.findIndex((member) => member.metric === report.metric && member.variant === variant)] ??
    null;
  return {
    ...report,
    comparisons: report.comparisons.map((comparison) => ({
      ...comparison,
      test: comparison.test && { ...comparison.test, pAdjusted: adjustedOf(comparison.variant) },
    })),
  };
}

function withVerdicts(report: MetricReport, alpha: number): MetricReport {
  return {
    ...report,
    comparisons: report.comparisons.map((comparison) => ({
      ...comparison,
      verdict: verdictOf(comparison, report.better, alpha),
    })),
  };
}

function verdictOf(
  { test, effect }: Comparison,
  better: 'higher' | 'lower',
  alpha: number,
): Comparison['verdict'] {
  if (test === null || effect.absolute === null || (test.pAdjusted ?? test.p) >= alpha) return 'inconclusive';
  return effect.absolute > 0 === (better === 'higher') ? 'better' : 'worse';
}

function describeSettings(
  settings: ExperimentSettings,
  weights: Record<string, number>,
  defaultExposure: string,
): ExperimentReport['settings'] {
  const { exposure } = settings;
  return {
    exposure: exposure === 'assignment' ? 'assignment' : (exposure.event ?? defaultExposure),
    requireAssignmentBefore: exposure === 'assignment' || exposure.require_assignment_before,
    outcomeWindowDays: settings.outcome_window_days,
    immature: settings.immature,
    primary: settings.primary,
    alpha: settings.alpha,
    weights,
    plannedEnd: settings.planned_end,
    plannedUsers: settings.planned_users,
  };
}
