import { ListObjectVersionsCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError } from '../../../layers/platform/errors.ts';
import { S3Store } from '../../../layers/platform/s3.ts';
import { ObjectServer } from '../engine/stage/object-server.ts';

let server: ObjectServer;
beforeEach(async () => {
  server = await ObjectServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

test('a refused access is a ConfigError, which is not tried again, whatever was asked for', async () => {
  server.forbidden.add('raw-bucket/secret.csv');
  const store = new S3Store('raw-bucket');
  const requests = [
    () => store.stream({ key: 'secret.csv' }),
    () => store.getText('secret.csv'),
    () => store.head('secret.csv'),
    () => store.put('secret.csv', 'x'),
    () => store.putJsonIfAbsent('secret.csv', {}),
  ];
  for (const request of requests) {
    const error = await request().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(
      /^access is denied: .*s3:\/\/raw-bucket\/secret\.csv.*Check the credentials/,
    );
  }
});

/** What becomes of an error that S3 answers with. */
async function errorOf(name: string, httpStatusCode: number): Promise<Error> {
  const client = new S3Client({});
  client.middlewareStack.add(
    () => () =>
      Promise.reject(
        new S3ServiceException({ name, message: '', $fault: 'client', $metadata: { httpStatusCode } }),
      ),
    { step: 'initialize' },
  );
  const store = new S3Store('raw-bucket', client);
  return store.stream({ key: 'raw/events.csv', versionId: 'v1' }).then(
    () => new Error('no error'),
    (error: Error) => error,
  );
}

test('a version that its bucket no longer keeps is an error of the data: no other try brings it back', async () => {
  const error = await errorOf('NoSuchVersion', 404);
  expect(error.name).toBe('DataError');
  expect(error.message).toMatch(/is gone.*\(s3:\/\/raw-bucket\/raw\/events\.csv\)\. Upload the drop again$/);
});

test.each([
  ['SlowDown', 503, 'ThrottlingError'],
  ['TooManyRequestsException', 429, 'ThrottlingError'],
  ['RequestLimitExceeded', 400, 'ThrottlingError'],
  ['InternalError', 500, 'TransientError'],
])('%s is told apart, since throttling is waited for longer', async (name, status, expected) => {
  expect((await errorOf(name, status)).name).toBe(expected);
});

test('every request names the account that the bucket has to belong to', async () => {
  const asked: unknown[] = [];
  const client = new S3Client({});
  client.middlewareStack.add(
    () => async (args) => {
      asked.push(
        (args.request as { headers: Record<string, string> }).headers['x-amz-expected-bucket-owner'],
      );
      throw new S3ServiceException({
        name: 'AccessDenied',
        $fault: 'client',
        $metadata: { httpStatusCode: 403 },
      });
    },
    { step: 'finalizeRequest', priority: 'high', name: 'seen' },
  );
  const store = new S3Store('raw-bucket', client, '123456789012');
  const requests = [
    () => store.stream({ key: 'a' }),
    () => store.list('raw/'),
    () => store.head('a'),
    () => store.put('a', 'x'),
    () => store.putJsonIfMatch('a', {}, 'e'),
    () => store.deleteAll(['a']),
    () => store.ask('a', (asking) => asking.send(new ListObjectVersionsCommand({ Bucket: 'raw-bucket' }))),
  ];
  for (const request of requests) await expect(request()).rejects.toMatchObject({ name: 'ConfigError' });
  expect(asked).toEqual(requests.map(() => '123456789012'));
});
