import type { SimulatedDesign, SimulatedRates } from '../../../layers/analysis/error-rates.ts';
import { band, type Result, rounded, tallyOfResult } from './summary.ts';

/** The cells without an effect, by what tells their plans apart; other cells say nothing of a rule's errors. */
const designs: readonly { readonly of: RegExp; readonly design: SimulatedDesign }[] = [
  at(/^no effect at \d+ %, /, 'at_the_end', 'conversion', 2),
  at(/^3 arms, no effect/, 'at_the_end', 'conversion', 3),
  at(/^4 arms, no effect/, 'at_the_end', 'conversion', 4),
  at(/^9 : 1, no effect/, 'at_the_end', 'conversion', 2, false),
  at(/^revenue per user(, heavy skew)?, no effect/, 'at_the_end', 'mean', 2),
  at(/^revenue per user, heavy skew, 9 : 1, no effect/, 'at_the_end', 'mean', 2, false),
  at(/^average order value \(a ratio\), no effect/, 'at_the_end', 'ratio', 2),
  at(/^99 % quantile of revenue, no effect/, 'at_the_end', 'quantile', 2),
  at(/^no effect, by default, planned end, daily looks/, 'daily_until_the_end', 'conversion', 2),
  at(
    /^no effect, (by default, no plan|always valid, planned users), daily looks/,
    'at_any_time',
    'conversion',
    2,
  ),
  at(/^no effect, O'Brien-Fleming, /, 'obrien_fleming', 'conversion', 2),
  at(/^no effect, Pocock, /, 'pocock', 'conversion', 2),
];

function at(
  of: RegExp,
  looks: SimulatedDesign['looks'],
  kind: SimulatedDesign['kind'],
  arms: number,
  even = true,
) {
  return { of, design: { looks, kind, arms, even } };
}

/** Error rates by design, the cells of a design together: what layers/analysis/error-rates.json holds. */
export function ratesOf(results: readonly Result[]): SimulatedRates[] {
  return designs.map(({ of, design }) => {
    const cells = results.filter(({ cell }) => of.test(cell));
    if (cells.length === 0) throw new Error(`no cell of results.json is ${of}`);
    const experiments = cells.reduce((sum, one) => sum + one.experiments, 0);
    const rate = (name: 'ship at some look' | 'harm at some look') => {
      const found = cells.reduce((sum, one) => sum + tallyOfResult(one).counts[name], 0);
      return { rate: rounded(found / experiments), ...band(found, experiments) };
    };
    return {
      ...design,
      experiments,
      shipped: rate('ship at some look'),
      harmShown: rate('harm at some look'),
    };
  });
}
