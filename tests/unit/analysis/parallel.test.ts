import { describe, expect, it } from 'vitest';
import { buildReport } from '../../../layers/analysis/build-report.ts';
import type { ExperimentMeasurement } from '../../../layers/experiment/measurements.ts';
import type { ExperimentReport } from '../../../layers/report/schema.ts';
import { armOf, configOf, experimentOf, users } from './measurement.ts';

const n = 2000;

/** An arm of 2,000 users of whom so many bought. */
function arm(variant: string, purchased: number) {
  return armOf(variant, [...users(purchased, { purchased: 1 }), ...users(n - purchased, {})]);
}

/** Conversions of control and treatment beside each arm of the other experiment. */
type Beside = Readonly<Record<string, readonly [control: number, treatment: number]>>;

function experiment(experimentId: string, other: string, beside: Beside): ExperimentMeasurement {
  const counts = Object.values(beside);
  const whole = (index: 0 | 1) => {
    const purchased = counts.reduce((sum, own) => sum + own[index], 0);
    return [...users(purchased, { purchased: 1 }), ...users(n * counts.length - purchased, {})];
  };
  return experimentOf([armOf('control', whole(0)), armOf('treatment', whole(1))], {
    experimentId,
    parallel: Object.entries(beside).map(([variant, [control, treatment]]) => ({
      experimentId: other,
      variant,
      arms: [arm('control', control), arm('treatment', treatment)],
    })),
  });
}

function report(experiments: ExperimentMeasurement[]): ExperimentReport[] {
  const plan = {
    runId: 'r',
    drop: 'd',
    config: configOf('experiments: { "*": { cuped: null } }'),
    configHash: 'c',
    codeVersion: 'v',
    unavailable: [],
  };
  return buildReport(
    plan,
    { inputs: [] },
    {
      schemaVersion: 1,
      asOf: '2026-02-01T00:00:00Z',
      experiments,
      population: [],
      quality: {},
      quarantineRules: [],
      warnings: [],
    },
  ).experiments;
}

function checkOf({ trust }: ExperimentReport | undefined = report([])[0] as ExperimentReport) {
  return trust.checks.find(({ name }) => name === 'parallel_experiments');
}

/** Q of two log ratios: their squared difference over the sum of their variances. */
function expectedQ(...counts: readonly (readonly [number, number])[]): number {
  const logs = counts.map(([c, t]) => ({ d: Math.log(t / c), v: 1 / c - 1 / n + 1 / t - 1 / n }));
  const [a, b] = logs;
  return ((a?.d ?? 0) - (b?.d ?? 0)) ** 2 / ((a?.v ?? 1) + (b?.v ?? 1));
}

describe('experiments at the same time', () => {
  it('are noted where the effect of one differs by the arm of the other, each with the effect beside either arm', () => {
    const [banner, checkout] = report([
      experiment('checkout', 'banner', { control: [200, 300], treatment: [200, 180] }),
      experiment('banner', 'checkout', { control: [200, 200], treatment: [300, 180] }),
    ]);
    const [found] = checkout?.trust.parallel ?? [];
    expect(found).toMatchObject({ experimentId: 'banner', variant: 'treatment', users: 4 * n, df: 1 });
    expect(found?.q).toBeCloseTo(expectedQ([200, 300], [200, 180]), 10);
    expect(found?.effects.map(({ variant }) => variant)).toEqual(['control', 'treatment']);
    expect(found?.effects[0]?.relative).toBeCloseTo(0.5, 12);
    expect(found?.effects[1]?.relative).toBeCloseTo(-0.1, 12);
    expect(checkOf(checkout)).toMatchObject({ status: 'warn', p: found?.pAdjusted });
    expect(checkOf(checkout)?.explanation).toMatch(
      /^The effect of treatment on purchase conversion differs by the arm in banner \(corrected p = 8\.5e−5\): \+50\.0 % beside control, −10\.0 % beside treatment\. .*go by the one beside the arm that will stay\.$/,
    );
    expect(checkout?.trust.warnings.join(' ')).toContain('differs by the arm in banner');
    expect(checkOf(banner)?.status).toBe('warn');
  });

  it('count once where both ask the same, and are corrected for the pairs of the run', () => {
    const pair = (a: string, b: string) => [
      experiment(a, b, { control: [200, 260], treatment: [200, 210] }),
      experiment(b, a, { control: [200, 200], treatment: [260, 210] }),
    ];
    const alone = report(pair('a', 'b'));
    const [first] = alone[0]?.trust.parallel ?? [];
    for (const { trust } of alone) {
      expect(trust.parallel?.[0]?.p).toBeCloseTo(first?.p ?? 0, 12);
      expect(trust.parallel?.[0]?.pAdjusted).toBeCloseTo(first?.p ?? 0, 12);
    }
    const two = report([...pair('a', 'b'), ...pair('c', 'd')]);
    for (const { trust } of two) expect(trust.parallel?.[0]?.pAdjusted).toBeCloseTo(2 * (first?.p ?? 0), 12);
  });

  it('have a line that tells of no difference, or that too few users are shared, and none where nobody is', () => {
    const [calm] = report([experiment('checkout', 'banner', { control: [200, 240], treatment: [210, 250] })]);
    expect(checkOf(calm)).toMatchObject({
      status: 'pass',
      explanation:
        'The effect on purchase conversion is not shown to differ by the arm in banner, where 8,000 users are, too.',
    });
    const few = experiment('checkout', 'banner', { control: [200, 240], treatment: [210, 250] });
    const [scarce] = report([
      {
        ...few,
        parallel: (few.parallel ?? []).map((other) => ({
          ...other,
          arms: [armOf('control', users(60, {})), armOf('treatment', users(60, {}))],
        })),
      },
    ]);
    expect(checkOf(scarce)?.status).toBe('not_checked');
    const [alone] = report([experimentOf([arm('control', 200), arm('treatment', 240)])]);
    expect(checkOf(alone)).toBeUndefined();
    expect(alone?.trust.parallel).toBeUndefined();
  });
});
