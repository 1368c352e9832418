import { describe, expect, it, test } from 'vitest';
import { errorRates } from '../../../layers/analysis/error-rates.ts';
import { jsonText } from '../../../layers/platform/object-store.ts';
import { ratesOf } from '../../simulation/decisions/rates.ts';
import results from '../../simulation/decisions/results.json';
import type { Result } from '../../simulation/decisions/summary.ts';

// Renewed by --update after a simulation.
test('the rates that the product tells are those of the simulated experiments', async () => {
  const rates = ratesOf(results as unknown as Result[]);
  await expect(jsonText(rates)).toMatchFileSnapshot('../../../layers/analysis/error-rates.json');
});

describe('the rates of an experiment', () => {
  const fixed = { sequential: { method: 'none' as const }, planned_end: '2026-02-01', planned_users: null };
  const even = { kind: 'conversion' as const, weights: [0.5, 0.5] };

  it('are those of the experiments that were planned, looked at and measured as it is', () => {
    expect(errorRates(fixed, even)).toMatchObject({
      simulated: { looks: 'at_the_end', kind: 'conversion', arms: 2, even: true },
      isAlike: true,
    });
    expect(errorRates(fixed, { kind: 'ratio', weights: [0.5, 0.5] })?.simulated.kind).toBe('ratio');
    expect(errorRates(fixed, { ...even, weights: [0.9, 0.1] })?.simulated.even).toBe(false);
    expect(errorRates(fixed, { ...even, weights: [0.25, 0.25, 0.5] })).toMatchObject({
      simulated: { arms: 3 },
      isAlike: false,
    });
  });

  it.each([
    ['daily_until_the_end', { sequential: { method: 'auto' as const }, planned_users: null }],
    ['at_any_time', { sequential: { method: 'auto' as const }, planned_users: null, planned_end: null }],
    ['at_any_time', { sequential: { method: 'always_valid' as const }, planned_users: null }],
    ['pocock', { sequential: { method: 'group_sequential' as const, spending: 'pocock' as const } }],
  ])('are those of looks %s', (looks, settings) => {
    expect(errorRates({ ...fixed, ...settings }, even)?.simulated.looks).toBe(looks);
  });

  it('are those of the design most like it where its own was not simulated, and say so', () => {
    const daily = { ...fixed, sequential: { method: 'auto' as const } };
    expect(errorRates(daily, { kind: 'conversion', weights: [0.2, 0.2, 0.2, 0.2, 0.2] })).toMatchObject({
      simulated: { looks: 'daily_until_the_end', kind: 'conversion', arms: 2 },
      isAlike: false,
    });
  });

  it('are not told of another kind of metric, whose errors say nothing of its own', () => {
    const daily = { ...fixed, sequential: { method: 'auto' as const } };
    expect(errorRates(daily, { kind: 'quantile', weights: [0.5, 0.5] })).toBeNull();
  });

  it('are not told where nobody looked at a simulated experiment in the same way', () => {
    expect(errorRates(fixed, even, [])).toBeNull();
  });
});
