import type { DatasetName } from '../../layers/data/datasets/index.ts';
import type { DirtKind } from './dirt.ts';
import type { Settings } from './options.ts';
import { enrolmentDays, expectedConversion, outcomeWindowDays } from './population.ts';
import { secondsPerDay, type Visitor } from './visitor.ts';

/**
 * What the files hold of one variant, counted while they are written: users with one known variant, exposure = first
 * view_product at or after the assignment, outcomes in the half-open 14 days from the exposure.
 */
export interface ArmTruth {
  assigned: number;
  exposed: number;
  purchasers: number;
  cartUsers: number;
  checkoutUsers: number;
  /** Distinct orders with a purchase in the window. */
  orders: number;
  /** Purchases in the window, before refunds. */
  purchaseCents: number;
  /** Refunds (positive) whose own time lies in the window. */
  refundCents: number;
  eventsInWindow: number;
  /** Exposed users whose session has no event after the exposure. */
  bounces: number;
  /** Users with an event in [exposure + 7 days, exposure + 8 days). */
  retainedDay7: number;
}

export interface ExpectedConversion {
  readonly control: number;
  readonly treatment: number;
}

/** What was planted, what is to be expected of it, and what the files hold. */
export interface GeneratedTruth {
  readonly settings: Settings & { readonly users: number };
  /** Half-open: the data hold nothing at or after it. */
  readonly end: string;
  readonly outcomeWindowDays: number;
  /** Probability to purchase in the window, over all users and days of exposure. */
  readonly expected: ExpectedConversion & { readonly relativeUplift: number };
  readonly expectedByDay: readonly ExpectedConversion[];
  readonly expectedByLevel: readonly (ExpectedConversion & {
    readonly segment: string;
    readonly level: string;
  })[];
  readonly arms: Readonly<Record<'control' | 'treatment', ArmTruth>>;
  readonly crossovers: number;
  readonly unknownVariants: number;
  readonly datasets: Readonly<Record<DatasetName, DatasetTruth>>;
}

export interface DatasetTruth {
  /** Relative to the folder. */
  readonly files: readonly string[];
  /** Good rows, without headers. */
  readonly rows: number;
  /** Bad rows that were added, by kind. */
  readonly dirty: Readonly<Partial<Record<DirtKind, number>>>;
}

/** Counts visitors as they are written. */
export class Tally {
  readonly arms = { control: emptyArm(), treatment: emptyArm() };
  crossovers = 0;
  unknownVariants = 0;
  /** Exposed users by day of exposure. */
  readonly exposedByDay: number[] = [];

  add(visitor: Visitor): void {
    const { assignments, exposedAt, events } = visitor;
    const variant = assignments[0]?.variant;
    if (assignments.length > 1) {
      this.crossovers += 1;
      return;
    }
    if (variant !== 'control' && variant !== 'treatment') {
      this.unknownVariants += 1;
      return;
    }
    const arm = this.arms[variant];
    arm.assigned += 1;
    if (exposedAt === undefined) return;
    arm.exposed += 1;
    const day = Math.floor(exposedAt / secondsPerDay);
    this.exposedByDay[day] = (this.exposedByDay[day] ?? 0) + 1;
    addOutcomes(arm, exposedAt, events);
  }
}

function emptyArm(): ArmTruth {
  return {
    assigned: 0,
    exposed: 0,
    purchasers: 0,
    cartUsers: 0,
    checkoutUsers: 0,
    orders: 0,
    purchaseCents: 0,
    refundCents: 0,
    eventsInWindow: 0,
    bounces: 0,
    retainedDay7: 0,
  };
}

function addOutcomes(arm: ArmTruth, exposedAt: number, events: Visitor['events']): void {
  const end = exposedAt + outcomeWindowDays * secondsPerDay;
  const day7 = exposedAt + 7 * secondsPerDay;
  const exposure = events.find(({ name, time }) => name === 'view_product' && time === exposedAt);
  let bounced = true;
  let retained = false;
  let carted = false;
  let began = false;
  let order: string | undefined;
  for (const event of events) {
    const { name, time } = event;
    if (time < exposedAt) continue;
    if (event.visit === exposure?.visit && event !== exposure) bounced = false;
    if (time >= day7 && time < day7 + secondsPerDay) retained = true;
    if (time >= end) continue;
    arm.eventsInWindow += 1;
    if (name === 'add_to_cart') carted = true;
    else if (name === 'begin_checkout') began = true;
    else if (name === 'refund') arm.refundCents -= event.cents ?? 0;
    else if (name === 'purchase') {
      arm.purchaseCents += event.cents ?? 0;
      if (order === undefined) arm.purchasers += 1;
      if (order !== event.order) arm.orders += 1;
      order = event.order;
    }
  }
  if (bounced) arm.bounces += 1;
  if (retained) arm.retainedDay7 += 1;
  if (carted) arm.cartUsers += 1;
  if (began) arm.checkoutUsers += 1;
}

/** The probabilities that were planted; days are weighted by the users exposed on them. */
export function expectations(
  settings: Settings,
  exposedByDay: readonly number[],
): Pick<GeneratedTruth, 'expected' | 'expectedByDay' | 'expectedByLevel'> {
  const overDays = (treated: boolean, only?: { segment: 'device' | 'country'; level: string }) => {
    const total = exposedByDay.reduce((sum, users) => sum + users, 0);
    if (total === 0) return expectedConversion(settings, treated, 0, only);
    return exposedByDay.reduce(
      (sum, users, day) => sum + (users / total) * expectedConversion(settings, treated, day, only),
      0,
    );
  };
  const control = overDays(false);
  const treatment = overDays(true);
  return {
    expected: { control, treatment, relativeUplift: control === 0 ? 0 : treatment / control - 1 },
    expectedByDay: Array.from({ length: enrolmentDays(settings.days) }, (_, day) => ({
      control: expectedConversion(settings, false, day, undefined),
      treatment: expectedConversion(settings, true, day, undefined),
    })),
    expectedByLevel: settings.segmentEffects.map(({ segment, level }) => ({
      segment,
      level,
      control: overDays(false, { segment, level }),
      treatment: overDays(true, { segment, level }),
    })),
  };
}
