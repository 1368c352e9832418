import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { AssignedOutcomes } from '../../../layers/experiment/measurements.ts';
import { armOf, configOf, experimentOf, users } from './measurement.ts';

const columns = ['purchased', 'revenue', 'orders', 'retained_d7'].map((column) => ({
  column,
  unit: 'count' as const,
}));

/** `buyers` of `count` users spent 10 each. */
function outcomes(variant: string, count: number, buyers: number, crossed = false): AssignedOutcomes {
  const bought = users(buyers, { purchased: 1, revenue: 1000, orders: 1 });
  const { sums, products } = armOf(variant, [...bought, ...users(count - buyers, {})], {}, columns);
  return { variant, crossed, users: count, sums, products };
}

function analyze(assignedOutcomes: readonly AssignedOutcomes[] | undefined, settings = '') {
  const config = configOf(
    `experiments: { "*": { secondary: [bounce_rate, average_order_value] ${settings} } }`,
  );
  const arm = (variant: string, buyers: number) =>
    armOf(
      variant,
      [...users(buyers, { purchased: 1, orders: 1, revenue: 1000 }), ...users(800 - buyers, {})],
      {
        assigned: 1000,
      },
    );
  return analyzeExperiment(
    experimentOf([arm('control', 160), arm('treatment', 240)], {
      ...(assignedOutcomes === undefined ? {} : { assignedOutcomes: [...assignedOutcomes] }),
    }),
    settingsOf(config, 'checkout'),
    { config, unavailable: [], asOf: '2026-02-01T00:00:00Z', quality: {}, warnings: [] },
  );
}

const everyone = [outcomes('control', 1000, 170), outcomes('treatment', 1000, 250)];

describe('effects on everyone assigned', () => {
  it('are the difference over all of them, beside what the effect on the exposed comes to', () => {
    const { assigned = [] } = analyze(everyone);
    const found = assigned.find(({ metric }) => metric === 'purchase_conversion');
    expect(found).toMatchObject({
      users: 'assigned',
      variant: 'treatment',
      control: { n: 1000, mean: 0.17 },
      treatment: { n: 1000, mean: 0.25 },
      exposedShare: 0.8,
      reason: null,
    });
    expect(found?.effect.absolute).toBeCloseTo(0.08, 12);
    // 10 points of 80 % of the users.
    expect(found?.diluted).toBeCloseTo(0.08, 12);
    expect(found?.test?.p).toBeLessThan(0.001);
  });

  it('have no diluted ratio, and no metric that needs an exposure', () => {
    const { assigned = [] } = analyze(everyone);
    expect(assigned.map(({ metric, diluted }) => [metric, diluted === null])).toEqual([
      ['purchase_conversion', false],
      ['average_order_value', true],
      ['retention_d7', false],
    ]);
  });

  it('are not told apart where everyone counts from the assignment, nor known of older runs', () => {
    expect(analyze(everyone, ', exposure: assignment').assigned).toEqual([]);
    expect(analyze(undefined).assigned).toEqual([]);
  });

  it('count the users of several arms by the first, beside the others', () => {
    const crossed = [outcomes('control', 40, 20, true), outcomes('treatment', 30, 0, true)];
    const { assigned = [] } = analyze([...everyone, ...crossed], ', exposure: assignment');
    expect(assigned.find(({ metric }) => metric === 'purchase_conversion')).toMatchObject({
      users: 'first_assignment',
      control: { n: 1040, sum: 190 },
      treatment: { n: 1030, sum: 250 },
      exposedShare: null,
      diluted: null,
    });
  });
});
