import {
  formatCount,
  formatLift,
  formatLiftInterval,
  formatP,
  formatQuantity,
  statedP,
} from '../report/format.ts';
import { daysOfIntake } from '../report/intake.ts';
import { metricLabel } from '../report/labels.ts';
import type { Comparison, Decision, ExperimentReport, MetricReport } from '../report/schema.ts';
import { reasonText } from '../report/words.ts';
import { caveats, guardrailAdvice, powerAdvice } from './advice.ts';
import type { Blocked } from './blocked.ts';
import type { Progress } from './look.ts';
import {
  beyondMargin,
  guardrailsOf,
  losses,
  lossSentences,
  marginStatus,
  notShown,
  unacceptedLosses,
} from './losses.ts';
import { type PlannedEnd, plannedEnd } from './planned-end.ts';
import type { Settled } from './settled.ts';

export interface DecisionInput {
  /** What leaves nothing to decide on, or null. */
  readonly blocked: Blocked | null;
  readonly trust: ExperimentReport['trust'];
  readonly metrics: readonly MetricReport[];
  readonly control: string;
  readonly treatments: readonly string[];
  readonly basis: Decision['basis'];
  /** Share of the analysed users whose outcome window is open; null where those are left out. */
  readonly openWindows: number | null;
  readonly progress: Progress;
  /** Secondary metrics whose significant loss is accepted. */
  readonly acceptHarm: readonly string[];
  /** What the primary metric shows among the users on whom a verdict may rest; null where these are all. */
  readonly settled: Settled | null;
}

type Rule = Omit<Decision, 'basis'>;

/**
 * The decision of one experiment. Rules, the first that applies:
 * 1. the arms cannot be compared, nobody was exposed, or the data lack what the primary metric is made of (see blockedBy), or a trust check failed:
 *    invalid;
 * 2. the primary metric cannot be tested yet: keep_running;
 * 3. every treatment does harm (primary significantly worse, or a guardrail beyond its margin): do_not_ship;
 * 4. before the declared end or size, without a significant effect that holds at any look, or while outcome windows are
 *    open that can turn the verdict on the primary metric: keep_running;
 * 5. a treatment is significantly better, every guardrail is non-inferior (or, at the end, good enough without:
 *    `suffices`) and no secondary metric significantly worse whose loss is not accepted: ship the best such treatment;
 * 6. better, but a guardrail is not shown to be non-inferior, or a secondary metric is worse: keep_running, or
 *    do_not_ship where a guardrail is inferior;
 * 7. the declared end or size is reached without success: do_not_ship; with neither declared: keep_running, by a rule of
 *    its own where the lift worth finding cannot be found in a time that one can wait.
 * Significance is by the declared basis: estimate, values and way of testing; of the primary metric it has to hold
 * without the users whose outcome window is open, and those beyond the planned ones, too.
 */
export function decideExperiment(input: DecisionInput): Decision {
  const { reasons, ...rule } = ruleOf(input);
  const primary = input.metrics.filter(({ role }) => role === 'primary');
  const more =
    rule.action === 'invalid'
      ? []
      : [...stoppedArms(rule, primary, input), ...caveats(rule.action, primary, input)];
  return { ...rule, reasons: [...reasons, ...more], basis: input.basis };
}

