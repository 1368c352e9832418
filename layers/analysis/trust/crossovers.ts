import { formatPercent, formatQuantity } from '../../report/format.ts';
import { type Check, counted, shareOf, type TrustInput } from './check.ts';

const notableShare = 0.01;

/** Users who were in several variants and are left out. */
export const crossovers: Check = {
  name: 'crossovers',
  label: 'Crossovers (users in several arms)',
  evaluate({ measurement, users: { everyone } }: Pick<TrustInput, 'measurement' | 'users'>) {
    const found = shareOf(measurement.crossovers, everyone);
    const { users, share } = found;
    return {
      ...counted(
        (share ?? 0) >= notableShare,
        users === 0
          ? 'Every user was in one variant only.'
          : `${formatQuantity(users, 'user was', 'users were')} in more than one variant and ${users === 1 ? 'is' : 'are'} left out (${formatPercent(share)}).`,
      ),
      note: share === null ? null : `${formatPercent(share)} of the assigned left out`,
      evidence: { crossovers: found },
    };
  },
};
