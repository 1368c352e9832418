import type { DatasetContract } from './contract.ts';
import { events } from './events.ts';
import { experimentAssignments } from './experiment-assignments.ts';
import { products } from './products.ts';
import { sessions } from './sessions.ts';
import { users } from './users.ts';

export type { ColumnContract, ColumnType, DatasetContract, OnFail, Reference } from './contract.ts';

/** In the order in which the data refer to one another. */
export const datasetNames = ['users', 'products', 'sessions', 'experiment_assignments', 'events'] as const;

export type DatasetName = (typeof datasetNames)[number];

export const datasetContracts: Record<DatasetName, DatasetContract> = {
  users,
  products,
  sessions,
  experiment_assignments: experimentAssignments,
  events,
};

export const requiredDatasets: readonly DatasetName[] = datasetNames.filter(
  (dataset) => datasetContracts[dataset].required,
);
