import { sampleSizeForProportion } from '../../../../layers/statistics/power.ts';
import { obrienFlemingSpending, pocockSpending } from '../../../../layers/statistics/sequential.ts';
import {
  alwaysValidInflation,
  groupSequentialInflation,
} from '../../../../layers/statistics/sequential-power.ts';
import type { Cell, Promised } from '../cell.ts';
import { shopBehaviour } from '../truth.ts';
import {
  closingDay,
  conversionOf,
  endsAfter,
  exposedShare,
  lean,
  noGuardrails,
  settings,
  shop,
} from './shop.ts';

const group = 'Several looks';

/** Purchases on the day of exposure alone, so that looks differ by their users and by nothing else. */
const atOnce = { delay: [1, ...new Array<number>(13).fill(0)] };

const users = 20_000;
/** A little less than what comes on average, so that nearly all experiments reach it. */
const analysed = Math.round(0.98 * users * exposedShare);
/** Purchases come at once, so a day is window enough. */
const window = 'outcome_window_days: 1';
const end = closingDay({ assignmentDays: 14 }, 1);
const everyDay = Array.from({ length: end + 1 }, (_, day) => day);
/** Days at whose end about a quarter, a half, three quarters and all of the users are there. */
const quarters = [3, 7, 10, end];

const rarelyShipsAtAny: Promised = { rate: 'ship at some look', is: 'at most', value: 0.025 };
const rarelyHarmAtAny: Promised = { rate: 'harm at some look', is: 'at most', value: 0.025 };
/** Of the looks before a declared end and the one at it. */
const rarelyHarmWithEnd: Promised = { ...rarelyHarmAtAny, value: 0.05 };

function noEffect(
  name: string,
  looks: readonly number[],
  lines: readonly string[],
  harm: Promised = rarelyHarmAtAny,
): Cell {
  return {
    group,
    name: `no effect, ${name}`,
    truth: shop(users, atOnce, atOnce),
    yaml: settings(noGuardrails, ...lean, window, ...lines),
    looks,
    experiments: 1100,
    promises: [rarelyShipsAtAny, harm],
  };
}

const planned = (count: number) => `planned_users: ${count}`;
const always = 'sequential: { method: always_valid }';
const spending = (name: string, looks = '') =>
  `sequential: { method: group_sequential, spending: ${name}${looks} }`;
const four = ', looks: [0.25, 0.5, 0.75, 1]';

const names = [
  ["O'Brien-Fleming", 'obrien_fleming', obrienFlemingSpending],
  ['Pocock', 'pocock', pocockSpending],
] as const;

const peeking: readonly Cell[] = [
  noEffect('by default, no plan, daily looks', everyDay, []),
  noEffect('by default, planned end, daily looks', everyDay, [endsAfter(end)], rarelyHarmWithEnd),
  noEffect('by default, planned end, one look', [end], [endsAfter(end)]),
  noEffect('always valid, planned users, daily looks', everyDay, [planned(analysed), always]),
  ...names.flatMap(([title, name]) => [
    noEffect(`${title}, four looks declared and taken`, quarters, [planned(analysed), spending(name, four)]),
    noEffect(`${title}, four looks declared, daily ones taken`, everyDay, [
      planned(analysed),
      spending(name, four),
    ]),
    noEffect(`${title}, no looks declared, daily ones taken`, everyDay, [planned(analysed), spending(name)]),
    noEffect(`${title}, half of the planned users come, daily looks`, everyDay, [
      planned(2 * analysed),
      spending(name),
    ]),
    noEffect(`${title}, 1.5 times the planned users come, daily looks go on`, everyDay, [
      planned(Math.round(analysed / 1.5)),
      spending(name),
    ]),
    noEffect(`${title}, 1.5 times the planned users come, four looks declared, daily ones go on`, everyDay, [
      planned(Math.round(analysed / 1.5)),
      spending(name, four),
    ]),
  ]),
];

/** A bounce rate at its margin, watched every day: to be within it must hold at the looks too. */
function atMargin(name: string, looks: readonly number[], lines: readonly string[]): Cell {
  const lift = 0.3;
  const truth = shop(
    100_000,
    { ...atOnce, ...conversionOf(lift), bounce: shopBehaviour.bounce * 1.05 },
    atOnce,
  );
  return {
    group,
    name: `conversion +${100 * lift} %, bounce rate at its margin, ${name}`,
    truth,
    yaml: settings(
      'guardrails: { session_duration: null, retention_d7: null, bounce_rate: { require: within_margin } }',
      ...lean,
      window,
      ...lines,
    ),
    looks,
    experiments: 500,
    promises: [rarelyShipsAtAny, rarelyHarmWithEnd],
  };
}

const margins: readonly Cell[] = [
  atMargin('by default, planned end, one look', [end], [endsAfter(end)]),
  atMargin('always valid, daily looks', everyDay, [planned(88_000), always]),
  atMargin('by default, planned end, daily looks', everyDay, [endsAfter(end)]),
  atMargin("O'Brien-Fleming, daily looks", everyDay, [planned(88_000), spending('obrien_fleming')]),
];

/** As many users as `ecom power` asks for to find +20 % with 80 %, looked at as planned. */
function sized(
  name: string,
  inflation: number,
  looks: readonly number[],
  lines: (users: number) => string[],
): Cell {
  const baseline = shopBehaviour.conversion;
  const { control, treatment } = sampleSizeForProportion({
    baseline,
    lift: baseline * 0.2,
    alpha: 0.05,
    power: 0.8,
    inflation,
  });
  const needed = control + treatment;
  const truth = shop(Math.round(needed / exposedShare), { ...atOnce, ...conversionOf(0.2) }, atOnce);
  return {
    group,
    name: `conversion +20 %, sized for a power of 80 %, ${name}`,
    truth,
    yaml: settings(noGuardrails, ...lean, window, ...lines(needed)),
    looks,
    experiments: 1000,
    promises: [{ rate: 'better at some look', is: 'at least', value: 0.79 }],
    power: { promised: 0.8, rate: 'better at some look' },
  };
}

const design = { alpha: 0.05, power: 0.8 };
const information = [0.25, 0.5, 0.75, 1];

const powers: readonly Cell[] = [
  sized('by default, one look', 1, [end], () => [endsAfter(end)]),
  sized('by default, daily looks', 1, everyDay, () => [endsAfter(end)]),
  sized('always valid, daily looks', alwaysValidInflation(design), everyDay, (needed) => [
    endsAfter(end),
    planned(needed),
    always,
  ]),
  ...names.map(([title, name, spend]) =>
    sized(
      `${title}, four looks declared and taken`,
      groupSequentialInflation({ ...design, information, spending: spend }),
      quarters,
      (needed) => [endsAfter(end), planned(needed), spending(name, four)],
    ),
  ),
];

/** The same experiment looked at once, as planned, daily, beyond the plan, and with too few users. */
export const looking: readonly Cell[] = [...peeking, ...margins, ...powers];
