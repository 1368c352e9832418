import type { Cell } from '../cell.ts';
import { type Behaviour, delayOf, shopBehaviour, twoArms } from '../truth.ts';
import {
  closingDay,
  conversionOf,
  endsAfter,
  lean,
  noGuardrails,
  rarelyShips,
  settings,
  shopOf,
} from './shop.ts';

const group = 'Open outcome windows';

/** A week of new users, and an end planned for the end of the week; or for when all windows are closed. */
function week(
  name: string,
  treatment: Partial<Behaviour>,
  when: 'after a week' | 'windows closed',
  immature: 'include' | 'exclude',
  promises: Cell['promises'],
): Cell {
  const truth = shopOf(20_000, twoArms({ ...shopBehaviour, delay: delayOf(0.4, 4) }, treatment), 7);
  const end = when === 'after a week' ? 6 : closingDay(truth);
  return {
    group,
    name: `${name}, end ${when}, immature: ${immature}`,
    truth,
    yaml: settings(endsAfter(end), noGuardrails, ...lean, `immature: ${immature}`),
    looks: [end],
    experiments: 2000,
    promises,
  };
}

const faster = { delay: delayOf(0.75, 2) };
const slower = { ...conversionOf(0.1), delay: delayOf(0.15, 6) };
const notRejected = { rate: 'harm at some look', is: 'at most', value: 0.025 } as const;

/** Treatments that change when users buy: what is seen early is not what is true in the end. */
export const openWindows: readonly Cell[] = [
  week('purchases only sooner', faster, 'after a week', 'include', [rarelyShips]),
  week('purchases only sooner', faster, 'after a week', 'exclude', [rarelyShips]),
  week('purchases only sooner', faster, 'windows closed', 'include', [rarelyShips]),
  week('conversion +10 % and purchases later', slower, 'after a week', 'include', [notRejected]),
  week('conversion +10 % and purchases later', slower, 'windows closed', 'include', [notRejected]),
];
