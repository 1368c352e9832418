import type { LoadResult } from '../documents.ts';

/** What the parts of a load, each of which tells of its own users, have loaded together. */
export function totalOf(parts: readonly LoadResult[]): LoadResult {
  const tables = new Map<string, LoadResult['tables'][number]>();
  const variants = new Map<string, LoadResult['variants'][number]>();
  for (const part of parts) {
    for (const { table, rows, revenue } of part.tables) {
      const before = tables.get(table);
      tables.set(table, {
        table,
        rows: rows + (before?.rows ?? 0),
        revenue: revenue === null ? null : sum(revenue, before?.revenue ?? '0.00'),
      });
    }
    for (const arm of part.variants) {
      const name = JSON.stringify([arm.experimentId, arm.variant]);
      variants.set(name, { ...arm, users: arm.users + (variants.get(name)?.users ?? 0) });
    }
  }
  return {
    tables: [...tables.values()],
    variants: [...variants.values()].toSorted(
      (a, b) => compare(a.experimentId, b.experimentId) || compare(a.variant, b.variant),
    ),
  };
}

/** Of two decimal strings with two digits after the point. */
function sum(a: string, b: string): string {
  const cents = BigInt(a.replace('.', '')) + BigInt(b.replace('.', ''));
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
