import path from 'node:path';
import { bindColumns } from '../../data/column-binding.ts';
import { datasetContracts } from '../../data/datasets/index.ts';
import type { Config } from '../../experiment/config.ts';
import { runConfiguration } from '../../experiment/run-configuration.ts';
import { SchemaError, TransientError } from '../../platform/errors.ts';
import type { RunInputs } from '../../runs/documents.ts';
import { processedKeys } from '../../runs/keys.ts';
import type { Stage } from '../../runs/stage.ts';
import type { RunStore } from '../../runs/store.ts';
import { dataFiles, makePlan } from './make-plan.ts';
import { readHeader } from './read-header.ts';

/** What a run consists of: its configuration, its files cut into chunks, its users' buckets, and what it lacks. */
export const planStage: Stage<'plan'> = {
  name: 'plan',
  async run({ event: { runId }, store, folder }) {
    const inputs = await store.require('inputs', runId);
    const config = await readConfiguration(store, inputs);
    if (inputs.problem !== undefined) {
      throw new SchemaError({
        what: inputs.problem,
        where: `drop ${inputs.drop}`,
        remedy: 'Upload the drop again',
      });
    }
    const files = await Promise.all(
      dataFiles(inputs, config).map(async (input) => {
        const { header, hasLineFeeds } = await readHeader(store.raw, input);
        const contract = datasetContracts[input.kind];
        const columns = bindColumns(contract, header, config.schema[input.kind], input.key);
        return { input, header, hasLineFeeds, columns };
      }),
    );
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
