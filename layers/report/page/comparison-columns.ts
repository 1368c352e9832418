import { adjustedP, type Compared, decidingInterval, intervalLabel, verdictOf } from '../comparisons.ts';
import {
  formatCount,
  formatDecimal,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatQuantity,
  formatValue,
} from '../format.ts';
import { type Html, html } from '../html/html.ts';
import { icon, status } from '../html/icons.ts';
import { metricName, name, plainName, unbroken } from '../html/names.ts';
import type { Column } from '../html/table.ts';
import type { Comparison, ExperimentReport, MetricReport } from '../schema.ts';
import { reasonText } from '../words.ts';
import { type LiftScale, liftAxis, liftChart, liftOf } from './charts/interval.ts';

/** Below this many users on either side of a conversion the normal interval is rough, and Newcombe's is shown too. */
const smallCount = 30;

type Compute<Value> = (comparison: Comparison, metric: MetricReport) => Value;

/** A cell of the row's comparison; a table shows rows without one as a note. */
const of =
  <Value>(compute: Compute<Value>) =>
  ({ metric, comparison }: Compared): Value | null =>
    comparison === null ? null : compute(comparison, metric);

const sub = (text: string): Html => html`<small>${unbroken(text)}</small>`;

/** The metric, and which treatment where there are several. */
export function metricColumn(experiment: ExperimentReport): Column<Compared> {
  return {
    label: 'Metric',
    cell: ({ metric, comparison }) =>
      html`<strong title="${plainName(metric.metric)}">${metricName(metric.metric)}</strong>${armLine(experiment, comparison)}${metric.better === 'lower' ? sub('lower is better') : null}${comparison && fewBuyersLine(comparison)}`,
    sort: ({ metric }) => metric.metric,
  };
}

/** That an amount rests on few buyers; the methods say what that means. */
function fewBuyersLine({ fewBuyers }: Comparison): Html | null {
  if (fewBuyers === undefined) return null;
  return html`<small class="rough">${icon('caution')} Rough: ${formatCount(fewBuyers.control)} and ${formatQuantity(fewBuyers.treatment, 'buyer')}</small>`;
}

/** The name of the treatment, where there are several. */
export function armLine({ arms }: ExperimentReport, comparison: Comparison | null): Html | null {
  return arms.length > 2 && comparison !== null ? html`<small>${name(comparison.variant)}</small>` : null;
}

/** Mean of an arm with the sums it comes from. */
export function meanColumn(side: 'control' | 'treatment'): Column<Compared> {
  return {
    label: side === 'control' ? 'Control' : 'Treatment',
    tip: 'The arm’s value, and what it comes from: users who did it of all users, or a sum / users (for a ratio, / its denominator).',
    align: 'number',
    cell: of((comparison, metric) => {
      const arm = comparison[side];
      return html`${formatValue(metric.unit, arm.mean)}${sub(sourceOf(metric, arm))}`;
    }),
    sort: of((comparison) => comparison[side].mean),
  };
}

/** The lift with the interval that decides, and the difference it is. */
export function liftColumn(experiment: ExperimentReport): Column<Compared> {
  return {
    label: 'Lift',
    tip: `The difference relative to the control, with the ${intervalLabel(experiment)} that the verdict goes by, and the difference in the metric’s unit.`,
    align: 'number',
    cell: of((comparison, { unit }) => {
      const { effect } = comparison.deciding;
      const { relative, relativeReason } = decidingInterval(comparison);
      return html`<strong>${formatLift(effect.relative)}</strong>${
        relative === null
          ? sub(reasonText(relativeReason ?? 'no_interval'))
          : sub(formatLiftInterval(relative))
      }${sub(formatDifference(unit, effect.absolute))}`;
    }),
    sort: of(({ deciding }) => deciding.effect.relative),
  };
}

/** The difference in the metric's unit with its interval, at the level of a metric that stands alone. */
export const differenceColumn: Column<Compared> = {
  label: 'Difference',
  align: 'number',
  cell: of(({ deciding: { testing, effect }, newcombeCi, control, treatment }, { unit }) => {
    const interval = (ends: readonly [number, number]) =>
      `${formatDifference(unit, ends[0])} to ${formatDifference(unit, ends[1])}`;
    const rare = [control, treatment].some(({ n, sum }) => Math.min(sum, n - sum) < smallCount);
    return html`${formatDifference(unit, effect.absolute)}${effect.absoluteCi && sub(interval(effect.absoluteCi))}${
      newcombeCi && rare && testing === 'fixed_horizon' ? sub(`Newcombe ${interval(newcombeCi)}`) : null
    }`;
  }),
};

export const uncorrectedLiftColumn: Column<Compared> = {
  label: 'Lift, not corrected',
  align: 'number',
  cell: of(
    ({ deciding: { effect } }) =>
      html`${formatLift(effect.relative)}${sub(
        effect.relativeCi === null
          ? reasonText(effect.relativeReason ?? 'no_interval')
          : formatLiftInterval(effect.relativeCi),
      )}`,
  ),
};

export const uncorrectedPColumn: Column<Compared> = {
  label: 'p, not corrected',
  align: 'number',
  cell: of(({ deciding }) => formatP(deciding.p)),
};

export function chartColumn(
  experiment: ExperimentReport,
  scale: LiftScale,
  withMargin = false,
): Column<Compared> {
  return {
    label: `Lift and ${intervalLabel(experiment)}`,
    below: liftAxis(scale),
    align: 'chart',
    cell: (row) => liftChart(liftOf(row, withMargin), scale),
  };
}

export const pColumn: Column<Compared> = {
  label: 'p (difference)',
  tip: 'Two-sided p-value of the test that there is no difference, adjusted for all metrics of the same role. Guardrails are not adjusted, and judged by another test: that of their margin, in the table below.',
  align: 'number',
  cell: of((comparison) =>
    formatP(comparison.deciding.test.isAdjusted ? adjustedP(comparison) : comparison.deciding.p),
  ),
  sort: of((comparison) =>
    comparison.deciding.test.isAdjusted ? adjustedP(comparison) : comparison.deciding.p,
  ),
};

export const verdictColumn: Column<Compared> = {
  label: 'Verdict',
  tip: 'By the adjusted p-value; guardrails by their margin.',
  cell: of((comparison) => {
    const verdict = verdictOf(comparison);
    return html`${status(verdict)}${verdict.why && sub(verdict.why)}`;
  }),
  sort: of((comparison) => verdictOf(comparison).label),
};

/** What an arm's value comes from: `448 of 9,270`, `46,469 / 9,270`. */
function sourceOf({ kind, unit }: MetricReport, { n, sum, denominator }: Comparison['control']): string {
  if (kind === 'quantile') return `of ${formatQuantity(n, 'user')}`;
  return `${formatSum(unit, sum)} ${unit === 'share' ? 'of' : '/'} ${formatSum('count', denominator ?? n)}`;
}

/** A sum without a sign: users, orders, money, seconds. */
function formatSum(unit: MetricReport['unit'], sum: number): string {
  if (unit === 'currency') return formatCount(Math.round(sum));
  if (unit === 'seconds') return `${formatCount(Math.round(sum))} s`;
  return Number.isInteger(sum) ? formatCount(sum) : formatDecimal(sum, 1);
}
