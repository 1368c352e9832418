import type { ExperimentSettings } from '../experiment/config.ts';
import type { ExperimentMeasurement, Measurements } from '../experiment/measurements.ts';
import type { CovariateColumn } from '../experiment/metrics.ts';
import { strayArms } from '../experiment/similar-labels.ts';
import type { ExperimentReport } from '../report/schema.ts';
import type { RunPlan } from '../runs/documents.ts';
import { effectOf } from '../statistics/effect.ts';
import { divide } from '../statistics/moments.ts';
import { holm } from '../statistics/multiplicity.ts';
import { srmAlpha } from '../statistics/srm.ts';
import type { Arm } from './arm.ts';
import { meanLiftOf } from './estimate.ts';
import { type Sample, scales } from './sample.ts';
import { checkSampleRatio, srmByDay, srmBySegment, type Weights } from './sample-ratio.ts';
import {
  assignmentBeforeCheck,
  asymmetryCheck,
  balanceCheck,
  crossoversCheck,
  duplicatesCheck,
  exposureRateCheck,
  immatureCheck,
  partsCheck,
  quarantineCheck,
  sampleRatioCheck,
  timeOrderCheck,
} from './trust-checks.ts';
import { splitsWithout, strayArmsCheck, unknownVariantsCheck } from './variants-check.ts';

type Trust = ExperimentReport['trust'];

/** What the checks of an experiment need to know of its run. */
export type RunQuality = Pick<Measurements, 'quality' | 'warnings' | 'decisiveEvents'> &
  Pick<RunPlan, 'config'>;

/** Everything that is checked before an effect is believed. */
export function checkTrust(
  measurement: ExperimentMeasurement,
  sample: Sample,
  settings: ExperimentSettings,
  weights: Weights,
  covariates: readonly CovariateColumn[],
  run: RunQuality,
): Trust {
  const arms = [sample.control, ...sample.treatments];
  const variants = arms.map(({ variant }) => variant);
  const { crossovers, unknownVariants, immatureUsers } = measurement;
  const assigned = arms.reduce((sum, arm) => sum + arm.assigned, 0);
  const exposed = arms.reduce((sum, arm) => sum + arm.exposed, 0);
  const everyone = assigned + crossovers + unknownVariants.reduce((sum, { users }) => sum + users, 0);
  const analysed = arms.reduce((sum, arm) => sum + arm.users, 0);
  const immatureOf = settings.immature === 'include' ? analysed : analysed + immatureUsers;
  const found = {
    srm: checkSampleRatio(
      arms.map(({ variant, exposed }) => ({ variant, users: exposed })),
      weights,
    ),
    srmAssigned: checkSampleRatio(
      arms.map((arm) => ({ variant: arm.variant, users: arm.assigned })),
      weights,
    ),
    srmBySegment: srmBySegment(measurement.segments, variants, weights),
    srmByDay: srmByDay(measurement.assignedByDay, variants, weights),
    crossovers: shareOf(crossovers, everyone),
    immature: shareOf(immatureUsers, immatureOf),
    balance: balanceOf(sample, covariates),
    exposureRates: arms.map(({ variant, assigned: own, exposed }) => ({
      variant,
      assigned: own,
      exposed,
      share: own === 0 ? null : exposed / own,
    })),
  };
  const { exposure } = settings;
  const about = { experimentId: measurement.experimentId, schema: run.config.schema };
  const armUsers = found.srmAssigned.arms;
  const isEqual = settings.weights === 'equal';
  const strays = isEqual ? strayArms(armUsers, sample.control.variant) : [];
  const checks = [
    sampleRatioCheck('sample_ratio_exposed', found.srm, splitsWithout(strays, found.srm.arms)),
    sampleRatioCheck('sample_ratio_assigned', found.srmAssigned, splitsWithout(strays, armUsers)),
    asymmetryCheck({ ...measurement, arms }, weights),
    isEqual
      ? strayArmsCheck(strays, armUsers, about)
      : unknownVariantsCheck(unknownVariants, everyone, armUsers, about),
    partsCheck(
      'sample_ratio_by_segment',
      found.srmBySegment.map((part) => ({ ...part, label: `${part.segment} ${part.level}` })),
      strays.length === 0,
    ),
    partsCheck(
      'sample_ratio_by_day',
      found.srmByDay.map((part) => ({ ...part, label: part.day })),
      strays.length === 0,
    ),
    crossoversCheck(found.crossovers),
    balanceCheck(found.balance),
    exposureRateCheck(found.exposureRates, exposure === 'assignment'),
    assignmentBeforeCheck(
      measurement.earlyExposures,
      { assigned, exposed },
      exposure === 'assignment' || exposure.require_assignment_before,
    ),
    immatureCheck(found.immature, settings.immature, exposed),
    duplicatesCheck(run.quality),
    quarantineCheck(run),
    timeOrderCheck(run.warnings),
  ];
  const warnings = checks
    .filter(({ name, status }) => status === 'warn' || (name === 'crossovers' && crossovers > 0))
    .map(({ explanation }) => explanation);
  return { ...found, warnings, checks };
}

function shareOf(users: number, all: number): Trust['crossovers'] {
  return { users, share: all === 0 ? null : users / all };
}

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
      const { test, reason } = effectOf(meanLiftOf(arms), srmAlpha);
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
