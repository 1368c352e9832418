/**
 * Runs many drops on what `./ecom up` started, holds every report against what was generated, and shows what the
 * emulator and the database hold before and after:
 * `node infrastructure/run.mjs tests/bench/soak.ts [drops in a row] [drops at once] [users]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from '../../cli/generate/generate.ts';
import type { GeneratedTruth } from '../../cli/generate/truth.ts';
import { stateFolder } from '../../cli/local/state.ts';
import { readReport } from '../../cli/pipeline/run-report.ts';
import { connectTo, type Deployed } from '../e2e/deployed.ts';
import { Drop } from '../e2e/reliability/drop.ts';
import { differencesToTruth } from './truth.ts';
import { measureUsage, type Usage } from './usage.ts';

const [inARow = 50, atOnce = 10, users = 100] = process.argv.slice(2).map(Number);

interface Made {
  readonly drop: Drop;
  readonly folder: string;
  readonly truth: GeneratedTruth;
}

const folder = await mkdtemp(path.join(tmpdir(), 'ecom-soak-'));
try {
  const deployed = connectTo(stateFolder());
  const made = await Promise.all(
    Array.from({ length: inARow + atOnce }, (_, index) => makeDrop(deployed, index)),
  );
  // What is there once all functions are warm is the base to compare with.
  await check(deployed, made[0]);
  const usages: [string, Usage][] = [['warm, before', await measureUsage(deployed)]];
  const seconds: number[] = [];
  for (const one of made.slice(0, inARow)) seconds.push(await check(deployed, one));
  usages.push([`after ${inARow} in a row`, await measureUsage(deployed)]);
  const began = Date.now();
  await Promise.all(made.slice(inARow).map((one) => check(deployed, one)));
  const together = (Date.now() - began) / 1000;
  usages.push([`after ${atOnce} at once`, await measureUsage(deployed)]);
  // The emulator ends environments that had nothing to do for a minute.
  await sleep(90_000);
  usages.push(['90 s later', await measureUsage(deployed)]);
  show(
    usages,
    seconds.toSorted((a, b) => a - b),
    together,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function makeDrop(deployed: Deployed, index: number): Promise<Made> {
  const directory = path.join(folder, String(index));
  const truth = await generate({ directory, users, seed: index + 1 });
  return { drop: new Drop(deployed, `soak-${Date.now().toString(36)}-${index}`), folder: directory, truth };
}

/** Runs a drop and compares its report with the truth; returns the seconds from the first byte uploaded. */
async function check(deployed: Deployed, made: Made | undefined): Promise<number> {
  if (made === undefined) throw new Error('there is no drop to run');
  const began = Date.now();
  const { runId, status, cause } = await made.drop.run(made.folder);
  const seconds = (Date.now() - began) / 1000;
  if (status !== 'SUCCEEDED') throw new Error(`${made.drop.name}: ${cause}`);
  const differences = differencesToTruth(await readReport(deployed, runId), made.truth);
  if (differences.length > 0) throw new Error(`${made.drop.name}: ${differences.join(', ')}`);
  return seconds;
}

function show(usages: readonly [string, Usage][], sorted: readonly number[], together: number): void {
  const columns = Object.keys(usages[0]?.[1] ?? {}) as (keyof Usage)[];
  const line = (cells: readonly unknown[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  line(['', ...columns]);
  line(['---', ...columns.map(() => '--:')]);
  for (const [title, usage] of usages) line([title, ...columns.map((column) => usage[column])]);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(1);
  process.stdout.write(
    `\nEvery report is right: ${inARow} drops of ${users} users in a row (median ${at(0.5)} s, slowest ${at(1)} s each), ` +
      `then ${atOnce} at once (${together.toFixed(1)} s for all).\n`,
  );
}
