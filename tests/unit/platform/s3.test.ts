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
