import type { Rate } from './cell.ts';
import type { Verdict } from './verdict.ts';

/** Experiments of a cell, and of them those of which something holds. */
export interface Tally {
  readonly experiments: number;
  readonly counts: Readonly<Record<Rate, number>>;
  /** Rules of the last look, and of the first look that ships or does not. */
  readonly lastRules: Readonly<Record<string, number>>;
  readonly firstRules: Readonly<Record<string, number>>;
  /** States of the guardrails of all treatments at the last look. */
  readonly guardrails: Readonly<Record<string, number>>;
  /** Treatments that the last look ships. */
  readonly shipped: Readonly<Record<string, number>>;
  /** Analysed users of the last look, over all experiments. */
  readonly users: number;
}

const harmRules = new Set(['primary_significantly_worse', 'guardrail_inferior']);

/** One experiment's verdicts, look by look, as a tally. */
export function tallyOf(verdicts: readonly Verdict[]): Tally {
  const last = verdicts.at(-1);
  if (last === undefined) throw new Error('an experiment is looked at');
  const first = verdicts.find(({ action }) => action === 'ship' || action === 'do_not_ship');
  const some = (holds: (verdict: Verdict) => boolean) => Number(verdicts.some(holds));
  const ends = (action: Verdict['action']) => Number(last.action === action);
  return {
    experiments: 1,
    counts: {
      ship: ends('ship'),
      do_not_ship: ends('do_not_ship'),
      keep_running: ends('keep_running'),
      invalid: ends('invalid'),
      'ship at some look': some(({ action }) => action === 'ship'),
      'do_not_ship at some look': some(({ action }) => action === 'do_not_ship'),
      'harm at some look': some(({ action, rule }) => action === 'do_not_ship' && harmRules.has(rule)),
      'silent harm': some(({ isSilentHarm }) => isSilentHarm),
      better: Number(last.isBetter),
      'better at some look': some(({ isBetter }) => isBetter),
    },
    lastRules: { [last.rule]: 1 },
    firstRules: first === undefined ? {} : { [first.rule]: 1 },
    guardrails: last.guardrails.map((state) => ({ [state]: 1 })).reduce(added, {}),
    shipped: last.action === 'ship' ? { [last.variant ?? '']: 1 } : {},
    users: last.users,
  };
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    experiments: a.experiments + b.experiments,
    counts: added(a.counts, b.counts) as Tally['counts'],
    lastRules: added(a.lastRules, b.lastRules),
    firstRules: added(a.firstRules, b.firstRules),
    guardrails: added(a.guardrails, b.guardrails),
    shipped: added(a.shipped, b.shipped),
    users: a.users + b.users,
  };
}

/** By name, so that the order in which workers end changes nothing. */
function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
