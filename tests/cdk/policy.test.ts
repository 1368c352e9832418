import { describe, expect, test } from 'vitest';
import { isAllowed, permissionsIn, type Statement } from './policy.ts';

const bucket = 'arn:aws:s3:::b';
const read: Statement = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: `${bucket}/runs/*` };
const overTls = { 'aws:SecureTransport': 'true' };
const onlyTls: Statement = {
  Effect: 'Deny',
  Action: 's3:*',
  Resource: [bucket, `${bucket}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};
const get = (key: string, action = 's3:GetObject') => ({ action, resource: `${bucket}/${key}` });

describe('a call', () => {
  test.each([
    ['what a statement names is allowed', [read], get('runs/1/plan.json'), true],
    ['another action is not', [read], get('runs/1', 's3:GetObjectVersion'), false],
    ['another prefix is not', [read], get('runs'), false],
    ['actions know no case, resources do', [read], get('runs/1', 'S3:getobject'), true],
    ['a dot is no wildcard', [{ ...read, Resource: 'arn:aws:s3:::b/a.b' }], get('axb'), false],
    ['a question mark is one character', [{ ...read, Resource: `${bucket}/a?` }], get('abc'), false],
    ['nothing is allowed by nobody', [], get('runs/1'), false],
    ['a denial outweighs', [read, { ...read, Effect: 'Deny' as const }], get('runs/1'), false],
    ['a denial under another condition does not', [read, onlyTls], get('runs/1'), true],
  ])('%s', (_, statements, call, allowed) => {
    expect(isAllowed(statements, call, overTls)).toBe(allowed);
  });

  test('is denied where the condition of a denial holds', () => {
    expect(isAllowed([read, onlyTls], get('runs/1'), { 'aws:SecureTransport': 'false' })).toBe(false);
  });

  test('meets a condition of a key that the request does not have in no case', () => {
    const conditional = { ...read, Condition: { StringEquals: { 'aws:SourceAccount': '1' } } };
    expect(isAllowed([conditional], get('runs/1'))).toBe(false);
    expect(isAllowed([conditional], get('runs/1'), { 'aws:SourceAccount': '1' })).toBe(true);
  });

  test('under an operator that is not simulated is an error', () => {
    const unknown = { ...read, Condition: { IpAddress: { 'aws:SourceIp': '1' } } };
    expect(() => isAllowed([unknown], get('runs/1'))).toThrow(/IpAddress is not simulated/);
  });
});

test('permissions are counted one by one', () => {
  const both = { ...read, Action: ['s3:GetObject', 's3:PutObject'], Resource: ['a', 'b'] };
  expect(permissionsIn([both, onlyTls]).map(({ Action, Resource }) => `${Action} ${Resource}`)).toEqual([
    's3:GetObject a',
    's3:GetObject b',
    's3:PutObject a',
    's3:PutObject b',
  ]);
});
