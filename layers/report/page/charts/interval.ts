import { axisX, gridX } from '@observablehq/plot';
import { type Compared, decidingInterval, verdictOf } from '../../comparisons.ts';
import { formatCount, formatLift, formatLiftInterval } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { plainName } from '../../html/names.ts';
import { metricLabel } from '../../labels.ts';
import type { Comparison, MetricReport } from '../../schema.ts';
import type { Tone } from '../../words.ts';
import { draw } from './draw.ts';

/** Relative lifts that one axis shows. */
export interface LiftScale {
  readonly domain: readonly [number, number];
  /** Of its charts, in pixels. */
  readonly width: number;
}

export interface Lift {
  readonly label: string;
  readonly relative: number | null;
  readonly interval: readonly [number, number] | null;
  readonly tone: Tone;
  /** The lift at which a guardrail's margin ends: negative where higher is better. */
  readonly margin?: number | null;
}

/** The comparison as a line of a forest plot; `margin` where the guardrail's margin is to be drawn. */
export function liftOf({ metric, comparison }: Compared, withMargin = false): Lift {
  if (comparison === null) return { label: metric.metric, relative: null, interval: null, tone: 'neutral' };
  return {
    label: metricLabel(metric.metric),
    relative: comparison.deciding.effect.relative,
    interval: decidingInterval(comparison).relative,
    tone: verdictOf(comparison).tone,
    margin: withMargin ? marginLift(metric, comparison) : null,
  };
}

/** The lift at which the margin ends; an absolute margin relates to the control's mean. */
function marginLift(
  { better }: MetricReport,
  { nonInferiority, control }: Pick<Comparison, 'nonInferiority' | 'control'>,
): number | null {
  if (nonInferiority === undefined) return null;
  const { marginRelative, marginAbsolute } = nonInferiority;
  const size =
    marginRelative ??
    (marginAbsolute === null || !control.mean ? null : marginAbsolute / Math.abs(control.mean));
  return size === null ? null : better === 'higher' ? -size : size;
}

const [height, axisHeight, inset] = [30, 22, 14];

/** Of a chart in a table that it is a main column of. */
const tableWidth = 390;
const middle = height / 2;

/**
 * An axis for these lifts. An interval much wider than most (four times the upper quartile) is cut off at the edge
 * and ends in an arrow, so that it does not press the others together.
 */
export function liftScale(lifts: readonly Lift[], width = tableWidth): LiftScale {
  const reach = lifts
    .flatMap(({ interval, relative }) => {
      const ends = interval ?? (relative === null ? [] : [relative]);
      return ends.length === 0 ? [] : [Math.max(...ends.map(Math.abs))];
    })
    .filter((end) => end > 0)
    .toSorted((a, b) => a - b);
  const usual = reach[Math.floor(0.75 * (reach.length - 1))] ?? 0.1;
  const limit = 4 * usual;
  const ends = lifts.flatMap(({ interval, relative, margin }) => [
    ...(interval ?? [relative ?? 0]),
    ...(margin === null || margin === undefined ? [] : [margin]),
  ]);
  const low = Math.max(-limit, Math.min(-0.2 * usual, ...ends));
  const high = Math.min(limit, Math.max(0.2 * usual, ...ends));
  const padding = 0.06 * (high - low);
  return { domain: [low - padding, high + padding], width };
}

/** Zero, the interval, its estimate (filled where significant), and a guardrail's margin with what lies beyond. */
export function liftChart(lift: Lift, scale: LiftScale): Html {
  const { relative, interval, tone, margin } = lift;
  const {
    domain: [low, high],
    width,
  } = scale;
  const within = (value: number) => value >= low && value <= high;
  const x = (value: number) => {
    const share = (Math.min(high, Math.max(low, value)) - low) / (high - low);
    return Number((inset + share * (width - 2 * inset)).toFixed(1));
  };
  const whisker = (end: number, direction: -1 | 1) =>
    within(end)
      ? `M${x(end)} ${middle - 4.5}v9`
      : `M${x(end) - 4 * direction} ${middle - 4.5}l${5 * direction} 4.5l${-5 * direction} 4.5`;
  return html`<svg class="chart ${tone}" viewBox="0 0 ${width} ${height}" role="img"><title>${description(lift)}</title>${
    margin === null || margin === undefined || !within(margin)
      ? null
      : html`<path class="beyond" d="M${x(margin)} 0V${height}H${margin < 0 ? 0 : width}V0z"/><path class="margin" d="M${x(margin)} 0V${height}"/>`
  }<path class="zero" d="M${x(0)} 0V${height}"/>${
    interval &&
    html`<path class="interval" d="M${x(interval[0])} ${middle}H${x(interval[1])}"/><path class="ends" d="${whisker(interval[0], -1)}${whisker(interval[1], 1)}"/>`
  }${relative !== null && within(relative) ? estimate(tone, x(relative)) : null}</svg>`;
}

/** Better is a disc, worse a square, not shown a diamond, inconclusive a ring. */
function estimate(tone: Tone, x: number): Html {
  if (tone === 'good' || tone === 'neutral') return html`<circle cx="${x}" cy="${middle}" r="4.5"/>`;
  const path = tone === 'bad' ? `M${x - 4.5} ${middle - 4.5}h9v9h-9z` : `M${x} ${middle - 6}l6 6l-6 6l-6 -6z`;
  return html`<path class="estimate" d="${path}"/>`;
}

export function liftAxis({ domain, width }: LiftScale): Html {
  const ticks = width < tableWidth ? 3 : 6;
  return draw('Axis of the relative lift', {
    width,
    height: axisHeight,
    margin: 0,
    marginLeft: inset,
    marginRight: inset,
    marginBottom: axisHeight - 4,
    x: { domain: [...domain], axis: null },
    marks: [
      gridX({ ticks, stroke: 'var(--line-strong)', strokeOpacity: 1 }),
      axisX({ anchor: 'bottom', ticks, tickSize: 0, tickPadding: 2, tickFormat: formatTick, label: null }),
    ],
  });
}

function description({ label, relative, interval, margin }: Lift): string {
  const lift = `${plainName(label)}: lift ${formatLift(relative)}, interval ${formatLiftInterval(interval)}`;
  return margin === null || margin === undefined ? lift : `${lift}, margin ${formatLift(margin)}`;
}

/** `+20 %`, without decimals that say nothing. */
export function formatTick(lift: number): string {
  const sign = lift < 0 ? '−' : lift > 0 ? '+' : '';
  return `${sign}${formatCount(Number(Math.abs(lift * 100).toFixed(1)))}\u00a0%`;
}
