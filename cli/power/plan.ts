import { guardrailAlpha } from '../../layers/analysis/guardrail.ts';
import type { Report } from '../../layers/report/schema.ts';
import { normalCritical, studentTCritical } from '../../layers/statistics/distributions.ts';
import { goalOfEach, type Sharing, sampleSizeForGuardrail } from '../../layers/statistics/joint-power.ts';
import {
  type Design,
  detectableLiftOfMean,
  detectableLiftOfProportion,
  sampleSizeForMean,
  sampleSizeForProportion,
} from '../../layers/statistics/power.ts';
import { obrienFlemingSpending } from '../../layers/statistics/sequential.ts';
import { inflationOf, type Looking, oneSidedInflationOf } from '../../layers/statistics/sequential-power.ts';

/** How an experiment may be looked at: once at its end, at any time, or at planned looks. */
export const sequentialMethods = ['none', 'always_valid', 'group_sequential'] as const;

export type SequentialMethod = (typeof sequentialMethods)[number];

interface LookedAt {
  readonly sequential: SequentialMethod;
  readonly looks: number;
  readonly alpha: number;
  readonly power: number;
}

/** How many times the users of a test with a single look the method takes at its planned end. */
export function inflationOfPlan({ alpha, power, ...plan }: LookedAt): number {
  return inflationOf(lookingOf(plan), { alpha, power });
}

/** The same for a guardrail, which is judged at every look too, on one side and at its own level. */
export function guardrailInflationOf({ power, ...plan }: Omit<LookedAt, 'alpha'>): number {
  return oneSidedInflationOf(lookingOf(plan), { alpha: guardrailAlpha, power });
}

function lookingOf({ sequential, looks }: Pick<LookedAt, 'sequential' | 'looks'>): Looking {
  if (sequential !== 'group_sequential') return { method: sequential };
  const information = Array.from({ length: looks }, (_, index) => (index + 1) / looks);
  return { method: sequential, information, spending: obrienFlemingSpending };
}

/** What a metric is without a treatment. */
export interface Baseline {
  readonly metric: string;
  readonly kind: 'rate' | 'mean';
  readonly value: number;
  /** Of one user. */
  readonly variance: number;
}

/** A rate that the treatment leaves as it is, and the relative change that it must be shown not to reach. */
export interface Guardrail {
  readonly baseline: number;
  readonly limit: number;
}

export interface Question extends Design {
  /** Arms, the control among them. */
  readonly arms: number;
  /** How the treatments share alpha. */
  readonly correction: Sharing;
  /** All of which must hold beside the lift. */
  readonly guardrails: readonly Guardrail[];
  /** {@link guardrailInflationOf}; 1 for a test at a fixed end. */
  readonly guardrailInflation?: number;
  /** Relative lift to find. */
  readonly lift?: number | undefined;
  /** Users of all arms. */
  readonly users?: number | undefined;
  /** New users a day, of all arms. */
  readonly dailyUsers?: number | undefined;
}

/** The level and the power of one comparison that the whole experiment's ask for. */
export function comparisonDesign<
  T extends Pick<Question, 'alpha' | 'power' | 'arms' | 'correction' | 'guardrails' | 'allocation'>,
>(question: T): T {
  const { alpha, power, arms, correction, guardrails, allocation = 1 } = question;
  const goal = { alpha, power, sharing: correction, allocation };
  return { ...question, ...goalOfEach({ ...goal, treatments: arms - 1, guardrails: guardrails.length }) };
}

/** What an experiment takes, or what it can find; null where it was not asked, or cannot be. */
export interface Plan {
  readonly metric: string;
  readonly baseline: number;
  readonly needed: {
    readonly control: number;
    /** Of each treatment. */
    readonly treatment: number;
    readonly total: number;
  } | null;
  /** Days until the needed (or given) users are there. */
  readonly days: number | null;
  /** Smallest lift that the given users find. */
  readonly detectable: { readonly absolute: number; readonly relative: number } | null;
}

/** `design` is {@link comparisonDesign}'s, with the inflations that belong to it. */
export function planFor(baseline: Baseline, design: Question): Plan {
  const { lift, users, dailyUsers } = design;
  const needed = lift === undefined ? null : neededUsers(baseline, lift, design);
  const absolute = users === undefined ? null : detectableLift(baseline, users, design);
  const waitedFor = needed?.total ?? (lift === undefined ? users : undefined);
  return {
    metric: baseline.metric,
    baseline: baseline.value,
    needed,
    days: dailyUsers === undefined || waitedFor === undefined ? null : Math.ceil(waitedFor / dailyUsers),
    detectable: absolute === null ? null : { absolute, relative: absolute / Math.abs(baseline.value) },
  };
}

function neededUsers(
  { kind, value, variance }: Baseline,
  relative: number,
  design: Question,
): Plan['needed'] {
  const lift = relative * Math.abs(value);
  if (kind === 'rate' && !(value + lift > 0 && value + lift < 1)) return null;
  const sizes = [
    kind === 'rate'
      ? sampleSizeForProportion({ ...design, baseline: value, lift })
      : sampleSizeForMean({ ...design, variance, lift }),
    // Each guardrail is judged at its own level, by the same looks: all of them must hold.
    ...design.guardrails.map((guardrail) =>
      sampleSizeForGuardrail({
        ...design,
        ...guardrail,
        alpha: guardrailAlpha,
        inflation: design.guardrailInflation ?? 1,
      }),
    ),
  ];
  const control = Math.max(...sizes.map((size) => size.control));
  const treatment = Math.max(...sizes.map((size) => size.treatment));
  return { control, treatment, total: control + (design.arms - 1) * treatment };
}

function detectableLift({ kind, value, variance }: Baseline, users: number, design: Question): number | null {
  const { allocation = 1, arms: count } = design;
  const control = users / (1 + allocation * (count - 1));
  const arms = { control, treatment: allocation * control };
  return kind === 'rate'
    ? detectableLiftOfProportion({ ...design, ...arms, baseline: value })
    : detectableLiftOfMean({ ...design, ...arms, variance });
}

/**
 * The control arms of a report's metrics. The variance of one user is what the interval of the effect implies:
 * SE² / (1/n_C + 1/n_T), for any kind of metric.
 */
export function baselinesOf(report: Report): Baseline[] {
  return report.experiments.flatMap(({ experimentId, metrics, settings }) =>
    metrics.flatMap(({ metric, kind, comparisons: [comparison] }): Baseline[] => {
      if (comparison === undefined) return [];
      const { control, treatment, effect, test } = comparison;
      const { mean } = control;
      if (mean === null || mean === 0 || effect.absoluteCi === null) return [];
      const [low, high] = effect.absoluteCi;
      const df = test?.df ?? null;
      const critical = df === null ? normalCritical(settings.alpha) : studentTCritical(settings.alpha, df);
      const standardError = (high - low) / 2 / critical;
      const name = report.experiments.length === 1 ? metric : `${experimentId}: ${metric}`;
      const variance = standardError ** 2 / (1 / control.n + 1 / treatment.n);
      return variance > 0
        ? [{ metric: name, kind: kind === 'conversion' ? 'rate' : 'mean', value: mean, variance }]
        : [];
    }),
  );
}
