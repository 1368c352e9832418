import { z } from 'zod';
import { alternative, armSummary } from './comparison-schema.ts';
import { number, reason } from './schema-values.ts';

/**
 * A metric's effect on more users than the analysed ones, all from their assignment on, whether they were exposed or not; by a
 * test at a fixed horizon, unadjusted and not corrected. It stands beside the decision.
 */
export const effectOnAssigned = alternative
  .extend({
    metric: z.string(),
    variant: z.string(),
    /** `assigned`: everyone in one arm alone; `first_assignment`: and those who came to several, by their first. */
    users: z.enum(['assigned', 'first_assignment']),
    control: armSummary,
    treatment: armSummary,
    /** Share of the assigned users of both arms who were exposed; null for `first_assignment`. */
    exposedShare: number.nullable(),
    /**
     * What the effect on exposed users is, spread over all of the assigned, if nobody else is changed: exposedShare times the
     * absolute effect, of a metric per user; null of a ratio.
     */
    diluted: number.nullable(),
    reason: reason.nullable(),
  })
  .meta({ id: 'effectOnAssigned' });
export type EffectOnAssigned = z.infer<typeof effectOnAssigned>;
