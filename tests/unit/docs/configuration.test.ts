import { expect, it } from 'vitest';
import type { JsonSchema } from '../../../layers/experiment/setting-type.ts';
import { configurationPage } from './configuration-page.ts';
import { configJsonSchema, experimentJsonSchema } from './experiment-schema.ts';

it("docs/experiment.schema.json is the schema of a drop's configuration (renew with vitest -u)", async () => {
  await expect(`${JSON.stringify(experimentJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/experiment.schema.json',
  );
});

it('docs/configuration.md tells every setting (renew with vitest -u)', async () => {
  await expect(configurationPage()).toMatchFileSnapshot('../../../docs/configuration.md');
});

it('every top-level setting and every setting of an experiment says what it means', () => {
  const { properties = {} } = configJsonSchema();
  const { experiments, ...others } = properties;
  const settings = experiments?.additionalProperties;
  if (typeof settings !== 'object') throw new Error('experiments is a map of settings');
  for (const [key, { description }] of [
    ...Object.entries(others),
    ...Object.entries(settings.properties ?? {}),
  ]) {
    expect(description, key).toMatch(/\.$/);
  }
});

it('an overlay may leave every key out, and take inherited entries out with null', () => {
  const { properties, required } = experimentJsonSchema() as JsonSchema;
  expect(required).toBeUndefined();
  expect(properties).not.toHaveProperty('aws');
  const settings = properties?.experiments?.additionalProperties as JsonSchema;
  expect(settings.required).toBeUndefined();
  expect(settings.properties?.guardrails?.additionalProperties).toEqual({
    anyOf: [expect.objectContaining({ type: 'object' }), { type: 'null' }],
  });
});
