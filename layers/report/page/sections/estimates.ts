import { formatCount, formatDifference, formatLift, formatLiftInterval, formatP } from '../../format.ts';
import { type Content, html } from '../../html/html.ts';
import { metricName, name, unbroken } from '../../html/names.ts';
import { table } from '../../html/table.ts';
import { covariateLabel, metricLabel } from '../../labels.ts';
import type { Comparison, ExperimentReport, MetricReport } from '../../schema.ts';
import { confidence, reasonText } from '../../words.ts';
import { type Lift, liftAxis, liftChart, liftScale } from '../charts/interval.ts';
import { glossaryLine } from '../glossary.ts';
import type { ExperimentSection } from '../section.ts';

/** One way of estimating a metric's effect. */
interface Estimate {
  readonly label: string;
  readonly detail: Content;
  readonly deciding: boolean;
  readonly absolute: number | null;
  readonly relative: number | null;
  readonly absoluteCi: readonly [number, number] | null;
  readonly relativeCi: readonly [number, number] | null;
  readonly p: number | null;
  readonly reason: string | null;
  readonly metric: MetricReport;
}

/** The same effect by every way of estimating it: whether the verdict hangs on one of them. */
export const estimatesSection: ExperimentSection = (experiment) => {
  const groups = experiment.metrics.flatMap((metric) =>
    metric.comparisons.flatMap((comparison) => {
      const rows = estimatesOf(metric, comparison, experiment);
      const several = experiment.arms.length > 2 ? html`, ${name(comparison.variant)}` : null;
      return rows.length < 2 ? [] : [{ label: html`${metricName(metric.metric)}${several}`, rows }];
    }),
  );
  if (groups.length === 0) return null;
  const { alpha } = experiment.settings;
  const scale = liftScale(groups.flatMap(({ rows }) => rows.map(liftOf)));
  return {
    id: 'estimates',
    title: 'Other estimates of the same effects',
    body: html`${glossaryLine(['cuped', 'capped'])}${table<Estimate>({
      className: 'results',
      caption:
        'The deciding estimate was declared beforehand; the others show whether the result hangs on it.',
      columns: [
        {
          label: 'Estimate',
          cell: ({ label, detail, deciding }) =>
            html`${deciding ? html`<strong>${label}</strong> <small class="inline">deciding</small>` : label}${detail && html`<small>${detail}</small>`}`,
        },
        {
          label: 'Difference',
          align: 'number',
          cell: ({ metric, absolute, absoluteCi }) =>
            html`${formatDifference(metric.unit, absolute)}${
              absoluteCi &&
              html`<small>${unbroken(`${formatDifference(metric.unit, absoluteCi[0])} to ${formatDifference(metric.unit, absoluteCi[1])}`)}</small>`
            }`,
        },
        {
          label: 'Lift',
          align: 'number',
          cell: ({ relative, relativeCi }) =>
            html`<strong>${formatLift(relative)}</strong><small>${unbroken(formatLiftInterval(relativeCi))}</small>`,
        },
        {
          label: `Lift and ${confidence(alpha)} interval`,
          below: liftAxis(scale),
          align: 'chart',
          cell: (row) => liftChart(liftOf(row), scale),
        },
        { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
      ],
      groups,
      note: ({ reason, relative }) =>
        relative === null && reason !== null ? `Not computed: ${reasonText(reason)}.` : null,
    })}`,
  };
};

function estimatesOf(
  metric: MetricReport,
  comparison: Comparison,
  { decision }: ExperimentReport,
): Estimate[] {
  const { effect, test, plain, cuped, capped, sequential } = comparison;
  const { estimate, values } = decision.basis;
  const nothing = { absolute: null, relative: null, absoluteCi: null, relativeCi: null, p: null };
  const row = (
    label: string,
    detail: Content,
    found: { effect: typeof effect; test: { p: number } | null; reason?: string | null } | { reason: string },
    deciding = false,
  ): Estimate => ({
    label,
    detail,
    deciding,
    metric,
    ...nothing,
    ...('effect' in found ? { ...found.effect, p: found.test?.p ?? null } : {}),
    reason: found.reason ?? null,
  });
  const fixed = comparison.deciding.testing === 'fixed_horizon';
  const basis = [values === 'capped' ? 'capped' : null, estimate === 'cuped' ? 'adjusted by CUPED' : null]
    .filter((part) => part !== null)
    .join(', ');
  const rows = [
    row(
      basis === '' ? 'Unadjusted' : capitalised(basis),
      null,
      { effect, test, reason: comparison.reason },
      fixed,
    ),
  ];
  if (plain !== undefined) rows.push(row('Unadjusted, uncapped', null, plain));
  if (cuped !== undefined && estimate !== 'cuped') {
    const detail = 'effect' in cuped ? cupedDetail(cuped) : null;
    rows.push(row('Adjusted by CUPED', detail, cuped));
  }
  if (capped !== undefined && values !== 'capped') {
    const detail =
      'effect' in capped
        ? `at ${formatCount(capped.cap)}, percentile ${capped.percentile}; ${formatCount(capped.cappedUsers.control)} and ${formatCount(capped.cappedUsers.treatment)} users cut`
        : null;
    rows.push(row('Capped', detail, capped));
  }
  if (sequential !== undefined) {
    const label = sequential.method === 'always_valid' ? 'Valid at any time' : 'Group sequential';
    const detail =
      sequential.method === 'always_valid'
        ? null
        : `at ${Math.round(sequential.information * 100)} % of the planned information, level ${sequential.alpha.toPrecision(3)}`;
    rows.push({
      label,
      detail,
      deciding: !fixed,
      metric,
      absolute: effect.absolute,
      relative: effect.relative,
      absoluteCi: sequential.absoluteCi,
      relativeCi: sequential.relativeCi,
      p: sequential.p,
      reason: sequential.reason,
    });
  }
  return rows;
}

function cupedDetail({
  covariates,
  varianceReduction,
  slopes,
}: {
  readonly covariates: readonly string[];
  readonly varianceReduction: number | null;
  readonly slopes?: 'all_users' | 'each_arm' | undefined;
}): Content {
  const saved = varianceReduction === null ? '' : `, ${(varianceReduction * 100).toFixed(1)} % less variance`;
  return `with ${covariates.map(covariateLabel).join(', ').toLowerCase()}${slopes === 'each_arm' ? ' by arm' : ''}${saved}`;
}

function liftOf({ label, relative, relativeCi, metric }: Estimate): Lift {
  const significant = relativeCi !== null && (relativeCi[0] > 0 || relativeCi[1] < 0);
  const good = (relative ?? 0) > 0 === (metric.better === 'higher');
  const tone = !significant ? 'neutral' : good ? 'good' : 'bad';
  return { label: `${metricLabel(metric.metric)}, ${label}`, relative, interval: relativeCi, tone };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
