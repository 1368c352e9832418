import type { Cell } from '../cell.ts';
import {
  asPowerful,
  closingDay,
  conversionOf,
  endsAfter,
  lean,
  noGuardrails,
  powerOfConversion,
  rarelyInvalid,
  rarelyShips,
  settings,
  shop,
} from './shop.ts';

const group = 'One look at the planned end, all windows closed';
const percent = (share: number) => `${Math.round(100 * share)} %`;
const count = (users: number) => users.toLocaleString('en');

/** A conversion of the baseline in one arm, with a lift in the other. */
function conversion(users: number, lift: number, guardrails: 'default' | 'none', baseline = 0.03): Cell {
  const truth = shop(users, conversionOf(lift, baseline), { conversion: baseline });
  const end = closingDay(truth);
  const isNull = lift === 0;
  const promised = powerOfConversion(truth, lift, baseline);
  return {
    group,
    name: `${isNull ? 'no effect' : `conversion +${percent(lift)}`} at ${percent(baseline)}, ${count(users)} users, ${guardrails === 'none' ? 'no guardrails' : 'default guardrails'}`,
    truth,
    yaml: settings(endsAfter(end), ...(guardrails === 'none' ? [noGuardrails, ...lean] : [])),
    looks: [end],
    experiments: users > 100_000 ? 500 : 2000,
    promises: isNull ? [rarelyShips, rarelyInvalid] : [...asPowerful(promised), rarelyInvalid],
    ...(isNull ? {} : { power: { promised, rate: 'better' } }),
  };
}

/** The sizes and lifts that shops have, by the default guardrails and without. */
export const effects: readonly Cell[] = [
  ...[1000, 5000, 20_000, 200_000].map((users) => conversion(users, 0, 'none')),
  conversion(20_000, 0, 'default'),
  conversion(20_000, 0, 'none', 0.01),
  conversion(20_000, 0, 'none', 0.04),
  ...[0.05, 0.1, 0.2].map((lift) => conversion(20_000, lift, 'none')),
  ...[0.05, 0.1].map((lift) => conversion(200_000, lift, 'none')),
  ...[1000, 5000, 20_000].map((users) => conversion(users, 0.2, 'default')),
  conversion(200_000, 0.1, 'default'),
  conversion(20_000, 0.2, 'none', 0.01),
  conversion(20_000, 0.2, 'none', 0.04),
];
