import { posteriorOf } from '../../layers/statistics/bayes.ts';
import { proportionLift } from '../../layers/statistics/proportion.ts';
import { conversions } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const alpha = 0.05;

/** Without an effect a flat prior's chance to win is to be small as seldom as it is large. */
function chances(): Scenario[] {
  const [users, rate] = [4000, 0.01];
  const draw = conversions(users, rate);
  return [
    { way: 'below 2.5 %', side: (chance: number) => chance },
    { way: 'above 97.5 %', side: (chance: number) => 1 - chance },
  ].map(({ way, side }) => ({
    method: `Chance to win, ${way}`,
    setting: `${users} users an arm at 1 %, flat prior`,
    measures: 'false positives',
    nominal: alpha / 2,
    promise: 'equal',
    repetitions: 40_000,
    trial: (random) => {
      const lift = proportionLift({ control: draw(random), treatment: draw(random) });
      const posterior = posteriorOf(lift, { prior: null, alpha, better: 'higher' });
      return posterior.reason === null && side(posterior.chanceToWin) < alpha / 2;
    },
  }));
}

export const posterior: readonly Scenario[] = chances();
