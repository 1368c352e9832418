import { otherWarnings } from './checks.ts';
import { adjustedP, decidingInterval, fewBuyersSentences, intervalLabel, verdictOf } from './comparisons.ts';
import { checkLines, designLines, plain, table } from './decision-lines.ts';
import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatMoment,
  formatP,
  formatPercent,
  formatQuantity,
  formatStatistic,
  formatValue,
  statedP,
} from './format.ts';
import { impactLines } from './impact.ts';
import { metricLabel } from './labels.ts';
import { probableHarm } from './probable-harm.ts';
import type { Comparison, ExperimentReport, Report } from './schema.ts';
import { wayOut } from './way-out.ts';
import {
  basisText,
  confidence,
  exposureDays,
  hasPlan,
  headline,
  isBeforeItsLook,
  ofSumsNote,
  reasonText,
  shownTesting,
  stepWording,
  unavailableBeside,
  unavailableLabel,
  undeclaredNote,
} from './words.ts';

const millisecondsPerDay = 86_400_000;

/** `EXPERIMENT_DECISION.md`: the report as a document to file and discuss. */
export function decisionDocument(report: Report): string {
  const { run, experiments } = report;
  return [
    '# Experiment decision',
    '',
    `Run \`${run.runId}\` of the drop \`${run.drop}\`${run.asOf === null ? '' : `, data up to ${formatMoment(run.asOf)}`}.`,
    ...(run.undeclared ? ['', undeclaredNote] : []),
    ...(experiments.some(({ settings }) => settings.ofSums) ? ['', ofSumsNote] : []),
    ...experiments.flatMap((experiment) => ['', ...experimentSection(experiment, report)]),
    '',
    '## Data',
    '',
    ...(Object.keys(report.quality).length === 0
      ? ['Sums by arm, as they were given.']
      : table(
          ['dataset', 'lines', 'accepted', 'quarantined', 'duplicates'],
          Object.entries(report.quality).map(([dataset, { lines, accepted, quarantined, duplicates }]) => [
            dataset,
            ...[lines, accepted, quarantined, duplicates].map(formatCount),
          ]),
        )),
    ...unavailableBeside(report).map(
      (found) => `\nNot available: ${plain(unavailableLabel(found))}, ${plain(found.reason)}.`,
    ),
    '',
  ].join('\n');
}

function experimentSection(experiment: ExperimentReport, report: Report): string[] {
  const { experimentId, decision, settings } = experiment;
  const population = report.population.filter((step) => step.experimentId === experimentId);
  return [
    `## ${plain(experimentId)}: ${headline(decision)}${decision.action === 'ship' ? ` ${plain(decision.variant ?? '')}` : ''}`,
    '',
    `Hypothesis: ${settings.hypothesis === null ? 'none was declared.' : plain(settings.hypothesis)}`,
    '',
    ...decision.reasons.map((reason) => `- ${plain(reason)}`),
    ...probableHarm(experiment).map((harm) => `- ${plain(harm)}`),
    ...impactSection(experiment),
    ...waySection(experiment, report),
    '',
    '### Sign-off',
    '',
    ...table(
      ['role', 'name', 'decision', 'date'],
      [
        ['Owner of the experiment', '', headline(decision), ''],
        ['Signed off by', '', '', ''],
      ],
    ),
    '',
    '### Design',
    '',
    ...designLines(experiment),
    '',
    '### Result',
    '',
    ...resultTable(experiment),
    '',
    'The verdict goes by these intervals. They are corrected for several metrics or arms, except for guardrails. Each corrected interval is valid on its own; only Dunnett’s, within one metric, are all valid at once. p (difference) is the two-sided test of no difference. p (within margin) is the one-sided non-inferiority test, which alone decides a guardrail.',
    ...experiment.metrics
      .filter(({ unavailable }) => unavailable !== null)
      .map(
        ({ metric, unavailable }) =>
          `\n${plain(metricLabel(metric))} is not available: ${plain(unavailable ?? '')}.`,
      ),
    ...assignedLines(experiment),
    ...segmentLines(experiment),
    '',
    '### Checks',
    '',
    ...checkLines(experiment),
    '',
    '### Decision',
    '',
    `${headline(decision)}, by the rule \`${decision.rule}\`: ${basisText(experiment)}.`,
    '',
    '### Limits',
    '',
    ...limits(experiment).map((limit) => `- ${limit}`),
    '',
    '### Next steps',
    '',
    ...nextSteps(experiment).map((step) => `- ${step}`),
    '',
    '### Population',
    '',
    ...table(
      ['step', 'rows', 'users'],
      population.map(({ step, rows, users }) => {
        const { label, kind } = stepWording(step, settings);
        const counted = (value: number) =>
          `${kind === 'removed' && value > 0 ? '−' : ''}${formatCount(value)}`;
        return [plain(label), counted(rows), counted(users)];
      }),
    ),
    ...originalLines(experiment),
  ];
}

