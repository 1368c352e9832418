import { z } from 'zod';
import { columnSource } from '../data/column-binding.ts';
import { datasetContracts, datasetNames } from '../data/datasets/index.ts';
import { fileWriting } from '../data/file-writing.ts';
import { piiTreatment } from '../data/pii.ts';
import { missingTexts } from '../data/values.ts';
import { declaredMetric } from './metrics/kinds.ts';
import { better, days } from './metrics/metric-kind.ts';
import { summaryFile } from './summary.ts';

const name = z.string().min(1);
const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket');
const filePattern = z
  .string()
  .regex(
    /^(?!.*(^|\/)\.)[^/\\]+(\/[^/\\]+)?\.(csv|tsv)$/,
    'must be a file name that ends in .csv or .tsv, perhaps with * in it or in a folder',
  );
const fraction = z.number().gt(0).lt(1);
const instant = z.iso.datetime({ offset: true }).or(z.iso.date());

const exposure = z.union([
  z.literal('assignment'),
  z.strictObject({
    event: name.optional().describe('Event that exposes a user; `events.exposure` by default.'),
    require_assignment_before: z
      .boolean()
      .default(true)
      .describe('Whether exposures before the assignment are passed over.'),
  }),
]);

const guardrail = z
  .strictObject({
    margin_relative: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe("Share of the control's value that may be lost."),
    margin_absolute: z.number().gt(0).optional().describe("The same in the metric's unit."),
    better: better.optional().describe('Which way is good; by default the one of the metric.'),
    require: z
      .enum(['within_margin', 'no_harm'])
      .default('within_margin')
      .describe(
        'What has to hold to ship: shown to be within the margin, or, where the users do not suffice to show that, not shown to be worse and within the margin by its estimate (`no_harm`). An inherited `no_harm` does not go with a margin of your own.',
      ),
  })
  .refine((margin) => (margin.margin_relative === undefined) !== (margin.margin_absolute === undefined), {
    message: 'needs either margin_relative or margin_absolute',
  })
  .transform((margin) => ({ ...margin, better: margin.better ?? ('higher' as const) }));

const sequential = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('auto') }),
  z.strictObject({ method: z.literal('none') }),
  z.strictObject({
    method: z.literal('always_valid'),
    tuning_users: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('Users at which the interval is tightest; `planned_users` by default.'),
  }),
  z.strictObject({
    method: z.literal('group_sequential'),
    spending: z
      .enum(['obrien_fleming', 'pocock'])
      .optional()
      .describe('How the level is spent over the looks.'),
    looks: z
      .array(fraction.or(z.literal(1)))
      .refine((looks) => looks.every((look, index) => index === 0 || look > (looks[index - 1] ?? 0)), {
        message: 'must rise from look to look',
      })
      .optional()
      .describe(
        'Shares of `planned_users`, or of the time to `planned_end`, at which alone one looks: users who come after one are judged at the next. Without: every day counts as a look.',
      ),
  }),
]);

/** Which estimate the verdicts and the decision go by; declared before the data are seen. */
const decisionBasis = z.strictObject({
  estimate: z.enum(['unadjusted', 'cuped']).describe('Without or with variance reduction.'),
  values: z.enum(['uncapped', 'capped']).describe('All values, or cut ones.'),
});

