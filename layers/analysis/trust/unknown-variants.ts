import type { Config } from '../../experiment/config.ts';
import {
  type LabelUsers,
  type StrayLabel,
  similarLabel,
  strayRemedy,
  strayText,
  withMisspelt,
} from '../../experiment/similar-labels.ts';
import { formatCount, formatPercent, formatQuantity } from '../../report/format.ts';
import { type Check, counted, type Finding, notChecked, type TrustInput } from './check.ts';
import { checkSampleRatio } from './split.ts';

/** Share of users in unknown variants from which it is worth a warning. */
const notableShare = 0.02;

type Needs = Pick<TrustInput, 'measurement' | 'settings' | 'run' | 'arms' | 'users' | 'strays'>;

interface About {
  readonly experimentId: string;
  readonly schema: Config['schema'];
}

/** Users in variants that are no arms. */
export const unknownVariants: Check = {
  name: 'unknown_variants',
  label: 'Users in arms that are not configured',
  evaluate({ measurement, settings, run, arms, users, strays }: Needs) {
    const about = { experimentId: measurement.experimentId, schema: run.config.schema };
    const assigned = arms.map((arm) => ({ variant: arm.variant, users: arm.assigned }));
    return settings.weights === 'equal'
      ? ofStrays(strays, assigned, about)
      : ofUnknown(measurement.unknownVariants, users.everyone, assigned, about);
  },
};

/** Whether the others split equally once the users of misspelt arms are given to the right ones. */
export function splitsWithout(strays: readonly StrayLabel[], arms: readonly LabelUsers[]): boolean {
  const users = withMisspelt(arms, strays);
  const weights = Object.fromEntries(users.map(({ variant }) => [variant, 1 / users.length]));
  return strays.length > 0 && checkSampleRatio(users, weights).status !== 'fail';
}

/** With equal weights every variant is an arm; one that is probably misspelt makes the experiment invalid. */
function ofStrays(strays: readonly StrayLabel[], arms: readonly LabelUsers[], about: About): Finding {
  if (strays.length === 0) {
    return notChecked('With weights: equal, every variant that the data have is an arm.');
  }
  const variants = arms
    .map(({ variant }) => variant)
    .filter((variant) => !strays.some((stray) => stray.variant === variant));
  const line = `experiment.yaml and run the same files again: ${strayRemedy(strays, { ...about, variants })}`;
  const isOne = strays.length === 1;
  let explanation: string;
  if (strays.some(({ like }) => like !== null)) {
    const count = isOne ? 'counts as an arm of its own' : 'count as arms of their own';
    explanation = `${strayText(strays)}, but ${count}. Put this into ${line}.`;
  } else {
    explanation = isOne
      ? `${strayText(strays)}. If it is an arm of the experiment, find out where its users went. If it is not, list the real arms in ${line}.`
      : `${strayText(strays)}. If they are arms of the experiment, find out where their users went. If they are not, list the real arms in ${line}.`;
  }
  return { status: 'fail', explanation };
}

/** With weights, users of other variants are left out. */
function ofUnknown(
  unknown: readonly LabelUsers[],
  everyone: number,
  arms: readonly LabelUsers[],
  about: About,
): Finding {
  const users = unknown.reduce((sum, variant) => sum + variant.users, 0);
  if (users === 0) return counted(false, 'No user was in a variant that the weights do not name.');
  const share = everyone === 0 ? 0 : users / everyone;
  const variants = arms.map(({ variant }) => variant);
  const misspelt = unknown.flatMap((label) => {
    const like = similarLabel(label.variant, variants);
    return like === undefined ? [] : [{ ...label, like }];
  });
  const hint =
    misspelt.length === 0
      ? ''
      : ` ${strayText(misspelt)}; to count them, put this into experiment.yaml and run the same files again: ${strayRemedy(misspelt, { ...about, variants })}.`;
  return counted(
    share >= notableShare || misspelt.length > 0,
    `${formatQuantity(users, 'user')} (${formatPercent(share)}) in variants that the weights do not name ${users === 1 ? 'is' : 'are'} left out: ${unknown.map(({ variant, users: own }) => `${variant} ${formatCount(own)}`).join(', ')}.${hint}`,
  );
}
