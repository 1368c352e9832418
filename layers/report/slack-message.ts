import { decidingInterval, intervalLabel, primaryOf } from './comparisons.ts';
import { formatCount, formatLift, formatLiftInterval } from './format.ts';
import { metricLabel } from './labels.ts';
import type { ExperimentReport, Report } from './schema.ts';
import { actions, headline, ruleSentence } from './words.ts';

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
/** Lines of effects that a reader of messages takes. */
const mostArms = 4;
const mostCharacters = 2900;

/**
 * The verdict of each experiment with its rule, the lift and interval of each arm that it goes by, and the first reason beside
 * these.
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
  return [
    `${emoji[actions[decision.action].tone]} *${escaped(verdictOf(experiment))}*`,
    ruleSentence(decision.rule),
    ...effectsOf(experiment).map(escaped),
    ...reasonOf(experiment).map(escaped),
  ].join('\n');
}

/** `Ship treatment: checkout_redesign`. */
function verdictOf({ experimentId, decision }: ExperimentReport): string {
  const variant = decision.action === 'ship' && decision.variant !== null ? ` ${decision.variant}` : '';
  return `${headline(decision)}${variant}: ${experimentId}`;
}

/** The primary metric's lift in the arm of the verdict, else in each; none where the arms cannot be compared. */
function effectsOf(experiment: ExperimentReport): string[] {
  const { decision, control, arms } = experiment;
  const primary = primaryOf(experiment);
  if (decision.action === 'invalid' || primary === undefined) return [];
  const ofVerdict = primary.comparisons.filter(({ variant }) => variant === decision.variant);
  const shown = ofVerdict.length > 0 ? ofVerdict : primary.comparisons.slice(0, mostArms);
  const users = formatCount(arms.reduce((sum, arm) => sum + arm.users, 0));
  return shown.map((comparison) => {
    const interval = decidingInterval(comparison);
    return `${metricLabel(primary.metric)}, ${comparison.variant} against ${control}: ${formatLift(comparison.deciding.effect.relative)}, ${intervalLabel(experiment)}${interval.isCorrected ? ', corrected' : ''} ${formatLiftInterval(interval.relative)}, ${users} users`;
  });
}

/** The first reason that does not repeat the primary metric's effect. */
function reasonOf(experiment: ExperimentReport): string[] {
  const primary = primaryOf(experiment);
  const effect = primary === undefined ? null : ` on ${metricLabel(primary.metric)}:`;
  const { reasons } = experiment.decision;
  return reasons.filter((reason) => effect === null || !reason.includes(effect)).slice(0, 1);
}

/** Slack's own marks; a name in the data must neither notify a channel nor begin a link. */
function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '');
}
