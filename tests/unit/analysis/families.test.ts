import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { correct, correctManyToOne } from '../../../layers/analysis/families.ts';

const pValues = fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 });
const alpha = 0.05;

describe('correct', () => {
  it.each(['holm', 'benjamini_hochberg', 'none'] as const)(
    'by %s gives each comparison the level at which it is significant exactly when its corrected p is',
    (correction) => {
      fc.assert(
        fc.property(pValues, (ps) => {
          for (const [i, { pAdjusted, level }] of correct(ps, alpha, correction).entries()) {
            expect((ps[i] ?? 1) < level).toBe(pAdjusted < alpha);
            expect(level).toBeLessThanOrEqual(alpha);
          }
        }),
      );
    },
  );

  it("judges Holm's smallest p at alpha over all, and those not found at alpha over what is left", () => {
    const levels = correct([0.001, 0.5, 0.012, 0.9], alpha, 'holm').map(({ level }) => level);
    expect(levels).toEqual([alpha / 4, alpha / 2, alpha / 3, alpha / 2]);
  });

  it("gives all of Benjamini and Hochberg's intervals the share of comparisons found", () => {
    const levels = correct([0.001, 0.5, 0.012, 0.9], alpha, 'benjamini_hochberg').map(({ level }) => level);
    expect(levels).toEqual([0, 0, 0, 0].map(() => alpha / 2));
  });
});

describe('correctManyToOne', () => {
  const arm = { n: 100, value: 0, variance: 1 };
  const metric = (...ps: number[]) => ({ control: arm, treatments: ps.map(() => arm), pValues: ps });

  it('keeps p < level and corrected p < alpha the same statement', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: 1e-6, max: 1, noNaN: true }),
            fc.double({ min: 1e-6, max: 1, noNaN: true }),
          ),
          { minLength: 1, maxLength: 3 },
        ),
        (pairs) => {
          const corrected = correctManyToOne(
            pairs.map((pair) => metric(...pair)),
            alpha,
            'holm',
          );
          for (const [i, pair] of pairs.entries()) {
            for (const [j, p] of pair.entries()) {
              const { pAdjusted, level } = corrected[i]?.[j] ?? { pAdjusted: Number.NaN, level: Number.NaN };
              // Quadrature and bisection agree to about ten digits.
              if (Math.abs(p / level - 1) > 1e-9) expect(p < level).toBe(pAdjusted < alpha);
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is less strict than Holm for the arms of one metric', () => {
    const [dunnett] = correctManyToOne([metric(0.02, 0.04)], alpha, 'holm');
    expect(dunnett?.[0]?.pAdjusted).toBeGreaterThan(0.02);
    expect(dunnett?.[0]?.pAdjusted).toBeLessThan(0.04);
  });

  it('multiplies by the number of metrics unless there is no correction', () => {
    const metrics = [metric(0.02, 0.04), metric(0.5, 0.6)];
    const [with_] = correctManyToOne(metrics, alpha, 'holm');
    const [without] = correctManyToOne(metrics, alpha, 'none');
    expect(with_?.[0]?.pAdjusted).toBeCloseTo(2 * (without?.[0]?.pAdjusted ?? 0), 12);
  });
});
