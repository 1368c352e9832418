import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { handler } from '../../../lambdas/gate/handler.ts';
import { jsonText } from '../../../layers/platform/object-store.ts';
import type { S3Store } from '../../../layers/platform/s3.ts';
import { gateAnswer, runInputs } from '../../../layers/runs/documents.ts';
import { manifestName, processedKeys } from '../../../layers/runs/keys.ts';
import { useBuckets, useEmulator } from '../emulator.ts';

useEmulator();

const states = {
  waits: { Type: 'Wait', Seconds: 600, End: true },
  succeeds: { Type: 'Succeed' },
  fails: { Type: 'Fail', Error: 'DataError', Cause: 'wrong' },
};

async function openDrop(behaviour: keyof typeof states) {
  const stores = await useBuckets();
  const stepFunctions = new SFNClient({});
  const { stateMachineArn } = await stepFunctions.send(
    new CreateStateMachineCommand({
      name: `machine-${randomUUID()}`,
      roleArn: 'arn:aws:iam::000000000000:role/test',
      definition: JSON.stringify({ StartAt: 'Only', States: { Only: states[behaviour] } }),
    }),
  );
  process.env.STATE_MACHINE_ARN = stateMachineArn;
  const executions = async () => {
    const { executions: found = [] } = await stepFunctions.send(
      new ListExecutionsCommand({ stateMachineArn }),
    );
    return found.map(({ name, status }) => ({ name, status }));
  };
  const answer = async (trigger: 'manifest' | 'files') =>
    gateAnswer.parse(
      JSON.parse((await stores.processed.getText(processedKeys.gate('spring', trigger))) ?? ''),
    );
  return { ...stores, executions, answer };
}

/** Uploads a file of the drop "spring" and returns the event that S3 sends. */
async function upload(raw: S3Store, name: string, text: string) {
  const key = `raw/spring/${name}`;
  await raw.put(key, text);
  const head = await raw.head(key);
  return {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    detail: {
      bucket: { name: raw.bucket },
      object: { key, size: head?.size, etag: head?.etag, 'version-id': head?.versionId },
    },
  };
}

async function uploadManifest(raw: S3Store, uploadId: string = randomUUID()) {
  const files = (await raw.list('raw/spring/'))
    .filter(({ key }) => !key.endsWith(manifestName))
    .map(({ key, etag, size }) => ({ key, etag, size }));
  return upload(raw, manifestName, jsonText({ schemaVersion: 1, files, asOf: null, uploadId }));
}

const batch = (events: readonly unknown[]) => ({
  Records: events.map((event, index) => ({ messageId: String(index), body: JSON.stringify(event) })),
});

test('a manifest delivered five times at once starts one execution, of pinned versions', async () => {
  const { raw, processed, executions, answer } = await openDrop('waits');
  await upload(raw, 'events.csv', 'a');
  await upload(raw, 'experiment_assignments.csv', 'b');
  const event = await uploadManifest(raw);
  await Promise.all(Array.from({ length: 5 }, () => handler(event)));

  const { runId, outcome, trigger } = await answer('manifest');
  expect(['started', 'running']).toContain(outcome);
  expect(trigger.etag).toBe(event.detail.object.etag);
  expect(await executions()).toEqual([{ name: `${runId}-a1`, status: 'RUNNING' }]);
  const inputs = runInputs.parse(
    JSON.parse((await processed.getText(processedKeys.inputs(runId ?? ''))) ?? ''),
  );
  expect(inputs.inputs.map(({ key }) => key)).toEqual([
    'raw/spring/events.csv',
    'raw/spring/experiment_assignments.csv',
  ]);
  for (const { key, versionId } of inputs.inputs) {
    expect(versionId).toBe((await raw.head(key))?.versionId);
  }
});

test('the delayed messages of its data files start nothing more', async () => {
  const { raw, executions, answer } = await openDrop('waits');
  const files = [await upload(raw, 'events.csv', 'a'), await upload(raw, 'experiment_assignments.csv', 'b')];
  await handler(await uploadManifest(raw));
  expect(await handler(batch(files))).toEqual({ batchItemFailures: [] });
  expect(await executions()).toHaveLength(1);
  expect((await answer('files')).outcome).toBe('running');
});

