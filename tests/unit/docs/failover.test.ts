import { expect, it } from 'vitest';
import recorded from '../../failover/results.json';
import { faultsIn, type Results } from '../../failover/results.ts';
import { document, table } from '../../failover/table.ts';
import { section } from '../../oracle/document.ts';

const results = recorded as Results;

// Renew it with: npm run failover -- --document
it('docs/reliability.md shows the failovers as they were seen', () => {
  expect(section('failover', document)).toBe(table(results));
});

it('every run outlived its failover, and the webhook heard of one decision under one key', () => {
  expect(faultsIn(results)).toEqual([]);
});

it('a run that did not is told', () => {
  const [first, ...others] = results.failovers;
  const failed = { ...first, status: 'FAILED' } as (typeof others)[number];
  expect(faultsIn({ ...results, failovers: [failed, ...others] })).toEqual([
    expect.stringMatching(/^load, 60 s: FAILED/),
  ]);
  const [told] = results.webhook.told;
  const once = { ...results.webhook, told: [told].filter((one) => one !== undefined) };
  expect(faultsIn({ ...results, webhook: once })).toContain('the webhook was told 1 times');
});
