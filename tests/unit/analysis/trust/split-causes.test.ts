import { describe, expect, it } from 'vitest';
import { splitCauses } from '../../../../layers/analysis/trust/split-causes.ts';
import { causesOf, faults } from '../../../simulation/planted-splits.ts';

const arms = (control: number, treatment: number) =>
  (
    [
      ['control', control],
      ['treatment', treatment],
    ] as const
  ).map(([variant, exposed]) => ({
    variant,
    assigned: 1000,
    exposed,
    users: exposed,
    sums: {},
    products: {},
  }));
const drop = {
  experimentId: "it's",
  arms: arms(900, 750),
  assignedByDay: [],
  segments: [
    { segment: 'device', level: 'mobile', arms: arms(400, 250) },
    { segment: 'device', level: 'desktop', arms: arms(500, 500) },
  ],
  cohorts: [],
  crossoversByFirstVariant: [],
  unknownVariants: [],
};
const equal = { control: 0.5, treatment: 0.5 };

describe('the causes of a wrong split', () => {
  it.each(Object.entries(faults))('name what was planted among the first three: %s', (name, { right }) => {
    const found = [0, 1].map((seed) => causesOf(name, seed)).filter((causes) => causes.length > 0);
    expect(found.length).toBeGreaterThan(0);
    for (const causes of found) {
      expect(
        causes.slice(0, 3).some((cause) => right.includes(cause)),
        causes.join(),
      ).toBe(true);
    }
  });

  it('are none where the split is as configured', () => {
    expect([1, 2, 3, 4, 5].flatMap((seed) => causesOf('nothing', seed))).toEqual([]);
  });

  it('say how many users are missing where, and how to list them', () => {
    const [first, last, ...others] = splitCauses('exposed', drop, equal);
    expect(first).toMatchObject({
      cause: 'one_level',
      users: 150,
      explanation:
        'Device mobile: treatment lacks 150 users there, and all others split as configured. Look at what was different there.',
      query: `SELECT variant, count(*) FROM user_exposure WHERE experiment_id = 'it''s' AND "device" = 'mobile' GROUP BY variant`,
      left: 1,
    });
    expect(last).toMatchObject({ cause: 'exposures_missing', users: 150 });
    expect(others).toEqual([]);
  });

  it('are no users who are left out evenly', () => {
    const even = { variant: 'control', excluded: 40, early: 40 };
    const causes = splitCauses(
      'exposed',
      { ...drop, segments: [], leftOut: [even, { ...even, variant: 'treatment' }] },
      equal,
    );
    expect(causes.map(({ cause }) => cause)).toEqual(['exposures_missing']);
  });

  it('of an assignment that is wrong throughout are the weights', () => {
    const assigned = drop.arms.map((arm, i) => ({ ...arm, assigned: i === 0 ? 1200 : 800 }));
    expect(splitCauses('assigned', { ...drop, arms: assigned, segments: [] }, equal)).toMatchObject([
      {
        cause: 'weights',
        users: 400,
        explanation: expect.stringContaining('control 60.0 %, treatment 40.0 %'),
      },
    ]);
  });

  it('name a day that a split hides which is as configured as a whole, and no day that is off by chance', () => {
    const day = (date: string, treatment: number) => ({ day: date, arms: arms(500, treatment) });
    const hidden = (lost: number) => ({
      ...drop,
      segments: [],
      arms: arms(5000, 4900 + lost),
      cohorts: [
        day('2026-03-01', lost),
        ...Array.from({ length: 9 }, (_, index) => day(`2026-03-${10 + index}`, 510)),
      ],
    });
    expect(splitCauses('exposed', hidden(300), equal)).toMatchObject([
      { cause: 'one_day', users: 200, query: expect.stringContaining("= '2026-03-01'") },
    ]);
    expect(splitCauses('exposed', hidden(420), equal)).toEqual([]);
  });
});
