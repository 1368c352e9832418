import { eventLosses, notableLoss } from '../data/bad-rows.ts';
import type {
  ArmMeasurement,
  EarlyExposures,
  ExperimentMeasurement,
  Measurements,
} from '../experiment/measurements.ts';
import { formatCount, formatDecimal, formatPercent, formatQuantity, statedP } from '../report/format.ts';
import { covariateLabel } from '../report/labels.ts';
import { reasonText } from '../report/page/words.ts';
import type { ExperimentReport, SampleRatio, TrustCheck } from '../report/schema.ts';
import { testHomogeneity } from '../statistics/homogeneity.ts';
import { srmAlpha } from '../statistics/srm.ts';
import { checkSampleRatio, type Weights } from './sample-ratio.ts';

type Trust = ExperimentReport['trust'];

/** Shares from which a count is worth a warning. */
const notable = {
  crossovers: 0.01,
  exposedBeforeAssignment: 0.01,
  duplicates: 0.01,
  quarantined: notableLoss,
};

/** Crossovers that arms differ in by less than this p leave arms behind that are not alike. */
export const asymmetryAlpha = 0.001;

export const withoutStatistic = { statistic: null, statisticName: null, df: null } as const;

const chiSquare = (chi2: number | null, df: number | null) =>
  chi2 === null ? withoutStatistic : ({ statistic: chi2, statisticName: 'chi_square', df } as const);

const nobody = 'Nobody was exposed.';

export const notChecked = (name: TrustCheck['name'], explanation: string): TrustCheck => ({
  name,
  status: 'not_checked',
  ...withoutStatistic,
  p: null,
  explanation,
});

export const counted = (name: TrustCheck['name'], isNotable: boolean, explanation: string): TrustCheck => ({
  name,
  status: isNotable ? 'warn' : 'pass',
  ...withoutStatistic,
  p: null,
  explanation,
});

const remedies = {
  sample_ratio_exposed: 'The arms are not comparable. Find the cause before reading any effect.',
  sample_ratio_assigned: 'Look at how users are assigned before reading any effect.',
};

/** The split of all exposed, or all assigned, users; `isExplained` where arms that are probably none make it wrong. */
export function sampleRatioCheck(
  name: 'sample_ratio_exposed' | 'sample_ratio_assigned',
  { status, chi2, df, p, reason, arms }: SampleRatio,
  isExplained: boolean,
): TrustCheck {
  const users = name === 'sample_ratio_exposed' ? 'exposed' : 'assigned';
  if (status === 'not_checked')
    return notChecked(name, `The split of ${users} users could not be tested: ${reasonText(reason ?? '')}.`);
  const split = arms.map(
    (arm) => `${arm.variant} ${formatCount(arm.users)} (expected ${formatDecimal(arm.expected, 1)})`,
  );
  const explanation =
    status === 'pass'
      ? `The ${users} users split as configured: ${split.join(', ')}.`
      : `Sample ratio mismatch among ${users} users: ${split.join(', ')}, ${statedP(p)}. ${isExplained ? 'The variants above explain it: without them the users split as configured.' : remedies[name]}`;
  return { name, status, ...chiSquare(chi2, df), p, explanation };
}

