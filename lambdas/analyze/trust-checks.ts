import type { ExperimentMeasurement, Measurements } from '../../layers/contracts/measurements.ts';
import type { EarlyExposures } from '../../layers/contracts/run-documents.ts';
import { formatCount, formatPercent, statedP } from '../../layers/report/format.ts';
import type { ExperimentReport, SampleRatio, TrustCheck } from '../../layers/report/schema.ts';
import { testHomogeneity } from '../../layers/statistics/homogeneity.ts';
import { srmAlpha } from '../../layers/statistics/srm.ts';
import { checkSampleRatio, type Weights } from './sample-ratio.ts';

type Trust = ExperimentReport['trust'];

/** Shares from which a count is worth a warning. */
const notable = {
  crossovers: 0.01,
  exposedBeforeAssignment: 0.01,
  unknownVariants: 0.02,
  duplicates: 0.01,
  quarantined: 0.01,
};

/** Crossovers that arms differ in by less than this p leave arms behind that are not alike. */
export const asymmetryAlpha = 0.001;

const notChecked = (name: TrustCheck['name'], explanation: string): TrustCheck => ({
  name,
  status: 'not_checked',
  statistic: null,
  p: null,
  explanation,
});

const counted = (name: TrustCheck['name'], isNotable: boolean, explanation: string): TrustCheck => ({
  name,
  status: isNotable ? 'warn' : 'pass',
  statistic: null,
  p: null,
  explanation,
});

/** The split of all exposed, or all assigned, users. */
export function sampleRatioCheck(
  name: 'sample_ratio_exposed' | 'sample_ratio_assigned',
  { status, chi2, p, reason, arms }: SampleRatio,
): TrustCheck {
  const users = name === 'sample_ratio_exposed' ? 'exposed' : 'assigned';
  if (status === 'not_checked')
    return notChecked(name, `The split of ${users} users could not be tested: ${words(reason ?? '')}.`);
  const split = arms.map((arm) => `${arm.variant} ${arm.users} (expected ${arm.expected.toFixed(1)})`);
  const explanation =
    status === 'pass'
      ? `The ${users} users split as configured: ${split.join(', ')}.`
      : `Sample ratio mismatch among ${users} users: ${split.join(', ')}, ${statedP(p)}. The arms are not comparable; find the cause before reading any effect.`;
  return { name, status, statistic: chi2, p, explanation };
}

/** The splits within parts of the users: warnings only, since there are many of them. */
export function partsCheck(
  name: 'sample_ratio_by_segment' | 'sample_ratio_by_day',
  parts: readonly (SampleRatio & { readonly pAdjusted: number | null; readonly label: string })[],
): TrustCheck {
  const of = name === 'sample_ratio_by_day' ? 'days of assignment' : 'levels of segments';
  const tested = parts.filter(({ pAdjusted }) => pAdjusted !== null);
  if (tested.length === 0) return notChecked(name, `No ${of} with enough users to test their split.`);
  const failed = tested.filter(({ status }) => status === 'fail');
  const worst = tested.reduce((a, b) => ((b.pAdjusted ?? 1) < (a.pAdjusted ?? 1) ? b : a));
  const explanation =
    failed.length === 0
      ? `The users split as configured within all ${tested.length} ${of}.`
      : `The users do not split as configured within ${failed.length} of ${tested.length} ${of}: ${failed.map(({ label }) => label).join(', ')}. Look there for users that are missing from an arm.`;
  return {
    name,
    status: failed.length === 0 ? 'pass' : 'warn',
    statistic: worst.chi2,
    p: worst.pAdjusted,
    explanation,
  };
}

export function crossoversCheck({ users, share }: Trust['crossovers']): TrustCheck {
  return counted(
    'crossovers',
    (share ?? 0) >= notable.crossovers,
    users === 0
      ? 'Every user was in one variant only.'
      : `${users} users were in more than one variant and are left out (${formatPercent(share)}).`,
  );
}

/**
 * Whether users left out for having been in several variants came from the arms as chance would have it: the same share
 * of each arm, or, where users are assigned afresh, as many as w (1 - w) of an arm's weight w. Fails where neither fits.
 */
