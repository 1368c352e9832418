import { dunnett } from '../../layers/statistics/dunnett.ts';
import {
  levelOfComparison,
  powerOfEach,
  type Sharing,
  sampleSizeForGuardrail,
} from '../../layers/statistics/joint-power.ts';
import { holm } from '../../layers/statistics/multiplicity.ts';
import { testNonInferiority } from '../../layers/statistics/non-inferiority.ts';
import { sampleSizeForProportion } from '../../layers/statistics/power.ts';
import {
  compareProportions,
  proportionEstimate,
  proportionLift,
} from '../../layers/statistics/proportion.ts';
import { conversions } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;
const power = 0.8;

/** Of several treatments one has the planned effect: whether it is found under the correction planned for. */
function severalArms(): Scenario[] {
  const treatments = 3;
  const [rate, lift] = [0.1, 0.02];
  return (['holm', 'dunnett'] as const satisfies Sharing[]).map((sharing) => {
    const level = levelOfComparison({ alpha, treatments, sharing });
    const { control: users } = sampleSizeForProportion({ alpha: level, power, baseline: rate, lift });
    const [same, better] = [conversions(users, rate), conversions(users, rate + lift)];
    return {
      method: `Planned sample size, 3 treatments, ${sharing}`,
      setting: `${users} users an arm, 10 % to 12 % in one of them`,
      measures: 'power',
      nominal: power,
      promise: sharing === 'holm' ? 'at least' : 'equal',
      repetitions: 10_000,
      trial: (random) => {
        const control = same(random);
        const arms = [better(random), same(random), same(random)];
        const pValues = arms.map(
          (treatment) => compareProportions({ control, treatment, alpha }).test?.p ?? 1,
        );
        const adjusted =
          sharing === 'holm'
            ? holm(pValues)
            : dunnett(proportionEstimate(control), arms.map(proportionEstimate), pValues);
        return (adjusted[0] ?? 1) < alpha;
      },
    };
  });
}

/** A lift and two guardrails, of events that have nothing to do with each other: whether all are shown. */
function withGuardrails(): Scenario {
  const [rate, lift] = [0.1, 0.02];
  const each = powerOfEach(power, 3);
  const rails = [
    { baseline: 0.3, limit: -0.085, better: 'higher' },
    { baseline: 0.08, limit: 0.22, better: 'lower' },
  ] as const;
  const sizes = [
    sampleSizeForProportion({ alpha, power: each, baseline: rate, lift }),
    ...rails.map(({ baseline, limit }) =>
      sampleSizeForGuardrail({ alpha: alpha / 2, power: each, baseline, limit }),
    ),
  ];
  const users = Math.max(...sizes.map(({ control }) => control));
  const [same, better] = [conversions(users, rate), conversions(users, rate + lift)];
  const draws = rails.map((rail) => ({ ...rail, draw: conversions(users, rail.baseline) }));
  return {
    method: 'Planned sample size, the lift and 2 guardrails together',
    setting: `${users} users an arm, which the guardrail of 30 % takes`,
    measures: 'power',
    nominal: power,
    promise: 'at least',
    repetitions: 10_000,
    trial: (random) => {
      const { test } = compareProportions({ control: same(random), treatment: better(random), alpha });
      const hold = draws.map(({ draw, limit, better: direction }) => {
        const estimate = proportionLift({ control: draw(random), treatment: draw(random) });
        const margin = { relative: Math.abs(limit) };
        const result = testNonInferiority(estimate, { margin, better: direction, alpha: alpha / 2 });
        return result.reason === null && result.p < alpha / 2;
      });
      return test !== null && test.statistic > 0 && test.p < alpha && hold.every(Boolean);
    },
  };
}

export const planning: readonly Scenario[] = [...severalArms(), withGuardrails()];
