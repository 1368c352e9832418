import type { ArmMeasurement } from '../../experiment/measurements.ts';
import type { SampleRatio, SplitCause } from '../../report/schema.ts';
import { type Check, type Finding, notChecked, type TrustInput } from './check.ts';
import { type ArmUsers, checkParts, checkSampleRatio } from './split.ts';
import { splitCauses } from './split-causes.ts';

type Needs = Pick<TrustInput, 'measurement' | 'arms' | 'periods' | 'strays'>;

/** The split of the exposed users within each level of each segment. */
export const sampleRatioBySegment: Check = {
  name: 'sample_ratio_by_segment',
  label: 'Sample ratio in each segment',
  isAdjusted: true,
  evaluate({ measurement, arms, periods, strays }: Needs) {
    const parts = measurement.segments.map(({ segment, level, arms: own }) => ({
      part: { segment, level },
      periods: periods.map(({ weights }, index) => ({
        weights,
        arms: exposedIn(own, index, periods.length),
      })),
    }));
    const srmBySegment = checkParts(parts, arms);
    const labelled = srmBySegment.map((part) => ({ ...part, label: `${part.segment} ${part.level}` }));
    return { ...finding('levels of segments', labelled, strays), evidence: { srmBySegment } };
  },
};

/** The split of the users assigned on each day. */
export const sampleRatioByDay: Check = {
  name: 'sample_ratio_by_day',
  label: 'Sample ratio on each day',
  isAdjusted: true,
  evaluate({ measurement, arms, periods, strays }: Needs) {
    const parts = measurement.assignedByDay.map(({ day, arms: own }) => ({
      part: { day },
      periods: periods
        .filter(({ until }) => until === null || day < until)
        .slice(0, 1)
        .map(({ weights }) => ({ weights, arms: own })),
    }));
    const srmByDay = checkParts(parts, arms);
    const labelled = srmByDay.map((part) => ({ ...part, label: part.day }));
    const found = finding('days of assignment', labelled, strays);
    const days = periods.length > 1 || strays.length > 0 ? [] : wrongDays(measurement, periods);
    if (days.length === 0) return { ...found, evidence: { srmByDay } };
    const told = days.map(({ explanation }) => explanation).join(' ');
    return {
      ...found,
      status: 'warn',
      explanation: `${found.explanation} As a whole the users split as configured, but not everywhere. ${told}`,
      evidence: { srmByDay },
    };
  },
};

/** Single days that a split that is as configured as a whole hides: of assignment, else of exposure. */
function wrongDays(measurement: TrustInput['measurement'], [period]: TrustInput['periods']): SplitCause[] {
  if (period === undefined) return [];
  const hidden = (['assigned', 'exposed'] as const).map((of) =>
    splitCauses(of, measurement, period.weights).filter(
      () => checkSampleRatio(period[of], period.weights).status === 'pass',
    ),
  );
  return hidden.find((causes) => causes.length > 0) ?? [];
}

/** The exposed users of one of several periods, or of the only one. */
function exposedIn(arms: readonly ArmMeasurement[], index: number, periods: number): ArmUsers[] {
  return arms.map(({ variant, exposed, periods: own = [] }) => ({
    variant,
    users: periods === 1 ? exposed : (own.find(({ period }) => period === index)?.exposed ?? 0),
  }));
}

/** Notes only, since there are many parts; none where it is not certain which variants are arms. */
function finding(
  of: string,
  parts: readonly (SampleRatio & { readonly pAdjusted: number | null; readonly label: string })[],
  strays: TrustInput['strays'],
): Finding {
  if (strays.length > 0) {
    return notChecked('Not tested while variants that are probably none count as arms.');
  }
  const tested = parts.filter(({ pAdjusted }) => pAdjusted !== null);
  if (tested.length === 0) return notChecked(`No ${of} with enough users to test their split.`);
  const failed = tested.filter(({ status }) => status === 'fail');
  const worst = tested.reduce((a, b) => ((b.pAdjusted ?? 1) < (a.pAdjusted ?? 1) ? b : a));
  return {
    status: failed.length === 0 ? 'pass' : 'warn',
    chiSquare: worst,
    p: worst.pAdjusted,
    explanation:
      failed.length === 0
        ? `The users split as configured within all ${tested.length} ${of}.`
        : `The users do not split as configured within ${failed.length} of ${tested.length} ${of}: ${failed.map(({ label }) => label).join(', ')}. Look there for users that are missing from an arm.`,
  };
}
