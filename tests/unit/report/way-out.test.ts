import { describe, expect, it } from 'vitest';
import type { Comparison, ExperimentReport } from '../../../layers/report/schema.ts';
import { wayOut } from '../../../layers/report/way-out.ts';
import { shop } from './parsed-page.ts';

const run = { run: { ...shop.run, asOf: '2026-02-14T00:00:00Z' } };
const power = {
  power: 0.8,
  mdeNow: { absolute: 0.01, relative: 0.197 },
  targetLift: 0.05,
  usersNeeded: 285_824,
  usersNow: 18_393,
  daysLeft: 306,
  later: { days: 28, users: 42_917, relative: 0.111 },
};

function keptRunning(rule: string, change: Partial<Comparison> = {}): ExperimentReport {
  const [checkout] = shop.experiments;
  if (checkout === undefined) throw new Error('the shop has experiments');
  return {
    ...checkout,
    decision: { ...checkout.decision, action: 'keep_running', rule },
    metrics: checkout.metrics.map((metric) =>
      metric.role === 'primary'
        ? { ...metric, comparisons: metric.comparisons.map((found) => ({ ...found, ...change })) }
        : metric,
    ),
  };
}

describe('the way out of "keep running"', () => {
  it('says what the traffic cannot show, and what it could by when', () => {
    expect(wayOut(keptRunning('target_lift_not_feasible', { power }), run)?.traffic).toEqual([
      'At this traffic half a year is too short to detect a lift of 5 %. A lift of 11 % can be detected by 14 March 2026.',
    ]);
  });

  it('names the day on which a lift in reach can be detected', () => {
    const near = { power: { ...power, daysLeft: 30 } };
    expect(wayOut(keptRunning('no_significant_effect', near), run)?.traffic).toEqual([
      'At this traffic a lift of 5 % can be detected by 16 March 2026.',
    ]);
  });

  it('offers to accept the risk of a guardrail by its size, a wider margin beforehand, or another metric', () => {
    const way = wayOut(keptRunning('guardrail_not_shown'), run);
    expect(way?.options[0]).toMatch(
      /^Accept the risk: ship knowing that Retention d7 may be worse by up to \d+\.\d %, and write down who decided it\. To ask only that no harm is shown, write guardrails: \{ retention_d7: \{ require: no_harm \} \} under the experiment in experiment\.yaml\.$/,
    );
    expect(way?.options.slice(1).map((option) => option.split(' ')[0])).toEqual(['Widen', 'Change']);
  });

  it('does without a guardrail that the data cannot test: neither more users nor a wider margin show it', () => {
    const kept = keptRunning('guardrail_not_shown');
    const metrics = kept.metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((found) =>
        metric.metric === 'retention_d7' && found.nonInferiority !== undefined
          ? {
              ...found,
              nonInferiority: {
                ...found.nonInferiority,
                status: 'not_shown' as const,
                reason: 'zero_baseline' as const,
              },
            }
          : found,
      ),
    }));
    expect(wayOut({ ...kept, metrics }, run)).toEqual({
      traffic: [],
      options: [
        'Do without what these data cannot test (Retention d7): write guardrails: { retention_d7: null } under the experiment in experiment.yaml, say why, and run again.',
        'Change the guardrail: choose one that these data hold.',
      ],
    });
  });

  it('is none where the plan has only to be reached, or the decision is another', () => {
    expect(wayOut(keptRunning('before_planned_end'), run)).toBeNull();
    const shipped = keptRunning('primary_better_and_guardrails_hold');
    expect(wayOut({ ...shipped, decision: { ...shipped.decision, action: 'ship' } }, run)).toBeNull();
  });
});
