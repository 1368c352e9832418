import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { handler as clean } from '../../../lambdas/clean/handler.ts';
import { handler as exchange } from '../../../lambdas/exchange/handler.ts';
import { handler as marts } from '../../../lambdas/marts/handler.ts';
import { handler as measure } from '../../../lambdas/measure/handler.ts';
import { handler as plan } from '../../../lambdas/plan/handler.ts';
import { handler as stage } from '../../../lambdas/stage/handler.ts';
import { measurements } from '../../../layers/experiment/measurements.ts';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';
import { type FileCounts, runPlan } from '../../../layers/runs/documents.ts';
import { areas, parseRawKey, processedKeys } from '../../../layers/runs/keys.ts';
import { clearLeftovers } from '../../../layers/runs/lambda.ts';
import { dropOfLines } from '../engine/bad-input/line-drop.ts';
import { type Files, runDrop } from '../engine/bad-input/run-drop.ts';
import { ObjectServer } from '../engine/stage/object-server.ts';

/** Leaves the drop there as the gate does. */
function pin(server: ObjectServer, runId: string, files: Files): void {
  const names = runConfiguration().raw;
  const inputs = Object.entries(files).map(([name, content]) => {
    const key = `raw/${name}`;
    server.putRaw(key, content);
    return {
      kind: parseRawKey(key, names)?.kind,
      key,
      versionId: null,
      etag: 'e',
      size: Buffer.from(content).length,
      lastModified: '2024-04-01T00:00:00.000Z',
    };
  });
  const common = { schemaVersion: 1, drop: 'default', asOf: null, configHash: 'h', codeVersion: 'c' };
  server.putProcessed(processedKeys.inputs(runId), { ...common, runId, inputs });
}

/** Measures, and holds the line that the function ends with, of which CloudWatch's metrics of rows are made, to the marker. */
async function measureAndCheckLog(
  server: ObjectServer,
  event: { runId: string; drop: string; attempt: number; index: number },
): Promise<void> {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await measure(event);
  const last = JSON.parse(String(written.mock.calls.at(-1)?.[0]));
  written.mockRestore();

  const { files: counts } = (
    server.json(processedKeys.done(event.runId, 'measure', 0)) as { result: { files: FileCounts[] } }
  ).result;
  const total = (of: 'lines' | 'quarantined' | 'duplicates') =>
    counts.reduce((sum, { [of]: rows }) => sum + rows, 0);
  expect(total('quarantined')).toBeGreaterThan(0);
  expect(last).toMatchObject({
    message: 'done',
    run: { lines: total('lines'), quarantined: total('quarantined'), duplicates: total('duplicates') },
  });
}

test('the handlers of the stages leave on S3 what the engine leaves in a folder, byte for byte', async () => {
  const { files } = dropOfLines();
  const { runId, measured, parquet } = await runDrop(files);
  await using server = await ObjectServer.start();
  pin(server, runId, files);
  const event = { runId, drop: 'default', attempt: 1, index: 0 };
  const { chunks, buckets } = (await plan(event)) as { chunks: number[]; buckets: number[] };
  for (const index of chunks) expect(await stage({ ...event, index })).toBe(index);
  for (const index of buckets) expect(await clean({ ...event, index })).toBe(index);
  for (const index of buckets) expect(await marts({ ...event, index })).toBe(index);
  await measureAndCheckLog(server, event);
  expect(measurements.parse(server.json(processedKeys.measurements(runId)))).toEqual(measured);
  const stored = [...server.objects.keys()].filter((key) => key.endsWith('.parquet'));
  expect(stored.toSorted()).toEqual([...parquet.keys()].map((key) => `processed-bucket/${key}`).toSorted());
  for (const [key, bytes] of parquet) {
    expect(server.objects.get(`processed-bucket/${key}`)?.equals(bytes), key).toBe(true);
  }
});

