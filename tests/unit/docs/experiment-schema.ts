import { z } from 'zod';
import { configSchema } from '../../../layers/experiment/config-schema.ts';
import type { JsonSchema } from '../../../layers/experiment/setting-type.ts';

/** The schema of the whole configuration, with the descriptions. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { target: 'draft-2020-12', io: 'input' }) as JsonSchema;
}

/** What stands complete wherever it stands: there, nothing is inherited from below. */
const notMerged = new Set(['metrics', 'sequential', 'prior', 'schema']);

/** Maps in which null takes an inherited entry out. */
const openMaps = new Set(['guardrails', 'capping', 'event_aliases', 'metrics']);

/**
 * JSON Schema of a drop's experiment.yaml for editors, which docs/experiment.schema.json publishes: an overlay of
 * config/base.yaml, so every key may be left out. References between parts are checked by the commands alone.
 */
export function experimentJsonSchema(): Record<string, unknown> {
  const { properties: { aws: _, ...properties } = {}, ...whole } = configJsonSchema();
  return {
    ...asOverlay({ ...whole, properties }, ''),
    title: 'experiment.yaml',
    description: 'Configuration of a drop. What it leaves out is as in config/base.yaml.',
  };
}

function asOverlay(schema: JsonSchema, name: string): JsonSchema {
  if (notMerged.has(name) && !openMaps.has(name)) return schema;
  const { required: _, ...rest } = schema;
  const { properties, additionalProperties } = schema;
  return {
    ...rest,
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, below]) => [key, asOverlay(below, key)]),
      ),
    }),
    ...(typeof additionalProperties === 'object' && {
      additionalProperties: openMaps.has(name)
        ? {
            anyOf: [
              notMerged.has(name) ? additionalProperties : asOverlay(additionalProperties, ''),
              { type: 'null' },
            ],
          }
        : asOverlay(additionalProperties, ''),
    }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map((option) => asOverlay(option, name)) }),
  };
}
