import { formatLift, formatLiftInterval, formatP } from '../../layers/report/format.ts';
import type { Decision, ExperimentReport, MetricReport } from '../../layers/report/schema.ts';

export interface DecisionInput {
  readonly trust: ExperimentReport['trust'];
  readonly metrics: readonly MetricReport[];
  readonly treatments: readonly string[];
  readonly alpha: number;
  readonly plan: {
    readonly plannedEnd: string | null;
    readonly plannedUsers: number | null;
    readonly asOf: string | null;
    readonly analysedUsers: number;
  };
}

const basis = { estimate: 'unadjusted', testing: 'fixed_horizon' } as const;

/**
 * The decision of one experiment. Rules, the first that applies:
 * 1. a failed trust check: invalid;
 * 2. the primary metric cannot be tested: keep_running;
 * 3. a treatment is significantly worse on the primary metric, and none is better: do_not_ship;
 * 4. before the declared end or size: keep_running (one look decides nothing);
 * 5. a treatment is significantly better and every guardrail is non-inferior: ship the best such treatment;
 * 6. better, but a guardrail is not shown to be non-inferior: keep_running, or do_not_ship where it is inferior;
 * 7. the declared end or size is reached without success: do_not_ship; with neither declared: keep_running.
 */
export function decide(input: DecisionInput): Decision {
  const invalid = failedChecks(input);
  if (invalid.length > 0)
    return { action: 'invalid', basis, variant: null, rule: 'trust_check_failed', reasons: invalid };

  const primary = input.metrics.find(({ role }) => role === 'primary');
  if (primary === undefined) throw new Error('an experiment has a primary metric');
  const testable = primary.comparisons.filter(({ test }) => test !== null);
  if (testable.length === 0) {
    return keepRunning('primary_not_testable', [
      `The primary metric ${primary.metric} cannot be tested: ${untestable(primary)}.`,
    ]);
  }
  const better = testable.filter(({ verdict }) => verdict === 'better').toSorted(byLift(primary));
  const worse = testable.filter(({ verdict }) => verdict === 'worse');
  const [best] = better;
  const end = plannedEnd(input.plan);

  if (best === undefined && worse.length > 0 && worse.length === testable.length) {
    return {
      action: 'do_not_ship',
      basis,
      variant: worse[0]?.variant ?? null,
      rule: 'primary_significantly_worse',
      reasons: worse.map((found) => sentence(primary, found, 'is significantly worse')),
    };
  }
  if (end.reached === false) {
    return keepRunning('before_planned_end', [
      end.sentence,
      ...testable.map((found) => sentence(primary, found)),
    ]);
  }
  if (best !== undefined) return judgeGuardrails(input, primary, better, end);
  const reasons = testable.map((found) => sentence(primary, found, 'shows no significant improvement'));
  if (end.reached === null) return keepRunning('no_significant_effect', [...reasons, end.sentence]);
  return {
    action: 'do_not_ship',
    basis,
    variant: testable[0]?.variant ?? null,
    rule: 'ended_without_success',
    reasons: [...reasons, end.sentence],
  };
}

function failedChecks({ trust, treatments }: DecisionInput): string[] {
  const reasons: string[] = [];
  if (treatments.length === 0) reasons.push('Only the control arm has users: there is nothing to compare.');
  for (const [check, population] of [
    [trust.srm, 'exposed'],
    [trust.srmAssigned, 'assigned'],
  ] as const) {
    if (check.status !== 'fail') continue;
    const split = check.arms.map(
      (arm) => `${arm.variant} ${arm.users} (expected ${arm.expected.toFixed(1)})`,
    );
    reasons.push(
      `Sample ratio mismatch among ${population} users: ${split.join(', ')}, p = ${formatP(check.p)}. The arms are not comparable; find the cause before reading any effect.`,
    );
  }
  return reasons;
}

