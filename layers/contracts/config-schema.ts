import { z } from 'zod';
import { datasetNames } from './datasets/index.ts';

const name = z.string().min(1);
const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket');
const fraction = z.number().gt(0).lt(1);
const days = z.number().int().min(1).max(3650);
const instant = z.iso.datetime({ offset: true }).or(z.iso.date());
const better = z.enum(['higher', 'lower']);

const columnSource = z.union([
  name,
  z.array(name).min(1),
  z
    .strictObject({
      column: name.optional(),
      constant: z.union([z.string(), z.number(), z.boolean()]).optional(),
      values: z.record(z.string(), z.string()).optional(),
    })
    .refine((source) => (source.column === undefined) !== (source.constant === undefined), {
      message: 'needs either column or constant',
    }),
]);

const exposure = z.union([
  z.literal('assignment'),
  z.strictObject({ event: name.optional(), require_assignment_before: z.boolean().default(true) }),
]);

const guardrail = z
  .strictObject({
    margin_relative: z.number().gt(0).lt(1).optional(),
    margin_absolute: z.number().gt(0).optional(),
    better,
  })
  .refine((margin) => (margin.margin_relative === undefined) !== (margin.margin_absolute === undefined), {
    message: 'needs either margin_relative or margin_absolute',
  });

const sequential = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('none') }),
  z.strictObject({ method: z.literal('always_valid'), tuning_users: z.number().int().positive().optional() }),
  z.strictObject({
    method: z.literal('group_sequential'),
    spending: z.enum(['obrien_fleming', 'pocock']).optional(),
    looks: z
      .array(fraction.or(z.literal(1)))
      .refine((looks) => looks.every((look, index) => index === 0 || look > (looks[index - 1] ?? 0)), {
        message: 'must rise from look to look',
      })
      .optional(),
  }),
]);

/** Which estimate the verdicts and the decision go by; declared before the data are seen. */
const decisionBasis = z.strictObject({
  estimate: z.enum(['unadjusted', 'cuped']),
  values: z.enum(['uncapped', 'capped']),
});

/** Settings of one experiment, after the defaults of "*". */
export const experimentSettings = z.strictObject({
  hypothesis: z.string().nullable(),
  control: name,
  weights: z.literal('equal').or(z.record(name, fraction)),
  exposure,
  outcome_window_days: days,
  immature: z.enum(['include', 'exclude']),
  crossovers: z.literal('exclude'),
  primary: name,
  secondary: z.array(name),
  guardrails: z.record(name, guardrail),
  segments: z.array(z.string().regex(/^[a-z_][a-z0-9_]*$/, 'must be a column name in lower case')),
  alpha: fraction,
  correction: z.enum(['holm', 'benjamini_hochberg', 'none']),
  multiple_arms: z.enum(['holm', 'dunnett']),
  decision: decisionBasis,
  planned_end: instant.nullable(),
  planned_users: z.number().int().positive().nullable(),
  cuped: z
    .strictObject({
      lookback_days: days,
      metrics: z
        .record(
          name,
          z.strictObject({ lookback_days: days.optional(), covariates: z.array(name).min(1).optional() }),
        )
        .default({}),
    })
    .nullable(),
  capping: z.record(
    name,
    z.strictObject({ percentile: z.number().gt(50).lt(100), ignore_zeros: z.boolean().default(false) }),
  ),
  sequential,
  bayes: z.strictObject({
    prior: z.strictObject({ mean: z.number(), sd: z.number().positive() }).nullable(),
  }),
  power: z.strictObject({ target_lift: z.number().positive(), power: fraction }),
});

const metricBase = { window_days: days.optional(), better: better.default('higher') };

/** A metric that a configuration declares itself. */
export const declaredMetric = z.discriminatedUnion('kind', [
  /** Share of the users with such an event. */
  z.strictObject({ kind: z.literal('conversion'), event: name, ...metricBase }),
  /** Such events per user (all without `event`), or the sum of their value. */
  z.strictObject({
    kind: z.literal('mean'),
    event: name.optional(),
    value: z.enum(['revenue', 'quantity']).optional(),
    ...metricBase,
  }),
  /** Sum of one metric or column over that of another. */
  z.strictObject({
    kind: z.literal('ratio'),
    numerator: name,
    denominator: name,
    better: metricBase.better,
  }),
  /** Share of the users with an event (any without `event`) `day` days after the exposure, for `window_days` days. */
  z.strictObject({
    kind: z.literal('retention'),
    event: name.nullable().optional(),
    day: days,
    ...metricBase,
  }),
  /** Quantile of the users' revenue, or of the durations of their sessions. */
  z
    .strictObject({
      kind: z.literal('quantile'),
      value: z.enum(['revenue', 'session_duration']),
      quantile: z.number().min(0.5).max(0.99),
      ...metricBase,
    })
    .refine(({ value, window_days }) => value === 'revenue' || window_days === undefined, {
      message: 'window_days is for revenue: sessions are those of the outcome window',
      path: ['window_days'],
    }),
]);

const perDataset = <Value extends z.ZodType>(value: Value) =>
  z.strictObject(
    Object.fromEntries(datasetNames.map((dataset) => [dataset, value])) as Record<
      (typeof datasetNames)[number],
      Value
    >,
  );

/** The whole configuration: base.yaml overlaid by a target's and a drop's file. */
export const configSchema = z.strictObject({
  aws: z.strictObject({
    endpoint: z.url().nullable(),
    region: name,
    raw_bucket: bucket,
    processed_bucket: bucket,
  }),
  raw: perDataset(z.string().regex(/^[A-Za-z0-9._-]+\.csv$/, 'must be a file name that ends in .csv')),
  id_type: z.enum(['bigint', 'string']),
  schema: perDataset(z.record(name, columnSource)),
  event_aliases: z.record(name, name),
  events: z.strictObject({
    exposure: name,
    add_to_cart: name,
    begin_checkout: name,
    purchase: name,
    refund: name,
  }),
  as_of: instant.nullable(),
  exclude_users: z.strictObject({
    ids_file: name.nullable(),
    max_events_per_day: z.number().int().positive().nullable(),
  }),
  experiments: z.record(name, experimentSettings),
  metrics: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be in lower_snake_case'), declaredMetric),
});

export type Config = z.infer<typeof configSchema>;
export type ExperimentSettings = z.infer<typeof experimentSettings>;
export type DeclaredMetric = z.infer<typeof declaredMetric>;
export type ColumnSource = z.infer<typeof columnSource>;
