import path from 'node:path';
import { bindColumns } from '../../data/column-binding.ts';
import { datasetContracts, datasetNames, requiredDatasets } from '../../data/datasets/index.ts';
import { dialectOfFile, withWriting } from '../../data/file-writing.ts';
import { requirePiiColumns, withPii } from '../../data/pii.ts';
import type { Config } from '../../experiment/config.ts';
import { runConfiguration } from '../../experiment/run-configuration.ts';
import { SchemaError, TransientError } from '../../platform/errors.ts';
import type { RunInputs } from '../../runs/documents.ts';
import { processedKeys } from '../../runs/keys.ts';
import { attempt, type Refusal, type Stage } from '../../runs/stage.ts';
import type { RunStore } from '../../runs/store.ts';
import type { PlannedFile } from './chunks.ts';
import {
  dataFiles,
  makePlan,
  requireDataset,
  requireEventUsers,
  requireLinesOfOneFile,
  requireOneUnit,
} from './make-plan.ts';
import { readHeader } from './read-header.ts';
import { readSummary, summaryPlan } from './summary.ts';
import { checkWritings, writingOf } from './writings.ts';

/** What a run consists of: its configuration, its files cut into chunks, its users' buckets, and what it lacks. */
export const planStage: Stage<'plan'> = {
  name: 'plan',
  async run({ event: { runId }, store, folder, refusals }) {
    const inputs = await store.require('inputs', runId);
    const config = await readConfiguration(store, inputs);
    if (inputs.problem !== undefined) {
      throw new SchemaError({
        what: inputs.problem,
        where: `drop ${inputs.drop}`,
        remedy: 'Upload the drop again',
      });
    }
    if (config.summary !== null) {
      await store.write('summary', [runId], await readSummary(store, inputs, config, folder));
      await store.write('plan', [runId], summaryPlan(inputs, config));
      return { outputs: [], result: { chunks: [], buckets: [] } };
    }
    checkWritings(dataFiles(inputs), inputs.drop, config);
    for (const dataset of requiredDatasets) {
      await attempt(refusals, { dataset, of: 'file' }, () => requireDataset(dataset, inputs, config));
    }
    // Read side by side; what is wrong with them is told in their order, whichever was read first.
    const inputFiles = dataFiles(inputs);
    const settled = await Promise.allSettled(
      inputFiles.map((input) => readFile(input, inputs, config, store)),
    );
    const planned: (PlannedFile | undefined)[] = [];
    for (const [index, { kind }] of inputFiles.entries()) {
      planned.push(await attempt(refusals, { dataset: kind, of: 'file' }, () => outcomeOf(settled[index])));
    }
    const read = withoutRefused(planned, refusals);
    const hasSessions = inputs.inputs.some(({ kind, size }) => kind === 'sessions' && size > 0);
    for (const file of read) {
      await attempt(refusals, { dataset: 'events', of: 'file' }, () => requireEventUsers(file, hasSessions));
    }
    await attempt(refusals, { dataset: 'experiment_assignments', of: 'file' }, () => {
      requireOneUnit(read);
      requireLinesOfOneFile(read);
    });
    for (const dataset of datasetNames) {
      const ofDataset = read.filter(({ input }) => input.kind === dataset);
      await attempt(refusals, { dataset, of: 'file' }, () =>
        requirePiiColumns(dataset, ofDataset, config.pii[dataset] ?? {}),
      );
    }
    const files = withoutRefused(read, refusals);
    const plan = makePlan(inputs, config, files);
    await keepExcludedUsers(store, inputs, folder);
    await store.write('plan', [runId], plan);
    return {
      outputs: [],
      result: {
        chunks: plan.chunks.map((chunk) => chunk.index),
        buckets: Array.from({ length: plan.buckets }, (_, bucket) => bucket),
      },
    };
  },
};

/** A dataset of which a file cannot be read is left aside as a whole. */
async function readFile(
  input: PlannedFile['input'],
  { drop }: Pick<RunInputs, 'drop'>,
  config: Config,
  { raw }: RunStore,
): Promise<PlannedFile> {
  const writing = writingOf(input, drop, config);
  const dialect = dialectOfFile(writing);
  const { header, hasLineFeeds } = await readHeader(raw, input, dialect);
  const contract = datasetContracts[input.kind];
  const bound = bindColumns(contract, header, config.schema[input.kind], input.key);
  const written = withWriting(bound, contract, writing, config.missing);
  const columns = withPii(written, contract, header, config.pii[input.kind] ?? {});
  const isSaid = Object.keys(dialect).length > 0;
  return { input, header, hasLineFeeds, columns, ...(isSaid && { dialect }) };
}

function outcomeOf<Value>(settled: PromiseSettledResult<Value> | undefined): Value | undefined {
  if (settled?.status === 'rejected') throw settled.reason;
  return settled?.value;
}

function withoutRefused(
  files: readonly (PlannedFile | undefined)[],
  refusals: readonly Refusal[] = [],
): PlannedFile[] {
  return files
    .filter((file) => file !== undefined)
    .filter(({ input }) => !refusals.some(({ dataset }) => dataset === input.kind));
}

async function readConfiguration({ raw }: RunStore, { inputs }: RunInputs): Promise<Config> {
  const input = inputs.find(({ kind }) => kind === 'config');
  if (input === undefined) return runConfiguration();
  const text = await raw.getText(input.key, input.versionId);
  if (text === undefined) {
    throw new TransientError({
      what: 'the configuration is gone',
      where: input.key,
      remedy: 'Upload it again',
    });
  }
  return runConfiguration({ name: input.key, text });
}

/** Copies the drop's lists of users to leave out as they were when the run was started: only this stage reads raw files. */
async function keepExcludedUsers(
  { raw, processed }: RunStore,
  { runId, inputs }: RunInputs,
  folder: string,
): Promise<void> {
  for (const { key, versionId } of inputs.filter(({ kind, size }) => kind === 'excluded_users' && size > 0)) {
    const name = path.posix.basename(key);
    const file = path.join(folder, name);
    await raw.downloadTo({ key, versionId }, file);
    await processed.uploadFrom(file, processedKeys.excludedUsers(runId, name));
  }
}