/** The splits within parts of the users: notes only, since there are many of them; none where `arms` are not certain. */
export function partsCheck(
  name: 'sample_ratio_by_segment' | 'sample_ratio_by_day',
  parts: readonly (SampleRatio & { readonly pAdjusted: number | null; readonly label: string })[],
  armsAreCertain: boolean,
): TrustCheck {
  if (!armsAreCertain)
    return notChecked(name, 'Not tested while variants that are probably none count as arms.');
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
    ...chiSquare(worst.chi2, worst.df),
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
      : `${formatQuantity(users, 'user was', 'users were')} in more than one variant and ${users === 1 ? 'is' : 'are'} left out (${formatPercent(share)}).`,
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
  }: Pick<ExperimentMeasurement, 'crossoversByFirstVariant'> & {
    readonly arms: readonly Pick<ArmMeasurement, 'variant' | 'assigned'>[];
  },
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
  const fitting = (afresh.p ?? 0) > test.p ? { chi2: afresh.chi2, df: afresh.df, p: afresh.p ?? 0 } : test;
  const failed = fitting.p < asymmetryAlpha;
  const rates = groups.map(
    ({ variant, hits, total }) =>
      `${variant} ${formatCount(hits)} of ${formatCount(total)} (${formatPercent(hits / total)})`,
  );
  return {
    name,
    status: failed ? 'fail' : 'pass',
    ...chiSquare(fitting.chi2, fitting.df),
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
    ...withoutStatistic,
    p: worst.pAdjusted,
    explanation:
      apart.length === 0
        ? 'Before the exposure the arms were alike in what their users did.'
        : `Before the exposure the arms already differed: ${apart.map(({ covariate, variant }) => `${covariateLabel(covariate)} in ${variant}`).join(', ')}. Assignment may not be random.`,
  };
}

export function exposureRateCheck(rates: Trust['exposureRates'], exposureIsAssignment: boolean): TrustCheck {
  const name = 'exposure_rate';
  if (exposureIsAssignment) return counted(name, false, 'Every assigned user counts as exposed.');
  const test = testHomogeneity(rates.map(({ assigned, exposed }) => ({ total: assigned, hits: exposed })));
  if (rates.every(({ exposed }) => exposed === 0)) return notChecked(name, nobody);
  const list = rates.map(({ variant, share }) => `${variant} ${formatPercent(share)}`).join(', ');
  if (test.reason === 'no_variation')
    return counted(name, false, `The same share of each arm's users was exposed: ${list}.`);
  if (test.reason !== null)
    return notChecked(name, `Too few users to compare the shares of exposed users: ${list}.`);
  const apart = test.p < srmAlpha;
  return {
    name,
    status: apart ? 'warn' : 'pass',
    ...chiSquare(test.chi2, test.df),
    p: test.p,
    explanation: apart
      ? `The arms differ in the share of their users who were exposed: ${list}. The treatment may change who is counted.`
      : `The arms hardly differ in the share of their users who were exposed: ${list}.`,
  };
}

/** Exposures that precede the assignment: not counted, or counted where the experiment says so. */
export function assignmentBeforeCheck(
  { events, users, usersLeftOut }: EarlyExposures,
  { assigned, exposed }: { readonly assigned: number; readonly exposed: number },
  requireAssignmentBefore: boolean,
): TrustCheck {
  const name = 'assignment_before_exposure';
  if (events === 0) {
    return exposed === 0
      ? notChecked(name, nobody)
      : counted(name, false, "No exposure came before its user's assignment.");
  }
  const early = `${formatQuantity(events, 'exposure')} of ${formatQuantity(users, 'user')} came before their assignment`;
  if (!requireAssignmentBefore) {
    return counted(
      name,
      true,
      `${early} and count (require_assignment_before: false): the arms may differ before the treatment began.`,
    );
  }
  if (usersLeftOut === 0) {
    return counted(name, false, `${early} and do not count; all of these users had a later one.`);
  }
  const share = usersLeftOut / assigned;
  return counted(
    name,
    share >= notable.exposedBeforeAssignment,
    `${early} and do not count. ${formatQuantity(usersLeftOut, 'user')} (${formatPercent(share)} of the assigned) had no later one and ${usersLeftOut === 1 ? 'is' : 'are'} left out: check that assigned_ts is the time at which a user got the variant.`,
  );
}

export function immatureCheck(
  { users, share }: Trust['immature'],
  immature: 'include' | 'exclude',
  exposed: number,
): TrustCheck {
  const name = 'immature_users';
  if (exposed === 0) return notChecked(name, nobody);
  if (users === 0) return counted(name, false, 'The outcome window of every user had ended.');
  return counted(
    name,
    true,
    immature === 'include'
      ? `The outcome window of ${formatQuantity(users, 'analysed user')} (${formatPercent(share)}) had not ended: outcomes may still change.`
      : `${formatQuantity(users, 'user')} (${formatPercent(share)}) whose outcome window had not ended ${users === 1 ? 'is' : 'are'} left out.`,
  );
}

