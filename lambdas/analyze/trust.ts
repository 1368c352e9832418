import type { ExperimentMeasurement } from '../../layers/contracts/measurements.ts';
import type { ExperimentReport, SampleRatio } from '../../layers/report/schema.ts';
import { sampleRatioTest } from '../../layers/statistics/srm.ts';

/** Below this p the observed split is not the configured one (the field's usual threshold). */
export const srmAlpha = 0.001;

/** A split of fewer users than this says nothing by a chi-square test: expected counts must be at least five. */
const minimumExpected = 5;

export interface ArmUsers {
  readonly variant: string;
  readonly users: number;
}

/** Sample ratio mismatch of `arms` against `weights` (shares that sum to one). */
export function checkSampleRatio(
  arms: readonly ArmUsers[],
  weights: Readonly<Record<string, number>>,
): SampleRatio {
  const total = arms.reduce((sum, arm) => sum + arm.users, 0);
  const expected = arms.map(({ variant, users }) => ({
    variant,
    users,
    expected: (weights[variant] ?? 0) * total,
  }));
  const notChecked = (reason: string): SampleRatio => ({
    chi2: null,
    df: null,
    p: null,
    status: 'not_checked',
    reason,
    arms: expected,
  });
  const test = sampleRatioTest(
    arms.map(({ variant, users }) => ({ variant, users, weight: weights[variant] ?? 0 })),
  );
  if (test.reason !== null) return notChecked(test.reason);
  if (expected.some((arm) => arm.expected < minimumExpected)) return notChecked('too_few_users');
  const { chi2, df, p } = test;
  return { chi2, df, p, status: p < srmAlpha ? 'fail' : 'pass', reason: null, arms: expected };
}

/** Everything that is checked before an effect is believed. */
export function checkTrust(
  measurement: ExperimentMeasurement,
  weights: Readonly<Record<string, number>>,
  options: { readonly requireAssignmentBefore: boolean; readonly immature: 'include' | 'exclude' },
): ExperimentReport['trust'] {
  const { arms, crossovers, immatureUsers } = measurement;
  const assigned = arms.reduce((sum, arm) => sum + arm.assigned, 0);
  const analysed = arms.reduce((sum, arm) => sum + arm.users, 0);
  const immatureOf = options.immature === 'include' ? analysed : analysed + immatureUsers;
  const shareOf = (users: number, all: number) => ({ users, share: all === 0 ? null : users / all });
  const warnings: string[] = [];
  if (!options.requireAssignmentBefore) {
    warnings.push(
      'Exposures before the assignment count (require_assignment_before is off): the arms may differ before the treatment began.',
    );
  }
  if (immatureUsers > 0) {
    warnings.push(
      options.immature === 'include'
        ? `The outcome window of ${immatureUsers} analysed users had not ended: their outcomes may still change.`
        : `${immatureUsers} users whose outcome window had not ended are left out.`,
    );
  }
  if (crossovers > 0) {
    warnings.push(`${crossovers} users were in more than one variant and are left out.`);
  }
  return {
    srm: checkSampleRatio(
      arms.map(({ variant, exposed }) => ({ variant, users: exposed })),
      weights,
    ),
    srmAssigned: checkSampleRatio(
      arms.map((arm) => ({ variant: arm.variant, users: arm.assigned })),
      weights,
    ),
    crossovers: shareOf(crossovers, assigned + crossovers),
    immature: shareOf(immatureUsers, immatureOf),
    warnings,
  };
}
