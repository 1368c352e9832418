/**
 * Time, CPU and memory of each stage of a local run: `node infrastructure/run.mjs tests/bench/stages.ts <folder of CSVs>`.
 * CPU is that of all threads, which other work on the machine disturbs less than the time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { prepareDrop } from '../../cli/pipeline/prepare-drop.ts';
import { runLocal } from '../../layers/engine/run-local.ts';

interface Usage {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { seconds: performance.now() / 1000, cpuSeconds: (user + system) / 1e6 };
}

function tell(name: string, since: Usage, parts = 1): void {
  const { seconds, cpuSeconds } = usage();
  const peakMb = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(
    `${name.padEnd(8)} ${String(parts).padStart(3)} parts ${(seconds - since.seconds).toFixed(2).padStart(7)} s  cpu ${(cpuSeconds - since.cpuSeconds).toFixed(2).padStart(6)} s  peak ${peakMb.toFixed(0).padStart(5)} MB\n`,
  );
}

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error('name the folder of CSVs to run');
const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-'));
try {
  const { files } = await prepareDrop({ folder: source, drop: 'default', configFile: undefined });
  process.stdout.write(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}\n`);
  const start = usage();
  let began = start;
  await runLocal({
    drop: 'default',
    files,
    folder,
    codeVersion: 'bench',
    onStage: (stage, parts, state) => {
      if (state === 'begins') began = usage();
      else tell(stage, began, parts);
    },
  });
  tell('all', start);
} finally {
  await rm(folder, { recursive: true, force: true });
}
