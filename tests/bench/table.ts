import { markdownTable } from '../oracle/document.ts';
import type { MeasuredRun } from './deployed.ts';
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
export function sections(bench: Bench): Record<'machine' | 'times' | 'goals' | 'stages' | 'small', string> {
  return {
    machine: machineText(bench),
    times: timesTable(bench),
    goals: goalsTable(bench),
    stages: stagesTable(bench),
    small: smallTable(bench),
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

/** What was reached of each goal, at each size. */
function goalsTable({ sizes }: Bench): string {
  const row = (size: Size, what: string, ratio: number, goal: number) => [
    millions(size.events),
    what,
    fixed(ratio, 2),
    fixed(goal, 1),
    Number.isNaN(ratio) ? 'not measured' : ratio <= goal ? 'met' : 'missed',
  ];
  const rows = sizes.flatMap((size) => {
    const own = seconds(size, 'ecom analyze');
    return [
      row(size, 'analyze / pandas + pyarrow', own / seconds(size, 'pandas + pyarrow'), 0.5),
      row(size, 'analyze / Polars', own / seconds(size, 'Polars'), 1),
      row(size, 'analyze / one query', own / seconds(size, 'one DuckDB query'), 5),
      row(size, 'deployed / pandas + pyarrow', deployedSeconds(size) / seconds(size, 'pandas + pyarrow'), 1),
    ];
  });
  return markdownTable(['Events', 'Ratio of the times', 'Measured', 'Goal', ''], rows);
}

/** The stages of the deployed run whose time is the median. */
function stagesTable({ sizes }: Bench): string {
  const rows = sizes.flatMap((size) => {
    const took = deployedSeconds(size);
    const run = size.deployed.find((one) => one.seconds === took);
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
