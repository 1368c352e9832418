import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderStore } from '../../../../layers/platform/folder-store.ts';
import { silentLogger } from '../../../../layers/platform/log.ts';
import { slackMessage } from '../../../../layers/report/slack-message.ts';
import { processedKeys } from '../../../../layers/runs/keys.ts';
import { notify } from '../../../../layers/runs/notify/notify.ts';
import { readWebhook } from '../../../../layers/runs/notify/webhook.ts';
import { RunStore } from '../../../../layers/runs/store.ts';
import { shopReport } from '../../report/shop-report.ts';

const runId = '00000000000000a1';
const secret = 'a secret that is long enough';
const report = shopReport();
const patience = { waits: [1, 1, 1], timeout: 2000 };

let folder: string;
let store: RunStore;
/** Answers of the receiver in their order, the last one again and again; `hang`: none, `cut`: the connection is closed. */
let answers: (number | 'hang' | 'cut')[];
let received: { headers: IncomingHttpHeaders; body: string }[];
const server = createServer(async (request, response) => {
  received.push({ headers: request.headers, body: await text(request) });
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer === 'cut') request.destroy();
  else if (typeof answer === 'number') response.writeHead(answer, { location: '/elsewhere' }).end();
});

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ecom-notify-'));
  store = new RunStore(
    new FolderStore(path.join(folder, 'raw')),
    new FolderStore(path.join(folder, 'processed')),
  );
  answers = [200];
  received = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const webhook = () => ({
  url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/TOKEN`),
  secret,
});
const tell = (more: { reportLink?: string; patience?: typeof patience } = {}) =>
  notify({ runId, store, webhook: webhook(), log: silentLogger, patience, ...more });

/** What the pipeline has left when the run is published, or another one stays published. */
async function publish(published = true) {
  await store.write('report', [runId], report);
  const at = '2026-01-01T00:00:00.000Z';
  await store.write('marker', [runId, 'publish', 0], {
    stage: 'publish',
    index: 0,
    attempt: 1,
    startedAt: at,
    finishedAt: at,
    outputs: [],
    result: { published, reason: published ? null : 'a newer one is' },
  });
}

test('a decision is told as Slack takes it, and signed so that the receiver can check it', async () => {
  await publish();
  expect(await tell({ reportLink: 'https://reports.example.com/?key=' })).toBe('told');
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  const key = processedKeys.report(runId, 'report.html');
  expect(JSON.parse(body)).toEqual(
    slackMessage(report, `https://reports.example.com/?key=${encodeURIComponent(key)}`),
  );
  const timestamp = String(headers['x-ecom-timestamp']);
  expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60);
  expect(headers['x-ecom-signature']).toBe(
    `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
  );
  expect(headers['content-type']).toBe('application/json');
  expect(headers['x-ecom-run']).toBe(runId);
  expect(headers['idempotency-key']).toMatch(new RegExp(`^${runId}-[0-9a-f]{16}$`));
});

test('once a decision was taken, it is told no more, however often the run is done again', async () => {
  await publish();
  expect([await tell(), await tell(), await tell()]).toEqual(['told', 'known', 'known']);
  expect(received).toHaveLength(1);
});

test('a run that decides otherwise when it is done again is told again, under another key', async () => {
  await publish();
  await tell();
  const [first, ...others] = report.experiments;
  if (first === undefined) throw new Error('the report has an experiment');
  const decision = { ...first.decision, action: 'keep_running' as const, rule: 'other' };
  await store.write('report', [runId], { ...report, experiments: [{ ...first, decision }, ...others] });
  expect(await tell()).toBe('told');
  expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
});

test('a run that is not the one its drop shows is not told', async () => {
  await publish(false);
  expect(await tell()).toBe('not published');
  expect(received).toEqual([]);
});

test('killed between the publication and the delivery, the next try tells', async () => {
  await publish();
  answers = ['cut'];
  await expect(tell({ patience: { waits: [], timeout: 2000 } })).rejects.toThrow(/does not answer/);
  expect(await store.read('notified', runId)).toBeUndefined();
  answers = [200];
  expect(await tell()).toBe('told');
});

test('killed between the delivery and its record, the next try tells the same under the same key', async () => {
  await publish();
  const write = store.write.bind(store);
  store.write = () => Promise.reject(new Error('killed'));
  await expect(tell()).rejects.toThrow('killed');
  store.write = write;
  expect(await tell()).toBe('told');
  const [first, second] = received;
  expect(second?.body).toBe(first?.body);
  expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
});

test.each([[[500, 200]], [[429, 503, 204]], [['cut', 200]], [[408, 425, 200]]] as const)(
  'answers %j end with a delivery',
  async (given) => {
    await publish();
    answers = [...given];
    expect(await tell()).toBe('told');
    expect(received).toHaveLength(given.length);
  },
);

test.each([400, 403, 404, 410, 302])('%i is not tried again', async (status) => {
  await publish();
  answers = [status];
  await expect(tell()).rejects.toMatchObject({
    name: 'WebhookError',
    message: expect.stringContaining(`tried once: it answers ${status}`),
  });
  expect(received).toHaveLength(1);
});

test('after the last try the error names the host and the way on, and no token', async () => {
  await publish();
  answers = [503];
  const error = await tell().catch((reason: Error) => reason);
  expect(error).toMatchObject({
    name: 'WebhookError',
    message: expect.stringMatching(
      /^the webhook did not take the decision, tried 4 times: it answers 503 \(127\.0\.0\.1:\d+\)\. The run is published\. Mend the receiver, then: \.\/ecom retry 00000000000000a1$/,
    ),
  });
  expect(String(error)).not.toMatch(/TOKEN|long enough/);
  expect(received).toHaveLength(4);
});

test('a receiver that hangs is given up on', async () => {
  await publish();
  answers = ['hang'];
  await expect(tell({ patience: { waits: [], timeout: 50 } })).rejects.toThrow(
    /it does not answer: TimeoutError/,
  );
});

test.each([
  [{ WEBHOOK_URL: 'http://example.com/hook', WEBHOOK_SECRET: secret }],
  [{ WEBHOOK_URL: 'https://example.com/hook', WEBHOOK_SECRET: 'short' }],
  [{ WEBHOOK_URL: 'example', WEBHOOK_SECRET: secret }],
  [{}],
])(
  'a webhook that would be read on the way, or forged, is refused without showing it: %j',
  async (variables) => {
    const error = await readWebhook(variables).catch((reason: Error) => reason);
    expect(error).toMatchObject({ name: 'ConfigError' });
    expect(String(error)).not.toMatch(/example\.com|short/);
  },
);

test('a webhook of the environment is taken as it is', async () => {
  expect(await readWebhook({ WEBHOOK_URL: 'https://example.com/hook', WEBHOOK_SECRET: secret })).toEqual({
    url: new URL('https://example.com/hook'),
    secret,
  });
});
