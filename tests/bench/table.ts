import { markdownTable } from '../oracle/document.ts';
import type { Again } from './again.ts';
import type { MeasuredRun } from './deployed.ts';
import type { FirstRun, Step } from './first-run.ts';
import type { Measured } from './peers.ts';
import type { Small } from './small.ts';

/** Everything that was measured; docs/performance.md shows it. */
export interface Bench {
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly memoryGb: number;
    /** Average load of the quarter of an hour before the end. */
    readonly load: number;
    readonly versions: Readonly<Record<string, string>>;
  };
  readonly sizes: readonly {
    readonly events: number;
    readonly lines: number;
    readonly bytes: number;
    readonly contestants: readonly { readonly name: string; readonly runs: readonly Measured[] }[];
    readonly deployed: readonly MeasuredRun[];
  }[];
  readonly small: Small | null;
  readonly again: (Again & { readonly events: number }) | null;
  readonly first: FirstRun | null;
}

type Size = Bench['sizes'][number];

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
const fixed = (value: number, digits = 1) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
const millions = (value: number) => `${Number((value / 1e6).toPrecision(3))} million`;
const contestant = ({ contestants }: Size, name: string) =>
  contestants.find((one) => one.name === name)?.runs ?? [];
const seconds = (size: Size, name: string) => middle(contestant(size, name).map((run) => run.seconds));
const deployedSeconds = ({ deployed }: Size) => middle(deployed.map((run) => run.seconds));

/** The generated sections of docs/performance.md. */
export function sections(
  bench: Bench,
): Record<'machine' | 'times' | 'goals' | 'stages' | 'requests' | 'small' | 'first', string> {
  return {
    machine: machineText(bench),
    times: timesTable(bench),
    goals: goalsTable(bench),
    stages: stagesTable(bench),
    requests: requestsTable(bench),
    small: smallTable(bench),
    first: firstTable(bench),
  };
}

