import { parentPort, Worker } from 'node:worker_threads';
import type { Cell } from './cell.ts';
import { grid } from './grid.ts';
import { simulateCell } from './simulate.ts';
import { addTallies, type Tally } from './tally.ts';

interface Job {
  readonly cell: string;
  readonly seed: string;
  readonly from: number;
  readonly to: number;
}

/** Experiments that a worker simulates at a time. */
const batch = 100;

/** Answers each job that the main thread sends with its tally. */
export function serveJobs(): void {
  parentPort?.on('message', ({ cell: name, seed, from, to }: Job) => {
    const cell = grid.find((candidate) => candidate.name === name);
    if (cell === undefined) throw new Error(`the grid has no cell "${name}"`);
    parentPort?.postMessage(simulateCell(cell, seed, from, to));
  });
}

/**
 * Simulates cells on several threads that run `entry`, a batch of each in turn, and hands on what there is of a cell after
 * each batch: a run that is stopped has some of all.
 */
export async function simulateCells(
  cells: readonly Cell[],
  seed: string,
  { entry, threads, added: show }: { entry: URL; threads: number; added: (cell: Cell, tally: Tally) => void },
): Promise<void> {
  const jobs = cells
    .flatMap((cell) =>
      Array.from({ length: Math.ceil(cell.experiments / batch) }, (_, index) => ({
        cell,
        from: index * batch,
        to: Math.min(cell.experiments, (index + 1) * batch),
      })),
    )
    .toSorted((a, b) => a.from - b.from);
  const tallies = new Map<Cell, Tally>();
  const work = async (worker: Worker) => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { cell, from, to } = job;
      const added = await answer(worker, { cell: cell.name, seed, from, to });
      const before = tallies.get(cell);
      const tally = before === undefined ? added : addTallies(before, added);
      tallies.set(cell, tally);
      show(cell, tally);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: threads }, () => work(new Worker(entry))));
}

function answer(worker: Worker, job: Job): Promise<Tally> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (tally: Tally) => {
      worker.off('error', reject);
      resolve(tally);
    });
    worker.postMessage(job);
  });
}
