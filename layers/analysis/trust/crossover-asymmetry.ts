import { formatCount, formatPercent, formatQuantity, statedP } from '../../report/format.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { type Check, counted, notChecked, type TrustInput } from './check.ts';
import { checkSampleRatio, type Weights } from './split.ts';

/** Crossovers that arms differ in by less than this p leave arms behind that are not alike. */
const asymmetryAlpha = 0.001;

/**
 * Whether users left out for having been in several variants came from the arms as chance would have it: the same share
 * of each arm, or, where users are assigned afresh, as many as w (1 - w) of an arm's weight w. Fails where neither fits.
 */
export const crossoverAsymmetry: Check = {
  name: 'crossover_asymmetry',
  label: 'Crossovers even across arms',
  evaluate({ measurement, arms, weights }: Pick<TrustInput, 'measurement' | 'arms' | 'weights'>) {
    const groups = arms.map(({ variant, assigned }) => {
      const crossed = measurement.crossoversByFirstVariant.find((arm) => arm.variant === variant);
      const hits = crossed?.users ?? 0;
      return { variant, hits, total: assigned + hits };
    });
    const users = groups.reduce((sum, { hits }) => sum + hits, 0);
    const tied = measurement.crossovers - users;
    if (users === 0 && tied > 0) {
      return notChecked(
        `Which variant came first is not known: ${formatQuantity(tied, 'user')} ${tied === 1 ? 'was' : 'were'} assigned to several at the same time.`,
      );
    }
    if (users === 0) return counted(false, 'No user was left out for having been in several variants.');
    const test = testHomogeneity(groups);
    if (test.reason !== null) {
      return notChecked('Too few users were in several variants to test whether the arms differ in it.');
    }
    const afresh = checkSampleRatio(
      groups.map(({ variant, hits }) => ({ variant, users: hits })),
      afreshWeights(weights),
    );
    const fitting = (afresh.p ?? 0) > test.p ? { chi2: afresh.chi2, df: afresh.df, p: afresh.p ?? 0 } : test;
    const isFailed = fitting.p < asymmetryAlpha;
    const rates = groups
      .map(
        ({ variant, hits, total }) =>
          `${variant} ${formatCount(hits)} of ${formatCount(total)} (${formatPercent(hits / total)})`,
      )
      .join(', ');
    return {
      status: isFailed ? 'fail' : 'pass',
      chiSquare: fitting,
      p: fitting.p,
      explanation: isFailed
        ? `Users left out for having been in several variants come from the arms unevenly, by their first variant: ${rates}, ${statedP(fitting.p)}. What is left of the arms is not comparable; find out how users change their variant.`
        : `Users left out for having been in several variants come from the arms as chance would have it: ${rates}.`,
    };
  },
};

function afreshWeights(weights: Weights): Weights {
  const products = Object.entries(weights).map(([variant, weight]) => ({
    variant,
    product: weight * (1 - weight),
  }));
  const total = products.reduce((sum, { product }) => sum + product, 0);
  return Object.fromEntries(products.map(({ variant, product }) => [variant, product / total]));
}
