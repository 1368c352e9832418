import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { S3Store } from '../../../layers/platform/s3.ts';
import { deleteVersions, listVersions } from '../../../layers/platform/s3-versions.ts';

/** A client that gives these answers, one after the other, and the requests that it was asked. */
function answering(...answers: readonly object[]): { client: S3Client; asked: object[] } {
  const client = new S3Client({});
  const asked: object[] = [];
  client.middlewareStack.add(
    () => async (args) => {
      asked.push(args.input);
      return { response: {}, output: { $metadata: {}, ...answers[asked.length - 1] } as never };
    },
    { step: 'initialize' },
  );
  return { client, asked };
}

test('versions and marks of deletions are told from every page', async () => {
  const { client, asked } = answering(
    {
      IsTruncated: true,
      NextKeyMarker: 'raw/a.csv',
      NextVersionIdMarker: '1',
      Versions: [{ Key: 'raw/a.csv', VersionId: '1', ETag: '"e"', Size: 3, IsLatest: true }],
    },
    { IsTruncated: false, DeleteMarkers: [{ Key: 'raw/b.csv', VersionId: '2', IsLatest: true }] },
  );
  expect(await listVersions(new S3Store('raw-bucket', client), 'raw/', { level: true })).toEqual([
    { key: 'raw/a.csv', versionId: '1', etag: 'e', size: 3, isLatest: true, isMarker: false },
    { key: 'raw/b.csv', versionId: '2', etag: '', size: 0, isLatest: true, isMarker: true },
  ]);
  expect(asked).toEqual([
    { Bucket: 'raw-bucket', Prefix: 'raw/', Delimiter: '/' },
    { Bucket: 'raw-bucket', Prefix: 'raw/', Delimiter: '/', KeyMarker: 'raw/a.csv', VersionIdMarker: '1' },
  ]);
});

test('versions are deleted a thousand at a time, and one that S3 does not delete is an error', async () => {
  const versions = Array.from({ length: 1500 }, (_, index) => ({ key: 'raw/a.csv', versionId: `${index}` }));
  const refused = { Errors: [{ Key: 'raw/a.csv', Code: 'AccessDenied', Message: 'no' }] };
  const { client, asked } = answering({}, refused);
  await expect(deleteVersions(new S3Store('raw-bucket', client), versions)).rejects.toMatchObject({
    name: 'ConfigError',
    fault: { what: 'access is denied: no', where: 's3://raw-bucket/raw/a.csv' },
  });
  const objects = asked.map((input) => (input as { Delete: { Objects: object[] } }).Delete.Objects);
  expect(objects.map(({ length }) => length)).toEqual([1000, 500]);
  expect(objects[1]?.[0]).toEqual({ Key: 'raw/a.csv', VersionId: '1000' });
});
