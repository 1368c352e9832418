import type { ExperimentSettings } from '../experiment/config.ts';
import type { MetricKindName } from '../experiment/metrics/kinds.ts';
import type { ErrorRates } from '../report/schema.ts';
import simulated from './error-rates.json';
import { lookingOf } from './look.ts';

/** What of an experiment its error rates were simulated by. */
export type SimulatedDesign = ErrorRates['simulated'];

/** Experiments without any effect that were decided alike, of all numbers of users together. */
export interface SimulatedRates extends SimulatedDesign {
  readonly experiments: number;
  /** Rate and the interval that holds it with 99.9 %. */
  readonly shipped: ErrorRates['shipped'];
  readonly harmShown: ErrorRates['harmShown'];
}

/**
 * How often the rule errs that decides on an experiment: the simulated rates of the design that is most like its own. The way
 * of looking and the kind of the primary metric have to be the same; then the number of arms counts more than their sizes.
 * Null where no such experiment was simulated.
 */
export function errorRates(
  settings: Pick<ExperimentSettings, 'sequential' | 'planned_end' | 'planned_users'>,
  design: { readonly kind: MetricKindName; readonly weights: readonly number[] },
  rates: readonly SimulatedRates[] = simulated as readonly SimulatedRates[],
): ErrorRates | null {
  const own = {
    looks: looksOf(settings),
    kind: design.kind,
    arms: design.weights.length,
    even: Math.max(...design.weights) <= 1.5 * Math.min(...design.weights),
  };
  const distance = (other: SimulatedDesign) =>
    2 * Math.abs(other.arms - own.arms) + (other.even === own.even ? 0 : 1);
  const [nearest] = rates
    .filter(({ looks, kind }) => looks === own.looks && kind === own.kind)
    .toSorted((a, b) => distance(a) - distance(b));
  if (nearest === undefined) return null;
  const { experiments, shipped, harmShown, ...simulatedDesign } = nearest;
  return {
    simulated: simulatedDesign,
    isAlike: distance(nearest) === 0,
    experiments,
    shipped,
    harmShown,
  };
}

function looksOf(
  settings: Pick<ExperimentSettings, 'sequential' | 'planned_end' | 'planned_users'>,
): SimulatedDesign['looks'] {
  const { sequential } = settings;
  if (sequential.method === 'group_sequential') return sequential.spending ?? 'obrien_fleming';
  const { method } = lookingOf(settings);
  if (method === 'always_valid') return 'at_any_time';
  return sequential.method === 'auto' ? 'daily_until_the_end' : 'at_the_end';
}
