import { formatCount, formatPercent } from './format.ts';
import { sentenceCase } from './labels.ts';
import type {
  Comparison,
  Decision,
  ExperimentReport,
  MetricReport,
  Report,
  TrustCheck,
  Unavailable,
} from './schema.ts';

/** What is said of a run whose files nobody declared to be the whole drop. */
export const undeclaredNote =
  'Nobody declared that these files are the whole drop: the run began when no further file had come for a while. A manifest or _SUCCESS declares it, and ecom upload writes a manifest.';

/** What is said of a run that had sums by arm and no users. */
export const ofSumsNote =
  'These are sums by arm: which users and which time they are of, the file alone knows. Without users there are no segments, no outcome windows, no quantiles, no adjustment by what users did before (CUPED) and no capping, and nobody can check that each user is in one arm and counted once.';

/** How a status looks: always a colour, a shape and a word together. */
export type Tone = 'good' | 'bad' | 'caution' | 'neutral';

interface Wording {
  readonly tone: Tone;
  readonly label: string;
}

export const actions: Record<Decision['action'], Wording & { readonly next: string }> = {
  ship: { tone: 'good', label: 'Ship', next: 'Roll the treatment out to everyone.' },
  do_not_ship: { tone: 'bad', label: 'Do not ship', next: 'Stay with the control.' },
  keep_running: {
    tone: 'caution',
    label: 'Keep running',
    next: 'Leave the experiment on and do not act yet.',
  },
  invalid: {
    tone: 'bad',
    label: 'Invalid',
    next: 'Do not read the effects. Find the cause of the failed check, repair it, and run again.',
  },
};

/** The action in a heading, which says of an invalid experiment what that means. */
export function headline({ action }: Pick<Decision, 'action'>): string {
  const { label } = actions[action];
  return action === 'invalid' ? `${label}: do not read the effects` : label;
}

const rules: Readonly<Record<string, string>> = {
  nobody_exposed: 'There is nobody to compare.',
  no_window_ended: 'There is nobody to compare yet.',
  primary_not_in_data: 'The data do not have what the primary metric is made of.',
  trust_check_failed: 'The arms cannot be compared.',
  primary_not_testable: 'The primary metric cannot be tested with these data.',
  primary_significantly_worse: 'The primary metric is significantly worse than in the control.',
  before_planned_end: 'The declared end is not reached yet, and nothing is shown that decides sooner.',
  primary_better_and_guardrails_hold:
    'The primary metric is significantly better, and every guardrail is shown to be within its margin.',
  primary_better_without_guardrails: 'The primary metric is significantly better. No guardrail was measured.',
  windows_open: 'Outcome windows are open, and what their users still do can turn the verdict.',
  primary_better_and_no_guardrail_harmed:
    'The primary metric is significantly better, and no guardrail is shown to be harmed, although not each is shown to be within its margin.',
  secondary_worse: 'The primary metric is better, but a secondary metric is significantly worse.',
  better_before_planned_end:
    'The primary metric is significantly better by a test that holds at every look, and no guardrail stands against it.',
  guardrail_inferior: 'A guardrail is shown to be beyond its margin.',
  guardrail_not_shown:
    'The primary metric is better, but a guardrail is not yet shown to be within its margin.',
  no_significant_effect: 'The primary metric shows no significant difference so far.',
  target_lift_not_feasible:
    'The primary metric shows no significant difference, and at this traffic it will not show one of the size that is looked for.',
  ended_without_success: 'The declared end is reached without a significant improvement.',
};

/** The rule that fired, as a sentence. */
export function ruleSentence(rule: string): string {
  return rules[rule] ?? `${sentenceCase(rule)}.`;
}

const corrected = 'Correct what is named here, and run again.';
const nextSteps: Readonly<Record<string, string>> = {
  nobody_exposed: corrected,
  primary_not_in_data: corrected,
  secondary_worse: 'Decide whether the loss is acceptable, or repair what causes it.',
  target_lift_not_feasible: 'Look for a larger lift, bring more users in, or end the experiment.',
};

/** What to do now, in a few words. */
export function nextStep({ action, rule }: Pick<Decision, 'action' | 'rule'>): string {
  return nextSteps[rule] ?? actions[action].next;
}