function judgeGuardrails(
  { metrics }: DecisionInput,
  primary: MetricReport,
  better: readonly MetricReport['comparisons'][number][],
  end: PlannedEnd,
): Decision {
  const guardrails = metrics.filter(({ role, unavailable }) => role === 'guardrail' && unavailable === null);
  const open = (variant: string) =>
    guardrails.flatMap((metric) =>
      metric.comparisons
        .filter((found) => found.variant === variant && found.nonInferiority?.status !== 'non_inferior')
        .map((found) => ({ metric: metric.metric, status: found.nonInferiority?.status ?? 'not_shown' })),
    );
  const safe = better.find(({ variant }) => open(variant).length === 0);
  if (safe !== undefined) {
    return {
      action: 'ship',
      basis,
      variant: safe.variant,
      rule: 'primary_better_and_guardrails_hold',
      reasons: [
        sentence(primary, safe, 'is significantly better'),
        guardrails.length === 0
          ? 'No guardrail is configured or available.'
          : `Every guardrail is shown to be within its margin: ${guardrails.map(({ metric }) => metric).join(', ')}.`,
        end.sentence,
      ],
    };
  }
  const [best] = better;
  if (best === undefined) throw new Error('guardrails are judged for a treatment that is better');
  const failing = open(best.variant);
  const inferior = failing.filter(({ status }) => status === 'inferior').map(({ metric }) => metric);
  const unproven = failing.filter(({ status }) => status !== 'inferior').map(({ metric }) => metric);
  const reasons = [sentence(primary, best, 'is significantly better')];
  if (inferior.length > 0)
    reasons.unshift(`${best.variant} is significantly beyond the margin on ${inferior.join(', ')}.`);
  if (unproven.length > 0) reasons.push(`Not yet shown to be within the margin: ${unproven.join(', ')}.`);
  return {
    action: inferior.length > 0 ? 'do_not_ship' : 'keep_running',
    basis,
    variant: best.variant,
    rule: inferior.length > 0 ? 'guardrail_inferior' : 'guardrail_not_shown',
    reasons,
  };
}

interface PlannedEnd {
  /** null: neither an end nor a size was declared. */
  readonly reached: boolean | null;
  readonly sentence: string;
}

function plannedEnd({
  plannedEnd: end,
  plannedUsers,
  asOf,
  analysedUsers,
}: DecisionInput['plan']): PlannedEnd {
  if (end === null && plannedUsers === null) {
    return {
      reached: null,
      sentence:
        'No planned end or size is declared (planned_end, planned_users): the p-values hold for a single look at the data only.',
    };
  }
  if (plannedUsers !== null && analysedUsers >= plannedUsers) {
    return { reached: true, sentence: `The planned ${plannedUsers} users are reached (${analysedUsers}).` };
  }
  if (end !== null && asOf !== null && Date.parse(asOf) >= Date.parse(end)) {
    return { reached: true, sentence: `The planned end ${end} is reached (data up to ${asOf}).` };
  }
  const wanted = [
    ...(plannedUsers === null ? [] : [`${analysedUsers} of ${plannedUsers} planned users`]),
    ...(end === null ? [] : [`planned end ${end}, data up to ${asOf ?? 'an unknown moment'}`]),
  ];
  return { reached: false, sentence: `The experiment has not reached its plan: ${wanted.join('; ')}.` };
}

function keepRunning(rule: string, reasons: string[]): Decision {
  return { action: 'keep_running', basis, variant: null, rule, reasons };
}

function byLift({ better }: MetricReport) {
  const sign = better === 'higher' ? 1 : -1;
  return (a: MetricReport['comparisons'][number], b: MetricReport['comparisons'][number]) =>
    sign * ((b.effect.absolute ?? 0) - (a.effect.absolute ?? 0));
}

function untestable({ unavailable, comparisons }: MetricReport): string {
  return unavailable ?? comparisons[0]?.reason ?? 'there is no treatment arm';
}

function sentence(
  { metric }: MetricReport,
  { variant, effect, test }: MetricReport['comparisons'][number],
  claim = 'so far',
): string {
  const interval = effect.relativeCi === null ? '' : `, interval ${formatLiftInterval(effect.relativeCi)}`;
  const lift = effect.relative === null ? '' : ` ${formatLift(effect.relative)}`;
  const p = formatP(test?.pAdjusted ?? test?.p ?? null);
  return `${variant} ${claim} on ${metric}:${lift}${interval}, adjusted p = ${p}.`;
}
