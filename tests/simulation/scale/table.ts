import { mapWidthOf } from '../../../cdk/settings.ts';
import { markdownTable } from '../../oracle/document.ts';
import aws from './aws.json';
import { type MeasuredRun, measuredStages } from './measure.ts';
import {
  athenaScanDollars,
  type Estimate,
  type Limit,
  type Model,
  modelOf,
  oneMachine,
  onLambda,
  reachedAt,
  shapeOf,
} from './model.ts';

/** Numbers of events that docs/scale.md tells of. */
export const sizes = [1e7, 1e8, 1e9, 1e10, 1e11] as const;

/** Children of a map at a time, by default (cdk/settings.ts). */
export const defaultConcurrency = mapWidthOf(aws.quotas.concurrentFunctions.value);

const figures = (value: number) => Number(value.toPrecision(2));
const power = (events: number) => {
  const exponent = Math.floor(Math.log10(events));
  const mantissa = figures(events / 10 ** exponent);
  return mantissa === 1 ? `1e${exponent}` : `${mantissa}e${exponent}`;
};

/** A time, to two figures. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${figures(seconds)} s`;
  if (seconds < 6000) return `${figures(seconds / 60)} min`;
  return seconds < 172_800 ? `${figures(seconds / 3600)} h` : `${figures(seconds / 86_400)} days`;
}

/** A size, to two figures. */
export function size(bytes: number): string {
  const unit = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${figures(bytes / 1000 ** unit)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}

const money = (dollars: number) => `$${figures(dollars)}`;
const count = (amount: number) => (amount < 100_000 ? String(figures(amount)) : power(amount));
const name = ({ stage, of }: Pick<Limit, 'stage' | 'of'>) => `${of} of ${stage}`;

const broken = ({ limits }: Estimate) => limits.filter(({ needs, has }) => needs > has);

/** A run of each size on one machine and on AWS. */
export function sizesTable(model: Model, concurrency = defaultConcurrency): string {
  const rows = sizes.map((events) => {
    const shape = shapeOf(model, events);
    const estimate = onLambda(model, shape, concurrency);
    const [first] = broken(estimate);
    const machine = Object.values(oneMachine(model, shape)).reduce((sum, seconds) => sum + seconds, 0);
    return [
      power(events),
      size(Object.values(shape.raw).reduce((sum, bytes) => sum + bytes, 0)),
      `${shape.chunks} × ${shape.buckets}`,
      duration(machine),
      duration(estimate.seconds),
      money(estimate.dollars),
      count(estimate.requests),
      size(estimate.payloadBytes),
      estimate.bottleneck,
      first === undefined ? 'works' : `fails: ${name(first)}, ${figures(first.needs / first.has)} times`,
      money(athenaScanDollars(shape)),
    ];
  });
  const titles = [
    'Events',
    'Files',
    'Chunks × buckets',
    'One machine',
    'Lambda',
    'Cost',
    'S3 requests',
    'State',
    'Longest stage',
    'As it is',
    'One Athena scan',
  ];
  return markdownTable(titles, rows);
}

/** What is used up first, and where that is. */
export function limitsTable(model: Model, concurrency = defaultConcurrency): string {
  const { limits } = onLambda(model, shapeOf(model, 1e9), concurrency);
  const reached = limits
    .map((limit) => ({ limit, events: reachedAt(model, limit, concurrency) ?? Number.POSITIVE_INFINITY }))
    .filter(({ events }) => events < 1e12)
    .toSorted((a, b) => a.events - b.events);
  const amount = ({ unit }: Limit, value: number) => (unit === 's' ? duration(value) : size(value));
  const rows = reached.map(({ limit, events }) => [
    power(events),
    name(limit),
    amount(limit, limit.has),
    amount(limit, limit.needs),
  ]);
  return markdownTable(['Reached at', 'Limit', 'There is', 'Needed at 1e9'], rows);
}

/** What was measured, and what the model says of it from smaller runs alone. */
export function measuredTable(runs: readonly MeasuredRun[]): string {
  const rows = runs.map((run) => {
    const predicted = predictedFromSmaller(runs, run);
    const cpu = totalOf(run, 'cpuSeconds');
    return [
      power(run.rows.events),
      String(run.buckets),
      ...measuredStages.slice(1).map((stage) => String(figures(run.cpuSeconds[stage]))),
      String(figures(cpu)),
      predicted === undefined ? '' : `${figures(predicted)} (${percent(predicted / cpu - 1)})`,
      String(figures(totalOf(run, 'seconds'))),
      String(run.machine.load),
    ];
  });
  const titles = [
    'Events',
    'Buckets',
    ...measuredStages.slice(1),
    'CPU s',
    'Predicted',
    'Wall s',
    'Load before',
  ];
  return markdownTable(titles, rows);
}

const percent = (share: number) => `${share < 0 ? '−' : '+'}${Math.round(100 * Math.abs(share))} %`;

/** CPU seconds of a run by a model that knows smaller ones only; undefined where there are not enough of them. */
export function predictedFromSmaller(runs: readonly MeasuredRun[], run: MeasuredRun): number | undefined {
  const smaller = runs.filter(({ rows }) => rows.events < run.rows.events);
  if (smaller.length < 3) return undefined;
  const model = modelOf(smaller);
  const seconds = Object.values(oneMachine(model, run)).reduce((sum, stage) => sum + stage, 0);
  return seconds * model.parallelism;
}

function totalOf(run: MeasuredRun, what: 'seconds' | 'cpuSeconds'): number {
  return measuredStages.reduce((sum, stage) => sum + run[what][stage], 0);
}

/** A run of any size, stage by stage, for a terminal. */
export function estimateText(model: Model, events: number, concurrency: number): string {
  const estimate = onLambda(model, shapeOf(model, events), concurrency);
  const lines = estimate.stages.map(({ stage, parts, atATime, partSeconds, seconds, dollars }) =>
    [
      stage.padEnd(8),
      `${parts} parts, ${atATime} at a time`.padEnd(30),
      `${duration(partSeconds)} each`.padEnd(16),
      duration(seconds).padEnd(9),
      money(dollars),
    ].join(' '),
  );
  const nearest = estimate.limits.slice(0, 5).map((limit) => {
    const share = limit.needs / limit.has;
    return `${share > 1 ? 'FAILS' : 'holds'} ${name(limit)}: ${figures(100 * share)} % of what there is`;
  });
  return [
    ...lines,
    `in all   ${duration(estimate.seconds)}, ${money(estimate.dollars)}, ${count(estimate.requests)} S3 requests, ${size(estimate.payloadBytes)} of state; the longest stage is ${estimate.bottleneck}`,
    ...nearest,
  ].join('\n');
}
