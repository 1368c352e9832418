import { expect, test } from 'vitest';
import { deadQueues, readMessage, receivedMessage } from '../../../../cli/redrive/message.ts';

const received = (body: unknown, more: object = {}) =>
  receivedMessage.parse({
    MessageId: 'm',
    ReceiptHandle: 'r',
    Body: typeof body === 'string' ? body : JSON.stringify(body),
    Attributes: { SentTimestamp: '1767225605000', ApproximateReceiveCount: '6' },
    ...more,
  });
const upload = {
  'detail-type': 'Object Created',
  time: '2026-01-01T00:00:05Z',
  detail: { bucket: { name: 'raw' }, object: { key: 'raw/events.csv' } },
};

test('an event of an upload says which object, since when, and that the gate failed', () => {
  expect(readMessage('unsettled', received(upload))).toEqual({
    queue: 'unsettled',
    id: 'm',
    at: '2026-01-01T00:00:05.000Z',
    what: 's3://raw/raw/events.csv',
    why: 'the gate failed at it, handed out 6 times',
    event: JSON.stringify(upload),
  });
});

test("of Lambda's record the event inside is sent, and what the function said is the reason", () => {
  const record = {
    version: '1.0',
    requestContext: { condition: 'EventAgeExceeded' },
    requestPayload: upload,
    responsePayload: null,
  };
  expect(readMessage('unanswered', received(record))).toMatchObject({
    what: 's3://raw/raw/events.csv',
    why: 'EventAgeExceeded',
    event: JSON.stringify(upload),
  });
  // The event alone is not what Lambda writes there.
  expect(readMessage('unanswered', received({ ...record, requestPayload: 1 })).event).toBeNull();
});

test.each(Object.keys(deadQueues) as (keyof typeof deadQueues)[])(
  'a message of another shape in "%s" is shown, and is nothing to send',
  (queue) => {
    for (const body of ['hello', '', '{}', 'null', { ...upload, 'detail-type': 'Object Deleted' }])
      expect(readMessage(queue, received(body))).toMatchObject({
        what: 'a message of another shape',
        event: null,
      });
  },
);
