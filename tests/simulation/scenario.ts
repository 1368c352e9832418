import { type Random, randomOf } from './samplers.ts';

/** One question to a method that simulated experiments answer. */
export interface Scenario {
  readonly method: string;
  readonly setting: string;
  readonly measures: 'false positives' | 'coverage' | 'power' | 'false discovery rate';
  /** The share that the method promises, or that theory predicts. */
  readonly nominal: number;
  /** Whether the measured share must equal the nominal one, or may lie on the safe side of it. */
  readonly promise: 'equal' | 'at most' | 'at least';
  /** Experiments of the full run. */
  readonly repetitions: number;
  /** Why the share differs from the nominal one, where it is known to. */
  readonly deviation?: string;
  /** Simulates one experiment: whether (or which share of what) it counts. */
  readonly trial: (random: Random) => boolean | number;
}

export interface Result {
  readonly method: string;
  readonly setting: string;
  readonly measures: Scenario['measures'];
  readonly promise: Scenario['promise'];
  readonly nominal: number;
  readonly measured: number;
  readonly repetitions: number;
  /** Where the measured share lies in 99.9 % of runs when the nominal one is true. */
  readonly band: { readonly lower: number; readonly upper: number };
  readonly kept: boolean;
  readonly deviation: string | null;
}

/** z of a two-sided 99.9 % band, so that some seventy scenarios seldom leave it by chance. */
const BAND = 3.29;

export function simulate(scenario: Scenario, repetitions: number): Result {
  const random = randomOf(`${scenario.method}/${scenario.setting}/${scenario.measures}`);
  let total = 0;
  for (let i = 0; i < repetitions; i++) total += Number(scenario.trial(random));
  const { nominal, promise } = scenario;
  const measured = total / repetitions;
  const slack = BAND * Math.sqrt((nominal * (1 - nominal)) / repetitions) + 0.5 / repetitions;
  const band = { lower: Math.max(0, nominal - slack), upper: Math.min(1, nominal + slack) };
  const kept =
    (promise === 'at most' || measured >= band.lower) && (promise === 'at least' || measured <= band.upper);
  return {
    method: scenario.method,
    setting: scenario.setting,
    measures: scenario.measures,
    promise,
    nominal,
    measured,
    repetitions,
    band,
    kept,
    deviation: scenario.deviation ?? null,
  };
}
