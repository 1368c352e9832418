import type { Product } from './catalog.ts';
import type { Settings } from './options.ts';
import {
  baseConversion,
  bounceRate,
  drawTraits,
  enrolmentDays,
  foreignVariant,
  historyDays,
  outcomeWindowDays,
  type Traits,
  upliftOf,
} from './population.ts';
import type { Random } from './random.ts';
import { addVisit, type Intent, type ShopEvent, type Visit } from './visits.ts';

export const secondsPerDay = 86_400;

export interface Assignment {
  readonly variant: string;
  readonly time: number;
}

/** A user's whole history. Times are whole seconds since the start of the experiment. */
export interface Visitor {
  readonly id: number;
  readonly traits: Traits;
  readonly signup: number;
  /** More than one for a crossover. */
  readonly assignments: readonly Assignment[];
  readonly exposedAt: number | undefined;
  readonly visits: readonly Visit[];
  /** In the order of time. */
  readonly events: readonly ShopEvent[];
}

/** What the experiment has in store for a user, drawn before the history that shows it. Days of the experiment. */
interface Fate {
  readonly isNew: boolean;
  readonly assignedDay: number;
  readonly exposedDay: number | undefined;
  readonly bounces: boolean;
  readonly purchaseDay: number | undefined;
}

/** Seconds of the day at which visits start: at most 13 pauses later it is still the same day. */
const hours = [6, 8.5, 10.5, 12.25, 14, 16, 17.75, 19, 20, 21, 22.5].map((hour) => hour * 3600);

/** Draws the user with `id`; `random` is that user's stream. */
export function drawVisitor(
  id: number,
  settings: Settings,
  catalog: readonly Product[],
  random: Random,
): Visitor {
  const traits = drawTraits(random);
  const treated = random.chance(settings.srm);
  const crosses = random.chance(settings.crossovers);
  const isForeign = random.chance(settings.unknownVariants);
  const fate = drawFate(settings, traits, treated && !isForeign, random);

  const visits: Visit[] = [];
  const events: ShopEvent[] = [];
  let assignedAt = 0;
  let signup = -(historyDays + 1) * secondsPerDay - random.below(400 * secondsPerDay);
  for (let day = fate.isNew ? fate.assignedDay : -historyDays; day < settings.days; day += 1) {
    const planned = day === fate.assignedDay || day === fate.exposedDay || day === fate.purchaseDay;
    if (!planned && !random.chance(traits.tier.visitsPerDay)) continue;
    const start = day * secondsPerDay + random.between(hours);
    if (day === fate.assignedDay) {
      assignedAt = start + random.below(4);
      if (fate.isNew) signup = start;
    }
    const ordinal = visits.length;
    const intent = intentOn(day, fate, traits, random);
    const end = addVisit(events, { ordinal, start, intent, order: `O${id}-${ordinal + 1}` }, catalog, random);
    const device = planned || random.chance(0.9) ? traits.device : drawTraits(random).device;
    visits.push({ start, end, device: device.name });
  }
  addRefunds(events, settings.days * secondsPerDay, random);

  const [own, other] = treated ? (['treatment', 'control'] as const) : (['control', 'treatment'] as const);
  const assignments = [{ variant: isForeign ? foreignVariant : own, time: assignedAt }];
  if (crosses && !isForeign) {
    const time = assignedAt + 3600 + random.below(2 * secondsPerDay);
    assignments.push({ variant: other, time: Math.min(time, settings.days * secondsPerDay - 1) });
  }
  const exposure = events.find(({ name, time }) => name === 'view_product' && time >= assignedAt);
  return { id, traits, signup, assignments, exposedAt: exposure?.time, visits, events };
}

function drawFate(settings: Settings, traits: Traits, treated: boolean, random: Random): Fate {
  const lastEntry = enrolmentDays(settings.days) - 1;
  const assignedDay = random.below(lastEntry + 1);
  const isNew = random.chance(0.25);
  const reach = random.uniform();
  // 8 % never see the exposure event, 10 % up to two days after the assignment.
  const delay = reach < 0.18 ? 1 + random.below(2) : 0;
  const exposedDay = reach < 0.08 ? undefined : Math.min(assignedDay + delay, lastEntry);
  if (exposedDay === undefined)
    return { isNew, assignedDay, exposedDay, bounces: false, purchaseDay: undefined };

  const uplift = treated ? upliftOf(settings, traits, exposedDay) : 0;
  const converts = random.chance(baseConversion(traits) * (1 + uplift));
  const bounces = random.chance(bounceRate * (1 + (treated ? settings.bounceEffect : 0)));
  const atOnce = random.chance(0.6) && !bounces;
  // Later purchases come within five days, so that they leave the return on day 7 alone.
  const later = exposedDay + 1 + random.below(Math.min(5, settings.days - 1 - exposedDay));
  return {
    isNew,
    assignedDay,
    exposedDay,
    bounces,
    purchaseDay: converts ? (atOnce ? exposedDay : later) : undefined,
  };
}

function intentOn(day: number, fate: Fate, { tier }: Traits, random: Random): Intent {
  const { assignedDay, exposedDay, purchaseDay } = fate;
  if (day === purchaseDay) return 'buy';
  if (day === exposedDay) return fate.bounces ? 'bounce' : 'browse';
  // Who never sees the exposure event in the experiment did not see it before either.
  if (exposedDay === undefined || (day >= assignedDay && day < exposedDay)) return 'look';
  if (random.chance(bounceRate)) return 'land';
  if (day < assignedDay) return random.chance(tier.repeat / 2) ? 'buy' : 'browse';
  // Within the window only those who were to convert buy again; after it everybody may.
  const mayBuy = day > exposedDay + outcomeWindowDays || (purchaseDay !== undefined && day > purchaseDay);
  return mayBuy && random.chance(tier.repeat) ? 'buy' : 'browse';
}

/** Some orders are given back, two to ten days later, as one event outside of any visit. */
function addRefunds(events: ShopEvent[], end: number, random: Random): void {
  const refunds: ShopEvent[] = [];
  let cents = 0;
  for (let index = 0; index < events.length; index += 1) {
    const event = events[index] as ShopEvent;
    if (event.name !== 'purchase' || event.cents === undefined) continue;
    cents += event.cents;
    if (events[index + 1]?.order === event.order) continue;
    const time = event.time + 2 * secondsPerDay + random.below(8 * secondsPerDay);
    if (random.chance(0.08) && time < end) {
      refunds.push({ ...event, name: 'refund', time, visit: undefined, quantity: undefined, cents: -cents });
    }
    cents = 0;
  }
  if (refunds.length === 0) return;
  events.push(...refunds);
  events.sort((a, b) => a.time - b.time);
}
