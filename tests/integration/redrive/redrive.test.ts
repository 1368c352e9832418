import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { named } from '../../../cdk/names.ts';
import { askAws } from '../../../cli/aws/request.ts';
import { type DeadQueue, deadQueues } from '../../../cli/redrive/message.ts';
import { listDead, redrive } from '../../../cli/redrive/redrive.ts';
import { parseUploadEvent } from '../../../layers/runs/gate/upload-event.ts';
import { useEmulator } from '../emulator.ts';

useEmulator();

const sqs = async (action: string, input: Record<string, unknown>) => {
  const answer = await askAws({ service: 'sqs', json: { target: `AmazonSQS.${action}`, input } });
  expect(answer.status, answer.body).toBe(200);
  return JSON.parse(answer.body || '{}');
};
const uploadOf = (key: string) => ({
  'detail-type': 'Object Created',
  source: 'aws.s3',
  time: '2026-01-01T00:00:05Z',
  detail: { bucket: { name: 'raw' }, object: { key, size: 5, etag: 'abc' } },
});
const runEnd = {
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  time: '2026-01-01T00:00:05Z',
  detail: { name: '00000000000000a1-a1', status: 'SUCCEEDED' },
};

/** The queues of an environment of the test's own. */
async function makeQueues() {
  const env = `t${randomBytes(4).toString('hex')}`;
  const make = async (base: string) =>
    (await sqs('CreateQueue', { QueueName: named({ env }, base) })).QueueUrl as string;
  const settling = await make('ecom-experiment-settling');
  const urls = new Map<DeadQueue, string>();
  for (const queue of Object.keys(deadQueues) as DeadQueue[]) urls.set(queue, await make(deadQueues[queue]));
  const send = (queue: DeadQueue, body: unknown, attributes: Record<string, string> = {}) =>
    sqs('SendMessage', {
      QueueUrl: urls.get(queue),
      MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
      ),
    });
  const bodiesOf = async (QueueUrl: string) => {
    const { Messages = [] } = await sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    return (Messages as { Body: string }[]).map(({ Body }) => JSON.parse(Body));
  };
  return {
    deployment: { env, runTopicArn: undefined as string | undefined },
    settling,
    send,
    bodiesOf,
    make,
  };
}

/** One message of each kind, and one that the pipeline did not write. */
async function fill({ send }: Awaited<ReturnType<typeof makeQueues>>) {
  await send('unsettled', uploadOf('raw/events.csv'));
  await send('unanswered', {
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: uploadOf('raw/spring/_MANIFEST.json'),
    responsePayload: { errorType: 'ConfigError', errorMessage: 'the bucket is not there' },
  });
  await send('undelivered', uploadOf('raw/users.csv'), {
    ERROR_CODE: 'NO_PERMISSIONS',
    ERROR_MESSAGE: 'Access denied',
  });
  await send('unannounced', runEnd);
  await send('unsettled', 'hello');
}

test('what is listed tells what, since when and why, and stays', async () => {
  const queues = await makeQueues();
  await fill(queues);
  for (const _twice of [1, 2]) {
    const dead = await listDead(queues.deployment);
    expect(Object.fromEntries(dead.map(({ queue, what, why }) => [`${queue}: ${what}`, why]))).toEqual({
      'unsettled: s3://raw/raw/events.csv': expect.stringContaining('the gate failed at it'),
      'unsettled: a message of another shape': expect.anything(),
      'unanswered: s3://raw/raw/spring/_MANIFEST.json': 'RetriesExhausted: the bucket is not there',
      'undelivered: s3://raw/raw/users.csv': 'NO_PERMISSIONS: Access denied',
      'unannounced: run 00000000000000a1-a1, SUCCEEDED': 'unknown',
    });
    for (const { at } of dead) expect(at).toMatch(/^\d{4}-\d\d-\d\dT/);
  }
  expect(await queues.bodiesOf(queues.settling)).toEqual([]);
});

test('events go to the gate as it knows them, ends of runs to the topic, and what nobody wrote stays', async () => {
  const queues = await makeQueues();
  await fill(queues);
  const { env } = queues.deployment;
  const subscriber = await queues.make(`subscriber-${env}`);
  const { Attributes } = await sqs('GetQueueAttributes', {
    QueueUrl: subscriber,
    AttributeNames: ['QueueArn'],
  });
  const created = await askAws({
    service: 'sns',
    form: { Action: 'CreateTopic', Version: '2010-03-31', Name: `runs-${env}` },
  });
  const runTopicArn = /<TopicArn>(.*?)<\/TopicArn>/.exec(created.body)?.[1] ?? '';
  await askAws({
    service: 'sns',
    form: {
      Action: 'Subscribe',
      Version: '2010-03-31',
      TopicArn: runTopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes.QueueArn,
    },
  });

  // Without the topic the end of a run stays, too.
  const first = await redrive(queues.deployment);
  expect(first.sent.map(({ queue }) => queue).sort()).toEqual(['unanswered', 'undelivered', 'unsettled']);
  expect(first.left.map(({ queue }) => queue).sort()).toEqual(['unannounced', 'unsettled']);
  const second = await redrive({ env, runTopicArn });
  expect(second.sent.map(({ queue }) => queue)).toEqual(['unannounced']);
  expect((await listDead(queues.deployment)).map(({ what }) => what)).toEqual(['a message of another shape']);

  const bodies = await queues.bodiesOf(queues.settling);
  expect(bodies.map((body) => parseUploadEvent(body).key).sort()).toEqual([
    'raw/events.csv',
    'raw/spring/_MANIFEST.json',
    'raw/users.csv',
  ]);
  const [heard] = await queues.bodiesOf(subscriber);
  expect(JSON.parse(heard.Message)).toEqual(runEnd);
});

test('more messages than SQS hands out at a time are all sent', async () => {
  const queues = await makeQueues();
  const keys = Array.from({ length: 23 }, (_, index) => `raw/drop_${index}/events.csv`);
  for (const key of keys) await queues.send('unsettled', uploadOf(key));
  expect(await listDead(queues.deployment)).toHaveLength(keys.length);
  const { sent } = await redrive(queues.deployment);
  expect(sent.map(({ what }) => what).sort()).toEqual(keys.map((key) => `s3://raw/${key}`).sort());
  expect(await listDead(queues.deployment)).toEqual([]);
});

test('where nothing is deployed it says so', async () => {
  const nowhere = { env: 'nowhere', runTopicArn: undefined };
  expect(await listDead(nowhere)).toEqual([]);
  await expect(redrive(nowhere)).rejects.toThrow(/there is no queue of the pipeline.*-nowhere/);
});
