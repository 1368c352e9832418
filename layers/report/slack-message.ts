import { decidingComparison, decidingInterval, intervalLabel } from './comparisons.ts';
import { formatCount, formatLift, formatLiftInterval } from './format.ts';
import { metricLabel } from './labels.ts';
import type { ExperimentReport, Report } from './schema.ts';
import { actions, headline } from './words.ts';

/** A block of Slack's Block Kit, as far as the message uses it. */
type Block =
  | { readonly type: 'section'; readonly text: { readonly type: 'mrkdwn'; readonly text: string } }
  | {
      readonly type: 'context';
      readonly elements: readonly { readonly type: 'mrkdwn'; readonly text: string }[];
    };

/** What an incoming webhook of Slack, or chat.postMessage, takes. */
export interface SlackMessage {
  /** What stands in notifications. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

const emoji = {
  good: ':white_check_mark:',
  bad: ':no_entry:',
  caution: ':hourglass_flowing_sand:',
  neutral: ':information_source:',
} as const;

/** Slack takes 50 blocks and 3,000 characters of text in each. */
const mostExperiments = 40;
const mostCharacters = 2900;

/**
 * The verdict of each experiment with the lift and interval that it goes by.
 * @param where address of the report, or its place where it has none
 */
export function slackMessage(report: Report, where: string): SlackMessage {
  const { experiments, run } = report;
  const shown = experiments.slice(0, mostExperiments);
  const left = experiments.length - shown.length;
  const link = /^https?:\/\//.test(where)
    ? `<${escaped(where)}|Open the report>`
    : `Report: ${escaped(where)}`;
  return {
    text: shown
      .map((experiment) => escaped(verdictOf(experiment)))
      .join('; ')
      .slice(0, mostCharacters),
    blocks: [
      ...shown.map((experiment) => section(experimentText(experiment))),
      ...(left === 0 ? [] : [section(`${formatCount(left)} more experiments are in the report.`)]),
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: `${link} · drop ${escaped(run.drop)} · run \`${run.runId.slice(0, 8)}\`` },
        ],
      },
    ],
  };
}

function section(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text: text.slice(0, mostCharacters) } };
}

function experimentText(experiment: ExperimentReport): string {
  const { decision } = experiment;
  const [reason = ''] = decision.reasons;
  const effect = effectOf(experiment);
  return [
    `${emoji[actions[decision.action].tone]} *${escaped(verdictOf(experiment))}*`,
    ...(effect === null ? [] : [escaped(effect)]),
    escaped(reason),
  ].join('\n');
}

/** `Ship treatment: checkout_redesign`. */
function verdictOf({ experimentId, decision }: ExperimentReport): string {
  const variant = decision.action === 'ship' && decision.variant !== null ? ` ${decision.variant}` : '';
  return `${headline(decision)}${variant}: ${experimentId}`;
}

/** The primary metric's lift; none where the arms cannot be compared. */
function effectOf(experiment: ExperimentReport): string | null {
  const primary = decidingComparison(experiment);
  if (experiment.decision.action === 'invalid' || !primary?.comparison) return null;
  const { comparison, metric } = primary;
  const interval = decidingInterval(comparison);
  const users = experiment.arms.reduce((sum, arm) => sum + arm.users, 0);
  return `${metricLabel(metric.metric)} ${formatLift(comparison.deciding.effect.relative)}, ${intervalLabel(experiment)}${interval.isCorrected ? ', corrected' : ''} ${formatLiftInterval(interval.relative)}, ${formatCount(users)} users`;
}

/** Slack's own marks; a name in the data must neither notify a channel nor begin a link. */
function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');
}
