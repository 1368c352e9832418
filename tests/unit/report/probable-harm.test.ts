import { describe, expect, it } from 'vitest';
import { probableHarm } from '../../../layers/report/probable-harm.ts';
import type { Comparison, ExperimentReport } from '../../../layers/report/schema.ts';
import { exampleReport } from '../analysis/report-of.ts';

/** The example with one guardrail whose deciding numbers are these. */
function withBounce(
  relative: number,
  p: number,
  more: Partial<Comparison> = {},
  decision: Partial<ExperimentReport['decision']> = {},
): ExperimentReport {
  const [experiment] = exampleReport().experiments;
  const metric = experiment?.metrics.find((found) => found.metric === 'bounce_rate');
  const [comparison] = metric?.comparisons ?? [];
  if (experiment === undefined || metric === undefined || comparison === undefined) {
    throw new Error('the example has a bounce rate');
  }
  const effect = {
    absolute: relative * 0.3,
    relative,
    absoluteCi: [-0.001, 0.026] as [number, number],
    relativeCi: [-0.003, 0.088] as [number, number],
    relativeReason: null,
  };
  return {
    ...experiment,
    decision: { ...experiment.decision, ...decision },
    metrics: [
      {
        ...metric,
        comparisons: [
          { ...comparison, deciding: { ...comparison.deciding, effect, adjustedCi: null, p }, ...more },
        ],
      },
    ],
  };
}

const margin = (status: 'non_inferior' | 'not_shown' | 'inferior') => ({
  nonInferiority: {
    marginRelative: 0.1,
    marginAbsolute: null,
    p: 0.01,
    bound: 0.08,
    status,
    reason: null,
  },
});

describe('probable harm', () => {
  it('is said with its size and what the margin makes of it', () => {
    expect(probableHarm(withBounce(0.041, 0.068, margin('non_inferior')))).toEqual([
      'Bounce rate is probably worse (+4.1 %, interval −0.3 % to +8.8 %), within the 10 % you allowed.',
    ]);
    expect(probableHarm(withBounce(0.041, 0.068, margin('not_shown')))).toEqual([
      'Bounce rate is probably worse (+4.1 %, interval −0.3 % to +8.8 %), and not shown to be within the 10 % you allowed.',
    ]);
  });

  it('is not said of a gain, or of a loss that chance explains', () => {
    expect(probableHarm(withBounce(-0.041, 0.001))).toEqual([]);
    expect(probableHarm(withBounce(0.041, 0.1))).toEqual([]);
  });

  it('is not said twice, nor of arms that cannot be compared', () => {
    const reasons = ['Bounce rate is significantly worse in treatment: +4.1 %.'];
    expect(probableHarm(withBounce(0.041, 0.01, {}, { reasons }))).toEqual([]);
    expect(probableHarm(withBounce(0.041, 0.01, {}, { action: 'invalid' }))).toEqual([]);
  });

  it('is called significant where it is', () => {
    expect(probableHarm(withBounce(0.041, 0.01, { ...margin('non_inferior'), verdict: 'worse' }))).toEqual([
      'Bounce rate is significantly worse (+4.1 %, interval −0.3 % to +8.8 %), within the 10 % you allowed.',
    ]);
  });
});