function ruleOf(input: DecisionInput): Rule {
  const invalid = failedChecks(input);
  if (input.blocked !== null) {
    const { action, rule, reason } = input.blocked;
    // Events that are all in quarantine are why there are none; checks of arms that are not there only repeat the reason.
    const isLost = input.trust.checks.some(({ name, status }) => name === 'quarantine' && status === 'fail');
    const reasons =
      rule === 'not_analysable'
        ? [reason]
        : rule === 'primary_not_in_data' && isLost
          ? [...invalid, reason]
          : [reason, ...invalid];
    return { action, variant: null, rule, reasons };
  }
  if (invalid.length > 0) {
    return { action: 'invalid', variant: null, rule: 'trust_check_failed', reasons: invalid };
  }
  const primary = input.metrics.find(({ role }) => role === 'primary');
  if (primary === undefined) throw new Error('an experiment has a primary metric');
  const testable = primary.comparisons.filter(({ test }) => test !== null);
  if (testable.length === 0) {
    return keepRunning('primary_not_testable', [
      `${metricLabel(primary.metric)}, the primary metric, cannot be tested: ${untestable(primary)}.`,
    ]);
  }
  const { better, worse, unsettled } = settledOnly(testable, input.settled);
  better.sort(byLift(primary));
  const end = plannedEnd(input.progress, input.basis.testing);

  const harm = harmOf(input, primary, testable, worse);
  if (harm !== null) return harm;
  const holdsAtAnyLook = input.basis.testing !== 'fixed_horizon' && better.length > 0;
  const openWindows = windowsOpen(input, primary, testable, unsettled, end);
  if (end.reached === 'open' && !holdsAtAnyLook) return openWindows;
  if (end.reached === false && !holdsAtAnyLook) {
    return keepRunning('before_planned_end', [
      end.sentence,
      ...testable.map((found) => sentence(primary, found)),
      ...laterUsers(input.settled, unsettled, 'the last declared look'),
    ]);
  }
  if (better.length > 0) return guardrailRule(input, primary, better, end);
  const isTurned =
    end.reached === null ? unsettled.some(({ verdict }) => verdict !== 'inconclusive') : unsettled.length > 0;
  if (isTurned && input.settled?.leavesOut === 'open_windows') return openWindows;
  const reasons = [
    ...testable.map((found) => sentence(primary, found, 'shows no significant improvement')),
    ...laterUsers(input.settled, unsettled, 'the plan'),
  ];
  if (end.reached === null) {
    const advice = testable.map(powerAdvice);
    const rule = advice.every(({ isFeasible }) => !isFeasible)
      ? 'target_lift_not_feasible'
      : 'no_significant_effect';
    return keepRunning(rule, [
      ...reasons,
      ...(advice[0]?.sentences ?? []),
      `${end.sentence} Without one, only shown harm ends the experiment with "do not ship". Declare one before the next test.`,
    ]);
  }
  return {
    action: 'do_not_ship',
    variant: testable[0]?.variant ?? null,
    rule: 'ended_without_success',
    reasons: [...reasons, end.sentence],
  };
}

/** Treatments that do harm, of several that a verdict does not name. */
function stoppedArms(
  { rule, variant }: Pick<Rule, 'rule' | 'variant'>,
  primary: readonly MetricReport[],
  { metrics, settled }: DecisionInput,
): string[] {
  return primary.flatMap((found) => {
    const testable = found.comparisons.filter(({ test }) => test !== null);
    if (testable.length < 2 || rule === 'primary_significantly_worse') return [];
    const { worse } = settledOnly(testable, settled);
    return testable.flatMap((comparison) => {
      const own = comparison.variant;
      const beyond = guardrailsOf(metrics, own, ['inferior']);
      if (own === variant || (!worse.includes(comparison) && beyond.length === 0)) return [];
      const stop = `Stop ${own}, whatever becomes of the others:`;
      return worse.includes(comparison)
        ? [`${stop} ${sentence(found, comparison, 'is significantly worse')}`]
        : [`${stop} ${beyondMargin(own, beyond)}`];
    });
  });
}

function failedChecks({ trust, treatments }: DecisionInput): string[] {
  const failed = trust.checks
    .filter(({ status }) => status === 'fail')
    // Variants that are none are the cause of the split that follows from them.
    .toSorted((a, b) => Number(b.name === 'unknown_variants') - Number(a.name === 'unknown_variants'))
    .map(({ explanation }) => explanation);
  return treatments.length === 0
    ? ['Only the control arm has users: there is nothing to compare.', ...failed]
    : failed;
}

/** Verdicts on the primary metric that the users on whom a verdict may rest give, too; and those that they do not. */
function settledOnly(testable: readonly Comparison[], settled: Settled | null) {
  const isSettled = ({ variant, verdict }: Comparison) =>
    settled === null || settled.verdicts.get(variant) === verdict;
  const of = (verdict: Comparison['verdict']) =>
    testable.filter((found) => found.verdict === verdict && isSettled(found));
  return {
    better: of('better'),
    worse: of('worse'),
    unsettled: settled === null ? [] : testable.filter((found) => !isSettled(found)),
  };
}

