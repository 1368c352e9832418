import type { Visitor } from './sink.ts';

/** What a user does on one day since exposure. */
export interface Visit {
  readonly age: number;
  readonly events: number;
  readonly steps: number;
  readonly carts: 0 | 1;
  readonly checksOut: 0 | 1;
  readonly orders: number;
  readonly cents: number;
}

/** A user's days with a visit, in order. */
export function visitsOf({ stage, further, steps, purchase, returnSteps }: Visitor): Visit[] {
  const buysAtOnce = purchase?.day === 0;
  const first: Visit = {
    age: 0,
    events: 1 + further + Math.max(0, stage - 1) + (buysAtOnce ? 2 + purchase.orders : 0),
    steps,
    carts: stage > 1 || buysAtOnce ? 1 : 0,
    checksOut: stage > 2 || buysAtOnce ? 1 : 0,
    orders: buysAtOnce ? purchase.orders : 0,
    cents: buysAtOnce ? purchase.cents : 0,
  };
  const back: Visit | null =
    returnSteps === null
      ? null
      : { age: 7, events: 1, steps: returnSteps, carts: 0, checksOut: 0, orders: 0, cents: 0 };
  if (purchase === null || buysAtOnce) return back === null ? [first] : [first, back];
  const { day: age, orders, cents } = purchase;
  // In a session of its own, which begins with a page view.
  const later: Visit = {
    age,
    events: 3 + orders,
    steps: purchase.steps,
    carts: 1,
    checksOut: 1,
    orders,
    cents,
  };
  if (back === null) return [first, later];
  return age < back.age ? [first, later, back] : [first, back, later];
}
