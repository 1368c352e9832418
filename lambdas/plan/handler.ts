import { z } from 'zod';
import { bindColumns } from '../../layers/data/column-binding.ts';
import { datasetContracts } from '../../layers/data/datasets/index.ts';
import { dataFiles, makePlan } from '../../layers/engine/plan/make-plan.ts';
import { readHeader } from '../../layers/engine/plan/read-header.ts';
import { runConfiguration } from '../../layers/experiment/run-configuration.ts';
import { SchemaError, TransientError } from '../../layers/platform/errors.ts';
import type { ObjectStore } from '../../layers/platform/s3.ts';
import { type RunInputs, runInputs, runPlan } from '../../layers/runs/documents.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { stageHandler } from '../../layers/runs/stage-handler.ts';

const index = z.number().int().nonnegative();

export const handler = stageHandler({
  stage: 'plan',
  /** What the state machine maps over. */
  resultSchema: z.strictObject({ chunks: z.array(index), buckets: z.array(index) }),
  async run({ event, raw, processed }) {
    const key = processedKeys.inputs(event.runId);
    const inputs = runInputs.parse(JSON.parse((await processed.getText(key)) ?? 'null'));
    const config = await readConfiguration(raw, inputs);
    if (inputs.problem !== undefined) {
      throw new SchemaError({
        what: inputs.problem,
        where: `drop ${inputs.drop}`,
        remedy: 'Upload the drop again',
      });
    }
    const files = await Promise.all(
      dataFiles(inputs, config).map(async (input) => {
        const { header, hasLineFeeds } = await readHeader(raw, input);
        const contract = datasetContracts[input.kind];
        const columns = bindColumns(contract, header, config.schema[input.kind], input.key);
        return { input, header, hasLineFeeds, columns };
      }),
    );
    const plan = makePlan(inputs, config, files);
    await processed.putJson(processedKeys.plan(event.runId), runPlan.parse(plan));
    return {
      outputs: [],
      result: {
        chunks: plan.chunks.map((chunk) => chunk.index),
        buckets: Array.from({ length: plan.buckets }, (_, bucket) => bucket),
      },
    };
  },
  answer: (result) => result,
});

async function readConfiguration(raw: ObjectStore, { inputs }: RunInputs) {
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
