import { createHmac } from 'node:crypto';
import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../layers/platform/duckdb.ts';
import { hashedText, piiKeyFingerprint, readPiiKey, usePiiKey } from '../../../layers/platform/pii-key.ts';
import { literal } from '../../../layers/platform/sql.ts';

const key = 'k'.repeat(32);

describe('a hashed text', () => {
  it.each([
    ['a short key', key],
    ['a key of one block', 'b'.repeat(64)],
    ['a key longer than a block', 'long-'.repeat(30)],
    ['a key of several bytes a character', 'ключ'.repeat(8)],
  ])("is the HMAC-SHA256 that Node's own crypto makes, with %s", async (_, secret) => {
    await using database = await Database.open({ memoryMb: 512, folder: os.tmpdir() });
    await usePiiKey(database, secret);
    for (const text of ['anna@example.com', '', "Zoë O'Neill", 'x'.repeat(500)]) {
      const { hash } = await database.row<{ hash: string }>(`SELECT ${hashedText(literal(text))} AS hash`);
      expect(hash).toBe(createHmac('sha256', secret).update(text).digest('hex'));
    }
  });

  it('is no value where there is none', async () => {
    await using database = await Database.open({ memoryMb: 512, folder: os.tmpdir() });
    await usePiiKey(database, key);
    expect(await database.row(`SELECT ${hashedText('NULL::VARCHAR')} AS hash`)).toEqual({ hash: null });
  });
});

describe('the key', () => {
  it('that is missing is a ConfigError that says how to make one', () => {
    expect(() => readPiiKey({})).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        fault: {
          what: 'there is no key to hash personal data with',
          where: 'ECOM_PII_KEY',
          remedy: expect.stringContaining('openssl rand -hex 32'),
        },
      }),
    );
  });

  it('that could be guessed is refused without being shown', () => {
    expect(() => readPiiKey({ ECOM_PII_KEY: 'swordfish' })).toThrow(/has 9 characters/);
    expect(() => readPiiKey({ ECOM_PII_KEY: 'swordfish' })).not.toThrow(/swordfish/);
  });

  it('has a fingerprint that tells it from another one', () => {
    expect(piiKeyFingerprint(key)).toMatch(/^[0-9a-f]{16}$/);
    expect(piiKeyFingerprint(key)).not.toBe(piiKeyFingerprint(`${key}k`));
  });
});
