import type { SampleRatio } from '../../report/schema.ts';
import { type Check, type Finding, notChecked, type TrustInput } from './check.ts';
import { checkParts } from './split.ts';

type Needs = Pick<TrustInput, 'measurement' | 'arms' | 'weights' | 'strays'>;

/** The split of the exposed users within each level of each segment. */
export const sampleRatioBySegment: Check = {
  name: 'sample_ratio_by_segment',
  label: 'Sample ratio in each segment',
  isAdjusted: true,
  evaluate({ measurement, arms, weights, strays }: Needs) {
    const parts = measurement.segments.map(({ segment, level, arms: own }) => ({
      part: { segment, level },
      arms: own.map(({ variant, exposed }) => ({ variant, users: exposed })),
    }));
    const srmBySegment = checkParts(parts, arms, weights);
    const labelled = srmBySegment.map((part) => ({ ...part, label: `${part.segment} ${part.level}` }));
    return { ...finding('levels of segments', labelled, strays), evidence: { srmBySegment } };
  },
};

/** The split of the users assigned on each day. */
export const sampleRatioByDay: Check = {
  name: 'sample_ratio_by_day',
  label: 'Sample ratio on each day',
  isAdjusted: true,
  evaluate({ measurement, arms, weights, strays }: Needs) {
    const parts = measurement.assignedByDay.map(({ day, arms: own }) => ({ part: { day }, arms: own }));
    const srmByDay = checkParts(parts, arms, weights);
    const labelled = srmByDay.map((part) => ({ ...part, label: part.day }));
    return { ...finding('days of assignment', labelled, strays), evidence: { srmByDay } };
  },
};

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
