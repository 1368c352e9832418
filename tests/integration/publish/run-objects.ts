import baseConfig from '../../../config/base.yaml';
import { loadConfig } from '../../../layers/experiment/config.ts';
import type { S3Store } from '../../../layers/platform/s3.ts';
import type { Output, RunInputs, RunPlan, StageName } from '../../../layers/runs/documents.ts';
import { processedKeys } from '../../../layers/runs/keys.ts';
import { martNames } from '../../../layers/runs/mart-tables.ts';
import { makeRun, type RunOptions, type useServer } from '../postgres/marts.ts';

/** Everything that the stages before `load` leave of a run on S3, and what `analyze` leaves after it. */
export async function putRun(
  server: ReturnType<typeof useServer>,
  processed: S3Store,
  options: RunOptions,
): Promise<void> {
  const { runId, drop, inputsAsOf, startedAt, files } = await makeRun(server, options);
  const common = { schemaVersion: 1 as const, runId, drop, configHash: 'c', codeVersion: '1', asOf: null };
  const inputs: RunInputs = {
    ...common,
    inputs: [
      {
        kind: 'events',
        key: 'raw/events.csv',
        versionId: null,
        etag: 'e',
        size: 1,
        lastModified: inputsAsOf,
      },
    ],
  };
  const plan: RunPlan = {
    ...common,
    config: loadConfig([{ name: 'config/base.yaml', text: baseConfig }]),
    chunks: [
      {
        index: 0,
        dataset: 'events',
        part: 0,
        key: 'raw/events.csv',
        versionId: null,
        etag: 'e',
        size: 1,
        gzip: false,
        range: null,
        header: [],
        bindings: [],
        otherColumns: [],
      },
    ],
    buckets: 2,
    present: ['events', 'experiment_assignments'],
    unavailable: [],
    unmeasured: [],
  };
  await processed.putJson(processedKeys.inputs(runId), inputs);
  await processed.putJson(processedKeys.plan(runId), plan);

  const done = (stage: StageName, index: number, outputs: Output[], result: unknown) =>
    processed.putJson(processedKeys.done(runId, stage, index), {
      stage,
      index,
      attempt: 1,
      startedAt,
      finishedAt: startedAt,
      outputs,
      result,
    });

  await done('plan', 0, [], { chunks: [0], buckets: [0, 1] });
  await done('stage', 0, [], {
    dataset: 'events',
    part: 0,
    lines: 1,
    accepted: 1,
    quarantined: 0,
    quarantineRules: [],
  });
  for (const bucket of [0, 1]) {
    const outputs: Output[] = [];
    for (const mart of martNames) {
      const key = processedKeys.mart(mart, runId, bucket);
      const { size: bytes } = await processed.uploadFrom(files[mart][bucket] ?? '', key);
      outputs.push({ key, rows: options.users / 2, bytes, bucket });
    }
    await done('exchange', bucket, [], { sessions: 0, events: 0, conflicts: 0 });
    await done('clean', bucket, [], {
      datasets: {},
      quarantineRules: [],
      warnings: [],
      currencies: [],
      latestEventTs: null,
    });
    await done('marts', bucket, outputs, {
      asOf: null,
      population: [],
      arms: [],
      assignedByDay: [],
      earlyExposures: [],
    });
  }
  await done('measure', 0, [], { experiments: [], files: [] });
  const report = processedKeys.report(runId, 'report.json');
  await processed.put(report, '{}');
  const decisions = [{ experimentId: 'checkout', action: 'keep_running' }];
  await done('analyze', 0, [{ key: report, rows: 1, bytes: 2, bucket: null }], { decisions });
}
