import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { pythonOf } from '../python-environment.ts';

const here = path.join(PROJECT_ROOT, 'tests/bench');
const environment = path.join(here, 'peers/.venv');
export const python = path.join(environment, 'bin/python');

/** Sums of one variant, as each contestant has to come to them. */
const arm = z.object({
  variant: z.enum(['control', 'treatment']),
  users: z.number(),
  purchasers: z.number(),
  events: z.number(),
  cents: z.number().optional(),
});
export type Arm = z.infer<typeof arm>;

/** What a process took, with all its children. */
const usage = z.object({ seconds: z.number(), cpuSeconds: z.number(), peakMb: z.number() });
export type Measured = z.infer<typeof usage>;

/** Whoever computes the numbers of an experiment from the CSVs of a folder: prints its arms as JSON. */
export interface Contestant {
  readonly name: string;
  /** @param made an empty folder for what it writes */
  command(source: string, made: string): readonly string[];
  /** What it writes, where it does not print its arms. */
  arms?(made: string): Promise<readonly Arm[]>;
}

const script = (name: string) => (source: string, made: string) => [
  python,
  path.join(here, 'peers', name),
  source,
  made,
];

export const oneQuery: Contestant = {
  name: 'one DuckDB query',
  command: (source) => [
    process.execPath,
    path.join(PROJECT_ROOT, 'infrastructure/run.mjs'),
    path.join(here, 'query.ts'),
    source,
  ],
};
/** Row by row in JavaScript, up to a size that it can bear. */
export const parquetjs: Contestant = {
  name: 'parquetjs-lite, then the query',
  command: (source, made) => [
    process.execPath,
    path.join(PROJECT_ROOT, 'infrastructure/run.mjs'),
    path.join(here, 'parquetjs.ts'),
    source,
    made,
  ],
};
export const parquetjsEvents = 1_000_000;
export const pandas: Contestant = { name: 'pandas + pyarrow', command: script('pandas_pipeline.py') };
export const polars: Contestant = { name: 'Polars', command: script('polars_pipeline.py') };

/** Makes the virtual environment of the Python peers, as locked, where it is not there. */
export function installPeers(): void {
  pythonOf(path.join(here, 'peers'));
}

/** Runs a contestant in a process of its own. */
export async function measure(
  contestant: Contestant,
  source: string,
): Promise<{ readonly arms: readonly Arm[]; readonly measured: Measured }> {
  const made = await mkdtemp(path.join(tmpdir(), 'ecom-bench-made-'));
  try {
    const printed = await run([
      python,
      path.join(here, 'peers/measure.py'),
      ...contestant.command(source, made),
    ]);
    const lines = printed.trimEnd().split('\n');
    const measured = usage.parse(JSON.parse(lines.at(-1) ?? ''));
    const arms = contestant.arms
      ? await contestant.arms(made)
      : z.array(arm).parse(JSON.parse(lines.at(-2) ?? ''));
    return { arms, measured };
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** Returns what the command printed. */
async function run([command = '', ...args]: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: PROJECT_ROOT });
  const [printed, told, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject)),
  ]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${told}${printed}`);
  return printed;
}
