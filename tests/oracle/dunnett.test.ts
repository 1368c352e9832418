import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalCritical } from '../../layers/statistics/distributions.ts';
import { dunnett, dunnettLevel } from '../../layers/statistics/dunnett.ts';
import { holm } from '../../layers/statistics/multiplicity.ts';
import { describeAgainst, expectClose, expectRounds } from './close.ts';
import fixtures from './fixtures/various.json';

const arm = (variance: number) => ({ value: 0, variance, n: 1000 });
const equal = (treatments: number) => Array.from({ length: treatments }, () => arm(1));

test.each([
  [2, '2.21'],
  [3, '2.35'],
  [4, '2.44'],
  [5, '2.51'],
])(
  "Dunnett's table, two-sided 5 percent, infinite degrees of freedom, %i treatments",
  (treatments, printed) => {
    expectRounds(normalCritical(dunnettLevel(arm(1), equal(treatments), 0.05)), printed);
  },
);

describeAgainst('Dunnett', 'mpmath', () => {
  test.each(fixtures.dunnett)('control $control, treatments $treatments, z $z', (row) => {
    const adjusted = dunnett(arm(row.control), row.treatments.map(arm), [
      row.p,
      ...row.treatments.slice(1).map(() => 1),
    ]);
    expectClose(adjusted[0], row.adjusted);
  });
});

test('adjusted p < alpha exactly when p lies below the level of a single comparison', () => {
  const variances = fc.double({ min: 0.01, max: 100, noNaN: true });
  const ps = fc.double({ min: 1e-12, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      variances,
      fc.array(fc.tuple(variances, ps), { minLength: 1, maxLength: 5 }),
      (control, rows) => {
        const treatments = rows.map(([variance]) => arm(variance));
        const level = dunnettLevel(arm(control), treatments, 0.05);
        const pValues = rows.map(([, p]) => p);
        for (const [i, adjusted] of dunnett(arm(control), treatments, pValues).entries()) {
          expect(adjusted < 0.05).toBe((pValues[i] ?? 1) < level);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('one treatment keeps its p, several never pay more than Bonferroni', () => {
  expect(dunnett(arm(1), [arm(2)], [0.03])).toEqual([0.03]);
  expect(dunnettLevel(arm(1), [arm(2)], 0.05)).toBe(0.05);
  const [dunnettSmallest] = dunnett(arm(1), equal(3), [0.01, 0.5, 0.9]);
  expect(dunnettSmallest).toBeGreaterThan(0.01);
  expect(dunnettSmallest).toBeLessThan(holm([0.01, 0.5, 0.9])[0] ?? 0);
});

test('a control whose error dominates makes the comparisons one', () => {
  // The four own errors of 1e-3 lift the largest |z| by 1.03e-3 on average: 2 φ(2.326) 1.03e-3 on top of p.
  expectClose(dunnett(arm(1e6), equal(4), [0.02, 1, 1, 1])[0], 0.020055, 1e-5);
  expectClose(dunnett(arm(1e12), equal(4), [0.02, 1, 1, 1])[0], 0.02, 1e-5);
});

test('treatments without an error of their own stand or fall together', () => {
  const [adjusted] = dunnett(arm(1), [arm(0), arm(0)], [0.03, 0.2]);
  expectClose(adjusted, 0.03, 1e-6);
});

test('what cannot be adjusted is refused', () => {
  expect(() => dunnett(arm(1), equal(2), [0.5])).toThrow(RangeError);
  expect(() => dunnett(arm(1), equal(2), [0.5, Number.NaN])).toThrow(RangeError);
  expect(() => dunnett(arm(0), [arm(0), arm(0)], [0.5, 0.5])).toThrow(RangeError);
});