function windowsOpen(
  { settled, progress }: DecisionInput,
  primary: MetricReport,
  testable: readonly Comparison[],
  unsettled: readonly Comparison[],
  end: PlannedEnd,
): Rule {
  const found = testable.map((comparison) => sentence(primary, comparison));
  if (end.reached === 'open') return keepRunning('windows_open', [end.sentence, ...found]);
  const { openUsers } = progress;
  const names = unsettled.map(({ variant }) => variant).join(', ');
  return keepRunning('windows_open', [
    `The outcome window of ${formatQuantity(openUsers, 'user')} is still open. The ${formatQuantity(settled?.users ?? 0, 'user')} whose window has ended do not show the same of ${names}. Expose nobody else and wait until all windows have ended, or leave the open ones out (immature: exclude).`,
    ...found,
    end.sentence,
  ]);
}

/** A verdict that only users make, or unmake, who came after the look that is judged, is none. */
function laterUsers(
  settled: Settled | null,
  unsettled: readonly Comparison[],
  last: 'the plan' | 'the last declared look',
): string[] {
  if (settled?.leavesOut !== 'later_users') return [];
  return unsettled.map(
    ({ variant }) =>
      `Among the ${formatCount(settled.users)} users up to ${last} ${variant} is ${settled.verdicts.get(variant) ?? 'not tested'}. Users who came later do not change the verdict.`,
  );
}

/** Rule 3: no treatment is left that does no harm. */
function harmOf(
  { metrics }: DecisionInput,
  primary: MetricReport,
  testable: readonly Comparison[],
  worse: readonly Comparison[],
): Rule | null {
  const harms = testable.map((found) => ({
    found,
    isWorse: worse.includes(found),
    beyond: guardrailsOf(metrics, found.variant, ['inferior']),
  }));
  if (!harms.every(({ isWorse, beyond }) => isWorse || beyond.length > 0)) return null;
  const byPrimary = harms.every(({ isWorse }) => isWorse);
  return {
    action: 'do_not_ship',
    variant: testable[0]?.variant ?? null,
    rule: byPrimary ? 'primary_significantly_worse' : 'guardrail_inferior',
    reasons: harms.flatMap(({ found, isWorse, beyond }) => [
      ...(beyond.length > 0 ? [beyondMargin(found.variant, beyond)] : []),
      sentence(
        primary,
        found,
        isWorse
          ? 'is significantly worse'
          : found.verdict === 'better'
            ? 'is significantly better'
            : 'so far',
      ),
    ]),
  };
}

function guardrailRule(
  input: DecisionInput,
  primary: MetricReport,
  better: readonly Comparison[],
  end: PlannedEnd,
): Rule {
  const { metrics, progress } = input;
  const guardrails = metrics.filter(({ role }) => role === 'guardrail');
  const isEarly = isBefore(end);
  const open = (variant: string) => [
    ...guardrailsOf(metrics, variant, ['inferior', 'not_shown']),
    // An end before the declared one rests on what is shown.
    ...(isEarly ? guardrailsOf(metrics, variant, ['harmless']) : []),
  ];
  const safe = better.filter(({ variant }) => open(variant).length === 0);
  const shipped = safe.find(({ variant }) => unacceptedLosses(input, variant).length === 0);
  if (shipped !== undefined) return shipRule(input, primary, shipped, end);
  const [traded] = safe;
  if (traded !== undefined) {
    const losses = unacceptedLosses(input, traded.variant);
    const names = losses.map(({ metric }) => metric);
    return {
      action: 'keep_running',
      variant: traded.variant,
      rule: 'secondary_worse',
      reasons: [
        ...losses.flatMap((loss) => lossSentences(loss, traded.variant)),
        sentence(primary, traded, 'is significantly better'),
        `The test cannot say whether that is worth it. Find out why, or accept the loss: write accept_harm: [${names.join(', ')}] under the experiment in experiment.yaml, and run again.`,
        end.sentence,
      ],
    };
  }
  const [best] = better;
  if (best === undefined) throw new Error('guardrails are judged for a treatment that is better');
  const inferior = guardrailsOf(metrics, best.variant, ['inferior']);
  const unproven = open(best.variant).filter((label) => !inferior.includes(label));
  const reasons = [sentence(primary, best, 'is significantly better')];
  if (inferior.length > 0) reasons.unshift(beyondMargin(best.variant, inferior));
  if (unproven.length > 0) reasons.push(`Not yet shown to be within the margin: ${unproven.join(', ')}.`);
  reasons.push(...losses(metrics, best.variant).flatMap((loss) => lossSentences(loss, best.variant)));
  if (inferior.length === 0) {
    reasons.push(...guardrailAdvice(guardrails, best.variant, daysOfIntake(progress.days)), end.sentence);
  }
  return {
    action: inferior.length > 0 ? 'do_not_ship' : 'keep_running',
    variant: best.variant,
    rule: inferior.length > 0 ? 'guardrail_inferior' : 'guardrail_not_shown',
    reasons,
  };
}

