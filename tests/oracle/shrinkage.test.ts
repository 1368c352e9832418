import { expect, test } from 'vitest';
import { shrunkenLift } from '../../layers/statistics/shrinkage.ts';
import { describeAgainst, expectClose } from './close.ts';

describeAgainst('Shrunken lift', 'scipy, numerical integration', () => {
  test('+12 % at an error of 5 % under a scatter of 10 %', () => {
    const lift = { value: 0.12, variance: 0.05 ** 2 };
    const { value, interval } = shrunkenLift(lift, { priorSd: 0.1, alpha: 0.05 });
    expectClose(value, 0.096, 1e-12);
    expectClose(interval[0], 0.00834774594234183);
    expectClose(interval[1], 0.18365225405765817);
  });
});

test('a sure lift stays, an unsure one is drawn to zero', () => {
  const plan = { priorSd: 0.1, alpha: 0.05 };
  expect(shrunkenLift({ value: 0.2, variance: 0 }, plan)).toEqual({ value: 0.2, interval: [0.2, 0.2] });
  expect(shrunkenLift({ value: 0.2, variance: 100 }, plan).value).toBeLessThan(1e-4);
});

test('no prior and no variance are refused', () => {
  expect(() => shrunkenLift({ value: 0, variance: 1 }, { priorSd: 0, alpha: 0.05 })).toThrow(RangeError);
  expect(() => shrunkenLift({ value: 0, variance: -1 }, { priorSd: 1, alpha: 0.05 })).toThrow(RangeError);
});
