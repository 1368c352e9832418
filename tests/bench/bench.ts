/**
 * The product beside what people would use instead, on the same generated files, in turns:
 * `npm run bench [-- <events>...] [--rounds <n>] [--deployed] [--keep]`
 *
 * `--deployed` runs them also through what `./ecom up` started; `--small` measures there what a run of 1,000 users takes beside a
 * state machine of the same shape whose functions do nothing; `--again` what a changed setting and a day more take; `--first` what
 * a clone with empty caches takes to its first verdict. `--keep` puts what was measured into results.json beside this file and
 * renews docs/performance.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { generate } from '../../cli/generate/generate.ts';
import type { GeneratedTruth } from '../../cli/generate/truth.ts';
import { stateFolder } from '../../cli/local/state.ts';
import { reportSchema } from '../../layers/report/schema.ts';
import { connectTo } from '../e2e/deployed.ts';
import { replaceSection } from '../oracle/document.ts';
import { measureAgain } from './again.ts';
import { type MeasuredRun, measureDeployed } from './deployed.ts';
import { measureFirstRun } from './first-run.ts';
import {
  type Arm,
  type Contestant,
  installPeers,
  type Measured,
  measure,
  oneQuery,
  pandas,
  parquetjs,
  parquetjsEvents,
  polars,
} from './peers.ts';
import { measureSmall } from './small.ts';
import { type Bench, sections } from './table.ts';
import { differencesToTruth } from './truth.ts';

const file = path.join(PROJECT_ROOT, 'tests/bench/results.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    deployed: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    document: { type: 'boolean', default: false },
  },
});

let bench = JSON.parse(readFileSync(file, 'utf8')) as Bench;
if (!values.document) {
  installPeers();
  if (values.small) {
    bench = { ...bench, small: await measureSmall(connectTo(stateFolder()), Number(values.rounds)) };
  } else if (values.first) {
    bench = { ...bench, first: await measureFirstRun() };
  } else if (values.again) {
    bench = { ...bench, again: await again(Number(positionals[0] ?? 1_000_000)) };
  } else {
    for (const events of positionals.length > 0 ? positionals.map(Number) : [1_000_000]) {
      const size = await measureSize(events, Number(values.rounds), values.deployed);
      bench = {
        ...bench,
        sizes: [...bench.sizes.filter((one) => one.events !== events), size].toSorted(
          (a, b) => a.events - b.events,
        ),
      };
    }
  }
  bench = { ...bench, machine: await machine() };
  if (values.keep) writeFileSync(file, `${JSON.stringify(bench, null, 2)}\n`);
}
for (const [name, markdown] of Object.entries(sections(bench))) {
  if (values.keep || values.document) replaceSection(name, markdown, 'docs/performance.md');
  else process.stdout.write(`\n${markdown}\n`);
}

async function measureSize(
  events: number,
  rounds: number,
  deployed: boolean,
): Promise<Bench['sizes'][number]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-'));
  try {
    tell(`generating ${events} events`);
    const truth = await generate({ directory: folder, events });
    const contestants = [oneQuery, polars, pandas, analyze(truth)];
    if (events <= parquetjsEvents) contestants.push(parquetjs);
    const runs = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
    const deployedRuns: MeasuredRun[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const contestant of contestants) {
        const { arms, measured } = await measure(contestant, folder);
        expectTruth(contestant.name, arms, truth);
        runs.get(contestant.name)?.push(measured);
        tell(
          `${contestant.name}: ${measured.seconds} s, CPU ${measured.cpuSeconds} s, ${measured.peakMb} MB`,
        );
      }
      if (deployed) {
        const run = await measureDeployed(connectTo(stateFolder()), folder, truth);
        deployedRuns.push(run);
        tell(`deployed: ${run.seconds} s`);
      }
    }
    return {
      events,
      lines: Object.values(truth.datasets).reduce((sum, { rows }) => sum + rows, 0),
      bytes: await bytesOf(folder),
      contestants: [...runs].map(([name, of]) => ({ name, runs: of })),
      deployed: deployedRuns,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function again(events: number): Promise<NonNullable<Bench['again']>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-again-'));
  try {
    const source = path.join(folder, 'source');
    await mkdir(source);
    tell(`generating ${events} events`);
    await generate({ directory: source, events });
    return { events, ...(await measureAgain(source, folder)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The product, from the CSVs to the report, with nothing of an earlier run at hand. */
function analyze(truth: GeneratedTruth): Contestant {
  return {
    name: 'ecom analyze',
    command: (source, made) => [
      process.execPath,
      path.join(PROJECT_ROOT, 'cli/bin.mjs'),
      ...['analyze', source, '--no-cache', '--out', path.join(made, 'report')],
    ],
    async arms(made) {
      const text = await readFile(path.join(made, 'report', 'report.json'), 'utf8');
      const differences = differencesToTruth(reportSchema.parse(JSON.parse(text)), truth);
      if (differences.length > 0) throw new Error(`the report is wrong: ${differences.join(', ')}`);
      return armsOf(truth);
    },
  };
}

function armsOf({ arms }: GeneratedTruth): Arm[] {
  return (['control', 'treatment'] as const).map((variant) => {
    const { exposed, purchasers, eventsInWindow, purchaseCents, refundCents } = arms[variant];
    return {
      variant,
      users: exposed,
      purchasers,
      events: eventsInWindow,
      cents: purchaseCents - refundCents,
    };
  });
}

function expectTruth(name: string, arms: readonly Arm[], truth: GeneratedTruth): void {
  const [found, expected] = [arms, armsOf(truth)].map((one) => JSON.stringify(one));
  if (found !== expected) throw new Error(`${name} came to ${found} instead of ${expected}`);
}

async function bytesOf(folder: string): Promise<number> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.csv'));
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function machine(): Promise<Bench['machine']> {
  const lock = readFileSync(path.join(PROJECT_ROOT, 'tests/bench/peers/requirements.lock'), 'utf8');
  const versionOf = (name: string) => new RegExp(`^${name}==(\\S+)`, 'm').exec(lock)?.[1] ?? '';
  const { dependencies } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8'));
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? '',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: Math.round((loadavg()[2] ?? 0) * 10) / 10,
    versions: {
      node: process.versions.node,
      duckdb: String(dependencies['@duckdb/node-api']),
      pandas: versionOf('pandas'),
      pyarrow: versionOf('pyarrow'),
      polars: versionOf('polars'),
    },
  };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
