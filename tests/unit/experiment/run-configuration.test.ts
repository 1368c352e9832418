import { expect, it } from 'vitest';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';

it("a drop's local file names do not change where a run finds its files", () => {
  const config = runConfiguration({
    name: 'raw/experiment.yaml',
    text: 'raw: { events: clicks.csv }\nid_type: string\n',
  });
  expect(config.raw.events).toBe('events.csv');
  expect(config.id_type).toBe('string');
});

it('a drop cannot say where the deployment lies', () => {
  expect(() => runConfiguration({ name: 'raw/experiment.yaml', text: 'id_type: string\naws: {}\n' })).toThrow(
    '"aws" cannot be set for one drop (raw/experiment.yaml:2:1)',
  );
});