export function asymmetryCheck(
  {
    arms,
    crossoversByFirstVariant: crossed,
  }: Pick<ExperimentMeasurement, 'arms' | 'crossoversByFirstVariant'>,
  weights: Weights,
): TrustCheck {
  const name = 'crossover_asymmetry';
  const groups = arms.map(({ variant, assigned }) => {
    const hits = crossed.find((arm) => arm.variant === variant)?.users ?? 0;
    return { variant, hits, total: assigned + hits };
  });
  const users = groups.reduce((sum, { hits }) => sum + hits, 0);
  if (users === 0) return counted(name, false, 'No user was left out for having been in several variants.');
  const test = testHomogeneity(groups);
  if (test.reason !== null)
    return notChecked(name, 'Too few users were in several variants to test whether the arms differ in it.');
  const afresh = checkSampleRatio(
    groups.map(({ variant, hits }) => ({ variant, users: hits })),
    afreshWeights(weights),
  );
  const fitting = (afresh.p ?? 0) > test.p ? { chi2: afresh.chi2, p: afresh.p ?? 0 } : test;
  const failed = fitting.p < asymmetryAlpha;
  const rates = groups.map(
    ({ variant, hits, total }) => `${variant} ${hits} of ${total} (${formatPercent(hits / total)})`,
  );
  return {
    name,
    status: failed ? 'fail' : 'pass',
    statistic: fitting.chi2,
    p: fitting.p,
    explanation: failed
      ? `Users left out for having been in several variants come from the arms unevenly, by their first variant: ${rates.join(', ')}, ${statedP(fitting.p)}. What is left of the arms is not comparable; find out how users change their variant.`
      : `Users left out for having been in several variants come from the arms as chance would have it: ${rates.join(', ')}.`,
  };
}

function afreshWeights(weights: Weights): Weights {
  const products = Object.entries(weights).map(([variant, weight]) => ({
    variant,
    product: weight * (1 - weight),
  }));
  const total = products.reduce((sum, { product }) => sum + product, 0);
  return Object.fromEntries(products.map(({ variant, product }) => [variant, product / total]));
}

export function unknownVariantsCheck(
  { arms, unknownVariants }: Pick<ExperimentMeasurement, 'arms' | 'unknownVariants'>,
  weightsAreNamed: boolean,
): TrustCheck {
  const name = 'unknown_variants';
  if (!weightsAreNamed) {
    return notChecked(name, 'With weights: equal, every variant that the data have is an arm.');
  }
  const users = unknownVariants.reduce((sum, variant) => sum + variant.users, 0);
  const all = users + arms.reduce((sum, arm) => sum + arm.assigned, 0);
  const share = all === 0 ? 0 : users / all;
  return counted(
    name,
    share >= notable.unknownVariants,
    users === 0
      ? 'No user was in a variant that the weights do not name.'
      : `${users} users (${formatPercent(share)}) were in variants that the weights do not name and are left out: ${unknownVariants.map(({ variant, users: own }) => `${variant} ${own}`).join(', ')}.`,
  );
}

export function balanceCheck(balance: Trust['balance']): TrustCheck {
  const name = 'covariate_balance';
  const tested = balance.filter(({ pAdjusted }) => pAdjusted !== null);
  if (tested.length === 0)
    return notChecked(name, 'Nothing from before the exposure to compare the arms by.');
  const apart = tested.filter(({ pAdjusted }) => (pAdjusted ?? 1) < srmAlpha);
  const worst = tested.reduce((a, b) => ((b.pAdjusted ?? 1) < (a.pAdjusted ?? 1) ? b : a));
  return {
    name,
    status: apart.length === 0 ? 'pass' : 'warn',
    statistic: null,
    p: worst.pAdjusted,
    explanation:
      apart.length === 0
        ? 'Before the exposure the arms were alike in what their users did.'
        : `Before the exposure the arms already differed: ${apart.map(({ covariate, variant }) => `${covariate} in ${variant}`).join(', ')}. Assignment may not be random.`,
  };
}

