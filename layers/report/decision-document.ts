import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatPercent,
  formatValue,
} from './format.ts';
import type { Decision, ExperimentReport, Report, SampleRatio } from './schema.ts';

const headlines: Record<Decision['action'], string> = {
  ship: 'Ship',
  do_not_ship: 'Do not ship',
  keep_running: 'Keep running',
  invalid: 'Invalid: do not read the effects',
};

/** `EXPERIMENT_DECISION.md`: the report as a document to file and discuss. */
export function decisionDocument(report: Report): string {
  const { run, experiments } = report;
  return [
    '# Experiment decision',
    '',
    `Run \`${run.runId}\` of the drop \`${run.drop}\`${run.asOf === null ? '' : `, data up to ${run.asOf}`}.`,
    ...experiments.flatMap((experiment) => ['', ...experimentSection(experiment, report)]),
    '',
    '## Data',
    '',
    ...table(
      ['dataset', 'lines', 'accepted', 'quarantined', 'duplicates'],
      Object.entries(report.quality).map(([dataset, { lines, accepted, quarantined, duplicates }]) => [
        dataset,
        ...[lines, accepted, quarantined, duplicates].map(formatCount),
      ]),
    ),
    ...report.unavailable.map(({ what, reason }) => `\nNot available: ${plain(what)}, ${plain(reason)}.`),
    '',
  ].join('\n');
}

function experimentSection(experiment: ExperimentReport, report: Report): string[] {
  const { experimentId, decision, settings, arms, trust } = experiment;
  const population = report.population.filter((step) => step.experimentId === experimentId);
  return [
    `## ${plain(experimentId)}: ${headlines[decision.action]}${decision.action === 'ship' ? ` ${plain(decision.variant ?? '')}` : ''}`,
    '',
    `Rule \`${decision.rule}\`.`,
    '',
    ...decision.reasons.map((reason) => `- ${plain(reason)}`),
    '',
    '### Design',
    '',
    `- Arms: ${arms.map(({ variant, users }) => `${plain(variant)} (${formatCount(users)} users)`).join(', ')}; control is ${plain(experiment.control)}.`,
    settings.exposure === 'assignment'
      ? '- A user counts from the assignment on.'
      : `- A user counts from the first \`${plain(settings.exposure)}\`${settings.requireAssignmentBefore ? ' at or after the assignment' : ', also before the assignment'}.`,
    `- Outcome window: ${settings.outcomeWindowDays} days from exposure. Primary metric: ${plain(settings.primary)}. Alpha: ${settings.alpha}.`,
    '',
    '### Checks',
    '',
    `- Sample ratio of exposed users: ${describeSampleRatio(trust.srm)}.`,
    `- Sample ratio of assigned users: ${describeSampleRatio(trust.srmAssigned)}.`,
    `- Users in several variants: ${formatCount(trust.crossovers.users)} (${formatPercent(trust.crossovers.share)}).`,
    ...trust.warnings.map((warning) => `- Warning: ${plain(warning)}`),
    '',
    '### Results',
    '',
    ...table(
      [
        'metric',
        'role',
        'arm',
        'control',
        'treatment',
        'difference',
        'lift',
        `${confidence(settings.alpha)} interval`,
        'p',
        'adjusted p',
        'verdict',
      ],
      experiment.metrics.flatMap((metric) =>
        metric.comparisons.map((comparison) => [
          plain(metric.metric),
          metric.role,
          plain(comparison.variant),
          formatValue(metric.unit, comparison.control.mean),
          formatValue(metric.unit, comparison.treatment.mean),
          formatDifference(metric.unit, comparison.effect.absolute),
          formatLift(comparison.effect.relative),
          formatLiftInterval(comparison.effect.relativeCi),
          formatP(comparison.test?.p ?? null),
          formatP(comparison.test?.pAdjusted ?? null),
          comparison.nonInferiority === undefined
            ? (comparison.reason ?? comparison.verdict)
            : comparison.nonInferiority.status.replaceAll('_', ' '),
        ]),
      ),
    ),
    ...experiment.metrics
      .filter(({ unavailable }) => unavailable !== null)
      .map(({ metric, unavailable }) => `\n${plain(metric)} is not available: ${plain(unavailable ?? '')}.`),
    '',
    '### Population',
    '',
    ...table(
      ['step', 'rows', 'users'],
      population.map(({ step, rows, users }) => [plain(step), formatCount(rows), formatCount(users)]),
    ),
    ...parityLines(experiment),
  ];
}

function describeSampleRatio({ status, p, reason }: SampleRatio): string {
  if (status === 'not_checked') return `not checked (${reason})`;
  return `${status === 'pass' ? 'as intended' : 'MISMATCH'} (p = ${formatP(p)})`;
}

function parityLines({ parity }: ExperimentReport): string[] {
  if (parity === null) return [];
  const { twoProportionZ: z, logit } = parity;
  const lines = ['', '### The original analyses', ''];
  lines.push(
    'reason' in z
      ? `- Two-proportion z-test: ${z.reason}.`
      : `- Two-proportion z-test (pooled): ${z.control.toFixed(4)} against ${z.treatment.toFixed(4)}, lift ${z.lift.toFixed(4)}, z = ${z.z.toFixed(4)}, p = ${z.p.toFixed(4)}, 95 % interval (${z.ci[0].toFixed(4)}, ${z.ci[1].toFixed(4)}).`,
  );
  lines.push(
    'reason' in logit
      ? `- Logistic regression: ${logit.reason}.`
      : `- Logistic regression: ${logit.terms.map(({ name, coefficient, se, p }) => `${name} ${coefficient.toFixed(4)} (se ${se.toFixed(4)}, p = ${formatP(p)})`).join('; ')}. ${logit.note}`,
  );
  return lines;
}

function confidence(alpha: number): string {
  return `${Number(((1 - alpha) * 100).toFixed(4))} %`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

/** Text from data shows as itself in Markdown: no markup, no table cells, no line breaks. */
function plain(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replace(/[\\`*{}[\]<>#!|~$]/g, '\\$&');
}
