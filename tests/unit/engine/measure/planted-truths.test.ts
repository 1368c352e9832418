import { beforeAll, describe, expect, test } from 'vitest';
import type { GeneratedTruth } from '../../../../cli/generate/truth.ts';
import type { ArmMeasurement, ExperimentMeasurement } from '../../../../layers/experiment/measurements.ts';
import { runGenerated } from './generated.ts';

const users = 20_000;
const config = `
experiments:
  "*":
    weights: { control: 0.5, treatment: 0.5 }
    secondary: [revenue_per_user, average_order_value, items, typical_session, revenue_p97]
    capping: { revenue_per_user: { percentile: 99, ignore_zeros: true } }
metrics:
  items: { kind: mean, event: purchase, value: quantity }
  typical_session: { kind: quantile, value: session_duration, quantile: 0.5 }
  revenue_p97: { kind: quantile, value: revenue, quantile: 0.97 }`;

/** The seed is fixed, so a test either always passes or never; five standard errors leave no room for luck. */
const standardErrors = 5;

function armOf({ arms }: { readonly arms: readonly ArmMeasurement[] }, variant: string): ArmMeasurement {
  const arm = arms.find((candidate) => candidate.variant === variant);
  if (arm === undefined) throw new Error(`there is no arm ${variant}`);
  return arm;
}

const sumOf = (arm: ArmMeasurement, column: string) => Number(arm.sums[column]);

function expectShare(hits: number, of: number, probability: number): void {
  const error = Math.sqrt((probability * (1 - probability)) / of);
  expect(Math.abs(hits / of - probability)).toBeLessThan(standardErrors * error);
}

/** Difference of the arms' means in its standard errors. */
function zOf(experiment: ExperimentMeasurement, column: string): number {
  const [control, treatment] = ['control', 'treatment'].map((variant) => {
    const arm = armOf(experiment, variant);
    const mean = sumOf(arm, column) / arm.users;
    const square = Number(arm.products[column]?.[column]) / arm.users;
    return { mean, error: (square - mean ** 2) / arm.users };
  });
  if (control === undefined || treatment === undefined) throw new Error('two arms');
  return (treatment.mean - control.mean) / Math.sqrt(treatment.error + control.error);
}

function experimentOf({ run }: Awaited<ReturnType<typeof runGenerated>>): ExperimentMeasurement {
  const [experiment] = run.measurements.experiments;
  if (experiment === undefined) throw new Error('no experiment');
  return experiment;
}

