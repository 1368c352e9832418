import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { formatCount } from '../../../layers/report/format.ts';
import { type Content, type Html, html } from '../../../layers/report/html/html.ts';
import { isMapped } from '../../../layers/runs/stages.ts';
import type { StageState } from '../../pipeline/stage-states.ts';
import { doneBy, duration, stageStatuses } from './words.ts';

export interface GraphOf {
  readonly attempt: number;
  readonly status: ExecutionStatus;
  readonly stages: readonly StageState[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the parts of a drawing lie; everything else is the same in both directions. */
interface Geometry {
  readonly direction: 'wide' | 'tall';
  readonly width: number;
  readonly height: number;
  readonly node: { readonly width: number; readonly height: number };
  readonly at: (index: number) => Point;
  readonly start: Point;
  readonly end: Point;
  /** Line that the failures of all stages come together in. */
  readonly bus: { readonly from: Point; readonly to: Point };
  /** Point of it where they leave it. */
  readonly junction: Point;
  /** Top left corner of what follows a failure. */
  readonly failure: Point;
}

function wide(count: number): Geometry {
  const node = { width: 112, height: 84 };
  const step = node.width + 22;
  const width = 34 + count * step + 34;
  const top = 16;
  const busY = top + node.height + 30;
  const at = (index: number) => ({ x: 38 + index * step, y: top });
  const failure = { x: width / 2 - 118, y: busY + 18 };
  const centre = (index: number) => ({ x: at(index).x + node.width / 2, y: busY });
  return {
    direction: 'wide',
    width,
    height: busY + 52,
    node,
    at,
    start: { x: 12, y: top + node.height / 2 },
    end: { x: width - 14, y: top + node.height / 2 },
    bus: { from: centre(0), to: centre(count - 1) },
    junction: { x: failure.x + 60, y: busY },
    failure,
  };
}

function tall(count: number): Geometry {
  const node = { width: 232, height: 56 };
  const step = node.height + 22;
  const top = 34;
  const bottom = top + count * step;
  return {
    direction: 'tall',
    width: 320,
    height: bottom + 74,
    node,
    at: (index) => ({ x: 12, y: top + index * step }),
    start: { x: 12 + node.width / 2, y: 12 },
    end: { x: 12 + node.width / 2, y: bottom + 2 },
    bus: { from: { x: 290, y: top + node.height / 2 }, to: { x: 290, y: bottom + 24 } },
    junction: { x: 290, y: bottom + 24 },
    failure: { x: 64, y: bottom + 30 },
  };
}

/** The state machine with what a run has done of it, drawn once for wide and once for narrow screens. */
export function graph(run: GraphOf): Html {
  return html`<div class="graph">${[wide, tall].map((geometry) => drawing(run, geometry(run.stages.length)))}</div>`;
}

function drawing(run: GraphOf, geometry: Geometry): Html {
  const { status, stages } = run;
  const { width, height, direction } = geometry;
  const done = (index: number) => stages[index]?.status === 'done';
  const nodes = stages.map((stage, index) => node(stage, run, geometry, index));
  const edges = stages.slice(1).map((_, index) => edge(geometry, index, done(index)));
  return html`<svg class="machine ${direction}" viewBox="0 0 ${width} ${height}" aria-hidden="true">
${failureBranch(geometry, stages)}
${entry(geometry)}
${edges}
${exit(geometry, stages.length, status === 'SUCCEEDED')}
${nodes}
</svg>`;
}

function node(stage: StageState, run: GraphOf, { node: size, at, direction }: Geometry, index: number): Html {
  const { x, y } = at(index);
  const hasParts = isMapped(stage.stage);
  const lines = facts(stage, run);
  const textX = x + 12;
  const box = (offset: number) =>
    html`<rect class="box" x="${x + offset}" y="${y - offset}" width="${size.width}" height="${size.height}" rx="8"/>`;
  const label =
    direction === 'wide'
      ? html`<text class="name" x="${textX}" y="${y + 25}">${stage.stage}</text>${lines.map(
          (line, row) => html`<text class="fact" x="${textX}" y="${y + 48 + row * 18}">${line}</text>`,
        )}`
      : html`<text class="name" x="${textX}" y="${y + 24}">${stage.stage}</text><text class="fact" x="${textX}" y="${y + 43}">${lines.join(' · ')}</text>`;
  return html`<g class="node ${stage.status}${stage.earlier ? ' earlier' : ''}">${hasParts ? [box(8), box(4)] : null}${box(0)}${partsBar(stage, x, y, size)}${label}${mark(stage, x + size.width - 26, y + 12)}${
    hasParts && (stage.parts ?? 1) > 1
      ? html`<text class="times" x="${x + size.width - 34}" y="${y + 25}">×${formatCount(stage.parts ?? 1)}</text>`
      : null
  }</g>`;
}

/** How much of the stage at work is done, along the bottom of its box. */
function partsBar(
  { status, partsDone, parts }: StageState,
  x: number,
  y: number,
  size: Geometry['node'],
): Html | null {
  if (status !== 'running' || parts === null || parts < 2) return null;
  const width = Math.round((size.width - 24) * (partsDone / parts));
  return html`<rect class="track" x="${x + 12}" y="${y + size.height - 9}" width="${size.width - 24}" height="3" rx="1.5"/><rect class="fill" x="${x + 12}" y="${y + size.height - 9}" width="${width}" height="3" rx="1.5"/>`;
}

function facts(stage: StageState, run: GraphOf): string[] {
  const { status, partsDone, parts, rows, seconds, earlier } = stage;
  const severalParts = parts !== null && parts > 1;
  switch (status) {
    case 'waiting':
      return [run.status === 'RUNNING' ? 'waiting' : 'not run'];
    case 'running':
      return ['running', ...(severalParts ? [`${formatCount(partsDone)} of ${formatCount(parts)}`] : [])];
    case 'failed':
      return ['failed', ...(severalParts ? [`${formatCount(partsDone)} of ${formatCount(parts)} done`] : [])];
    case 'done':
      return [
        ...(rows ? [`${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`] : []),
        ...(earlier
          ? [doneBy(stage, run.attempt).replace('an earlier attempt', 'done earlier')]
          : seconds === null
            ? []
            : [duration(seconds)]),
      ];
  }
}

function mark({ status }: StageState, x: number, y: number): Html {
  const { tone } = stageStatuses[status];
  if (tone !== null) {
    return html`<svg class="mark ${tone}" x="${x}" y="${y}" width="16" height="16" viewBox="0 0 16 16"><use href="#i-${tone}"/></svg>`;
  }
  return html`<circle class="pending" cx="${x + 8}" cy="${y + 8}" r="6.5"/>`;
}

function edge({ node: size, at, direction }: Geometry, index: number, taken: boolean): Html {
  const [from, to] = [at(index), at(index + 1)];
  return direction === 'wide'
    ? arrow(
        { x: from.x + size.width, y: from.y + size.height / 2 },
        { x: to.x, y: to.y + size.height / 2 },
        taken,
      )
    : arrow(
        { x: from.x + size.width / 2, y: from.y + size.height },
        { x: to.x + size.width / 2, y: to.y },
        taken,
      );
}

function entry({ start, at, node: size, direction }: Geometry): Html {
  const first = at(0);
  const to = direction === 'wide' ? { x: first.x, y: start.y } : { x: first.x + size.width / 2, y: first.y };
  return html`<circle class="terminal" cx="${start.x}" cy="${start.y}" r="6"/>${arrow(offset(start, to, 8), to, true)}`;
}

function exit({ end, at, node: size, direction }: Geometry, count: number, taken: boolean): Html {
  const last = at(count - 1);
  const from =
    direction === 'wide' ? { x: last.x + size.width, y: end.y } : { x: end.x, y: last.y + size.height };
  return html`${arrow(from, offset(end, from, 9), taken)}<circle class="terminal end${taken ? ' taken' : ''}" cx="${end.x}" cy="${end.y}" r="7"/><circle class="dot${taken ? ' taken' : ''}" cx="${end.x}" cy="${end.y}" r="3.5"/>`;
}

/** The point that lies `by` from `point` in the direction of `to`, along one axis. */
function offset(point: Point, to: Point, by: number): Point {
  return point.y === to.y
    ? { x: point.x + Math.sign(to.x - point.x) * by, y: point.y }
    : { x: point.x, y: point.y + Math.sign(to.y - point.y) * by };
}

function arrow(from: Point, to: Point, taken: boolean): Html {
  const head =
    from.y === to.y
      ? `M${to.x - 6} ${to.y - 4}L${to.x - 1} ${to.y}L${to.x - 6} ${to.y + 4}`
      : `M${to.x - 4} ${to.y - 6}L${to.x} ${to.y - 1}L${to.x + 4} ${to.y - 6}`;
  return html`<path class="edge${taken ? ' taken' : ''}" d="M${from.x} ${from.y}L${to.x} ${to.y}${head}"/>`;
}

/** Any stage's error leads to the record of the failure, and to the execution's end. */
function failureBranch(geometry: Geometry, stages: readonly StageState[]): Html {
  const { at, node: size, bus, junction, failure, direction } = geometry;
  const stub = (index: number): [Point, Point] => {
    const { x, y } = at(index);
    return direction === 'wide'
      ? [
          { x: x + size.width / 2, y: y + size.height },
          { x: x + size.width / 2, y: bus.from.y },
        ]
      : [
          { x: x + size.width, y: y + size.height / 2 },
          { x: bus.from.x, y: y + size.height / 2 },
        ];
  };
  const failed = stages.findIndex(({ status }) => status === 'failed');
  const path = (...points: readonly Point[]) => `M${points.map(({ x, y }) => `${x} ${y}`).join('L')}`;
  const boxes = (className: string): Content => [
    html`<rect class="box ${className}" x="${failure.x}" y="${failure.y}" width="120" height="32" rx="8"/><text class="small ${className}" x="${failure.x + 60}" y="${failure.y + 20.5}">record failure</text>`,
    html`<path class="edge ${className}" d="M${failure.x + 120} ${failure.y + 16}h18m-6 -4l5 4l-5 4"/>`,
    html`<rect class="box ${className}" x="${failure.x + 140}" y="${failure.y}" width="96" height="32" rx="16"/><text class="small ${className}" x="${failure.x + 188}" y="${failure.y + 20.5}">run failed</text>`,
  ];
  const into = [
    { x: failure.x + 60, y: junction.y },
    { x: failure.x + 60, y: failure.y },
  ];
  const taken =
    failed < 0 ? null : html`<path class="fault taken" d="${path(...stub(failed), junction, ...into)}"/>`;
  return html`<g class="branch${failed < 0 ? '' : ' taken'}">${stages.map(
    (_, index) => html`<path class="fault" d="${path(...stub(index))}"/>`,
  )}<path class="fault" d="${path(bus.from, bus.to)}"/><path class="fault" d="${path(junction, ...into)}"/>${taken}${boxes(failed < 0 ? '' : 'taken')}</g>`;
}
