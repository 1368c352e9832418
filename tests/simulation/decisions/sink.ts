/** What a user did in the first session: saw the page alone, looked further, or went on as far as cart or checkout. */
export const stages = ['bounced', 'browsed', 'carted', 'checked_out'] as const;
export type Stage = 0 | 1 | 2 | 3;

/** Steps that a session can last. */
export const bouncedSteps: readonly number[] = [1, 2];
export const visitSteps: readonly number[] = [2, 3, 4, 6, 8, 11, 15, 20, 28, 40, 56, 80];

/** Further events of a first session that is none of a bounce: 1 to so many. */
export const mostFurther = 8;

/** A user whose doings are known one by one: a buyer, or one who comes back. */
export interface Visitor {
  readonly stage: Stage;
  /** Page views of the first session after the first one. */
  readonly further: number;
  /** Steps of the first session. */
  readonly steps: number;
  /** Null of those who do not buy. On day 0 in the first session, else in one of its own. */
  readonly purchase: {
    readonly day: number;
    readonly orders: number;
    readonly cents: number;
    readonly steps: number;
  } | null;
  /** Steps of a session on day 7 with nothing but a page view, or null; the purchase of that day has its own session. */
  readonly returnSteps: number | null;
}

/** Takes an experiment as it is generated: days count from the first assignment, arms as the truth lists them. */
export interface Sink {
  assigned(arm: number, day: number, users: number): void;
  /** Of those assigned on a day, the ones first exposed on another. */
  exposed(arm: number, assignedDay: number, day: number, users: number): void;
  /** Users with one session of one event, by its steps (`bouncedSteps`). */
  bounced(arm: number, day: number, bySteps: readonly number[]): void;
  /**
   * Users with one session of several events who buy nothing: by stage from 1 on and by further page views from 1 on,
   * and the same users by steps (`visitSteps`).
   */
  browsed(
    arm: number,
    day: number,
    byEvents: readonly (readonly number[])[],
    bySteps: readonly number[],
  ): void;
  visitor(arm: number, day: number, visitor: Visitor): void;
}