test('the handlers bring together on S3 what buckets share, as the engine does in a folder', async () => {
  const { files } = dropOfLines();
  const { runId, measured, parquet } = await runDrop(files, { buckets: 3 });
  await using server = await ObjectServer.start();
  pin(server, runId, files);
  const event = { runId, drop: 'default', attempt: 1, index: 0 };
  const { chunks } = (await plan(event)) as { chunks: number[] };
  const planned = runPlan.parse(server.json(processedKeys.plan(runId)));
  server.putProcessed(processedKeys.plan(runId), { ...planned, buckets: 3 });
  for (const index of chunks) await stage({ ...event, index });
  for (const of of [exchange, clean, marts]) {
    for (const index of [0, 1, 2]) await of({ ...event, index });
  }
  await measureAndCheckLog(server, event);
  expect(measurements.parse(server.json(processedKeys.measurements(runId)))).toEqual(measured);
  const outcomes = [...parquet].filter(([key]) => key.startsWith(areas.marts));
  expect(outcomes).toHaveLength(6);
  for (const [key, bytes] of outcomes) {
    expect(server.objects.get(`processed-bucket/${key}`)?.equals(bytes), key).toBe(true);
  }
});

test('each call ends in one line of JSON that tells run, request, start and figures', async () => {
  const { files } = dropOfLines();
  const { runId } = await runDrop(files);
  await using server = await ObjectServer.start();
  pin(server, runId, files);
  const event = { runId, drop: 'default', attempt: 1, index: 0 };
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const { chunks } = (await plan(event, { awsRequestId: 'request-0' })) as { chunks: number[] };
    for (const index of chunks) await stage({ ...event, index }, { awsRequestId: `request-${index + 1}` });
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)));
    const done = lines.filter(({ message, stage: of }) => message === 'done' && of === 'stage');
    expect(done.map(({ index, requestId }) => [index, requestId])).toEqual(
      chunks.map((index) => [index, `request-${index + 1}`]),
    );
    for (const line of done) {
      expect(line).toMatchObject({ level: 'info', runId, drop: 'default', attempt: 1, coldStart: false });
      const marker = server.json(processedKeys.done(runId, 'stage', line.index)) as {
        outputs: { rows: number; bytes: number }[];
        result: { quarantined: number };
      };
      const sum = (of: 'rows' | 'bytes') => marker.outputs.reduce((total, output) => total + output[of], 0);
      expect([line.outputs, line.rows, line.bytes]).toEqual([
        marker.outputs.length,
        sum('rows'),
        sum('bytes'),
      ]);
      expect(line.quarantined).toBe(marker.result.quarantined);
      expect(line.seconds).toBeGreaterThanOrEqual(0);
    }
    expect(done.some(({ quarantined }) => quarantined > 0)).toBe(true);
  } finally {
    written.mockRestore();
  }
});

test('what a function that was killed left on the disk of its sandbox is cleared, and nothing else', async () => {
  const sandbox = await mkdtemp(path.join(tmpdir(), 'sandbox-'));
  try {
    await mkdir(path.join(sandbox, 'stage-Xy12Zt'));
    await writeFile(path.join(sandbox, 'stage-Xy12Zt', 'chunk.csv'), 'half of a file');
    await writeFile(path.join(sandbox, 'of-the-runtime'), '');
    await clearLeftovers(sandbox, 'stage');
    expect(await readdir(sandbox)).toEqual(['of-the-runtime']);
  } finally {
    await rm(sandbox, { recursive: true });
  }
});

test('a further run of the same files takes over on S3 what the first one made', async () => {
  const { files } = dropOfLines();
  await using server = await ObjectServer.start();
  const runs = ['1', '2'].map((digit) => digit.repeat(16));
  for (const runId of runs) {
    pin(server, runId, files);
    const event = { runId, drop: 'default', attempt: 1, index: 0 };
    const { chunks } = (await plan(event)) as { chunks: number[] };
    for (const index of chunks) await stage({ ...event, index });
    await clean(event);
    await marts(event);
    await measure(event);
  }
  const [first = '', second = ''] = runs;
  const of = (runId: string) => [...server.objects].filter(([key]) => key.includes(runId));
  const parquet = of(first).filter(([key]) => key.endsWith('.parquet'));
  expect(parquet.length).toBeGreaterThan(10);
  for (const [key, bytes] of parquet) {
    expect(server.objects.get(key.replaceAll(first, second))?.equals(bytes), key).toBe(true);
  }
  const markers = of(second).filter(([key]) => key.includes('/done/') && !key.includes('/plan-'));
  expect(markers.map(([, body]) => JSON.parse(body.toString()).work.takenFrom)).toEqual(
    markers.map(() => first),
  );
  expect(server.json(processedKeys.measurements(second))).toEqual(
    server.json(processedKeys.measurements(first)),
  );
});
