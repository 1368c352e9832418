import { formatCount, formatPercent } from '../../format.ts';
import { html } from '../../html/html.ts';
import { plainName } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import type { ExperimentReport, Report } from '../../schema.ts';
import { type StepWording, stepWording } from '../../words.ts';
import { barChart } from '../charts/bar.ts';
import type { ExperimentSection } from '../section.ts';

interface Step extends StepWording {
  readonly rows: number;
  /** null: lines, not yet users. */
  readonly users: number | null;
  /** Where the bar begins and ends, in users. */
  readonly from: number;
  readonly to: number;
}

/** The way from raw lines to analysed users, step by step. */
export const populationSection: ExperimentSection = (experiment, report) => {
  const steps = stepsOf(experiment, report);
  if (steps.length === 0) return null;
  const max = Math.max(...steps.map(({ to }) => to));
  const all = steps.find(({ users }) => users !== null)?.users ?? 0;
  const sign = ({ kind }: Step) => (kind === 'removed' ? '−' : '');
  return {
    id: 'population',
    title: 'From raw lines to analysed users',
    summary: steps
      .filter(({ users }) => users !== null)
      .map((step) => `${step.label.toLowerCase()} ${sign(step)}${formatCount(step.users ?? 0)}`)
      .join(', '),
    body: plainTable<Step>(
      'Every line and user that was not used is named here',
      [
        {
          label: 'Step',
          cell: (step) =>
            html`<span class="step ${step.kind}">${step.kind === 'removed' ? html`<span class="visually-hidden">removed: </span>` : null}${step.label}</span>`,
        },
        { label: 'Rows', align: 'number', cell: (step) => `${sign(step)}${formatCount(step.rows)}` },
        {
          label: 'Users',
          align: 'number',
          cell: (step) =>
            step.users === null ? '–' : html`<strong>${sign(step)}${formatCount(step.users)}</strong>`,
        },
        {
          label: 'Of assigned',
          align: 'number',
          cell: ({ users }) => (users === null || all === 0 ? '–' : formatPercent(users / all)),
        },
        {
          label: 'Users, to scale',
          align: 'chart',
          cell: ({ users, label, kind, from, to }) =>
            users === null
              ? null
              : barChart({ title: `${plainName(label)}: ${formatCount(users)} users`, from, to, max, kind }),
        },
      ],
      steps,
    ),
  };
};

function stepsOf({ experimentId, settings }: ExperimentReport, { population, quality }: Report): Step[] {
  const steps: Step[] = [];
  const lines = quality.experiment_assignments;
  const line = (label: string, rows: number, kind: StepWording['kind']) =>
    steps.push({ label, rows, kind, users: null, from: 0, to: 0 });
  if (lines !== undefined) {
    line('Lines of assignments, all experiments', lines.lines, 'total');
    if (lines.quarantined > 0) line('Quarantined', lines.quarantined, 'removed');
    if (lines.duplicates > 0) line('Exact duplicates', lines.duplicates, 'removed');
    line('Accepted lines', lines.accepted, 'total');
  }
  let running = 0;
  for (const { step, rows, users } of population.filter((found) => found.experimentId === experimentId)) {
    const wording = stepWording(step, settings);
    if (wording.kind !== 'total' && users === 0) continue;
    if (wording.kind === 'total') running = users;
    const to = wording.kind === 'part' ? users : running;
    steps.push({ ...wording, rows, users, from: to - users, to });
    if (wording.kind === 'removed') running -= users;
  }
  return steps;
}
