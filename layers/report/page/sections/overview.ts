import { trustSummary } from '../../checks.ts';
import { type Compared, decidingComparison } from '../../comparisons.ts';
import { formatCount, formatLift, formatLiftInterval, formatP } from '../../format.ts';
import { html } from '../../html/html.ts';
import { status } from '../../html/icons.ts';
import { metricName, name, unbroken } from '../../html/names.ts';
import { table } from '../../html/table.ts';
import type { ExperimentReport } from '../../schema.ts';
import { actions, checkStatuses } from '../../words.ts';
import { liftAxis, liftChart, liftOf, liftScale } from '../charts/interval.ts';
import type { RunSection } from '../section.ts';

/** One row for each experiment, where there are several. */
export const overviewSection: RunSection = ({ experiments }) => {
  if (experiments.length < 2) return null;
  const rows = experiments.map((experiment, index) => ({
    experiment,
    anchor: `#e${index + 1}`,
    primary: shownPrimary(experiment),
  }));
  const lifts = rows.flatMap(({ primary }) => (primary?.comparison ? [liftOf(primary)] : []));
  const scale = liftScale(lifts, 260);
  type Row = (typeof rows)[number];
  const comparison = ({ primary }: Row) => primary?.comparison ?? null;
  return {
    id: 'overview',
    title: 'All experiments',
    body: table<Row>({
      className: 'results',
      caption: 'Each experiment’s decision and the primary metric it rests on',
      columns: [
        {
          label: 'Experiment',
          cell: ({ experiment, anchor }) => html`<a href="${anchor}">${name(experiment.experimentId)}</a>`,
          sort: ({ experiment }) => experiment.experimentId,
        },
        {
          label: 'Decision',
          cell: ({ experiment }) => status(actions[experiment.decision.action]),
          sort: ({ experiment }) => experiment.decision.action,
        },
        { label: 'Trust', cell: ({ experiment }) => trustStatus(experiment) },
        {
          label: 'Users',
          align: 'number',
          cell: ({ experiment }) => formatCount(usersOf(experiment)),
          sort: ({ experiment }) => usersOf(experiment),
        },
        { label: 'Primary metric', cell: ({ primary }) => primary && metricName(primary.metric.metric) },
        {
          label: 'Lift',
          align: 'number',
          cell: (row) => {
            const effect = comparison(row)?.deciding.effect;
            return effect === undefined
              ? 'n/a'
              : html`<strong>${formatLift(effect.relative)}</strong><small>${unbroken(formatLiftInterval(effect.relativeCi))}</small>`;
          },
          sort: (row) => comparison(row)?.deciding.effect.relative ?? null,
        },
        {
          label: 'Lift and interval',
          align: 'chart',
          below: liftAxis(scale),
          cell: ({ primary }) => (primary?.comparison ? liftChart(liftOf(primary), scale) : null),
        },
        {
          label: 'Adjusted p',
          align: 'number',
          cell: (row) => formatP(comparison(row)?.deciding.test.p ?? null),
          sort: (row) => comparison(row)?.deciding.test.p ?? null,
        },
      ],
      groups: [{ label: null, rows }],
    }),
  };
};

/** The primary metric, without its effect where the arms cannot be compared. */
function shownPrimary(experiment: ExperimentReport): Compared | null {
  const primary = decidingComparison(experiment);
  return primary === null || experiment.decision.action !== 'invalid'
    ? primary
    : { ...primary, comparison: null };
}

function trustStatus(experiment: ExperimentReport) {
  const { status: gravest, text } = trustSummary(experiment);
  return html`<span title="${text}">${status(checkStatuses[gravest])}</span>`;
}

function usersOf({ arms }: ExperimentReport): number {
  return arms.reduce((sum, { users }) => sum + users, 0);
}
