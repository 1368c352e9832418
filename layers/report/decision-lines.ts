import { checksByGravity } from './checks.ts';
import { formatMoment, formatPercent, formatQuantity, statedP } from './format.ts';
import { metricLabel } from './labels.ts';
import type { ExperimentReport } from './schema.ts';
import { errorRatesText, rampText, testingText } from './words.ts';

const statuses = { pass: 'pass', warn: 'NOTE', fail: 'FAILED', not_checked: 'not checked' } as const;

/** How the experiment was set up, as list items. */
export function designLines(experiment: ExperimentReport): string[] {
  const { arms, control, settings } = experiment;
  const corrections = {
    holm: 'Holm',
    benjamini_hochberg: 'Benjamini and Hochberg (false discovery rate)',
    none: 'none',
  };
  const plan = [
    ...(settings.plannedUsers === null ? [] : [formatQuantity(settings.plannedUsers, 'user')]),
    ...(settings.plannedEnd === null ? [] : [`until ${formatMoment(settings.plannedEnd)}`]),
  ];
  const rates = errorRatesText(experiment);
  const ramp = rampText(experiment);
  return [
    `- Arms: ${arms.map(({ variant, users }) => `${plain(variant)} (${formatQuantity(users, 'user')}, ${formatPercent(settings.weights[variant] ?? 0)} planned)`).join(', ')}.${control === 'control' ? '' : ` The control is ${plain(control)}.`}`,
    ...(ramp === undefined ? [] : [`- ${plain(ramp)}`]),
    settings.exposure === 'assignment'
      ? '- A user counts from the assignment on.'
      : `- A user counts from the first \`${plain(settings.exposure)}\`${settings.requireAssignmentBefore ? ' at or after the assignment' : ', also before the assignment'}.`,
    `- Outcome window: ${settings.ofSums ? 'that of the sums' : `${formatQuantity(settings.outcomeWindowDays, 'day')} from exposure`}. Primary metric: ${plain(metricLabel(settings.primary))} (\`${plain(settings.primary)}\`).`,
    `- Plan: ${plan.length === 0 ? 'neither a size nor an end was declared' : plan.join(', ')}. Testing: ${testingText(experiment)}.`,
    `- Alpha: ${settings.alpha}, two-sided; guardrails ${settings.guardrailAlpha}, one-sided. Correction: ${corrections[settings.correction]}${settings.multipleArms === 'dunnett' ? ', Dunnett over the arms' : ''}.`,
    ...(rates === undefined ? [] : [`- Error rates: ${plain(rates)}`]),
  ];
}

/** Every check with its result, as list items: the ones that did not pass first. */
export function checkLines(experiment: ExperimentReport): string[] {
  return checksByGravity(experiment).map((check) => {
    const { label, status, p, isAdjusted, explanation } = check;
    const shown =
      p === null || / p [=<] /.test(explanation) ? '' : ` (${isAdjusted ? 'adjusted ' : ''}${statedP(p)})`;
    return `- ${plain(label)}: ${statuses[status]}${shown}. ${plain(explanation)}`;
  });
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

/** Text from data shows as itself in Markdown: no markup, no table cells, no line breaks. */
export function plain(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replace(/[\\`*{}[\]<>#!|~$]/g, '\\$&');
}
