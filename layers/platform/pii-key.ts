import { createHash, createHmac } from 'node:crypto';
import type { Database } from './duckdb.ts';
import { ConfigError } from './errors.ts';

/** Environment variable of the key that personal data are hashed with. */
export const piiKeyVariable = 'ECOM_PII_KEY';

const shortestKey = 32;
const blockBytes = 64;

/** @throws ConfigError where there is no key, or one that could be guessed; it is never shown */
export function readPiiKey(variables: NodeJS.ProcessEnv = process.env): string {
  const key = variables[piiKeyVariable] ?? '';
  if (key.length >= shortestKey) return key;
  throw new ConfigError({
    what:
      key === ''
        ? 'there is no key to hash personal data with'
        : `the key to hash personal data with has ${key.length} characters, and fewer than ${shortestKey} can be guessed`,
    where: piiKeyVariable,
    remedy: `Set the environment variable ${piiKeyVariable} to a secret (openssl rand -hex 32), the same one for all runs whose hashes are to agree; or mark the columns as drop, which needs no key`,
  });
}

/** Tells one key from another, and nothing else of it. */
export function piiKeyFingerprint(key: string): string {
  return createHmac('sha256', key).update('ecom pii key').digest('hex').slice(0, 16);
}

/** Makes {@link hashedText} work on the connection. Statements name the key no more, so that no error shows it. */
export async function usePiiKey(database: Database, key: string): Promise<void> {
  const bytes = Buffer.from(key, 'utf8');
  // RFC 2104: a key longer than a block is replaced by its hash; two pads are made of it.
  const block = Buffer.alloc(blockBytes);
  (bytes.length > blockBytes ? createHash('sha256').update(bytes).digest() : bytes).copy(block);
  const padded = (byte: number) => Buffer.from(block.map((each) => each ^ byte)).toString('hex');
  await database.run(
    `SET VARIABLE pii_inner = unhex('${padded(0x36)}'); SET VARIABLE pii_outer = unhex('${padded(0x5c)}')`,
  );
}

/** SQL of the HMAC-SHA256 of a text in UTF-8, as 64 hex digits; NULL of NULL. Source: RFC 2104. */
export function hashedText(text: string): string {
  const inner = `unhex(sha256(getvariable('pii_inner') || encode(${text})))`;
  return `CASE WHEN ${text} IS NOT NULL THEN sha256(getvariable('pii_outer') || ${inner}) END`;
}
