/** What was measured of something: how much work of each kind it was, and what it took. */
export interface Observation {
  readonly work: readonly number[];
  readonly took: number;
}

/**
 * Rates of each kind of work, none of them negative, that bring the sums of work x rate nearest to what was measured, by
 * the squares of the relative differences. Solved by coordinate descent.
 */
export function rates(observations: readonly Observation[]): number[] {
  const rows = observations
    .filter(({ took }) => took > 0)
    .map(({ work, took }) => work.map((amount) => amount / took));
  const kinds = observations[0]?.work.length ?? 0;
  // Kinds of work differ by orders of magnitude: each is scaled to 1.
  const scale = Array.from({ length: kinds }, (_, k) => Math.max(...rows.map((row) => row[k] ?? 0)) || 1);
  const found = new Array<number>(kinds).fill(0);
  const of = (row: readonly number[], k: number) => (row[k] ?? 0) / (scale[k] ?? 1);
  for (let round = 0; round < 100_000; round += 1) {
    let moved = 0;
    for (let k = 0; k < kinds; k += 1) {
      let [along, against] = [0, 0];
      for (const row of rows) {
        const others = row.reduce((sum, _, j) => sum + (j === k ? 0 : of(row, j) * (found[j] ?? 0)), 0);
        along += of(row, k) ** 2;
        against += of(row, k) * (1 - others);
      }
      const next = along === 0 ? 0 : Math.max(0, against / along);
      moved = Math.max(moved, Math.abs(next - (found[k] ?? 0)));
      found[k] = next;
    }
    if (moved < 1e-12) break;
  }
  return found.map((rate, k) => rate / (scale[k] ?? 1));
}

/** What work takes at these rates. */
export function at(found: readonly number[], work: readonly number[]): number {
  return work.reduce((sum, amount, k) => sum + amount * (found[k] ?? 0), 0);
}
