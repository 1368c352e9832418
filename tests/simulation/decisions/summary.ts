import { wilsonInterval } from '../../../layers/statistics/proportion.ts';
import type { Cell, Promised, Rate } from './cell.ts';
import type { Tally } from './tally.ts';

export interface Band {
  readonly lower: number;
  readonly upper: number;
}

export interface Judged extends Promised {
  readonly measured: number;
  /** Whether the band of the measured rate allows the promised one. */
  readonly kept: boolean;
}

/** A line of results.json. */
export interface Result {
  readonly group: string;
  readonly cell: string;
  readonly experiments: number;
  readonly seed: string;
  readonly versions: { readonly node: string; readonly package: string };
  readonly looks: number;
  /** Mean of the analysed users at the last look. */
  readonly users: number;
  readonly rates: Readonly<Record<Rate, number>>;
  readonly bands: Readonly<Record<Rate, Band>>;
  readonly lastRules: Tally['lastRules'];
  readonly firstRules: Tally['firstRules'];
  readonly guardrails: Tally['guardrails'];
  readonly shipped: Tally['shipped'];
  readonly promises: readonly Judged[];
  readonly power: { readonly promised: number; readonly found: number; readonly band: Band } | null;
}

/** Wilson's interval of 99.9 %, rounded. */
export function band(count: number, experiments: number): Band {
  const [lower, upper] = wilsonInterval({ n: BigInt(experiments), sum: BigInt(count) }, 0.001);
  return { lower: rounded(lower), upper: rounded(upper) };
}

export function summarise(cell: Cell, tally: Tally, made: Pick<Result, 'seed' | 'versions'>): Result {
  const { experiments, counts, lastRules, firstRules, guardrails, shipped, users } = tally;
  const rates = mapped(counts, (count) => rounded(count / experiments));
  const bands = mapped(counts, (count) => band(count, experiments));
  const { power } = cell;
  return {
    group: cell.group,
    cell: cell.name,
    experiments,
    ...made,
    looks: cell.looks.length,
    users: Math.round(users / experiments),
    rates,
    bands,
    lastRules,
    firstRules,
    guardrails,
    shipped,
    promises: cell.promises.map((promise) => ({
      ...promise,
      measured: rates[promise.rate],
      kept:
        promise.is === 'at most'
          ? bands[promise.rate].lower <= promise.value
          : bands[promise.rate].upper >= promise.value,
    })),
    power:
      power === undefined
        ? null
        : { promised: rounded(power.promised), found: rates[power.rate], band: bands[power.rate] },
  };
}

/** The tally that a result was made of; rates have digits enough for it. */
export function tallyOfResult(result: Result): Tally {
  const { experiments, rates, lastRules, firstRules, guardrails, shipped, users } = result;
  const counts = mapped(rates, (rate) => Math.round(rate * experiments));
  return { experiments, counts, lastRules, firstRules, guardrails, shipped, users: users * experiments };
}

function mapped<Value>(counts: Tally['counts'], of: (count: number) => Value): Record<Rate, Value> {
  return Object.fromEntries(Object.entries(counts).map(([rate, count]) => [rate, of(count)])) as Record<
    Rate,
    Value
  >;
}

export function rounded(share: number): number {
  return Math.round(share * 1e5) / 1e5;
}
