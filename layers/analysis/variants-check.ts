import type { Config } from '../experiment/config.ts';
import {
  type LabelUsers,
  type StrayLabel,
  similarLabel,
  strayRemedy,
  strayText,
  withMisspelt,
} from '../experiment/similar-labels.ts';
import { formatCount, formatPercent, formatQuantity } from '../report/format.ts';
import type { TrustCheck } from '../report/schema.ts';
import { checkSampleRatio } from './sample-ratio.ts';
import { counted, notChecked, withoutStatistic } from './trust-checks.ts';

/** Share of users in unknown variants from which it is worth a warning. */
const notableShare = 0.02;

const name = 'unknown_variants';

interface About {
  readonly experimentId: string;
  readonly schema: Config['schema'];
}

/** Whether the others split equally once the users of misspelt arms are given to the right ones. */
export function splitsWithout(strays: readonly StrayLabel[], arms: readonly LabelUsers[]): boolean {
  const users = withMisspelt(arms, strays);
  const weights = Object.fromEntries(users.map(({ variant }) => [variant, 1 / users.length]));
  return strays.length > 0 && checkSampleRatio(users, weights).status !== 'fail';
}

/** With equal weights every variant is an arm; one that is probably misspelt makes the experiment invalid. */
export function strayArmsCheck(
  strays: readonly StrayLabel[],
  arms: readonly LabelUsers[],
  about: About,
): TrustCheck {
  if (strays.length === 0) {
    return notChecked(name, 'With weights: equal, every variant that the data have is an arm.');
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
      ? `${strayText(strays)}. If it is no arm of the experiment, name those that are in ${line}; if it is one, find out where its users are.`
      : `${strayText(strays)}. If they are no arms of the experiment, name those that are in ${line}; if they are, find out where their users are.`;
  }
  return { name, status: 'fail', ...withoutStatistic, p: null, explanation };
}

/** With weights, users of other variants are left out. */
export function unknownVariantsCheck(
  unknown: readonly LabelUsers[],
  everyone: number,
  arms: readonly LabelUsers[],
  about: About,
): TrustCheck {
  const users = unknown.reduce((sum, variant) => sum + variant.users, 0);
  if (users === 0) return counted(name, false, 'No user was in a variant that the weights do not name.');
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
    name,
    share >= notableShare || misspelt.length > 0,
    `${formatQuantity(users, 'user')} (${formatPercent(share)}) in variants that the weights do not name ${users === 1 ? 'is' : 'are'} left out: ${unknown.map(({ variant, users: own }) => `${variant} ${formatCount(own)}`).join(', ')}.${hint}`,
  );
}
