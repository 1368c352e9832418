import { isLineOfRow } from '../../data/column-binding.ts';
import { formatPercent, formatQuantity } from '../../report/format.ts';
import { type Check, counted, notChecked, shareOf, type TrustInput } from './check.ts';

const notableShare = 0.01;

/** Users who were in several variants and are left out: a note, and beyond the experiment's limit no decision. */
export const crossovers: Check = {
  name: 'crossovers',
  label: 'Crossovers (users in several arms)',
  evaluate({
    measurement,
    settings,
    users: { everyone },
    run: { config },
  }: Pick<TrustInput, 'measurement' | 'users' | 'settings' | 'run'>) {
    const found = shareOf(measurement.crossovers, everyone);
    if (isLineOfRow(config.schema.experiment_assignments.user_id)) {
      return {
        ...notChecked(
          'The users are lines of a file that has no ids: who is there twice counts twice, perhaps in several arms, and nobody can see it.',
        ),
        note: null,
        evidence: { crossovers: found },
      };
    }
    const { users, share } = found;
    const limit = settings.max_crossover_share;
    if (share !== null && share > limit) {
      return {
        status: 'fail',
        explanation: `${formatQuantity(users, 'user was', 'users were')} in more than one variant (${formatPercent(share)}), more than the ${formatPercent(limit)} that max_crossover_share allows: who is left no longer stands for everyone. Find out how users change their variant; the effects by first assignment count all of them.`,
        note: `${formatPercent(share)} of the assigned left out`,
        evidence: { crossovers: found },
      };
    }
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
