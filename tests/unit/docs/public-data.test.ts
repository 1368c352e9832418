import { describe, expect, it } from 'vitest';
import { dataSets, type Figures, results } from '../../public-data/data-sets.ts';
import { publicDataPage } from './public-data-page.ts';

const byArm = (figures: readonly Figures[]) => figures.toSorted((a, b) => a.variant.localeCompare(b.variant));

function expectNear(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}

describe('the public data sets', () => {
  it('docs/public-data.md tells every result (renew with vitest -u)', async () => {
    await expect(publicDataPage()).toMatchFileSnapshot('../../../docs/public-data.md');
  });

  it('are those of the results, in their order', () => {
    expect(results.map(({ name }) => name)).toEqual(dataSets.map(({ name }) => name));
  });

  it.each(results.filter(({ independent }) => independent === null))('$name is refused', (result) => {
    expect(result.product).toEqual([]);
    expect(result.refused).toMatch(/\w/);
  });

  it.each(results.filter(({ independent }) => independent !== null))(
    '$name has the figures of pandas, scipy and statsmodels',
    ({ product, independent }) => {
      const [ours, theirs] = [byArm(product), byArm(independent ?? [])];
      expect(ours.map(({ variant }) => variant)).toEqual(theirs.map(({ variant }) => variant));
      for (const [index, own] of ours.entries()) {
        const other = theirs[index];
        expect([own.control.n, own.treatment.n]).toEqual([other?.control.n, other?.treatment.n]);
        expectNear(own.control.mean, other?.control.mean ?? Number.NaN);
        expectNear(own.treatment.mean, other?.treatment.mean ?? Number.NaN);
        expectNear(own.interval[0], other?.interval[0] ?? Number.NaN);
        expectNear(own.interval[1], other?.interval[1] ?? Number.NaN);
        expectNear(own.lift, other?.lift ?? Number.NaN);
        expectNear(own.p, other?.p ?? Number.NaN);
      }
    },
  );
});
