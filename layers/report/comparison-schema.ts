import { z } from 'zod';
import { metricKindNames } from '../experiment/metrics/kinds.ts';
import { count, interval, number, probability, reason } from './schema-values.ts';

/**
 * Sums of one arm: n exposed users; mean = sum / n, for a ratio sum / denominator, for a quantile the quantile itself
 * (and sum that of all its values).
 */
export const armSummary = z
  .strictObject({
    n: count,
    sum: number,
    mean: number.nullable(),
    denominator: number.optional(),
  })
  .meta({ id: 'armSummary' });

/** Two intervals from one standard error and one critical value: both exclude zero, or neither. */
const intervals = {
  absoluteCi: interval.nullable(),
  /** Fieller's interval. */
  relativeCi: interval.nullable(),
  relativeReason: reason.nullable(),
};

const effect = z
  .strictObject({
    /** treatment - control, in the metric's unit. */
    absolute: number.nullable(),
    /** (treatment - control) / |control|. */
    relative: number.nullable(),
    ...intervals,
  })
  .meta({ id: 'effect' });

const test = z.strictObject({
  name: z.enum(['z_unpooled', 'welch_t']),
  statistic: number,
  df: number.nullable(),
  /** Two-sided, unadjusted; the intervals of `effect` exclude zero exactly when p < alpha. */
  p: probability,
  /**
   * Corrected over the family of the metric's role (settings.correction, settings.multipleArms); null for guardrails,
   * which are not corrected. The intervals of `adjustedCi` exclude zero exactly when pAdjusted < alpha.
   */
  pAdjusted: probability.nullable(),
});

/**
 * Intervals at the level at which the correction judges this comparison, which agree with its corrected p. Holm's and
 * Benjamini and Hochberg's do not all hold at once with the stated confidence.
 */
const adjustedCi = z.strictObject({ alpha: probability, ...intervals }).meta({ id: 'adjustedIntervals' });

/** An estimate that stands beside the deciding one. */
export const alternative = z.strictObject({ effect, test: test.omit({ pAdjusted: true }).nullable() });
const unavailable = z.strictObject({ reason });

const cuped = z.union([
  alternative.extend({
    covariates: z.array(z.string()).min(1),
    /** One per covariate, in the metric's unit per unit of the covariate. */
    thetas: z.array(number),
    /** 1 - Var(adjusted lift) / Var(lift). */
    varianceReduction: number.nullable(),
    /** Whether the slopes are those of all users or, of two large enough arms, each arm's own (Lin 2013). */
    slopes: z.enum(['all_users', 'each_arm']).optional(),
    reason: reason.nullable(),
  }),
  unavailable,
]);

const capped = z.union([
  alternative.extend({
    /** The largest value kept, in the metric's unit; larger ones count as this. */
    cap: number,
    percentile: number,
    cappedUsers: z.strictObject({ control: count, treatment: count }),
    control: armSummary,
    treatment: armSummary,
    reason: reason.nullable(),
  }),
  unavailable,
]);

/** What holds although one looks more than once; verdicts go by it where it is declared. */
const sequentialResult = {
  p: probability.nullable(),
  /** Corrected like test.pAdjusted; null for guardrails. */
  pAdjusted: probability.nullable(),
  ...intervals,
  adjustedCi: adjustedCi.nullable(),
  reason: reason.nullable(),
};

const sequential = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('always_valid'),
    /** Users of both arms at which the interval is tightest. */
    tunedFor: number,
    /** Level over all looks together, with which p is compared. */
    alpha: probability,
    ...sequentialResult,
  }),
  z.strictObject({
    method: z.literal('group_sequential'),
    spending: z.enum(['obrien_fleming', 'pocock']),
    /** Share of the planned information at this look. */
    information: number,
    /** Level of this look, with which p is compared. */
    alpha: probability,
    ...sequentialResult,
  }),
]);

