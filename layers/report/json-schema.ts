import { z } from 'zod';
import { reportSchema } from './schema.ts';

/** The report's schema as JSON Schema 2020-12, which docs/report.schema.json publishes. */
export function reportJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(reportSchema, { target: 'draft-2020-12', io: 'input' }),
    title: 'Experiment report',
    description: 'report.json of a run: decision, checks, metrics and population of each experiment.',
  };
}
