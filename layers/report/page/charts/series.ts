import {
  areaY,
  axisX,
  axisY,
  dot,
  gridY,
  line,
  type Markish,
  type PlotOptions,
  ruleX,
  ruleY,
} from '@observablehq/plot';
import { formatLift, formatLiftInterval } from '../../format.ts';
import type { Html } from '../../html/html.ts';
import { draw } from './draw.ts';

type Interval = readonly [number, number];

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly interval: Interval | null;
  /** An interval that holds on all days at once. */
  readonly always: Interval | null;
}

export interface Series {
  /** What the chart shows, in words. */
  readonly title: string;
  readonly points: readonly Point[];
  /** `bands`: one estimate that grows more certain; `bars`: an estimate of its own at each x, grey where it has no interval. */
  readonly kind: 'bands' | 'bars';
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
}

const frame = { width: 440, height: 190, marginTop: 8, marginRight: 10, marginBottom: 22, marginLeft: 56 };

/**
 * An effect by day with its intervals. Intervals much wider than most (four times the upper quartile) are cut off at
 * the edge, so that the first days do not press the others flat. An interval that holds on all days is dashed.
 */
export function seriesChart({ title, points, kind, formatX, formatY }: Series): Html {
  const domain = effectDomain(points);
  const [low, high] = domain;
  const clamp = (value: number) => Math.min(high, Math.max(low, value));
  const rows = points.map(({ x, y, interval, always }) => ({
    x,
    y: clamp(y),
    low: interval && clamp(interval[0]),
    high: interval && clamp(interval[1]),
    alwaysLow: always && clamp(always[0]),
    alwaysHigh: always && clamp(always[1]),
  }));
  const estimate = { stroke: 'var(--accent)', strokeWidth: 1.8 };
  const dashed = { stroke: 'var(--accent)', strokeWidth: 1, strokeDasharray: '4,3' };
  const bands: Markish[] = [
    areaY(rows, { x: 'x', y1: 'low', y2: 'high', fill: 'var(--accent)', fillOpacity: 0.16 }),
    line(rows, { x: 'x', y: 'alwaysLow', ...dashed }),
    line(rows, { x: 'x', y: 'alwaysHigh', ...dashed }),
    line(rows, { x: 'x', y: 'y', ...estimate }),
  ];
  const bars: Markish[] = [
    ruleX(rows, { x: 'x', y1: 'low', y2: 'high', stroke: 'var(--accent)', strokeWidth: 1.8 }),
    dot(
      rows.filter(({ low }) => low !== null),
      { x: 'x', y: 'y', r: 3.2, fill: 'var(--surface)', ...estimate },
    ),
    dot(
      rows.filter(({ low }) => low === null),
      { x: 'x', y: 'y', r: 2.6, fill: 'var(--surface)', stroke: 'var(--line-strong)', strokeWidth: 1.8 },
    ),
  ];
  const [from, to] = xDomain(points);
  const { marginLeft, marginRight, width } = frame;
  const values = points.map((point) => ({
    x: marginLeft + ((point.x - from) / (to - from)) * (width - marginLeft - marginRight),
    text: `${formatX(point.x)}: ${formatLift(point.y)}${point.interval === null ? '' : `, ${formatLiftInterval(point.interval)}`}`,
  }));
  const options: PlotOptions = {
    ...frame,
    x: { domain: [from, to], axis: null },
    y: { domain, axis: null },
    marks: [
      gridY({ ticks: 4, stroke: 'var(--line)', strokeOpacity: 1 }),
      ruleY([0], { stroke: 'var(--line-strong)', strokeWidth: 1.2 }),
      ...(kind === 'bands' && points.length > 1 ? bands : bars),
      axisX({ ticks: xTicks(points), tickSize: 0, tickFormat: formatX, label: null }),
      axisY({ ticks: 4, tickSize: 0, tickFormat: formatY, label: null }),
    ],
  };
  return draw(title, options, values);
}

function effectDomain(points: readonly Point[]): [number, number] {
  const ends = points.flatMap(({ y, interval, always }) => [y, ...(interval ?? []), ...(always ?? [])]);
  const sizes = ends.map(Math.abs).toSorted((a, b) => a - b);
  const limit = 4 * (sizes[Math.floor(0.75 * (sizes.length - 1))] || 0.01);
  return [Math.max(-limit, Math.min(0, ...ends)), Math.min(limit, Math.max(0, ...ends))];
}

function xDomain(points: readonly Point[]): [number, number] {
  const all = points.map(({ x }) => x);
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const margin = from === to ? 1 : (to - from) * 0.02;
  return [from - margin, to + margin];
}

/** At most six of the points, the first and the last among them. */
function xTicks(points: readonly Point[]): number[] {
  const step = Math.max(1, Math.ceil((points.length - 1) / 5));
  return points.map(({ x }) => x).filter((_, index) => index % step === 0);
}