const bayes = z.union([
  z.strictObject({
    /** Normal prior of the relative lift; null: flat. */
    prior: z.strictObject({ mean: number, sd: number }).nullable(),
    chanceToWin: probability,
    /** Expected relative loss of choosing an arm that is in truth the worse one. */
    expectedLoss: z.strictObject({ treatment: number, control: number }),
    /** Posterior of the relative lift, with its equal-tailed credible interval at 1 - alpha. */
    lift: z.strictObject({ mean: number, sd: number, credibleInterval: interval }),
  }),
  unavailable,
]);

/**
 * What is left of the relative lift when true lifts scatter around zero by `priorSd`: significant lifts are too large on
 * average, for being picked. Posterior mean with its interval at 1 - alpha.
 */
const shrunken = z.union([z.strictObject({ priorSd: number, relative: number, interval }), unavailable]);

const power = z.union([
  z.strictObject({
    power: probability,
    /** Smallest effect that the present users find with this power. */
    mdeNow: z.strictObject({ absolute: number, relative: number.nullable() }),
    /** Relative lift worth finding, as configured. */
    targetLift: number,
    /** Users of both arms, at their present shares, to find the target lift. */
    usersNeeded: count.nullable(),
    usersNow: count,
    /** Days until usersNeeded at the traffic so far; 0 when reached, null when not known. */
    daysLeft: number.nullable(),
    /** What the users who will have come in some more days at this traffic find; null where the traffic is not known. */
    later: z.strictObject({ days: count, users: count, relative: number.nullable() }).nullable().optional(),
  }),
  unavailable,
]);

const nonInferiority = z.strictObject({
  marginRelative: number.nullable(),
  marginAbsolute: number.nullable(),
  /** One-sided level of this look, with which p is compared; absent: guardrailAlpha of the settings. */
  alpha: probability.optional(),
  /** One-sided; where testing is always valid it holds at every look. */
  p: probability.nullable(),
  /** Lift that can just not be excluded on the bad side, in the margin's terms. */
  bound: number.nullable(),
  status: z.enum(['non_inferior', 'not_shown', 'inferior']),
  /** Users of both arms that show a treatment which changes nothing to be within the margin, with the planned power. */
  usersNeeded: count.nullable().optional(),
  /**
   * Whether a guardrail with `require: no_harm` is good enough although it is not shown: not significantly worse, within
   * the margin by its estimate, and with too few users to show more. Absent where it has to be shown.
   */
  suffices: z.boolean().optional(),
  reason: reason.nullable(),
});

/** What the verdict goes by, as it was declared beforehand. Whoever shows a comparison shows these numbers. */
const deciding = z
  .strictObject({
    testing: z.enum(['fixed_horizon', 'always_valid', 'group_sequential']),
    /** The estimate with the intervals of this way of testing, at the level of a comparison that stands alone. */
    effect,
    /** At the level at which the correction judges; null for guardrails, and where nothing is tested. */
    adjustedCi: adjustedCi.nullable(),
    /** Two-sided p of no difference by this way of testing, not corrected. */
    p: probability.nullable(),
    /** The test that the verdict is: of no difference or, for a guardrail, of harm beyond its margin. */
    test: z.strictObject({
      hypothesis: z.enum(['no_difference', 'beyond_margin']),
      sides: z.literal([1, 2]),
      /** Whether p is corrected over the family of the metric's role. */
      isAdjusted: z.boolean(),
      p: probability.nullable(),
      /** Level of this look, or of all looks together; null: that of the settings (alpha, for a margin guardrailAlpha). */
      alpha: probability.nullable(),
      /** Why there is no p, or null. */
      reason: reason.nullable(),
    }),
  })
  .meta({ id: 'deciding' });
export type Deciding = z.infer<typeof deciding>;

