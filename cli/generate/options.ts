import { z } from 'zod';
import { type JsonSchema, settingType } from '../../layers/experiment/setting-type.ts';
import { UsageError } from '../../layers/platform/errors.ts';
import { countries, devices } from './population.ts';

const levels: Readonly<Record<'device' | 'country', readonly string[]>> = {
  device: devices.map(({ name }) => name),
  country: countries.map(({ name }) => name),
};

const share = z.number().min(0).max(0.5);
const uplift = z.number().min(-1).max(2);

const generateOptions = z
  .strictObject({
    /** Folder for the five datasets; made where it is missing. */
    directory: z.string().min(1),
    users: z.number().int().min(1).max(100_000_000).optional(),
    /** Approximate number of events, instead of `users`. */
    events: z.number().int().min(1).max(2_000_000_000).optional(),
    /** Days of the experiment. Users enter on all but the last 14, so that their outcome windows end with the data. */
    days: z.number().int().min(2).max(365).default(21),
    seed: z.number().int().min(0).max(0xffffffff).default(42),
    /** First day of the experiment; the data begin 14 days before. */
    start: z.iso.date('must be a date such as 2026-01-01').default('2026-01-01'),
    experiment: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,100}$/, 'must have 1 to 100 letters, digits, "_", "." or "-"')
      .default('checkout_redesign'),
    /** Relative effect of the treatment on the probability to purchase within 14 days of the exposure. */
    uplift: uplift.default(0.12),
    /** Uplift of a segment's level in place of `uplift`; of several that match a user the last counts. */
    segmentEffects: z
      .array(z.strictObject({ segment: z.enum(['device', 'country']), level: z.string(), uplift }))
      .default([]),
    /** Share of the uplift that is lost with each day of the experiment, by the day of the exposure. */
    novelty: z.number().min(0).max(1).default(0),
    /** Relative effect of the treatment on the probability to leave after the exposure event. */
    bounceEffect: z.number().min(-1).max(1).default(0),
    /** Share of the users that is assigned to the treatment. */
    srm: z.number().gt(0).lt(1).default(0.5),
    /** Share of the users that is assigned to both variants. */
    crossovers: share.default(0),
    /** Share of the users that is assigned to a variant that is not part of the experiment. */
    unknownVariants: share.default(0),
    /** Bad rows to add, as a share of the good ones; the good ones stay the same bytes. */
    dirty: share.default(0),
    /** Parts that each dataset but products is split into. */
    files: z.number().int().min(1).max(10_000).default(1),
  })
  .refine(({ users, events }) => users === undefined || events === undefined, {
    message: 'users and events exclude each other: give one of them',
  })
  .superRefine(({ segmentEffects }, context) => {
    for (const { segment, level } of segmentEffects) {
      if (levels[segment].includes(level)) continue;
      context.addIssue({
        code: 'custom',
        path: ['segmentEffects'],
        message: `there is no ${segment} "${level}"; there are ${levels[segment].join(', ')}`,
      });
    }
  });

export type GenerateOptions = z.input<typeof generateOptions>;
export type Settings = z.output<typeof generateOptions>;

/**
 * Fills in the defaults.
 * @throws UsageError naming the option that is out of its range
 */
export function settingsFrom(options: GenerateOptions): Settings {
  const result = generateOptions.safeParse(options);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UsageError({
    what: issue === undefined ? 'the options are not right' : complaint(issue, options),
    remedy: 'ecom generate --help lists the options and their defaults',
  });
}

function complaint({ path: [name = ''], message }: z.core.$ZodIssue, options: GenerateOptions): string {
  if (name === '' || name === 'segmentEffects') return message;
  const option = String(name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const { properties = {} } = z.toJSONSchema(generateOptions, { io: 'input' }) as JsonSchema;
  // Messages of the schema's own begin in lower case; those of zod do not.
  const wanted = /^[a-z]/.test(message)
    ? message
    : `takes: ${settingType(properties[String(name)] ?? {}, String)}`;
  return `--${option} is ${options[name as keyof GenerateOptions]}, but ${wanted}`;
}