/** Settings of one experiment, after the defaults of "*". */
export const experimentSettings = z.strictObject({
  hypothesis: z
    .string()
    .nullable()
    .describe('What the change is expected to do and why; shown in the report.'),
  control: name.describe('Variant that the others are compared with.'),
  weights: z
    .literal('equal')
    .or(z.record(name, fraction))
    .describe(
      'Planned share of each variant, which the sample ratio is checked against: `equal`, or a map that sums to 1.',
    ),
  ramp: z
    .array(
      z.strictObject({
        until: z.iso.date().describe('First UTC day that they no longer held.'),
        weights: z.record(name, fraction).describe('Share of each variant.'),
      }),
    )
    .describe(
      'Earlier shares of an experiment whose split was changed, from the first on, by the day of assignment; `weights` are the last ones. The sample ratio is checked, and effects are estimated, within each period.',
    ),
  exposure: exposure.describe(
    'From when a user counts: the first exposure event at or after the assignment, or `assignment`: the assignment itself.',
  ),
  outcome_window_days: days.describe('Days from the exposure on in which events count as outcomes.'),
  immature: z
    .enum(['include', 'exclude'])
    .describe('Users whose window has not ended by `as_of`: `include` counts them, with a warning.'),
  crossovers: z
    .literal('exclude')
    .describe('Users with two variants of the experiment are left out, and counted.'),
  max_crossover_share: fraction.describe(
    'Share of all users who may be in several variants; beyond it the decision is invalid. From 1 % on it is noted.',
  ),
  primary: name.describe('Metric that the decision is about.'),
  secondary: z.array(name).describe('Further metrics, corrected together.'),
  guardrails: z
    .record(name, guardrail)
    .describe('Metrics that must not get worse by more than a margin. `null` takes an inherited one out.'),
  accept_harm: z
    .array(name)
    .describe(
      'Secondary metrics whose significant loss does not stand against shipping; it is named beside it.',
    ),
  segments: z
    .array(z.string().regex(/^[a-z_][a-z0-9_]*$/, 'must be a column name in lower case'))
    .describe('Columns of users that effects are also shown by.'),
  alpha: fraction.describe('Two-sided level of tests and intervals.'),
  correction: z
    .enum(['holm', 'benjamini_hochberg', 'none'])
    .describe(
      'Correction for many comparisons, over the metrics and arms of a role; guardrails are not corrected, since all of them must hold.',
    ),
  multiple_arms: z
    .enum(['holm', 'dunnett'])
    .describe(
      'Correction for several treatments: as further metrics (`holm`), or using that they share the control (`dunnett`).',
    ),
  decision: decisionBasis.describe(
    'What verdicts and decision go by, declared before the data are seen; the other estimates stand beside it.',
  ),
  planned_end: instant.nullable().describe('When the experiment is planned to end (ISO 8601).'),
  planned_users: z
    .number()
    .int()
    .positive()
    .nullable()
    .describe('How many users it is planned to have, in all arms.'),
  cuped: z
    .strictObject({
      lookback_days: days.describe('Days before the exposure that are looked at.'),
      metrics: z
        .record(
          name,
          z.strictObject({
            lookback_days: days.optional(),
            covariates: z
              .array(name)
              .min(1)
              .optional()
              .describe('Metrics whose values before the exposure are used; by default the metric itself.'),
          }),
        )
        .default({})
        .describe('Metrics that differ in it.'),
    })
    .nullable()
    .describe('Variance reduction by what users did before their exposure; `null`: none.'),
  capping: z
    .record(
      name,
      z.strictObject({
        percentile: z.number().gt(50).lt(100),
        ignore_zeros: z
          .boolean()
          .default(false)
          .describe('Whether the percentile is taken over the users with another value than zero.'),
      }),
    )
    .describe(
      'Metrics whose largest values are cut at a percentile of all users, as an estimate beside the plain one.',
    ),
  sequential: sequential.describe(
    'How often one may look: `auto` (once at the declared end, at any time where none is declared), `none` (once, at the planned end), `always_valid` (at any time) or `group_sequential` (on any day up to the declared end, or at declared shares).',
  ),
  bayes: z
    .strictObject({
      prior: z
        .strictObject({ mean: z.number(), sd: z.number().positive() })
        .nullable()
        .describe('Normal prior of the relative lift; `null`: flat.'),
      prior_relative_sd: z
        .number()
        .positive()
        .describe(
          'How far true relative lifts scatter around zero: a significant lift, too large for being picked, is also shown drawn towards zero by it.',
        ),
    })
    .describe('Bayesian reading, beside the tests.'),
  power: z
    .strictObject({
      target_lift: z.number().positive().describe('Relative lift worth finding.'),
      power: fraction.describe('Probability to find it.'),
    })
    .describe('What the report plans with.'),
});

const perDataset = <Value extends z.ZodType>(value: Value) =>
  z.strictObject(
    Object.fromEntries(datasetNames.map((dataset) => [dataset, value])) as Record<
      (typeof datasetNames)[number],
      Value
    >,
  );

