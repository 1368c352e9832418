import { describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { settingsOf } from '../../../layers/experiment/config.ts';
import type { Comparison, ExperimentReport } from '../../../layers/report/schema.ts';
import { armOf, columnsOf, configOf, experimentOf, type User } from './measurement.ts';
import { randomOf, shoppers } from './shoppers.ts';

const settings =
  'planned_users: 2000, guardrails: { bounce_rate: { margin_relative: 0.2, better: lower }, revenue_per_user: { margin_relative: 0.2, better: higher } }';

function analyze(
  arms: Readonly<Record<string, readonly User[]>>,
  weights: Readonly<Record<string, number>>,
  more = settings,
): ExperimentReport {
  const config = configOf(
    `experiments: { checkout: { control: A, weights: ${JSON.stringify(weights)}, ${more} } }`,
  );
  const columns = columnsOf(config);
  return analyzeExperiment(
    experimentOf(
      Object.entries(arms).map(([variant, users]) => armOf(variant, users, {}, columns)),
      { columns },
    ),
    settingsOf(config, 'checkout'),
    { config, unavailable: [], asOf: '2026-02-01T00:00:00Z', quality: {}, warnings: [] },
  );
}

const comparison = ({ metrics }: ExperimentReport, metric: string, variant: string): Comparison => {
  const found = metrics
    .find((candidate) => candidate.metric === metric)
    ?.comparisons.find((candidate) => candidate.variant === variant);
  if (found === undefined) throw new Error(`${metric} of ${variant} is not compared`);
  return found;
};

const idle: User = { events_in_window: 1, exposure_sessions: 1, sessions: 1, session_ms: 1000 };
const tiny = Array.from({ length: 3 }, () => idle);
const two = { A: shoppers(1000, 71), B: shoppers(1000, 72) };
const weightsOfTwo = { A: 0.5, B: 0.5 };
const weightsOfThree = { A: 0.499, B: 0.499, C: 0.002 };

describe('an arm of three users who did nothing', () => {
  const report = analyze({ ...two, C: tiny }, weightsOfThree);
  const plain = analyze(two, weightsOfTwo);

  it('is judged on no metric and no guardrail, for it has too few users', () => {
    for (const { metric, comparisons } of report.metrics) {
      const reason = metric === 'average_order_value' ? 'no_orders' : 'too_few_users';
      const found = comparisons.find(({ variant }) => variant === 'C');
      expect(found).toMatchObject({ test: null, verdict: 'inconclusive', reason });
      expect(found?.effect).toMatchObject({ absoluteCi: null, relativeCi: null });
      if (found?.nonInferiority !== undefined) {
        expect(found.nonInferiority).toMatchObject({ status: 'not_shown', reason: 'too_few_users', p: null });
      }
      expect(found?.power).toHaveProperty('reason');
    }
  });

  it('says so in the decision, which rests on the other arms', () => {
    expect(report.decision).toMatchObject({ action: plain.decision.action, rule: plain.decision.rule });
    expect(report.decision.reasons).toContain('C is not judged on Purchase conversion: too few users.');
  });

  it('costs the other arms nothing: their corrected p-values are those without it', () => {
    for (const { metric } of plain.metrics) {
      const own = comparison(report, metric, 'B');
      expect(own.test?.pAdjusted).toBe(comparison(plain, metric, 'B').test?.pAdjusted);
      expect(own.adjustedCi?.alpha).toBe(comparison(plain, metric, 'B').adjustedCi?.alpha);
    }
  });

  it('raises no alarm about what its users did before', () => {
    const { checks } = report.trust;
    expect(checks.find(({ name }) => name === 'covariate_balance')?.status).toBe('pass');
  });
});

describe('a control or an only treatment of three users', () => {
  it('leaves nothing to test yet', () => {
    for (const arms of [
      { A: tiny, B: two.B },
      { A: two.A, B: tiny },
    ]) {
      const weights = arms.A === tiny ? { A: 0.003, B: 0.997 } : { A: 0.997, B: 0.003 };
      expect(analyze(arms, weights).decision).toMatchObject({
        action: 'keep_running',
        rule: 'primary_not_testable',
      });
    }
  });
});

it('a large arm in which nobody buys any more is judged worse', () => {
  const broken = two.B.map((user) => ({ ...user, purchased: 0, orders: 0, revenue: 0 }));
  const report = analyze({ A: two.A, B: broken }, weightsOfTwo);
  expect(comparison(report, 'purchase_conversion', 'B').verdict).toBe('worse');
  expect(report.decision.action).toBe('do_not_ship');
});

// 200 runs at 5 % make 10 false claims on average; 21 and more happen in one of a thousand such series.
it.each([
  [3, 0.003],
  [30, 0.03],
  [60, 0.06],
])(
  'an arm of %d users beside one of a thousand is called different no more often than alpha allows',
  (users, share) => {
    const runs = 200;
    const rates = ['purchase_conversion', 'add_to_cart_rate', 'revenue_per_user', 'average_order_value'];
    const found = Object.fromEntries(rates.map((metric) => [metric, 0]));
    let beyond = 0;
    let shown = 0;
    const random = randomOf(users);
    const pool = shoppers(1000, 7);
    const draw = (count: number) =>
      Array.from({ length: count }, () => pool[Math.floor(random() * pool.length)] ?? idle);
    for (let run = 0; run < runs; run += 1) {
      const report = analyze(
        { A: draw(1000), B: draw(users) },
        { A: 1 - share, B: share },
        `${settings}, secondary: [add_to_cart_rate, average_order_value, revenue_per_user], segments: [], cuped: null`,
      );
      for (const metric of rates) {
        const p = comparison(report, metric, 'B').test?.p;
        if (p !== undefined && p < 0.05) found[metric] = (found[metric] ?? 0) + 1;
      }
      const status = comparison(report, 'bounce_rate', 'B').nonInferiority?.status;
      beyond += Number(status === 'inferior');
      shown += Number(status === 'non_inferior' && users < 20);
    }
    for (const metric of rates) expect(found[metric], metric).toBeLessThan(21);
    expect(beyond).toBeLessThan(13);
    expect(shown).toBe(0);
  },
);