function impactSection(experiment: ExperimentReport): string[] {
  if (experiment.decision.action === 'invalid') return [];
  const lines = impactLines(experiment, experiment.decision.variant);
  return lines.length === 0
    ? []
    : ['', '### What it amounts to', '', ...lines.map((line) => `- ${plain(line)}`)];
}

function waySection(experiment: ExperimentReport, report: Report): string[] {
  const way = wayOut(experiment, report);
  if (way === null) return [];
  return ['', '### Ways out', '', ...[...way.traffic, ...way.options].map((line) => `- ${plain(line)}`)];
}

function resultTable(experiment: ExperimentReport): string[] {
  const header = [
    'metric',
    'role',
    'arm',
    'control',
    'treatment',
    'difference',
    'lift',
    `${intervalLabel(experiment).replace('\u00a0', ' ')}, corrected`,
    'p (difference)',
    'adjusted p',
    'p (within margin)',
    'verdict',
  ];
  return table(
    header,
    experiment.metrics.flatMap((metric) =>
      metric.comparisons.map((comparison) => {
        const { variant, control, treatment, deciding, nonInferiority } = comparison;
        return [
          plain(metricLabel(metric.metric)),
          metric.role,
          plain(variant),
          formatValue(metric.unit, control.mean),
          formatValue(metric.unit, treatment.mean),
          formatDifference(metric.unit, deciding.effect.absolute),
          formatLift(deciding.effect.relative),
          formatLiftInterval(decidingInterval(comparison).relative),
          formatP(deciding.p),
          formatP(adjustedP(comparison)),
          formatP(nonInferiority?.p ?? null),
          verdictWords(comparison),
        ];
      }),
    ),
  );
}

function verdictWords(comparison: Comparison): string {
  const { label, why } = verdictOf(comparison);
  return why === null ? label.toLowerCase() : `${label.toLowerCase()}: ${plain(why)}`;
}

/** The primary metric's effects on everyone assigned. */
function assignedLines({ assigned = [], metrics, settings }: ExperimentReport): string[] {
  return assigned
    .filter(({ metric }) => metric === settings.primary)
    .map(({ metric, variant, users, effect, test, exposedShare, diluted }) => {
      const unit = metrics.find((one) => one.metric === metric)?.unit ?? 'count';
      const whose =
        users === 'assigned'
          ? 'Everyone assigned, exposed or not'
          : 'Everyone assigned, those in several arms by their first';
      const bridge =
        exposedShare === null || diluted === null
          ? ''
          : ` ${formatPercent(exposedShare)} of them were exposed. Spread over everyone assigned, the effect on the exposed is ${formatDifference(unit, diluted)}.`;
      return `\n${whose}: ${plain(metricLabel(metric))} of ${plain(variant)} ${formatDifference(unit, effect.absolute)}, lift ${formatLift(effect.relative)} (${formatLiftInterval(effect.relativeCi)}, not corrected, for one look), ${statedP(test?.p ?? null)}.${bridge}`;
    });
}

/** The levels in which the primary metric differs, if any. */
function segmentLines({ segments, interactions, settings }: ExperimentReport): string[] {
  if (segments.length === 0) return [];
  const found = segments.flatMap(({ segment, level, metrics }) =>
    metrics
      .filter(({ role }) => role === 'primary')
      .flatMap(({ comparisons }) => comparisons)
      .filter(({ verdict }) => verdict !== 'inconclusive')
      .map(
        ({ variant, verdict }) =>
          `${plain(variant)} is ${verdict} in ${plain(metricLabel(segment).toLowerCase())} ${plain(level)}`,
      ),
  );
  const differing = interactions.filter(
    ({ metric, pAdjusted }) =>
      metric === settings.primary && pAdjusted !== null && pAdjusted < settings.alpha,
  );
  return [
    '',
    found.length === 0
      ? 'Segments (exploratory): the primary metric differs significantly in none of them.'
      : `Segments (exploratory): ${found.join('; ')}.`,
    ...differing.map(
      ({ segment, variant, pAdjusted }) =>
        `The effect of ${plain(variant)} differs between the levels of ${plain(metricLabel(segment).toLowerCase())} (adjusted ${statedP(pAdjusted)}).`,
    ),
  ];
}

/** What the numbers do not say. */
function limits(experiment: ExperimentReport): string[] {
  const { settings, segments } = experiment;
  return [
    ...notes(experiment),
    ...shortExposure(experiment),
    ...limitOfLooks(experiment),
    settings.ofSums
      ? 'Over which days a user’s outcomes were counted, the sums do not tell.'
      : `Outcomes are those of the first ${formatQuantity(settings.outcomeWindowDays, 'day')} after the exposure; what comes later is not known.`,
    ...(settings.correction === 'none'
      ? ['No correction for many comparisons: about one in twenty null effects looks significant.']
      : []),
    ...(segments.length > 0 ? ['Segments are exploratory: they suggest questions and decide nothing.'] : []),
  ];
}

