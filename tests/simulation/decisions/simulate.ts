import type { Cell } from './cell.ts';
import { addTallies, type Tally, tallyOf } from './tally.ts';
import { configOf, verdictsOf } from './verdict.ts';

/** Experiments number `from` to before `to` of a cell. Each has numbers of its own, whoever draws it. */
export function simulateCell(cell: Cell, seed: string, from: number, to: number): Tally {
  const config = configOf(cell);
  const tallies = Array.from({ length: to - from }, (_, offset) =>
    tallyOf(verdictsOf(cell, config, `${seed}/${cell.name}/${from + offset}`)),
  );
  return tallies.reduce(addTallies);
}
