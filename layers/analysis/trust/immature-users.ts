import { formatPercent, formatQuantity } from '../../report/format.ts';
import { type Check, counted, type Finding, nobodyExposed, shareOf, type TrustInput } from './check.ts';

/** Users whose outcome window had not ended: counted or left out, as the experiment says. */
export const immatureUsers: Check = {
  name: 'immature_users',
  label: 'Outcome windows',
  evaluate({ measurement, settings, users: all }: Pick<TrustInput, 'measurement' | 'settings' | 'users'>) {
    const isCounted = settings.immature === 'include';
    const immature = shareOf(
      measurement.immatureUsers,
      isCounted ? all.analysed : all.analysed + measurement.immatureUsers,
    );
    const { users, share } = immature;
    let found: Finding;
    if (all.exposed === 0) {
      found = nobodyExposed;
    } else if (users === 0) {
      found = counted(false, 'The outcome window of every user had ended.');
    } else {
      found = counted(
        true,
        isCounted
          ? `The outcome window of ${formatQuantity(users, 'analysed user')} (${formatPercent(share)}) had not ended: outcomes may still change.`
          : `${formatQuantity(users, 'user')} (${formatPercent(share)}) whose outcome window had not ended ${users === 1 ? 'is' : 'are'} left out.`,
      );
    }
    return {
      ...found,
      note: share === null ? null : `${formatPercent(share)} not ended`,
      evidence: { immature },
    };
  },
};