test('files without a manifest start one execution in whichever order their messages come', async () => {
  const { raw, executions, answer } = await openDrop('waits');
  const names = ['users.csv', 'events.csv', 'experiment_assignments.csv'];
  const messages: unknown[] = [];
  for (const name of names) messages.push(await upload(raw, name, name));
  await Promise.all([handler(batch(messages.toReversed())), handler(batch(messages))]);
  expect(await executions()).toEqual([{ name: `${(await answer('files')).runId}-a1`, status: 'RUNNING' }]);
});

test('an incomplete drop starts nothing, and the answer says what it lacks', async () => {
  const { raw, executions, answer } = await openDrop('waits');
  await handler(batch([await upload(raw, 'events.csv', 'a')]));
  expect(await executions()).toEqual([]);
  expect(await answer('files')).toMatchObject({ outcome: 'incomplete', missing: ['experiment_assignments'] });
});

test('only the message that cannot be handled goes back to the queue', async () => {
  const { raw } = await openDrop('waits');
  const good = await upload(raw, 'events.csv', 'a');
  expect(await handler(batch([good, { hello: 'world' }, good]))).toEqual({
    batchItemFailures: [{ itemIdentifier: '1' }],
  });
});

test('the same content uploaded again after a success is the same run', async () => {
  const { raw, executions, answer } = await openDrop('succeeds');
  const uploadAll = async () => {
    await upload(raw, 'events.csv', 'a');
    await upload(raw, 'experiment_assignments.csv', 'b');
    await handler(await uploadManifest(raw));
  };
  await uploadAll();
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject([{ status: 'SUCCEEDED' }]);
  await uploadAll();
  expect(await executions()).toHaveLength(1);
  expect((await answer('manifest')).outcome).toBe('succeeded');
});

/** Files of the drop, and a manifest that says that they are all of it; returns what the gate made of it. */
async function uploadDrop(raw: S3Store, events: string) {
  await upload(raw, 'events.csv', events);
  await upload(raw, 'experiment_assignments.csv', 'b');
  return uploadManifest(raw);
}

test('content that comes back after other content gets another attempt, once, whose upload is the newest', async () => {
  const { raw, store, executions, answer } = await openDrop('succeeds');
  const runIds: (string | null)[] = [];
  for (const events of ['a', 'b']) {
    await handler(await uploadDrop(raw, events));
    runIds.push((await answer('manifest')).runId);
  }
  const finished = [{ status: 'SUCCEEDED' }, { status: 'SUCCEEDED' }];
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject(finished);

  const back = await uploadDrop(raw, 'a');
  await Promise.all(Array.from({ length: 5 }, () => handler(back)));
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject([...finished, { status: 'SUCCEEDED' }]);
  expect(await answer('manifest')).toMatchObject({ runId: runIds[0], attempt: 2 });
  expect((await store.read('uploads', 'spring'))?.runs).toEqual([
    { runId: runIds[0], attempt: 2 },
    { runId: runIds[1], attempt: 1 },
  ]);
});

test('content that comes back while its run is under way leaves the publication to that run', async () => {
  const { raw, executions, answer } = await openDrop('waits');
  for (const events of ['a', 'b', 'a']) await handler(await uploadDrop(raw, events));
  expect(await answer('manifest')).toMatchObject({ outcome: 'running', attempt: 1 });
  expect(await executions()).toHaveLength(2);
});

test('content that comes back when the publication of its run may have begun gets another attempt', async () => {
  const { raw, store, answer } = await openDrop('waits');
  await handler(await uploadDrop(raw, 'a'));
  const { runId } = await answer('manifest');
  await handler(await uploadDrop(raw, 'b'));
  await store.write('marker', [runId ?? '', 'analyze', 0], {
    stage: 'analyze',
    index: 0,
    attempt: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:01.000Z',
    outputs: [],
    result: { decisions: [] },
  });
  const back = await uploadDrop(raw, 'a');
  await handler(back);
  await handler(back);
  expect(await answer('manifest')).toMatchObject({ runId, attempt: 2 });
});

test('a gate that died before it started what it had written down is made up for by the next delivery', async () => {
  const { raw, processed, store, executions, answer } = await openDrop('succeeds');
  await handler(await uploadDrop(raw, 'a'));
  const { runId } = await answer('manifest');
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject([{ status: 'SUCCEEDED' }]);
  const uploads = await store.read('uploads', 'spring');
  const promised = { ...uploads, runs: [{ runId, attempt: 2 }] };
  await processed.putJson(processedKeys.uploads('spring'), promised);
  await handler(await uploadManifest(raw, 'delivered again'));
  expect(await executions()).toHaveLength(2);
});

