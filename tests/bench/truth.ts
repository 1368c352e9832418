import type { GeneratedTruth } from '../../cli/generate/truth.ts';
import type { Report } from '../../layers/report/schema.ts';

/** Numbers of the report that are not those of the generator. */
export function differencesToTruth({ experiments, quality }: Report, truth: GeneratedTruth): string[] {
  const differences: string[] = [];
  const expectSame = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected) differences.push(`${what} is ${found} instead of ${expected}`);
  };
  for (const [dataset, { rows }] of Object.entries(truth.datasets)) {
    expectSame(`rows of ${dataset}`, quality[dataset as keyof typeof quality]?.accepted, rows);
  }
  const [experiment] = experiments;
  const sums = (metric: string, arm: 'control' | 'treatment') =>
    experiment?.metrics.find((one) => one.metric === metric)?.comparisons[0]?.[arm].sum;
  for (const arm of ['control', 'treatment'] as const) {
    const expected = truth.arms[arm];
    const found = experiment?.arms.find(({ variant }) => variant === arm);
    expectSame(`assigned to ${arm}`, found?.assigned, expected.assigned);
    expectSame(`users of ${arm}`, found?.users, expected.exposed);
    expectSame(`purchasers of ${arm}`, sums('purchase_conversion', arm), expected.purchasers);
    expectSame(`events of ${arm}`, sums('events_in_window', arm), expected.eventsInWindow);
    const cents = Math.round(100 * (sums('revenue_per_user', arm) ?? Number.NaN));
    expectSame(`revenue of ${arm} in cents`, cents, expected.purchaseCents - expected.refundCents);
  }
  return differences;
}
