import { expect, test } from 'vitest';
import { priorSdOf, shrunkenLift } from '../../layers/statistics/shrinkage.ts';
import { describeAgainst, expectClose } from './close.ts';

describeAgainst('Shrunken lift', 'scipy, numerical integration', () => {
  test('+12 % at an error of 5 % under a scatter of 10 %', () => {
    const lift = { value: 0.12, variance: 0.05 ** 2 };
    const { value, interval } = shrunkenLift(lift, { priorSd: 0.1, alpha: 0.05 });
    expectClose(value, 0.096, 1e-12);
    expectClose(interval[0], 0.00834774594234183);
    expectClose(interval[1], 0.18365225405765817);
  });

  test('the scatter that past lifts show', () => {
    const errors = [0.02, 0.03, 0.05, 0.01, 0.04, 0.02];
    const past = [0.08, -0.02, 0.12, 0.01, -0.09, 0.03].map((value, i) => ({
      value,
      variance: (errors[i] ?? Number.NaN) ** 2,
    }));
    expectClose(priorSdOf(past), 0.059013687852398765);
  });
});

test('a sure lift stays, an unsure one is drawn to zero', () => {
  const plan = { priorSd: 0.1, alpha: 0.05 };
  expect(shrunkenLift({ value: 0.2, variance: 0 }, plan)).toEqual({ value: 0.2, interval: [0.2, 0.2] });
  expect(shrunkenLift({ value: 0.2, variance: 100 }, plan).value).toBeLessThan(1e-4);
});

test('lifts that scatter no more than their errors show no scatter of their own', () => {
  expect(priorSdOf([])).toBeNull();
  expect(priorSdOf([{ value: 0.01, variance: 1 }])).toBeNull();
  expectClose(priorSdOf([{ value: 0.5, variance: 0.01 }]), Math.sqrt(0.24), 1e-12);
});

test('no prior and no variance are refused', () => {
  expect(() => shrunkenLift({ value: 0, variance: 1 }, { priorSd: 0, alpha: 0.05 })).toThrow(RangeError);
  expect(() => shrunkenLift({ value: 0, variance: -1 }, { priorSd: 1, alpha: 0.05 })).toThrow(RangeError);
  expect(() => priorSdOf([{ value: 0, variance: 0 }])).toThrow(RangeError);
});