const reasons: Readonly<Record<string, string>> = {
  too_few_users: 'too few users',
  no_variance: 'no user differs from another',
  zero_denominator: 'the denominator is zero in an arm',
  no_ended_sessions: 'no session that starts in the window has an end',
  no_sessions: 'an arm has no sessions',
  no_orders: 'an arm has no orders',
  too_skewed: 'amounts too skewed for arms so unequal; see the capped estimate',
  not_by_period: 'not compared within the periods of the ramp',
  tied_quantile: 'too many users share the values around the quantile',
  zero_baseline: 'the control is zero, so there is nothing to relate to',
  unbounded: 'the control is too close to zero for a relative interval; read the absolute one',
  not_representable: 'the result is too large or too small for a number',
  no_covariate: 'nothing is known from before the exposure that could adjust it',
  nothing_to_cap: 'the percentile is zero, so nothing is cut',
  single_group: 'there is only one group',
  too_early: 'it is too early for this',
  too_few_points: 'too few days',
  too_few_segments: 'fewer than two levels can be compared',
  single_arm: 'fewer than two arms are meant to receive users',
  users_in_zero_weight_arm: 'an arm that should receive nobody has users',
  no_variation: 'all or none of the users purchased',
  singular_matrix: 'a term is constant, or follows from the others',
  separation: 'a term predicts some outcomes perfectly, so the estimate has no finite value',
  not_converged: 'the fit did not settle',
};

/** Why a number is null, in words. */
export function reasonText(reason: string): string {
  return reasons[reason] ?? (/^[a-z_]+$/.test(reason) ? reason.replaceAll('_', ' ') : reason);
}

export const verdicts: Record<Comparison['verdict'], Wording> = {
  better: { tone: 'good', label: 'Better' },
  worse: { tone: 'bad', label: 'Worse' },
  inconclusive: { tone: 'neutral', label: 'Inconclusive' },
};

export const marginStatuses: Record<NonNullable<Comparison['nonInferiority']>['status'], Wording> = {
  non_inferior: { tone: 'good', label: 'Within margin' },
  not_shown: { tone: 'caution', label: 'Not shown' },
  inferior: { tone: 'bad', label: 'Beyond margin' },
};

export const checkStatuses: Record<TrustCheck['status'], Wording> = {
  pass: { tone: 'good', label: 'Pass' },
  fail: { tone: 'bad', label: 'Fail' },
  warn: { tone: 'caution', label: 'Note' },
  not_checked: { tone: 'neutral', label: 'Not checked' },
};

export const roles: Record<MetricReport['role'], string> = {
  primary: 'Primary',
  secondary: 'Secondary',
  guardrail: 'Guardrails',
};

/** A step of the population; `removed` users are gone from the next total, `part` are counted within it. */
export interface StepWording {
  readonly label: string;
  readonly kind: 'total' | 'removed' | 'part';
}

export function stepWording(step: string, { immature }: ExperimentReport['settings']): StepWording {
  switch (step) {
    case 'assigned':
      return { label: 'Assigned to an arm', kind: 'total' };
    case 'crossovers':
      return { label: 'In more than one arm', kind: 'removed' };
    case 'unknown_variant':
      return { label: 'In an arm that is not configured', kind: 'removed' };
    case 'excluded_users':
      return { label: 'On the exclusion list', kind: 'removed' };
    case 'not_exposed':
      return { label: 'Never exposed', kind: 'removed' };
    case 'exposed_before_assignment':
      return { label: 'Exposed only before the assignment', kind: 'removed' };
    case 'exposed':
      return { label: 'Exposed', kind: 'total' };
    case 'immature':
      return immature === 'exclude'
        ? { label: 'Outcome window not ended', kind: 'removed' }
        : { label: 'Outcome window not ended, counted', kind: 'part' };
    case 'analysed':
      return { label: 'Analysed', kind: 'total' };
    default:
      return { label: sentenceCase(step), kind: 'part' };
  }
}

/** What the decision rests on, as it was declared beforehand, and how the numbers shown are tested where that differs. */
export function basisText(experiment: Pick<ExperimentReport, 'decision' | 'settings' | 'metrics'>): string {
  const { estimate, values } = experiment.decision.basis;
  const estimates = { unadjusted: 'unadjusted', cuped: 'adjusted by CUPED' }[estimate];
  return `${estimates}, ${values} values; ${testingText(experiment)}`;
}

/** How often one may look at the numbers that decide. */
export function testingText(experiment: Pick<ExperimentReport, 'decision' | 'settings' | 'metrics'>): string {
  if (isBeforeItsLook(experiment)) {
    return 'one look at the planned end; the numbers shown until then hold at any look';
  }
  const { decision, settings } = experiment;
  return {
    fixed_horizon: hasPlan(settings)
      ? 'one look at the planned end'
      : 'one look, for which no end was planned',
    always_valid: 'any number of looks',
    group_sequential: 'the planned looks',
  }[decision.basis.testing];
}

/** The way of testing by which the numbers that are shown were made: until the planned end it is not that of one look. */
export function shownTesting({
  decision,
  metrics,
}: Pick<ExperimentReport, 'decision' | 'metrics'>): Decision['basis']['testing'] {
  const primary = metrics.find(({ role }) => role === 'primary');
  return primary?.comparisons[0]?.deciding.testing ?? decision.basis.testing;
}

