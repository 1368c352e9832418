import type { measuredColumns } from '../../../../layers/engine/measure/columns.ts';
import type { ExperimentSettings } from '../../../../layers/experiment/config.ts';
import type { CapMeasurement } from '../../../../layers/experiment/measurements.ts';
import { type Buyer, type History, totals } from '../history.ts';
import type { Truth } from '../truth.ts';

/** An experiment as seen at the end of a day. */
export interface Look {
  readonly truth: Truth;
  readonly history: History;
  readonly settings: ExperimentSettings;
  readonly day: number;
  /** Last exposure day whose users are analysed. */
  readonly lastAnalysed: number;
  /** Of the analysed users, the smallest amount first. */
  readonly buyers: readonly Buyer[];
  readonly caps: readonly CapMeasurement[];
  /** Columns of which this one is another name. */
  readonly sources: ReadonlyMap<string, string>;
  readonly columns: ReturnType<typeof measuredColumns>;
}

export function byVariant<Value>({ truth }: Look, of: (arm: number, variant: string) => Value): Value[] {
  return truth.arms
    .map(({ variant }, arm) => ({ variant, arm }))
    .toSorted((a, b) => (a.variant < b.variant ? -1 : 1))
    .map(({ variant, arm }) => of(arm, variant));
}

export function armOf({ truth }: Look, variant: string): number {
  return truth.arms.findIndex((arm) => arm.variant === variant);
}

export function usersBetween(
  { history }: Pick<Look, 'history'>,
  arm: number,
  from: number,
  to: number,
): number {
  return sumOver((history.exposed[arm] ?? []).slice(Math.max(0, from), Math.max(0, to + 1)), Number);
}

export function analysedUsers(look: Look, arm: number): number {
  return usersBetween(look, arm, 0, look.lastAnalysed);
}

export function analysedDays({ history, lastAnalysed }: Look): number[] {
  return Array.from(
    { length: Math.max(0, Math.min(lastAnalysed + 1, history.exposureDays)) },
    (_, day) => day,
  );
}

/** What is known of the users exposed on a day: that they are so many days old, at most the last day of `window`. */
export function ageAt({ day }: Pick<Look, 'day'>, exposureDay: number, window: number): number {
  return Math.min(day - exposureDay, window - 1);
}

/** Totals of the users exposed from one day to another, each up to the end of `window` days. */
export function addUp(look: Look, arm: number, from: number, to: number, window: number): Float64Array {
  const { history } = look;
  const added = new Float64Array(totals.length);
  for (let exposureDay = from; exposureDay <= Math.min(to, history.exposureDays - 1); exposureDay++) {
    accumulate(added, history.totalsOf(arm, exposureDay, ageAt(look, exposureDay, window)));
  }
  return added;
}

export function accumulate(into: Float64Array, values: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (values[i] as number);
}

export function sumOver<Item>(items: Iterable<Item>, of: (item: Item) => number): number {
  let sum = 0;
  for (const item of items) sum += of(item);
  return sum;
}

/** @throws RangeError where a double has lost a unit */
export function exact(value: number): bigint {
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${value} is beyond the integers that a double holds`);
  return BigInt(value);
}