describe('a generated shop with planted effects', () => {
  let generated: Awaited<ReturnType<typeof runGenerated>>;
  let experiment: ExperimentMeasurement;
  let truth: GeneratedTruth;
  beforeAll(async () => {
    generated = await runGenerated(
      {
        users,
        uplift: 0.5,
        segmentEffects: [{ segment: 'device', level: 'desktop', uplift: -0.5 }],
        novelty: 0.1,
        srm: 0.6,
        crossovers: 0.02,
        unknownVariants: 0.01,
      },
      { config },
    );
    experiment = experimentOf(generated);
    truth = generated.truth;
  }, 120_000);

  test.each(['control', 'treatment'] as const)('is measured as it was generated: %s', (variant) => {
    const arm = armOf(experiment, variant);
    const expected = truth.arms[variant];
    expect(arm).toMatchObject({ assigned: expected.assigned, exposed: expected.exposed });
    expect({
      purchasers: sumOf(arm, 'purchased'),
      cartUsers: sumOf(arm, 'added_to_cart'),
      checkoutUsers: sumOf(arm, 'began_checkout'),
      orders: sumOf(arm, 'orders'),
      netCents: sumOf(arm, 'revenue'),
      eventsInWindow: sumOf(arm, 'events_in_window'),
      bounces: sumOf(arm, 'bounced_sessions'),
      retainedDay7: sumOf(arm, 'retained_d7'),
    }).toEqual({
      purchasers: expected.purchasers,
      cartUsers: expected.cartUsers,
      checkoutUsers: expected.checkoutUsers,
      orders: expected.orders,
      netCents: expected.purchaseCents - expected.refundCents,
      eventsInWindow: expected.eventsInWindow,
      bounces: expected.bounces,
      retainedDay7: expected.retainedDay7,
    });
  });

  test('has its crossovers, unknown variants and uneven shares', () => {
    expect(experiment.crossovers).toBe(truth.crossovers);
    expect(experiment.unknownVariants.reduce((sum, { users: n }) => sum + n, 0)).toBe(truth.unknownVariants);
    const [control, treatment] = [armOf(experiment, 'control'), armOf(experiment, 'treatment')];
    expectShare(treatment.exposed, control.exposed + treatment.exposed, 0.6);
  });

  test('shows the effect of each segment and day of exposure', () => {
    for (const { segment, level, ...expected } of truth.expectedByLevel) {
      const found = experiment.segments.find((own) => own.segment === segment && own.level === level);
      for (const variant of ['control', 'treatment'] as const) {
        const arm = armOf(found ?? { arms: [] }, variant);
        expectShare(sumOf(arm, 'purchased'), arm.users, expected[variant]);
      }
    }
    expect(experiment.cohorts.length).toBe(truth.expectedByDay.length);
    for (const [day, expected] of truth.expectedByDay.entries()) {
      const arm = armOf(experiment.cohorts[day] ?? { arms: [] }, 'treatment');
      expectShare(sumOf(arm, 'purchased'), arm.users, expected.treatment);
    }
  });

  test('adds up: cohorts, segments, days since exposure, histogram and cells are the same users', () => {
    for (const { variant, users: n, sums } of experiment.arms) {
      const total = (parts: readonly { readonly arms: readonly ArmMeasurement[] }[], column: string) =>
        parts
          .flatMap(({ arms }) => arms)
          .reduce((sum, arm) => sum + (arm.variant === variant ? sumOf(arm, column) : 0), 0);
      const devices = experiment.segments.filter(({ segment }) => segment === 'device');
      for (const column of ['purchased', 'revenue', 'orders', 'session_ms', 'items']) {
        expect(total(experiment.cohorts, column)).toBe(Number(sums[column]));
        expect(total(devices, column)).toBe(Number(sums[column]));
      }
      const days = experiment.sinceExposure.arms.find((arm) => arm.variant === variant)?.days ?? [];
      expect(days.map(({ users: observed }) => observed)).toEqual(Array.from({ length: 14 }, () => n));
      for (const column of ['revenue', 'events_in_window'])
        expect(days.reduce((sum, day) => sum + Number(day.sums[column]), 0)).toBe(Number(sums[column]));
      const bins = experiment.revenueHistogram.find((arm) => arm.variant === variant);
      expect(bins?.bins.reduce((sum, bin) => sum + bin.users, bins.negative + bins.zero)).toBe(n);
      for (const cells of [experiment.logitCells, experiment.adjustedCells]) {
        const own = cells.filter((cell) => cell.variant === variant);
        expect(own.reduce((sum, cell) => sum + cell.users, 0)).toBe(n);
        expect(own.reduce((sum, cell) => sum + cell.purchased, 0)).toBe(Number(sums.purchased));
      }
    }
  });

  test('is the same before the exposure in both arms, and predicts what follows', () => {
    for (const column of ['pre_events', 'pre_purchased', 'pre_revenue', 'pre_orders', 'pre_items'])
      expect(Math.abs(zOf(experiment, column)), column).toBeLessThan(4);
    const { users: n, sums, products } = armOf(experiment, 'control');
    const [after, before] = [Number(sums.purchased), Number(sums.pre_purchased)];
    expect(before).toBeGreaterThan(0);
    expect(Number(products.purchased?.pre_purchased)).toBeGreaterThan((after * before) / n);
  });

  test('gives sums, products, caps and quantiles that are those of its users one by one', () => {
    const columns = experiment.columns.filter(({ column }) => !column.endsWith('__capped'));
    const rows = generated.run.outcomes.map((row) => ({
      variant: String(row.variant),
      values: new Map(columns.map(({ column, unit }) => [column, integerOf(row[column], unit)])),
    }));
    const revenues = rows
      .flatMap(({ values }) => values.get('revenue') || [])
      .toSorted((a, b) => Number(a - b));
    const cap = revenues[Math.ceil(revenues.length * 0.99) - 1] ?? 0n;
    for (const { values } of rows) {
      const revenue = values.get('revenue') ?? 0n;
      values.set('revenue_per_user__capped', revenue > cap ? cap : revenue);
    }
    expect(experiment.caps).toEqual([
      {
        column: 'revenue_per_user__capped',
        of: 'revenue',
        percentile: 99,
        ignoreZeros: true,
        cap: String(cap),
        capped: ['control', 'treatment'].map((variant) => ({
          variant,
          users: rows.filter((row) => row.variant === variant && (row.values.get('revenue') ?? 0n) > cap)
            .length,
        })),
      },
    ]);
    for (const arm of experiment.arms) {
      const own = rows.filter(({ variant }) => variant === arm.variant);
      const total = (...names: string[]) =>
        String(
          own.reduce(
            (sum, { values }) =>
              sum + names.reduce((product, name) => product * (values.get(name) ?? 0n), 1n),
            0n,
          ),
        );
      for (const [column, sum] of Object.entries(arm.sums)) expect(sum, column).toBe(total(column));
      for (const [a, others] of Object.entries(arm.products))
        for (const [b, product] of Object.entries(others)) expect(product, `${a} x ${b}`).toBe(total(a, b));
      const p90 = experiment.quantiles.find(({ metric }) => metric === 'revenue_p97');
      const sorted = own
        .map(({ values }) => values.get('revenue_p97') ?? 0n)
        .toSorted((a, b) => Number(a - b));
      const found = p90?.arms.find(({ variant }) => variant === arm.variant);
      expect(found).toMatchObject({ n: own.length, value: String(sorted[Math.ceil(own.length * 0.97) - 1]) });
      expect(Number(found?.lower)).toBeLessThan(Number(found?.value));
      expect(Number(found?.upper)).toBeGreaterThan(Number(found?.value));
    }
  });
});

function integerOf(value: unknown, unit: string): bigint {
  const text = String(value);
  return BigInt(unit === 'cents' ? text.replace('.', '') : text);
}

test('a shop without an effect shows none, from any number of buckets the same', async () => {
  const one = await runGenerated({ users, uplift: 0, seed: 7 }, { config });
  const experiment = experimentOf(one);
  for (const { column } of experiment.columns)
    expect(Math.abs(zOf(experiment, column) || 0), column).toBeLessThan(4);
  const three = await runGenerated({ users, uplift: 0, seed: 7 }, { config, buckets: 3 });
  expect(JSON.stringify(three.run.measurements)).toBe(JSON.stringify(one.run.measurements));
}, 120_000);