/** Whether one look was declared and is still to come, so that what is shown holds at any look. */
export function isBeforeItsLook(experiment: Pick<ExperimentReport, 'decision' | 'metrics'>): boolean {
  return experiment.decision.basis.testing === 'fixed_horizon' && shownTesting(experiment) === 'always_valid';
}

/** How often rules like these err, or undefined where it is not known. */
export function errorRatesText({
  errorRates,
  arms: own,
}: Pick<ExperimentReport, 'errorRates' | 'arms'>): string | undefined {
  if (errorRates === null || errorRates === undefined) return undefined;
  const { simulated, isAlike, experiments, shipped, harmShown } = errorRates;
  const looks = {
    at_the_end: 'looked at once, at the planned end',
    daily_until_the_end: 'looked at every day until the planned end',
    at_any_time: 'looked at every day',
    obrien_fleming: 'looked at by O’Brien-Fleming boundaries',
    pocock: 'looked at by Pocock boundaries',
  }[simulated.looks];
  const kind = {
    conversion: 'a conversion',
    mean: 'an amount per user',
    ratio: 'a ratio',
    quantile: 'a quantile',
  }[simulated.kind];
  const arms = `${simulated.arms} arms of ${simulated.even ? 'one size' : 'very different sizes'}`;
  const rate = ({ rate: found, lower, upper }: NonNullable<typeof errorRates>['shipped']) =>
    `${formatPercent(found)} (${formatPercent(lower)} to ${formatPercent(upper)})`;
  const design = `${kind} as the primary metric and ${arms}`;
  const found = `these rules shipped ${rate(shipped)}. They called harm shown in ${rate(harmShown)}.`;
  const told = `In ${formatCount(experiments)} simulated experiments without any effect, ${found} They had ${design}, and were ${looks}.`;
  return isAlike
    ? told
    : `Experiments with ${own.length} arms of these sizes were not simulated; this is of the nearest. ${told}`;
}

/** How an experiment is analysed whose shares were changed; undefined where they were not. */
export function rampText({ settings: { ramp } }: Pick<ExperimentReport, 'settings'>): string | undefined {
  if (ramp === undefined) return undefined;
  const periods = ramp
    .map(({ until, weights, share }, index) => {
      const when = until === null ? `from ${ramp[index - 1]?.until} on` : `until ${until}`;
      const shares = Object.entries(weights).map(
        ([variant, weight]) => `${variant} ${formatPercent(weight)}`,
      );
      return `${when} ${shares.join(', ')} (weight ${formatPercent(share)})`;
    })
    .join('; ');
  return `The shares were changed: ${periods}. Effects compare users assigned in the same period, and are the mean over the periods by their users, so that they may differ from the difference of the means shown, which are those of all users. What is not measured by period is left out: quantiles, everyone assigned, days since exposure and regressions.`;
}

/** Whether an end or a size was declared. */
export function hasPlan({
  plannedEnd,
  plannedUsers,
}: Pick<ExperimentReport['settings'], 'plannedEnd' | 'plannedUsers'>): boolean {
  return plannedEnd !== null || plannedUsers !== null;
}

/** `95 %` for alpha = 0.05. */
export function confidence(alpha: number): string {
  return `${Number(((1 - alpha) * 100).toFixed(4))}\u00a0%`;
}

const references: Readonly<Record<string, string>> = {
  user_ids: 'check of user ids against users',
  product_ids: 'check of product ids against products',
  session_ids: 'check of session ids against sessions',
};

/** What is not available, as its table names it: `session_duration`, `segment country`. */
export function unavailableLabel({ kind, name }: Pick<Unavailable, 'kind' | 'name'>): string {
  switch (kind) {
    case 'metric':
      return name;
    case 'check':
      return references[name] ?? name;
    case 'segment':
      return `segment ${name}`;
  }
}

/** What is not available apart from the experiments' metrics, which say so where they would stand. */
export function unavailableBeside({ experiments, unavailable }: Report): Unavailable[] {
  const metrics = new Set(
    experiments.flatMap((experiment) => experiment.metrics.map(({ metric }) => metric)),
  );
  return unavailable.filter(({ kind, name }) => kind !== 'metric' || !metrics.has(name));
}

/** First and last day (UTC) on which users were exposed, or null where the days are not known. */
export function exposureDays({
  novelty,
}: Pick<ExperimentReport, 'novelty'>): { readonly first: string; readonly last: string } | null {
  const days = novelty[0]?.cumulative ?? [];
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  return first === undefined || last === undefined ? null : { first, last };
}
