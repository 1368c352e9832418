import type { CovariateColumn } from '../../experiment/metrics.ts';
import { covariateLabel } from '../../report/labels.ts';
import { effectOf } from '../../statistics/effect.ts';
import { divide } from '../../statistics/moments.ts';
import { holm } from '../../statistics/multiplicity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import type { Arm } from '../arm.ts';
import { meanLiftOf } from '../estimate.ts';
import { isRamped, liftOverPeriods } from '../ramp.ts';
import { type Sample, scales } from '../sample.ts';
import { type Check, notChecked, type Trust, type TrustInput } from './check.ts';

/** Whether the arms were alike before the exposure, in what the treatment cannot have changed. */
export const covariateBalance: Check = {
  name: 'covariate_balance',
  label: 'Balance before exposure',
  isAdjusted: true,
  evaluate({ sample, covariates }: Pick<TrustInput, 'sample' | 'covariates'>) {
    const balance = balanceOf(sample, covariates);
    const evidence = { balance };
    const tested = balance.filter(({ pAdjusted }) => pAdjusted !== null);
    if (tested.length === 0) {
      return { ...notChecked('Nothing from before the exposure to compare the arms by.'), evidence };
    }
    const apart = tested.filter(({ pAdjusted }) => (pAdjusted ?? 1) < srmAlpha);
    const worst = tested.reduce((a, b) => ((b.pAdjusted ?? 1) < (a.pAdjusted ?? 1) ? b : a));
    return {
      status: apart.length === 0 ? 'pass' : 'warn',
      p: worst.pAdjusted,
      explanation:
        apart.length === 0
          ? 'Before the exposure the arms were alike in what their users did.'
          : `Before the exposure the arms already differed: ${apart.map(({ covariate, variant }) => `${covariateLabel(covariate)} in ${variant}`).join(', ')}. Assignment may not be random.`,
      evidence,
    };
  },
};

/** Welch's test of each covariate between the control and each treatment, corrected by Holm. */
function balanceOf(sample: Sample, covariates: readonly CovariateColumn[]): Trust['balance'] {
  const rows = covariates.flatMap((covariate) => {
    const moments = ({ aggregates }: Arm) => aggregates.moments(covariate.column);
    const scale = scales[covariate.unit];
    const mean = (arm: Arm) => {
      const { n, sum } = moments(arm);
      return n === 0n ? null : divide(sum, n * scale);
    };
    return sample.treatments.map((treatment) => {
      const arms = { control: moments(sample.control), treatment: moments(treatment), scale };
      const estimate = isRamped(sample)
        ? liftOverPeriods(sample, treatment, (part, arm) =>
            meanLiftOf({ control: moments(part.control), treatment: moments(arm), scale }),
          )
        : meanLiftOf(arms);
      const { test, reason } = effectOf(estimate, srmAlpha);
      return {
        covariate: covariate.column,
        variant: treatment.variant,
        control: mean(sample.control),
        treatment: mean(treatment),
        p: test?.p ?? null,
        reason,
      };
    });
  });
  const tested = rows.filter(({ p }) => p !== null);
  const adjusted = holm(tested.map(({ p }) => p ?? 1));
  return rows.map((row) => ({ ...row, pAdjusted: adjusted[tested.indexOf(row)] ?? null }));
}