/** The whole configuration: base.yaml overlaid by a target's and a drop's file. */
export const configSchema = z.strictObject({
  aws: z
    .strictObject({
      endpoint: z.url().nullable(),
      region: name,
      raw_bucket: bucket,
      processed_bucket: bucket,
    })
    .describe('Where the deployment lies. Not in the file of a drop.'),
  raw: perDataset(z.union([filePattern, z.array(filePattern).min(1)])).describe(
    'File of each dataset in the folder that `ecom run` and `ecom upload` take; it may also be compressed (`.csv.gz`) or a folder of parts, perhaps in folders such as `dt=2024-01-01`. Several datasets may be read from one file. A pattern or a list names several files that are one dataset: `export/events-*.csv`, `[events-1.csv, "log-*.csv"]`.',
  ),
  id_type: z
    .enum(['bigint', 'string', 'auto'])
    .describe(
      'Type of all ids: whole numbers of at most 18 digits, any text (`007` and `7` are two), or any text of which whole numbers are the same however they are written (`auto`).',
    ),
  schema: perDataset(z.record(name, columnSource)).describe(
    'For each dataset: canonical column: column of the file. A list takes the first that the file has; `{ column, values }` renames values too, `{ constant }` stands in for a column the file lacks.',
  ),
  missing: z
    .array(z.string())
    .default([...missingTexts])
    .describe(
      'Texts that mean no value, in all columns but ids and arms: there the usual ones hold. A column or a file may have a list of its own, in place of this one.',
    ),
  files: z
    .record(name, fileWriting)
    .default({})
    .describe(
      'How single files are written, where their beginning does not show it: by dataset, by the name in `raw`, or by the path of a part (`events/2024-*`). A column that says so itself goes before it.',
    ),
  pii: perDataset(z.record(name, piiTreatment).optional())
    .default({})
    .describe(
      'Columns of personal data by dataset, named as in the file: `drop` keeps their values out of everything a run makes, `hash` puts their HMAC-SHA256 with the key `ECOM_PII_KEY` in their place. Columns of the data contract cannot be marked.',
    ),
  summary: summaryFile
    .nullable()
    .default(null)
    .describe(
      'A file of sums by arm (users, and conversions or mean and variance) in place of events and assignments, for `ecom analyze`; `null`: none.',
    ),
  event_aliases: z.record(name, name).describe('Other spelling of an event: its name.'),
  events: z
    .strictObject({
      exposure: name,
      add_to_cart: name,
      begin_checkout: name,
      purchase: name,
      refund: name,
    })
    .describe('Names, after aliases, of the events that play a part in the built-in metrics.'),
  dedupe: z
    .strictObject({
      events: z
        .array(z.enum(datasetContracts.events.columns.map(({ name: column }) => column)))
        .refine((columns) => columns.length === 0 || columns.includes('user_id'), {
          message: 'needs user_id: events of several users are never one',
        })
        .describe(
          'Events that agree in all of these columns (`event_ts` to the second) count once, whatever their ids; an event without a listed `revenue` or `order_id` stays.',
        ),
    })
    .describe('Repetitions that have ids of their own.'),
  as_of: instant
    .nullable()
    .describe(
      'The moment the data are complete up to (ISO 8601, UTC); `null`: the end of the day of the latest accepted event.',
    ),
  exclude_users: z
    .strictObject({
      max_events_per_day: z
        .number()
        .int()
        .positive()
        .nullable()
        .describe('Who has more events on a day is no person.'),
    })
    .describe(
      'Users that are not people (bots, tests); besides these, the ids that a drop lists in `excluded_users.csv`.',
    ),
  experiments: z
    .record(name, experimentSettings)
    .describe(
      'Settings by experiment id. `"*"` applies to every experiment that is found and not named; a named one starts from it.',
    ),
  metrics: z
    .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be in lower_snake_case'), declaredMetric)
    .describe('Metrics of your own, by name.'),
});

export type Config = z.infer<typeof configSchema>;
export type ExperimentSettings = z.infer<typeof experimentSettings>;
