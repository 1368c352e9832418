import { levelOfComparison } from '../../../../layers/statistics/joint-power.ts';
import type { Cell } from '../cell.ts';
import { type ArmTruth, type Behaviour, shopBehaviour, twoArms } from '../truth.ts';
import {
  asPowerful,
  closingDay,
  conversionOf,
  endsAfter,
  lean,
  noGuardrails,
  powerOfConversion,
  rarelyShips,
  settings,
  shop,
  shopOf,
} from './shop.ts';

const group = 'Arms, splits and other primary metrics';

function cell(
  name: string,
  truth: Cell['truth'],
  lines: readonly string[],
  rest = '',
  power: number | null = null,
): Cell {
  const end = closingDay(truth);
  return {
    group,
    name,
    truth,
    yaml: `${settings(endsAfter(end), noGuardrails, ...lean, ...lines)}${rest}`,
    looks: [end],
    experiments: 2000,
    promises: power === null ? [rarelyShips] : asPowerful(power),
    ...(power === null ? {} : { power: { promised: power, rate: 'better' } }),
  };
}

/** A control and treatments of equal size, the first of which has an effect. */
function arms(count: number, first: Partial<Behaviour> = {}): ArmTruth[] {
  return ['control', 'a', 'b', 'c'].slice(0, count).map((variant, index) => ({
    variant,
    share: 1 / count,
    behaviour: { ...shopBehaviour, ...(index === 1 ? first : {}) },
  }));
}

const oneInTen = shopOf(60_000, twoArms(shopBehaviour, conversionOf(0.2), 0.1));
const nineToOne = 'weights: { control: 0.9, treatment: 0.1 }';
const skewed = { orderSigma: 2 };
const quantile = 'metrics: { revenue_p99: { kind: quantile, value: revenue, quantile: 0.99 } }\n';

export const shapes: readonly Cell[] = [
  ...[3, 4].flatMap((count) =>
    ['holm', 'dunnett'].map((method) =>
      cell(`${count} arms, no effect, ${method}`, shopOf(20_000, arms(count)), [`multiple_arms: ${method}`]),
    ),
  ),
  ...(['holm', 'dunnett'] as const).map((sharing) => {
    const truth = shopOf(60_000, arms(4, conversionOf(0.2)));
    const level = levelOfComparison({ alpha: 0.05, treatments: 3, sharing });
    const power = powerOfConversion(truth, 0.2, undefined, level);
    return cell(
      `4 arms, conversion +20 % in one, ${sharing}`,
      truth,
      [`multiple_arms: ${sharing}`],
      '',
      power,
    );
  }),
  cell('9 : 1, no effect', shopOf(20_000, twoArms(shopBehaviour, {}, 0.1)), [nineToOne]),
  cell('9 : 1, conversion +20 %', oneInTen, [nineToOne], '', powerOfConversion(oneInTen, 0.2)),
  cell('revenue per user, no effect', shop(20_000), ['primary: revenue_per_user']),
  cell('revenue per user, heavy skew, no effect', shop(20_000, {}, skewed), ['primary: revenue_per_user']),
  cell(
    'revenue per user, heavy skew, 9 : 1, no effect',
    shopOf(20_000, twoArms({ ...shopBehaviour, ...skewed }, {}, 0.1)),
    ['primary: revenue_per_user', nineToOne],
  ),
  cell('average order value (a ratio), no effect', shop(20_000), ['primary: average_order_value']),
  cell(
    '99 % quantile of revenue, no effect',
    shop(20_000, {}, { conversion: 0.04 }),
    ['primary: revenue_p99'],
    quantile,
  ),
];
