import { primaryOf } from './comparisons.ts';
import { formatPercent, formatWholePercent } from './format.ts';
import { daysOfIntake, daysUntil, longestDays } from './intake.ts';
import { metricLabel } from './labels.ts';
import type { Comparison, ExperimentReport, Report } from './schema.ts';

const millisecondsPerDay = 86_400_000;

/** What leads out of "keep running". */
export interface WayOut {
  /** What this traffic can show, and until when: a sentence each. */
  readonly traffic: readonly string[];
  /** What else one can do than wait. */
  readonly options: readonly string[];
}

/** Rules after which waiting as planned is all there is to do. */
const waits = ['before_planned_end', 'windows_open', 'no_window_ended', 'primary_not_testable'];

/** Of an experiment that is to keep running, unless it only has to reach its plan; else null. */
export function wayOut(experiment: ExperimentReport, { run }: Pick<Report, 'run'>): WayOut | null {
  const { action, rule } = experiment.decision;
  if (action !== 'keep_running' || waits.includes(rule)) return null;
  switch (rule) {
    case 'guardrail_not_shown':
      return guardrailWays(experiment, run.asOf);
    case 'secondary_worse':
      return {
        traffic: [],
        options: [
          'Accept the loss: name the metric under accept_harm in experiment.yaml, say why, and run again.',
          'Repair what causes it, and test the new version.',
          'Stay with the control.',
        ],
      };
    default:
      return {
        traffic: primaryTraffic(experiment, run.asOf),
        options: [
          'Accept the risk: end it here and stay with the control, or ship knowing that the effect may be nothing. No setting turns this verdict into one to ship, so write down who decided it.',
          'Look for a larger lift: declare power.target_lift and planned_users before the next test.',
          'Change the metric: one nearer to what was changed, or one that varies less, shows the same effect with fewer users.',
        ],
      };
  }
}

function guardrailWays(experiment: ExperimentReport, asOf: string | null): WayOut {
  const open = experiment.metrics.flatMap(({ metric, role, better, comparisons }) =>
    role !== 'guardrail'
      ? []
      : comparisons
          .filter(
            ({ variant, nonInferiority }) =>
              variant === experiment.decision.variant && nonInferiority?.status === 'not_shown',
          )
          .map((comparison) => ({ metric, label: metricLabel(metric), better, comparison })),
  );
  const worst = open.flatMap(({ label, better, comparison: { deciding } }) => {
    const interval = deciding.effect.relativeCi;
    if (interval === null) return [];
    const loss = better === 'higher' ? -interval[0] : interval[1];
    return loss > 0 ? [`${label} may be worse by up to ${formatPercent(loss)}`] : [];
  });
  const untested = open.filter(({ comparison }) => isUntested(comparison));
  if (untested.length > 0) return withoutUntested(untested);
  return {
    traffic: open.flatMap(({ label, comparison }) => guardrailTraffic(label, comparison, experiment, asOf)),
    options: [
      `Accept the risk: ship${worst.length === 0 ? '' : ` knowing that ${worst.join(', and ')}`}, and write down who decided it.${withoutProof(open)}`,
      'Widen the margin before the next test: one that is set after seeing these numbers proves nothing.',
      'Change the guardrail: one that counts the same harm in more users, or varies less, is shown sooner.',
    ],
  };
}

const isUntested = ({ nonInferiority }: Comparison) => (nonInferiority?.reason ?? null) !== null;

/** More users or a wider margin show nothing of a guardrail that these data cannot test. */
function withoutUntested(untested: readonly { readonly metric: string; readonly label: string }[]): WayOut {
  const lines = untested.map(({ metric }) => `${metric}: null`).join(', ');
  const names = untested.map(({ label }) => label).join(', ');
  return {
    traffic: [],
    options: [
      `Do without what these data cannot test (${names}): write guardrails: { ${lines} } under the experiment in experiment.yaml, say why, and run again.`,
      'Change the guardrail: choose one that these data hold.',
    ],
  };
}

/** The line that asks less of the guardrails that still have to be shown within their margin. */
function withoutProof(open: readonly { readonly metric: string; readonly comparison: Comparison }[]): string {
  const strict = open.filter(({ comparison }) => comparison.nonInferiority?.suffices === undefined);
  if (strict.length === 0) return '';
  const lines = strict.map(({ metric }) => `${metric}: { require: no_harm }`).join(', ');
  return ` To ask only that no harm is shown, write guardrails: { ${lines} } under the experiment in experiment.yaml.`;
}

function guardrailTraffic(
  label: string,
  { nonInferiority, control, treatment }: Comparison,
  experiment: ExperimentReport,
  asOf: string | null,
): string[] {
  const [needed, margin] = [nonInferiority?.usersNeeded ?? null, nonInferiority?.marginRelative ?? null];
  const now = control.n + treatment.n;
  if (needed === null || needed <= now) return [];
  const more = daysUntil(needed, now, daysOfIntake(experiment.novelty[0]?.cumulative ?? []));
  if (more === null) return [];
  const within = margin === null ? 'its margin' : formatWholePercent(margin);
  return [
    more > longestDays
      ? `At this traffic half a year is too short to show that ${label} stays within ${within}.`
      : `${label} can be shown to stay within ${within} ${dayAfter(asOf, more)}, if the treatment does not change it.`,
  ];
}

/** `At this traffic half a year is too short to detect a lift of 5 %. A lift of 13 % can be detected by 18 February 2026.` */
function primaryTraffic(experiment: ExperimentReport, asOf: string | null): string[] {
  const power = primaryOf(experiment)?.comparisons[0]?.power;
  if (power === undefined || !('power' in power)) return [];
  const { usersNeeded, usersNow, daysLeft, targetLift, mdeNow, later } = power;
  if (usersNeeded !== null && usersNeeded <= usersNow) return [];
  const target = `a lift of ${formatWholePercent(targetLift)}`;
  if (daysLeft !== null && daysLeft <= longestDays) {
    return [`At this traffic ${target} can be detected ${dayAfter(asOf, daysLeft)}.`];
  }
  const instead =
    later !== undefined && later !== null && later.relative !== null
      ? ` A lift of ${formatWholePercent(later.relative)} can be detected ${dayAfter(asOf, later.days)}.`
      : mdeNow.relative === null
        ? ''
        : ` The present users can detect ${formatWholePercent(mdeNow.relative)} or more.`;
  return [`At this traffic half a year is too short to detect ${target}.${instead}`];
}

/** `by 14 March 2026`, or `in 12 days` where the end of the data is not known. */
function dayAfter(asOf: string | null, days: number): string {
  if (asOf === null) return `in ${days} days`;
  const day = new Date(Date.parse(asOf) + days * millisecondsPerDay);
  const month = months[day.getUTCMonth()] ?? '';
  return `by ${day.getUTCDate()} ${month} ${day.getUTCFullYear()}`;
}

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];
