import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { databaseUrl } from '../../../layers/platform/database.ts';
import { ConfigError } from '../../../layers/platform/errors.ts';

const secretArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf';
const urlOf = (secret: unknown, endpoint?: string) =>
  databaseUrl(JSON.stringify(secret), { secretArn, endpoint });
/** Where pg itself takes a URL to lead. */
function addressOf(url: string) {
  const { user, password, host, port, database, ssl } = new pg.Client(url);
  return { user, password, host, port, database, isVerified: ssl !== false };
}

describe('the secret of the database', () => {
  const login = { username: 'shop@eu', password: 'p/a:s?s#w@r%d ' };

  test('that holds a URL leads there, as it is', () => {
    const url = 'postgres://shop:secret@db.example.com:6432/marts?sslmode=require';
    expect(urlOf({ url })).toBe(url);
  });

  test('that RDS wrote leads to its host, over TLS, whatever characters the password has', () => {
    const rds = { ...login, engine: 'postgres', host: 'db.example.com', port: 6432, dbname: 'marts' };
    expect(addressOf(urlOf(rds, 'elsewhere:1/other'))).toEqual({
      user: 'shop@eu',
      password: login.password,
      host: 'db.example.com',
      port: 6432,
      database: 'marts',
      isVerified: true,
    });
    expect(urlOf(rds)).toMatch(/\?sslmode=verify-full$/);
    expect(addressOf(urlOf({ ...rds, port: undefined })).port).toBe(5432);
    expect(addressOf(urlOf({ ...rds, port: '6432' })).port).toBe(6432);
  });

  test('that RDS manages holds a login alone, which is used at the endpoint the function was given', () => {
    expect(addressOf(urlOf(login, 'cluster.example.com:5432/ecom'))).toMatchObject({
      user: 'shop@eu',
      host: 'cluster.example.com',
      database: 'ecom',
      isVerified: true,
    });
    expect(() => urlOf(login)).toThrow(/names no host.*DATABASE_ENDPOINT/);
  });

  test('on AWS leads nowhere without a verified certificate: a URL need not ask for it, and cannot decline', () => {
    const verified = (url: string) =>
      databaseUrl(JSON.stringify({ url }), { secretArn, endpoint: undefined, isVerified: true });
    const url = 'postgres://shop:s%40cret@db.example.com:6432/marts';
    expect(verified(url)).toBe(`${url}?sslmode=verify-full`);
    expect(verified(`${url}?application_name=x`)).toBe(`${url}?application_name=x&sslmode=verify-full`);
    expect(verified(`${url}?sslmode=verify-full`)).toBe(`${url}?sslmode=verify-full`);
    for (const declined of ['sslmode=disable', 'sslmode=no-verify', 'sslmode=require', 'ssl=false']) {
      expect(() => verified(`${url}?${declined}`), declined).toThrow(ConfigError);
      expect(() => verified(`${url}?${declined}`), declined).not.toThrow(/s%40cret|s@cret/);
    }
    expect(() => verified('postgres://shop:secret@db:port/marts')).toThrow(/another shape/);
  });

  test.each([
    ['a text', '"postgres://shop:secret@db/marts"'],
    ['no JSON', 'postgres://shop:secret@db/marts'],
    ['a URL of something else', '{"url": "mysql://shop:secret@db/marts"}'],
    [
      'the login of another engine',
      '{"username": "shop", "password": "secret", "engine": "mysql", "host": "db"}',
    ],
    ['a login without a password', '{"username": "secret"}'],
  ])('that is %s is refused without showing it', (_, text) => {
    const refusal = () => databaseUrl(text, { secretArn, endpoint: 'db:5432/marts' });
    expect(refusal).toThrow(ConfigError);
    expect(refusal).toThrow(/another shape \(arn:aws:secretsmanager/);
    expect(refusal).not.toThrow(/shop:secret|"secret"/);
  });
});
