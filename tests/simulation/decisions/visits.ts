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
  const first: Visit = {
    age: 0,
    events: 1 + further + Math.max(0, stage - 1),
    steps,
    carts: stage > 1 ? 1 : 0,
    checksOut: stage > 2 ? 1 : 0,
    orders: 0,
    cents: 0,
  };
  const visits = [first];
  if (purchase !== null) {
    const { day: age, orders, cents } = purchase;
    const bought = { carts: 1, checksOut: 1, orders, cents } as const;
    if (age === 0) visits[0] = { ...first, ...bought, events: first.events + 2 + orders };
    // In a session of its own, which begins with a page view.
    else visits.push({ ...bought, age, events: 3 + orders, steps: purchase.steps });
  }
  if (returnSteps !== null) {
    visits.push({ age: 7, events: 1, steps: returnSteps, carts: 0, checksOut: 0, orders: 0, cents: 0 });
  }
  return visits.sort((a, b) => a.age - b.age);
}
