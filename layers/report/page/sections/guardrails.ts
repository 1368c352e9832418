import { type Compared, comparedRows, missing } from '../../comparisons.ts';
import { formatDifference, formatLift, formatP } from '../../format.ts';
import { html } from '../../html/html.ts';
import { table } from '../../html/table.ts';
import { liftOf, liftScale } from '../charts/interval.ts';
import { chartColumn, liftColumn, meanColumn, metricColumn, verdictColumn } from '../comparison-columns.ts';
import type { ExperimentSection } from '../section.ts';

/** Guardrails against the harm that was declared tolerable beforehand. */
export const guardrailsSection: ExperimentSection = (experiment) => {
  const rows = comparedRows(
    experiment,
    experiment.metrics.filter(({ role }) => role === 'guardrail'),
  );
  if (rows.length === 0) return null;
  const scale = liftScale(
    rows.filter(({ comparison }) => comparison !== null).map((row) => liftOf(row, true)),
  );
  return {
    id: 'guardrails',
    title: 'Guardrails against their margins',
    body: html`
${table<Compared>({
  className: 'results',
  caption: `A guardrail holds when its interval stays clear of the shaded zone beyond the dashed margin. “Not shown” means that the data do not yet rule such harm out.`,
  columns: [
    metricColumn(experiment),
    meanColumn('control'),
    meanColumn('treatment'),
    {
      label: 'Margin',
      tip: 'The largest harm that was declared tolerable.',
      align: 'number',
      cell: (row) => marginText(row),
    },
    liftColumn(experiment),
    chartColumn(experiment, scale, true),
    {
      label: 'p (within margin)',
      tip: 'One-sided p-value of the non-inferiority test: small where harm beyond the margin is ruled out. Another test than that of a difference in the table above; not adjusted, because every guardrail has to hold.',
      align: 'number',
      cell: ({ comparison }) => formatP(comparison?.nonInferiority?.p ?? null),
      sort: ({ comparison }) => comparison?.nonInferiority?.p ?? null,
    },
    verdictColumn,
  ],
  groups: [{ label: null, rows }],
  note: missing,
})}`,
  };
};

function marginText({ metric, comparison }: Compared): string {
  const margin = comparison?.nonInferiority;
  const harm = (size: number) => (metric.better === 'higher' ? -size : size);
  if (margin === undefined) return 'none';
  if (margin.marginRelative !== null) return formatLift(harm(margin.marginRelative));
  return margin.marginAbsolute === null ? 'none' : formatDifference(metric.unit, harm(margin.marginAbsolute));
}
