import { expect, test } from 'vitest';
import { parseUploadEvent, queuedMessages } from '../../../../layers/runs/gate/upload-event.ts';

const event = {
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  time: '2026-01-01T00:00:05Z',
  detail: { bucket: { name: 'ecom-poc-raw' }, object: { key: 'raw/a b/events.csv', size: 5, etag: '"abc"' } },
};

test('an event says which object came, and when', () => {
  expect(parseUploadEvent(event)).toEqual({
    key: 'raw/a b/events.csv',
    etag: 'abc',
    eventTime: new Date('2026-01-01T00:00:05Z'),
  });
});

test('a batch of the queue is told from an event', () => {
  expect(queuedMessages(event)).toBeUndefined();
  expect(queuedMessages({ Records: [{ messageId: '1', body: '{}' }] })).toEqual([
    { messageId: '1', body: '{}' },
  ]);
});

test('anything else is refused, so that the queue keeps it for people to see', () => {
  expect(() => parseUploadEvent({ hello: 'world' })).toThrow();
});