/** Lines that were left out as repetitions, over all datasets of the run. */
export function duplicatesCheck(quality: Measurements['quality']): TrustCheck {
  return linesCheck('duplicates', 'repeated lines', unusedLines(quality, 'duplicates'));
}

/**
 * Lines in quarantine, over all datasets of the run; and of the events that exposures and outcomes are made of, which may be
 * few among all lines. Where so many of these are lost that a run would not take such a file, no effect can be believed.
 */
export function quarantineCheck({
  quality,
  decisiveEvents = [],
}: Pick<Measurements, 'quality' | 'decisiveEvents'>): TrustCheck {
  const check = linesCheck('quarantine', 'lines in quarantine', unusedLines(quality, 'quarantined'));
  const lost = eventLosses(decisiveEvents);
  if (lost.length === 0) return check;
  const list = lost.map(
    ({ event, quarantined, lines, share }) =>
      `${formatCount(quarantined)} of ${formatQuantity(lines, `${event} event`)} (${formatPercent(share)})`,
  );
  const isFailed = lost.some(({ isTooMuch }) => isTooMuch);
  return {
    ...check,
    status: isFailed ? 'fail' : 'warn',
    explanation: `${check.explanation} Among them are ${list.join(', ')}${
      isFailed
        ? ': without them the outcomes are not those of the users. Repair the rows (ecom quarantine --export) and upload the files again.'
        : '.'
    }`,
  };
}

interface UnusedLines {
  readonly dataset: string;
  readonly rows: number;
  readonly share: number;
}

function unusedLines(quality: Measurements['quality'], column: 'duplicates' | 'quarantined'): UnusedLines[] {
  return Object.entries(quality).flatMap(([dataset, counts]) =>
    counts.lines === 0 || counts[column] === 0
      ? []
      : [{ dataset, rows: counts[column], share: counts[column] / counts.lines }],
  );
}

function linesCheck(
  name: 'duplicates' | 'quarantine',
  what: string,
  lines: readonly UnusedLines[],
): TrustCheck {
  const limit = name === 'duplicates' ? notable.duplicates : notable.quarantined;
  const list = lines.map(
    ({ dataset, rows, share }) => `${dataset} ${formatCount(rows)} (${formatPercent(share)})`,
  );
  return counted(
    name,
    lines.some(({ share }) => share >= limit),
    lines.length === 0 ? `There are no ${what}.` : `Not used, ${what}: ${list.join(', ')}.`,
  );
}

/** Rows whose times contradict each other, or lie after `as_of`. */
export function timeOrderCheck(warnings: Measurements['warnings']): TrustCheck {
  const odd = warnings.flatMap(({ dataset, rule, rows }) => {
    const oddity = oddTimes[rule];
    return oddity === undefined || rows === 0
      ? []
      : [`${dataset}, ${formatQuantity(rows, 'row')} ${rows === 1 ? oddity.one : oddity.many}`];
  });
  return counted(
    'time_order',
    odd.length > 0,
    odd.length === 0 ? 'The times of all rows fit each other.' : `Rows with odd times: ${odd.join('; ')}.`,
  );
}

const oddTimes: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  in_the_future: { one: 'in the future', many: 'in the future' },
  after_as_of: { one: 'after as_of', many: 'after as_of' },
  ends_before_start: { one: 'that ends before its start', many: 'that end before their start' },
  before_signup: { one: "before the user's sign-up", many: "before the user's sign-up" },
  exposure_before_signup: {
    one: "that is an exposure before the user's sign-up",
    many: "that are exposures before the user's sign-up",
  },
  outside_session: { one: 'outside its session', many: 'outside their session' },
};
