import type { ExperimentSettings } from '../experiment/config.ts';
import type { Measurements } from '../experiment/measurements.ts';
import type { Metric } from '../experiment/metrics.ts';
import { type Comparison, decidingOf, type MetricReport } from '../report/schema.ts';
import type { RunPlan } from '../runs/documents.ts';
import type { Arm } from './arm.ts';
import { type Candidate, type ComparisonPlan, compareMetric } from './compare-metric.ts';
import { definitionOf } from './definition.ts';
import { assessGuardrail } from './guardrail.ts';
import type { Look } from './look.ts';
import { analyses } from './metrics/kinds.ts';
import { missingEvent } from './missing-events.ts';
import type { Sample } from './sample.ts';
import { type FamilyPlan, testFamily } from './significance.ts';

/** A metric in the part that it plays in an experiment. */
export interface RoleOfMetric {
  readonly metric: Metric;
  readonly role: MetricReport['role'];
  readonly better: MetricReport['better'];
  /** Why the metric is not computed, or null. */
  readonly unavailable: string | null;
  readonly definition: NonNullable<MetricReport['definition']>;
  readonly guardrail: ExperimentSettings['guardrails'][string] | undefined;
}

/**
 * The parts that metrics play: the primary, the secondary ones and the guardrails, in the order of the configuration.
 * A metric of events that nobody has is not computed, but a guardrail stays: what is declared has to be shown.
 */
export function rolesOf(
  settings: ExperimentSettings,
  metrics: readonly Metric[],
  {
    unavailable,
    config,
    eventNames,
  }: Pick<RunPlan, 'unavailable' | 'config'> & Pick<Measurements, 'eventNames'>,
  arms: readonly Arm[],
): RoleOfMetric[] {
  const named: [string, MetricReport['role']][] = [
    [settings.primary, 'primary'],
    ...settings.secondary.map((name): [string, MetricReport['role']] => [name, 'secondary']),
    ...Object.keys(settings.guardrails).map((name): [string, MetricReport['role']] => [name, 'guardrail']),
  ];
  return named.map(([name, role]) => {
    const metric = metrics.find((candidate) => candidate.name === name);
    if (metric === undefined) throw new Error(`there is no metric "${name}"`);
    const guardrail = role === 'guardrail' ? settings.guardrails[name] : undefined;
    return {
      metric,
      role,
      better: guardrail?.better ?? metric.better,
      unavailable:
        unavailable.find((found) => found.kind === 'metric' && found.name === name)?.reason ??
        (role === 'guardrail' ? null : missingEvent(metric, arms, config.events, eventNames)),
      definition: definitionOf(metric, config),
      guardrail,
    };
  });
}

/** What a report says of a metric apart from its comparisons. */
export function describeMetric({ metric, role, better, unavailable }: RoleOfMetric) {
  return {
    metric: metric.name,
    role,
    kind: metric.kind,
    unit: analyses[metric.kind].unit(metric),
    better,
    ...(metric.quantile === undefined ? {} : { quantile: metric.quantile }),
    unavailable,
  };
}

/** Every metric compared between the control and each treatment, corrected within its role. */
export function compareMetrics(
  roles: readonly RoleOfMetric[],
  sample: Sample,
  plan: ComparisonPlan &
    FamilyPlan & {
      readonly guardrailLook: Look;
      /** How many times the users of a single look guardrails take by the way of looking. */
      readonly guardrailInflation: number;
    },
): MetricReport[] {
  const candidates = roles.map((part) => ({
    part,
    own:
      part.unavailable === null
        ? sample.treatments.map((arm) => compareMetric(part.metric, part.better, sample, arm, plan))
        : [],
  }));
  const judged = new Map<Candidate, Comparison>();
  for (const role of ['primary', 'secondary', 'guardrail'] as const) {
    const family = candidates.filter(({ part }) => part.role === role).flatMap(({ own }) => own);
    const correction = role === 'guardrail' ? null : plan.correction;
    const comparisons = testFamily(family, sample, { ...plan, correction });
    for (const [i, candidate] of family.entries()) {
      const comparison = comparisons[i];
      if (comparison !== undefined) judged.set(candidate, comparison);
    }
  }
  return candidates.map(({ part, own }) => ({
    ...describeMetric(part),
    definition: part.definition,
    comparisons: own.flatMap((candidate) => {
      const comparison = judged.get(candidate);
      if (comparison === undefined) return [];
      const { guardrail } = part;
      if (guardrail === undefined) return [comparison];
      const nonInferiority = assessGuardrail(candidate.estimate, guardrail, {
        usersNow: sample.control.users + candidate.treatment.users,
        power: guardrail.require === 'no_harm' ? plan.power.power : plan.power.goal.power,
        inflation: plan.guardrailInflation,
        verdict: comparison.verdict,
        look: plan.guardrailLook,
        guardrails: roles.filter(({ role, unavailable }) => role === 'guardrail' && unavailable === null)
          .length,
      });
      return [{ ...comparison, nonInferiority, deciding: decidingOf({ ...comparison, nonInferiority }) }];
    }),
  }));
}