function machineText({ machine: { cores, processor, memoryGb, load, versions } }: Bench): string {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${processor}), ${memoryGb} GB of memory, load ${load}; ${named.join(', ')}.`;
}

/** Medians of whole processes; a bar is the time in relation to the slowest one. */
function timesTable({ sizes }: Bench): string {
  const rows = sizes.flatMap((size) => {
    const all: [string, number, number, number][] = size.contestants.map(({ name, runs }) => [
      name,
      middle(runs.map((run) => run.seconds)),
      middle(runs.map((run) => run.cpuSeconds)),
      middle(runs.map((run) => run.peakMb)),
    ]);
    if (size.deployed.length > 0)
      all.push(['ecom run, deployed', deployedSeconds(size), Number.NaN, Number.NaN]);
    const slowest = Math.max(...all.map(([, took]) => took));
    return all
      .toSorted((a, b) => a[1] - b[1])
      .map(([name, took, cpu, peak], index) => [
        index === 0 ? `${millions(size.events)} (${fixed(size.bytes / 1e6, 0)} MB)` : '',
        name,
        fixed(took),
        '█'.repeat(Math.max(1, Math.round((20 * took) / slowest))),
        fixed(cpu),
        fixed(peak, 0),
      ]);
  });
  return markdownTable(['Events', 'Who', 'Seconds', '', 'CPU seconds', 'Peak MB'], rows);
}

type Goal = readonly [size: string, what: string, measured: number, goal: number, unit: string];

/** What was reached of each goal. Goals are limits, but for rates, which are to be reached. */
function goalsTable(bench: Bench): string {
  const rows: Goal[] = bench.sizes.flatMap((size, index) => [
    ...goalsOfSize(size),
    ...growth(size, bench.sizes[index - 1]),
  ]);
  if (bench.again !== null) {
    const { events, whole, alpha, day } = bench.again;
    const share = ({ cpuSeconds }: Measured) => (100 * cpuSeconds) / whole.cpuSeconds;
    rows.push([millions(events), 'another alpha, CPU of the whole', share(alpha), 5, '%']);
    rows.push([millions(events), 'a day more, CPU of the whole', share(day), 15, '%']);
  }
  if (bench.first !== null) {
    const total = (steps: readonly Step[]) => steps.reduce((sum, step) => sum + step.seconds, 0);
    rows.push(['20,000 users', 'clone to the first verdict', total(bench.first.analyze), 45, 's']);
    rows.push(['20,000 users', 'clone to the end of the demo', total(bench.first.demo), 90, 's']);
  }
  return markdownTable(
    ['Events', 'What', 'Measured', 'Goal', ''],
    rows.map(([size, what, measured, goal, unit]) => {
      const digits = unit === '×' ? 2 : 0;
      const isRate = unit.endsWith('/s');
      const isMet = isRate ? measured >= goal : measured <= goal;
      const text = (value: number) => (Number.isNaN(value) ? '–' : `${fixed(value, digits)} ${unit}`);
      return [
        size,
        what,
        text(measured),
        text(goal),
        Number.isNaN(measured) ? 'not measured' : isMet ? 'met' : 'missed',
      ];
    }),
  );
}

function goalsOfSize(size: Size): Goal[] {
  const events = millions(size.events);
  const own = seconds(size, 'ecom analyze');
  const run = medianRun(size);
  const stage = (name: string) => run?.stages.find((one) => one.stage === name);
  const loaded = (stage('marts')?.rows ?? Number.NaN) / (stage('load')?.seconds ?? Number.NaN);
  const peak = middle(contestant(size, 'ecom analyze').map(({ peakMb }) => peakMb));
  return [
    [events, 'analyze / pandas + pyarrow', own / seconds(size, 'pandas + pyarrow'), 0.5, '×'],
    [events, 'analyze / Polars', own / seconds(size, 'Polars'), 1, '×'],
    [events, 'analyze / one query', own / seconds(size, 'one DuckDB query'), 5, '×'],
    [events, 'analyze, peak memory', peak, 1500, 'MB'],
    [
      events,
      'deployed / pandas + pyarrow',
      deployedSeconds(size) / seconds(size, 'pandas + pyarrow'),
      1,
      '×',
    ],
    [events, 'load, rows of the marts', loaded, 150_000, 'rows/s'],
  ];
}

/** How CPU and memory of an event grow from one size to the next. */
function growth(size: Size, smaller: Size | undefined): Goal[] {
  if (smaller === undefined) return [];
  const each = (of: Size, value: 'cpuSeconds' | 'peakMb') =>
    middle(contestant(of, 'ecom analyze').map((run) => run[value])) / of.events;
  const from = `than at ${millions(smaller.events)}`;
  return [
    [
      millions(size.events),
      `analyze, CPU an event ${from}`,
      each(size, 'cpuSeconds') / each(smaller, 'cpuSeconds'),
      1.25,
      '×',
    ],
    [
      millions(size.events),
      `analyze, memory an event ${from}`,
      each(size, 'peakMb') / each(smaller, 'peakMb'),
      1.25,
      '×',
    ],
  ];
}

/** The deployed run whose time is the median. */
function medianRun(size: Size): MeasuredRun | undefined {
  return size.deployed.find((one) => one.seconds === deployedSeconds(size));
}

function stagesTable({ sizes }: Bench): string {
  const rows = sizes.flatMap((size) => {
    const run = medianRun(size);
    return (run?.stages ?? []).map(({ stage, parts, seconds: own, rows: written, bytes }, index) => [
      index === 0 ? millions(size.events) : '',
      stage,
      String(parts),
      fixed(own),
      String(written),
      fixed(bytes / 1e6),
    ]);
  });
  return markdownTable(['Events', 'Stage', 'Parts', 'Seconds', 'Rows written', 'MB written'], rows);
}

/** How often the functions of one run ask S3, by operation. */
function requestsTable({ sizes, small }: Bench): string {
  const runs = [
    ...(small === null ? [] : [{ of: `${small.users} users`, requests: small.requests }]),
    ...sizes.flatMap((size) => {
      const run = medianRun(size);
      return run === undefined || Object.keys(run.requests).length === 0
        ? []
        : [{ of: millions(size.events), requests: run.requests }];
    }),
  ];
  const operations = [...new Set(runs.flatMap(({ requests }) => Object.keys(requests)))].sort();
  return markdownTable(
    ['Run', ...operations, 'All'],
    runs.map(({ of, requests }) => {
      const counts = operations.map((operation) => requests[operation] ?? 0);
      return [of, ...[...counts, counts.reduce((sum, count) => sum + count, 0)].map(String)];
    }),
  );
}

function smallTable({ small }: Bench): string {
  if (small === null) return 'Not measured.';
  const row = (name: string, pick: (of: readonly number[]) => number, goal: number) => {
    const [own, empty] = [pick(small.pipeline), pick(small.empty)];
    const ratio = own / empty;
    return [name, fixed(own), fixed(empty), fixed(ratio), String(goal), ratio <= goal ? 'met' : 'missed'];
  };
  return markdownTable(
    [`${small.users} users`, 'Pipeline, s', 'Empty, s', 'Ratio', 'Goal', ''],
    [
      row('cold', ([first = Number.NaN]) => first, 5),
      row('warm (median)', ([, ...others]) => middle(others), 3),
    ],
  );
}

function firstTable({ first }: Bench): string {
  if (first === null) return 'Not measured.';
  return markdownTable(
    ['Command', 'Seconds'],
    [...first.analyze, ...first.demo].map(({ command, seconds: took }) => [`\`${command}\``, fixed(took)]),
  );
}
