import type { Cell, Promised } from '../cell.ts';
import { type Behaviour, shopBehaviour, twoArms } from '../truth.ts';
import { closingDay, conversionOf, endsAfter, rarelyShips, settings, shop, shopOf } from './shop.ts';

const group = 'Harm, and broken splits';
const { bounce, retention, stepMs, orderMedian } = shopBehaviour;

/** A treatment that raises the conversion and does something else besides. */
function besides(
  name: string,
  users: number,
  treatment: Partial<Behaviour>,
  promises: readonly Promised[],
  lift = 0.2,
): Cell {
  const truth = shop(users, { ...conversionOf(lift), ...treatment });
  const end = closingDay(truth);
  return {
    group,
    name: `conversion +${100 * lift} %, ${name}, ${users.toLocaleString('en')} users`,
    truth,
    yaml: settings(endsAfter(end)),
    looks: [end],
    experiments: users > 100_000 ? 500 : 2000,
    promises,
  };
}

const neverSilent: Promised = { rate: 'silent harm', is: 'at most', value: 0.01 };

function split(name: string, users: number, treatmentShare: number, promises: readonly Promised[]): Cell {
  const truth = shopOf(users, twoArms(shopBehaviour, {}, treatmentShare));
  const end = closingDay(truth);
  return {
    group,
    name: `${name}, ${users.toLocaleString('en')} users`,
    truth,
    yaml: settings(endsAfter(end)),
    looks: [end],
    experiments: users > 100_000 ? 500 : 2000,
    promises,
  };
}

/** Treatments that must not ship, or not without a word, whatever they do for the primary metric. */
export const harm: readonly Cell[] = [
  besides('bounce rate at its margin (+5 %)', 200_000, { bounce: bounce * 1.05 }, [rarelyShips]),
  besides('day-7 retention at its margin (-5 %)', 200_000, { retention: retention * 0.95 }, [rarelyShips]),
  besides('session duration at its margin (-5 %)', 200_000, { stepMs: stepMs * 0.95 }, [rarelyShips]),
  besides('bounce rate at its margin (+5 %)', 20_000, { bounce: bounce * 1.05 }, []),
  besides('bounce rate beyond its margin (+10 %)', 200_000, { bounce: bounce * 1.1 }, [
    { rate: 'do_not_ship', is: 'at least', value: 0.99 },
  ]),
  besides('bounce rate within its margin and worse (+2.5 %)', 200_000, { bounce: bounce * 1.025 }, [
    neverSilent,
  ]),
  besides('orders worth 40 % less', 20_000, { orderMedian: orderMedian * 0.6 }, [neverSilent]),
  besides('orders worth 40 % less', 200_000, { orderMedian: orderMedian * 0.6 }, [neverSilent]),
  besides('half of the others put something into the cart', 200_000, { cart: 0.06 }, [neverSilent]),
  split('split 50 : 48', 20_000, 48 / 98, []),
  split('split 50 : 48', 200_000, 48 / 98, [{ rate: 'invalid', is: 'at least', value: 0.99 }]),
];
