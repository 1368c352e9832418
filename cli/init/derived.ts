import { type ColumnContract, datasetContracts } from '../../layers/data/datasets/index.ts';
import type { Findings } from './findings.ts';
import type { ColumnMatch, DatasetMatch } from './match.ts';
import type { ColumnProfile } from './profile.ts';

/** Datasets, of which several may lie in one file, and what to say of that. */
export interface Derived {
  readonly matches: readonly DatasetMatch[];
  readonly findings: Partial<Findings>;
}

export function contractOf(dataset: 'events' | 'experiment_assignments', name: string): ColumnContract {
  const found = datasetContracts[dataset].columns.find((column) => column.name === name);
  if (found === undefined) throw new Error(`${dataset} has no column ${name}`);
  return found;
}

export function as(
  name: string,
  column: ColumnProfile,
  because: string,
  dataset: 'events' | 'experiment_assignments' = 'experiment_assignments',
): ColumnMatch {
  return { canonical: contractOf(dataset, name), column, score: 0.7, because };
}