const measured = z
  .strictObject({
    variant: z.string(),
    /** Uncapped and unadjusted, whatever the basis. */
    control: armSummary,
    treatment: armSummary,
    /** By the declared basis (decision.basis): unadjusted and uncapped unless the configuration says otherwise. */
    effect,
    test: test.nullable(),
    /** Null where there is no test, and for guardrails. */
    adjustedCi: adjustedCi.nullable(),
    /** The unadjusted, uncapped effect, where the basis is another. */
    plain: alternative.optional(),
    cuped: cuped.optional(),
    capped: capped.optional(),
    sequential: sequential.optional(),
    bayes: bayes.optional(),
    shrunken: shrunken.optional(),
    power: power.optional(),
    /** Newcombe's interval of a conversion's absolute effect, for display at small counts. */
    newcombeCi: interval.nullable().optional(),
    nonInferiority: nonInferiority.optional(),
    /** Buyers of each arm, where one has fewer than the interval and p of an amount take to be reliable. */
    fewBuyers: z.strictObject({ control: count, treatment: count, minimum: count }).optional(),
    /** Reports of earlier versions lack it; it follows from the rest. */
    deciding: deciding.optional(),
    verdict: z.enum(['better', 'worse', 'inconclusive']),
    reason: reason.nullable(),
  })
  .meta({ id: 'comparison' });

type Undecided = Pick<
  z.infer<typeof measured>,
  'effect' | 'test' | 'adjustedCi' | 'sequential' | 'nonInferiority' | 'reason'
>;

/** Which of a comparison's numbers decide: those of the declared looks where there are any, and a guardrail's margin. */
export function decidingOf(comparison: Undecided): Deciding {
  const { nonInferiority } = comparison;
  const { pAdjusted, alpha, reason, ...difference } = differenceOf(comparison);
  if (nonInferiority === undefined) {
    const isOf = { hypothesis: 'no_difference', sides: 2, isAdjusted: true } as const;
    return { ...difference, test: { ...isOf, p: pAdjusted, alpha, reason } };
  }
  const isOf = { hypothesis: 'beyond_margin', sides: 1, isAdjusted: false } as const;
  const { p, alpha: level = null, reason: untested } = nonInferiority;
  return { ...difference, test: { ...isOf, p, alpha: level, reason: untested } };
}

function differenceOf({ effect, test, adjustedCi, sequential, reason }: Undecided) {
  if (sequential === undefined) {
    const [p, pAdjusted] = [test?.p ?? null, test?.pAdjusted ?? null];
    return { testing: 'fixed_horizon', effect, adjustedCi, p, pAdjusted, alpha: null, reason } as const;
  }
  const { method, pAdjusted, alpha, absoluteCi, relativeCi, relativeReason } = sequential;
  return {
    testing: method,
    effect: { ...effect, absoluteCi, relativeCi, relativeReason },
    adjustedCi: sequential.adjustedCi,
    p: test && sequential.p,
    pAdjusted,
    alpha,
    reason: reason ?? sequential.reason,
  };
}

const comparison = measured.transform((found) => ({
  ...found,
  deciding: found.deciding ?? decidingOf(found),
}));

/** A column of the mart user_outcomes that a metric is made of, and what it adds up for each user. */
const metricPart = z
  .strictObject({
    column: z.string(),
    unit: z.enum(['count', 'currency', 'seconds']),
    /** Over the events of the window; null: orders, or sessions. */
    adds: z.enum(['any', 'count', 'revenue', 'net_revenue', 'quantity']).nullable(),
    /** Names of the events that count; none: all. Of orders and net revenue purchases and refunds, in this order. */
    events: z.array(z.string()),
    /** The window: [exposure + fromDay, exposure + toDay), or to the end of the outcome window. */
    fromDay: count,
    toDay: count.nullable(),
  })
  .meta({ id: 'metricPart' });
export type MetricPart = z.infer<typeof metricPart>;

export const metricReport = z
  .strictObject({
    metric: z.string(),
    role: z.enum(['primary', 'secondary', 'guardrail']),
    kind: z.enum(metricKindNames),
    unit: z.enum(['share', 'count', 'currency', 'seconds']),
    better: z.enum(['higher', 'lower']),
    /** Of a quantile metric. */
    quantile: probability.optional(),
    /** What it is made of; absent for segments, and in reports of earlier versions. */
    definition: z.strictObject({ numerator: metricPart, denominator: metricPart.optional() }).optional(),
    comparisons: z.array(comparison),
    /** Why the metric is not computed, or null. */
    unavailable: z.string().nullable(),
  })
  .meta({ id: 'metric' });
export type MetricReport = z.infer<typeof metricReport>;
export type Comparison = MetricReport['comparisons'][number];