export function exposureRateCheck(rates: Trust['exposureRates'], exposureIsAssignment: boolean): TrustCheck {
  const name = 'exposure_rate';
  if (exposureIsAssignment) return counted(name, false, 'Every assigned user counts as exposed.');
  const test = testHomogeneity(rates.map(({ assigned, exposed }) => ({ total: assigned, hits: exposed })));
  const list = rates.map(({ variant, share }) => `${variant} ${formatPercent(share)}`).join(', ');
  if (test.reason === 'no_variation')
    return counted(name, false, `The same share of each arm's users was exposed: ${list}.`);
  if (test.reason !== null)
    return notChecked(name, `Too few users to compare the shares of exposed users: ${list}.`);
  const apart = test.p < srmAlpha;
  return {
    name,
    status: apart ? 'warn' : 'pass',
    statistic: test.chi2,
    p: test.p,
    explanation: apart
      ? `The arms differ in the share of their users who were exposed: ${list}. The treatment may change who is counted.`
      : `The arms hardly differ in the share of their users who were exposed: ${list}.`,
  };
}

/** Exposures that precede the assignment: not counted, or counted where the experiment says so. */
export function assignmentBeforeCheck(
  { events, users, usersLeftOut }: EarlyExposures,
  assigned: number,
  requireAssignmentBefore: boolean,
): TrustCheck {
  const name = 'assignment_before_exposure';
  if (events === 0) return counted(name, false, "No exposure came before its user's assignment.");
  const early = `${formatCount(events)} exposures of ${formatCount(users)} users came before their assignment`;
  if (!requireAssignmentBefore) {
    return counted(
      name,
      true,
      `${early} and count (require_assignment_before is off): the arms may differ before the treatment began.`,
    );
  }
  if (usersLeftOut === 0) {
    return counted(name, false, `${early} and do not count; all of these users had a later one.`);
  }
  const share = usersLeftOut / assigned;
  return counted(
    name,
    share >= notable.exposedBeforeAssignment,
    `${early} and do not count. ${formatCount(usersLeftOut)} users (${formatPercent(share)} of the assigned) had no later one and are left out: check that assigned_ts is the time at which a user got the variant.`,
  );
}

export function immatureCheck(
  { users, share }: Trust['immature'],
  immature: 'include' | 'exclude',
): TrustCheck {
  const name = 'immature_users';
  if (users === 0) return counted(name, false, 'The outcome window of every user had ended.');
  return counted(
    name,
    true,
    immature === 'include'
      ? `The outcome window of ${users} analysed users (${formatPercent(share)}) had not ended: their outcomes may still change.`
      : `${users} users (${formatPercent(share)}) whose outcome window had not ended are left out.`,
  );
}

/** Lines that were not used, over all datasets of the run. */
export function linesCheck(name: 'duplicates' | 'quarantine', quality: Measurements['quality']): TrustCheck {
  const column = name === 'duplicates' ? 'duplicates' : 'quarantined';
  const shares = Object.entries(quality).flatMap(([dataset, counts]) =>
    counts.lines === 0 || counts[column] === 0
      ? []
      : [{ dataset, rows: counts[column], share: counts[column] / counts.lines }],
  );
  const what = name === 'duplicates' ? 'repeated lines' : 'lines in quarantine';
  const list = shares.map(
    ({ dataset, rows, share }) => `${dataset} ${formatCount(rows)} (${formatPercent(share)})`,
  );
  return counted(
    name,
    shares.some(({ share }) => share >= notable[column]),
    shares.length === 0 ? `There are no ${what}.` : `Not used, ${what}: ${list.join(', ')}.`,
  );
}

/** Rows whose times contradict each other, or lie after `as_of`. */
export function timeOrderCheck(warnings: Measurements['warnings']): TrustCheck {
  const odd = warnings.filter(({ rule, rows }) => timeRules.has(rule) && rows > 0);
  const list = odd.map(({ dataset, rule, rows }) => `${formatCount(rows)} of ${dataset} ${words(rule)}`);
  return counted(
    'time_order',
    odd.length > 0,
    odd.length === 0 ? 'The times of all rows fit each other.' : `Rows with odd times: ${list.join(', ')}.`,
  );
}

const timeRules: ReadonlySet<string> = new Set([
  'in_the_future',
  'after_as_of',
  'ends_before_start',
  'before_signup',
  'exposure_before_signup',
  'outside_session',
]);

function words(identifier: string): string {
  return identifier.replaceAll('_', ' ');
}