function shipRule(
  { metrics }: DecisionInput,
  primary: MetricReport,
  shipped: Comparison,
  end: PlannedEnd,
): Rule {
  const { variant } = shipped;
  const guardrails = metrics.filter(({ role }) => role === 'guardrail');
  const missing = guardrails.filter(({ unavailable }) => unavailable !== null);
  const shown = guardrailsOf(metrics, variant, ['non_inferior']);
  const harmless = guardrails.filter(({ comparisons }) =>
    comparisons.some((found) => found.variant === variant && marginStatus(found) === 'harmless'),
  );
  const isEarly = isBefore(end);
  const every = `${harmless.length === 0 ? 'Every guardrail is' : 'These guardrails are'} shown to be within ${shown.length === 1 ? 'its margin' : harmless.length === 0 ? 'its margin' : 'their margins'}: ${shown.join(', ')}.`;
  return {
    action: 'ship',
    variant,
    rule: isEarly
      ? 'better_before_planned_end'
      : harmless.length > 0
        ? 'primary_better_and_no_guardrail_harmed'
        : shown.length > 0
          ? 'primary_better_and_guardrails_hold'
          : 'primary_better_without_guardrails',
    reasons: [
      sentence(primary, shipped, 'is significantly better'),
      ...losses(metrics, variant).flatMap((loss) => lossSentences(loss, variant)),
      ...(shown.length > 0
        ? [every]
        : harmless.length === 0
          ? ['No guardrail is configured or available.']
          : []),
      ...harmless.flatMap((guardrail) => notShown(guardrail, variant)),
      ...missing.map(
        ({ metric, unavailable }) => `The guardrail ${metricLabel(metric)} is not available: ${unavailable}.`,
      ),
      isEarly
        ? `${end.sentence} The test was declared to hold at every look, so that it may end here.`
        : end.sentence,
    ],
  };
}

/** Whether what was declared is still to come. */
function isBefore({ reached }: PlannedEnd): boolean {
  return reached === false || reached === 'open';
}

function keepRunning(rule: string, reasons: string[]): Rule {
  return { action: 'keep_running', variant: null, rule, reasons };
}

function byLift({ better }: MetricReport) {
  const sign = better === 'higher' ? 1 : -1;
  return (a: Comparison, b: Comparison) => sign * ((b.effect.absolute ?? 0) - (a.effect.absolute ?? 0));
}

function untestable({ unavailable, comparisons }: MetricReport): string {
  return unavailable ?? reasonText(comparisons[0]?.reason ?? 'there is no treatment arm');
}

/** One treatment's result on the primary metric, with the interval and p that its verdict goes by. */
function sentence({ metric }: MetricReport, { variant, deciding }: Comparison, claim = 'so far'): string {
  const { effect, adjustedCi, testing, test } = deciding;
  const lift = effect.relative === null ? '' : ` ${formatLift(effect.relative)}`;
  const found = `${variant} ${claim} on ${metricLabel(metric)}:${lift}`;
  if (test.p === null) return `${found}, not tested: ${reasonText(test.reason ?? 'too_early')}.`;
  const ci = adjustedCi?.relativeCi ?? null;
  const interval = ci === null ? '' : `, interval ${formatLiftInterval(ci)}`;
  const level = testing === 'group_sequential' ? ` against ${formatP(test.alpha)} at this look` : '';
  return `${found}${interval}, adjusted ${statedP(test.p)}${level}.`;
}
