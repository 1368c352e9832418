import { formatPercent, formatQuantity } from '../../report/format.ts';
import { type Check, counted, nobodyExposed, type TrustInput } from './check.ts';

const notableShare = 0.01;

/** Exposures that precede the assignment: not counted, or counted where the experiment says so. */
export const assignmentBeforeExposure: Check = {
  name: 'assignment_before_exposure',
  label: 'Assignment before exposure',
  evaluate({
    measurement: { earlyExposures },
    settings: { exposure },
    users: { assigned, exposed },
  }: Pick<TrustInput, 'measurement' | 'settings' | 'users'>) {
    const { events, users, usersLeftOut } = earlyExposures;
    if (events === 0) {
      return exposed === 0 ? nobodyExposed : counted(false, "No exposure came before its user's assignment.");
    }
    const early = `${formatQuantity(events, 'exposure')} of ${formatQuantity(users, 'user')} came before their assignment`;
    if (exposure !== 'assignment' && !exposure.require_assignment_before) {
      return counted(
        true,
        `${early} and count (require_assignment_before: false): the arms may differ before the treatment began.`,
      );
    }
    if (usersLeftOut === 0) {
      return counted(
        false,
        `${early} and do not count. That is usual of visitors who return. All of these users were exposed again later, so nobody is lost.`,
      );
    }
    const share = usersLeftOut / assigned;
    return {
      ...counted(
        share >= notableShare,
        `${early} and do not count. That is usual of visitors who return. ${formatQuantity(usersLeftOut, 'user')} (${formatPercent(share)} of the assigned) had no later one and ${usersLeftOut === 1 ? 'is' : 'are'} left out. It matters where one arm loses more of them, which the sample ratio tests, or where assigned_ts is not the time at which a user got the variant: check that.`,
      ),
      note: `${formatPercent(share)} of the assigned left out`,
    };
  },
};
