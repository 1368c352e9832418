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
 * Simulates cells on several threads that run `entry`, and hands on what there is of a cell after each batch. Cheap cells come
 * first, but all of them in turn, so that a run that is stopped has some of all; `before` is what another run left.
 */
export async function simulateCells(
  cells: readonly Cell[],
  seed: string,
  {
    entry,
    threads,
    before,
    added: show,
  }: {
    readonly entry: URL;
    readonly threads: number;
    readonly before: (cell: Cell) => Tally | undefined;
    readonly added: (cell: Cell, tally: Tally) => void;
  },
): Promise<void> {
  const tallies = new Map(cells.map((cell) => [cell, before(cell)]));
  const jobs = cells.flatMap((cell) => batchesOf(cell, tallies.get(cell)?.experiments ?? 0));
  jobs.sort((a, b) => a.from * costOf(a.cell) - b.from * costOf(b.cell));
  const early = new Map<Cell, Map<number, Tally>>(cells.map((cell) => [cell, new Map()]));
  const work = async (worker: Worker) => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { cell, from, to } = job;
      const own = early.get(cell);
      own?.set(from, await answer(worker, { cell: cell.name, seed, from, to }));
      // Experiments are added in their order, so that a later run can go on after the last one.
      for (;;) {
        const known = tallies.get(cell);
        const next = own?.get(known?.experiments ?? 0);
        if (next === undefined) break;
        const tally = known === undefined ? next : addTallies(known, next);
        tallies.set(cell, tally);
        show(cell, tally);
      }
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: threads }, () => work(new Worker(entry))));
}

function batchesOf(cell: Cell, first: number) {
  const left = Math.max(0, cell.experiments - first);
  return Array.from({ length: Math.ceil(left / batch) }, (_, index) => ({
    cell,
    from: first + index * batch,
    to: Math.min(cell.experiments, first + (index + 1) * batch),
  }));
}

/** Roughly, against that of 20,000 users looked at once. */
function costOf({ truth, looks }: Cell): number {
  return truth.users / 20_000 + looks.length;
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
