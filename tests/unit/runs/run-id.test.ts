import { expect, test } from 'vitest';
import { executionName, runIdOf } from '../../../layers/runs/run-id.ts';

const run = {
  drop: 'default',
  inputs: [
    { key: 'raw/events.csv', etag: 'a', size: 1 },
    { key: 'raw/users.csv', etag: 'b', size: 2 },
  ],
  asOf: null,
  configHash: 'c',
  codeVersion: '1',
};

test('the same content is the same run in whichever order it is listed', () => {
  expect(runIdOf({ ...run, inputs: run.inputs.toReversed() })).toBe(runIdOf(run));
  expect(runIdOf(run)).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['drop', { drop: 'spring' }],
  ['bytes of a file', { inputs: [run.inputs[0], { key: 'raw/users.csv', etag: 'x', size: 2 }] }],
  ['set of files', { inputs: run.inputs.slice(0, 1) }],
  ['as-of moment', { asOf: '2026-01-01T00:00:00Z' }],
  ['configuration', { configHash: 'd' }],
  ['code', { codeVersion: '2' }],
  ['problem of the manifest', { problem: 'it is not JSON' }],
  ['declaration', { undeclared: true }],
])('another %s is another run', (_, change) => {
  expect(runIdOf({ ...run, ...change } as typeof run)).not.toBe(runIdOf(run));
});

test('an execution is named after run and attempt', () => {
  expect(executionName('0123456789abcdef', 2)).toBe('0123456789abcdef-a2');
});
