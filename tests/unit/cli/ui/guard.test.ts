import { describe, expect, it } from 'vitest';
import { Guard, tokenHeader } from '../../../../cli/ui/guard.ts';

describe('Guard', () => {
  const guard = new Guard(4600);
  const status = (method: string, headers: Record<string, string>) =>
    guard.refusal({ method, headers })?.status;

  it.each(['127.0.0.1:4600', 'localhost:4600', 'LOCALHOST:4600', '[::1]:4600'])(
    'answers under the name %s',
    (host) => {
      expect(status('GET', { host })).toBeUndefined();
    },
  );

  it.each([
    'shop.example',
    'shop.example:4600',
    '127.0.0.1',
    '127.0.0.1:4601',
    'localhost.shop.example:4600',
    '',
  ])('does not answer under the name "%s"', (host) => {
    expect(status('GET', { host })).toBe(421);
  });

  it('lets its own pages change something, and nobody else', () => {
    const host = '127.0.0.1:4600';
    const [origin, token] = [`http://${host}`, guard.token];
    expect(status('POST', { host, origin, [tokenHeader]: token })).toBeUndefined();
    expect(status('PUT', { host, origin })).toBe(403);
    expect(status('PUT', { host, origin, [tokenHeader]: `${token.slice(0, -1)}!` })).toBe(403);
    expect(status('PUT', { host, [tokenHeader]: token })).toBe(403);
    expect(status('DELETE', { host, origin: 'http://localhost:4600', [tokenHeader]: token })).toBe(403);
  });

  it('has another token each time it starts', () => {
    expect(new Guard(4600).token).not.toBe(guard.token);
  });
});
