import { describe, expect, it } from 'vitest';
import { impactLines, impactOf } from '../../../layers/report/impact.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import type { ExperimentReport } from '../../../layers/report/schema.ts';
import { parse, shop } from './parsed-page.ts';

/** 1,000 users on 10 days; the primary and the revenue with these differences. */
function experiment(): ExperimentReport {
  const [checkout] = shop.experiments;
  if (checkout === undefined) throw new Error('the shop has experiments');
  const effects: Record<string, { absolute: number; absoluteCi: [number, number] }> = {
    purchase_conversion: { absolute: 0.016, absoluteCi: [0.0094, 0.0227] },
    revenue_per_user: { absolute: -1.5, absoluteCi: [-3, 0.25] },
  };
  return {
    ...checkout,
    arms: [
      { variant: 'control', users: 600, exposed: 600, assigned: 600 },
      { variant: 'treatment', users: 400, exposed: 400, assigned: 400 },
    ],
    novelty: checkout.novelty.map((series) => ({
      ...series,
      cumulative: series.cumulative.slice(0, 10),
    })),
    metrics: checkout.metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((comparison) => ({
        ...comparison,
        deciding: {
          ...comparison.deciding,
          adjustedCi: null,
          effect: { ...comparison.deciding.effect, ...effects[metric.metric] },
        },
      })),
    })),
  };
}

describe('what an effect amounts to', () => {
  it('is the difference per user times 1,000, and times the users of 30 days', () => {
    expect(impactLines(experiment(), 'treatment')).toEqual([
      'Purchase conversion (users): +16.0 per 1,000 users (+9.4 to +22.7), +48.0 in 30 days of this traffic, 3,000 users (+28.2 to +68.1).',
      'Revenue: −1,500 per 1,000 users (−3,000 to +250), −4,500 in 30 days of this traffic, 3,000 users (−9,000 to +750).',
    ]);
  });

  it('has beside the money that it is counted too often, where a check notes that', () => {
    const one = experiment();
    const [check] = one.trust.checks;
    if (check === undefined) throw new Error('an experiment has checks');
    const checks = [{ ...check, name: 'order_amounts', status: 'warn' as const }];
    const noted = { ...one, trust: { ...one.trust, checks } };
    const [conversion, revenue] = impactLines(noted, 'treatment');
    expect(conversion).toMatch(/^Purchase conversion \(users\): /);
    expect(revenue).toMatch(
      /^Revenue \(probably too much: an order’s total is counted on each of its rows\): −1,500 per 1,000 users/,
    );
    const { text } = parse(reportPage({ ...shop, experiments: [noted] }));
    expect(text('#e1-verdict .impact tbody tr:last-child th')).toContain('counted on each of its rows');
  });

  it('names the arm where there are several and the verdict is of none', () => {
    const one = experiment();
    const metrics = one.metrics.map((metric) => ({
      ...metric,
      comparisons: ['b', 'c'].flatMap((variant) =>
        metric.comparisons.map((found) => ({ ...found, variant })),
      ),
    }));
    expect(impactOf({ ...one, metrics }, null)[0]?.metric).toBe('Purchase conversion (users), b');
    expect(impactOf({ ...one, metrics }, 'c')[0]?.metric).toBe('Purchase conversion (users)');
  });

  it('says nothing of a month where the days are not known', () => {
    const [conversion] = impactOf({ ...experiment(), novelty: [] }, 'treatment');
    expect(conversion).toMatchObject({ perThousand: { estimate: '+16.0' }, perMonth: null });
  });

  it('says nothing of metrics that are not per user', () => {
    const ratios = experiment().metrics.map((metric) => ({ ...metric, kind: 'ratio' as const }));
    expect(impactOf({ ...experiment(), metrics: ratios }, 'treatment')).toEqual([]);
  });
});