test('files over those of an earlier upload start nothing before the last of them is replaced', async () => {
  const { raw, executions, answer } = await openDrop('succeeds');
  await upload(raw, 'events.csv', 'a');
  await handler(batch([await upload(raw, 'experiment_assignments.csv', 'a')]));
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject([{ status: 'SUCCEEDED' }]);
  await sleep(1_100); // S3 counts whole seconds
  await handler(batch([await upload(raw, 'events.csv', 'c')]));
  expect(await answer('files')).toMatchObject({
    outcome: 'incomplete',
    missing: ['raw/spring/experiment_assignments.csv'],
  });
  await handler(batch([await upload(raw, 'experiment_assignments.csv', 'b')]));
  expect(await answer('files')).toMatchObject({ outcome: 'started' });
});

test('a run that nobody declared says so, and files without a manifest replace no declared drop', async () => {
  const { raw, store, executions, answer } = await openDrop('succeeds');
  await upload(raw, 'events.csv', 'a');
  await handler(batch([await upload(raw, 'experiment_assignments.csv', 'a')]));
  const undeclared = await answer('files');
  expect(await store.require('inputs', undeclared.runId ?? '')).toMatchObject({ undeclared: true });
  await handler(await uploadManifest(raw));
  const declared = await answer('manifest');
  expect(declared).toMatchObject({ outcome: 'started', attempt: 1 });
  expect((await store.require('inputs', declared.runId ?? '')).undeclared).toBeUndefined();
  await expect.poll(executions, { timeout: 20_000 }).toHaveLength(2);

  await sleep(1_100); // S3 counts whole seconds
  await upload(raw, 'events.csv', 'b');
  await handler(batch([await upload(raw, 'experiment_assignments.csv', 'b')]));
  expect(await answer('files')).toMatchObject({
    outcome: 'incomplete',
    missing: ['raw/spring/_MANIFEST.json'],
  });
  expect(await executions()).toHaveLength(2);
});

test('a drop that failed may be mended by the one file that was wrong, if it never had a manifest', async () => {
  const { raw, executions, answer } = await openDrop('fails');
  await upload(raw, 'events.csv', 'a');
  await handler(batch([await upload(raw, 'experiment_assignments.csv', 'b')]));
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject([{ status: 'FAILED' }]);
  await sleep(1_100); // S3 counts whole seconds
  await handler(batch([await upload(raw, 'events.csv', 'mended')]));
  expect(await answer('files')).toMatchObject({ outcome: 'started' });

  await handler(await uploadManifest(raw));
  await sleep(1_100);
  await handler(batch([await upload(raw, 'events.csv', 'the first of several files')]));
  expect(await answer('files')).toMatchObject({ outcome: 'incomplete' });
});

test('after a failure a repeated event starts nothing, a new upload of the same content the next attempt', async () => {
  const { raw, executions, answer } = await openDrop('fails');
  await upload(raw, 'events.csv', 'a');
  await upload(raw, 'experiment_assignments.csv', 'b');
  const first = await uploadManifest(raw, 'one');
  await handler(first);
  await expect.poll(executions, { timeout: 20_000 }).toMatchObject([{ status: 'FAILED' }]);
  await Promise.all(Array.from({ length: 5 }, () => handler(first)));
  expect(await executions()).toHaveLength(1);

  await sleep(1_100); // S3 counts whole seconds
  const again = await uploadManifest(raw, 'two');
  await Promise.all(Array.from({ length: 5 }, () => handler(again)));
  await expect.poll(executions, { timeout: 20_000 }).toHaveLength(2);
  expect(await answer('manifest')).toMatchObject({ attempt: 2 });
});

test('a manifest that cannot be read starts a run whose inputs say why', async () => {
  const { raw, processed, answer } = await openDrop('waits');
  await upload(raw, 'events.csv', 'a');
  await handler(await upload(raw, manifestName, '{ "files": '));
  const { runId } = await answer('manifest');
  const inputs = runInputs.parse(
    JSON.parse((await processed.getText(processedKeys.inputs(runId ?? ''))) ?? ''),
  );
  expect(inputs.problem).toContain('raw/spring/_MANIFEST.json cannot be used');
});