function limitOfLooks(experiment: ExperimentReport): string[] {
  if (isBeforeItsLook(experiment)) {
    return [
      'The planned end is still to come. Until then p-values and intervals hold at any look, so they are wider than those of the one look at the end.',
    ];
  }
  if (shownTesting(experiment) !== 'fixed_horizon') return [];
  return hasPlan(experiment.settings)
    ? [
        'The p-values hold for one look at the planned end. Who looks earlier finds effects that are not there.',
      ]
    : [
        'The p-values hold for one look, and no end was planned for it. Who looks again until something is significant finds effects that are not there.',
      ];
}

/** The checks with a note by name, since they are told above; and what else is to be minded. */
function notes(experiment: ExperimentReport): string[] {
  const warned = experiment.trust.checks
    .filter(({ status }) => status === 'warn')
    .map(({ label }) => plain(label));
  return [
    ...(warned.length === 0 ? [] : [`Notes of the checks above: ${warned.join('; ')}.`]),
    ...otherWarnings(experiment).map(plain),
    ...fewBuyersSentences(
      experiment.metrics.filter(({ role }) => role !== 'primary'),
      experiment.control,
    ).map(plain),
  ];
}

/** Users of a few days only are those of some weekdays. */
function shortExposure(experiment: ExperimentReport): string[] {
  const days = exposureDays(experiment);
  if (days === null || Date.parse(days.last) - Date.parse(days.first) >= 6 * millisecondsPerDay) return [];
  return [
    `Users were exposed from ${days.first} to ${days.last}, less than a week: not every weekday counts.`,
  ];
}

function nextSteps(experiment: ExperimentReport): string[] {
  const { decision, trust } = experiment;
  switch (decision.action) {
    case 'ship':
      return [
        `Roll ${plain(decision.variant ?? 'the treatment')} out, and watch ${
          decision.rule === 'primary_better_without_guardrails'
            ? 'what it must not harm: no guardrail was measured'
            : 'the guardrails while it reaches everyone'
        }.`,
      ];
    case 'do_not_ship':
      return [
        'Stay with the control.',
        'Look at the segments and the funnel for what the next version needs.',
      ];
    case 'invalid': {
      if (decision.rule !== 'trust_check_failed') {
        return ['Correct what the first reason names, and run again.'];
      }
      const failed = trust.checks.filter(({ status }) => status === 'fail');
      return failed.some(({ name }) => name === 'unknown_variants')
        ? ['Correct experiment.yaml as the first reason says, and run the same files again.']
        : [
            ...failed.map(({ label }) => `Find the cause: ${plain(label.toLowerCase())}.`),
            'Repair the experiment and run it again with new users.',
          ];
    }
    case 'keep_running':
      return decision.rule === 'target_lift_not_feasible'
        ? [
            'Decide whether a larger lift is what you look for, or end the experiment and stay with the control.',
          ]
        : ['Leave the experiment on and change nothing about it.', ...soughtLift(experiment)];
  }
}

/** What it takes to find the lift that is looked for, where the decision does not say so itself. */
function soughtLift({ decision, metrics }: ExperimentReport): string[] {
  const power = metrics
    .find(({ role }) => role === 'primary')
    ?.comparisons.flatMap(({ power: own }) => (own !== undefined && 'usersNeeded' in own ? [own] : []))[0];
  if (decision.rule !== 'before_planned_end' || power === undefined) return [];
  const { usersNeeded, usersNow, daysLeft, targetLift } = power;
  if (usersNeeded === null || usersNeeded <= usersNow) return [];
  const time = daysLeft === null ? '' : `, about ${formatQuantity(daysLeft, 'more day')} at this traffic`;
  return [
    `A lift of ${formatLift(targetLift)} takes ${formatCount(usersNeeded)} users (now ${formatCount(usersNow)})${time}.`,
  ];
}

function originalLines({ parity, settings, arms, control: controlArm }: ExperimentReport): string[] {
  if (parity === null) return [];
  const { twoProportionZ: z, logit } = parity;
  const compared = `${plain(parity.variant)} against ${plain(controlArm)}`;
  const lines = [
    '',
    '### Cross-check: the analyses of the original project',
    '',
    ...(arms.length > 2 ? [`They compare two arms: ${compared}. The other arms are not in them.`, ''] : []),
  ];
  const points = (value: number) => formatDifference('share', value);
  const [control, treatment] =
    'reason' in z ? [] : [formatValue('share', z.control), formatValue('share', z.treatment)];
  lines.push(
    'reason' in z
      ? `- Two-proportion z-test: not possible, ${reasonText(z.reason)}.`
      : `- Two-proportion z-test of purchase conversion (pooled): ${control} against ${treatment}, difference ${points(z.lift)}, z = ${formatStatistic(z.z)}, ${statedP(z.p)}, ${confidence(settings.alpha).replace('\u00a0', ' ')} interval ${points(z.ci[0])} to ${points(z.ci[1])}.`,
  );
  lines.push(
    'reason' in logit
      ? `- Logistic regression: not possible, ${reasonText(logit.reason)}.`
      : `- Logistic regression: ${logit.terms.map(({ name, coefficient, se, p }) => `${name} ${formatStatistic(coefficient)} (se ${formatStatistic(se)}, ${statedP(p)})`).join('; ')}. ${logit.note}`,
  );
  return lines;
}
