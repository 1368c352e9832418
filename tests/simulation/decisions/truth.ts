/** Days from the exposure on in which users do what is simulated: the longest outcome window there can be. */
export const horizonDays = 14;

/** How the users of one arm behave: what is true, of which an experiment sees a sample. */
export interface Behaviour {
  /** Share of the exposed users who buy within the window. */
  readonly conversion: number;
  /** On which day since exposure buyers buy: shares of days 0 to 13. */
  readonly delay: readonly number[];
  /** Share of the exposed users who do nothing in their first session but see the page. */
  readonly bounce: number;
  /** Share of the exposed users who are there on day 7 since exposure. */
  readonly retention: number;
  /** Of those who neither bounce nor buy: who put something into the cart, and who of these begin to check out. */
  readonly cart: number;
  readonly checkout: number;
  /** Median of an order in cents, and the standard deviation of its logarithm. */
  readonly orderMedian: number;
  readonly orderSigma: number;
  /** Shares of buyers with one order, two, three and so on, all on one day. */
  readonly orders: readonly number[];
  /** Milliseconds of a step, of which a session has 1 to 80. */
  readonly stepMs: number;
}

export interface ArmTruth {
  readonly variant: string;
  /** Share of the users who are in fact assigned to it. */
  readonly share: number;
  readonly behaviour: Behaviour;
}

/** A whole experiment as it is in truth. */
export interface Truth {
  /** Users assigned in all, as many as chance has it on each of the days from day 0 on. */
  readonly users: number;
  readonly assignmentDays: number;
  /** On which day since assignment a user is exposed: shares of days 0, 1 and so on; the rest never is. */
  readonly exposure: readonly number[];
  /** The control first. */
  readonly arms: readonly ArmTruth[];
}

/** Purchases of whom `firstDay` come on the day of exposure, the others by half in every `halfLife` days. */
export function delayOf(firstDay: number, halfLife: number): number[] {
  const weights = Array.from({ length: horizonDays - 1 }, (_, day) => 0.5 ** (day / halfLife));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return [firstDay, ...weights.map((weight) => ((1 - firstDay) * weight) / total)];
}

export const shopBehaviour: Behaviour = {
  conversion: 0.03,
  delay: delayOf(0.5, 3),
  bounce: 0.3,
  retention: 0.09,
  cart: 0.12,
  checkout: 0.4,
  orderMedian: 4500,
  orderSigma: 0.8,
  orders: [0.88, 0.1, 0.02],
  stepMs: 15_000,
};

/** Two arms of equal size, of which `treatment` differs from `control` in what is named. */
export function twoArms(control: Behaviour, treatment: Partial<Behaviour> = {}, share = 0.5): ArmTruth[] {
  return [
    { variant: 'control', share: 1 - share, behaviour: control },
    { variant: 'treatment', share, behaviour: { ...control, ...treatment } },
  ];
}
