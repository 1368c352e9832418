type Matrix = readonly (readonly bigint[])[];

/** Determinant of an integer matrix by Bareiss' fraction-free elimination: exact, 1 for the empty matrix. */
export function determinant(matrix: Matrix): bigint {
  const rows = matrix.map((row) => [...row]);
  let sign = 1n;
  let previous = 1n;
  for (let k = 0; k < rows.length; k++) {
    const pivotRow = rows.findIndex((row, i) => i >= k && row[k] !== 0n);
    if (pivotRow < 0) return 0n;
    if (pivotRow !== k) {
      [rows[k], rows[pivotRow]] = [rows[pivotRow] ?? [], rows[k] ?? []];
      sign = -sign;
    }
    const top = rows[k] ?? [];
    const pivot = top[k] ?? 0n;
    for (const row of rows.slice(k + 1)) {
      const head = row[k] ?? 0n;
      for (let j = k + 1; j < row.length; j++) {
        row[j] = ((row[j] ?? 0n) * pivot - head * (top[j] ?? 0n)) / previous;
      }
    }
    previous = pivot;
  }
  return sign * previous;
}

/** Indices of a Gram matrix's rows that are not linear combinations of earlier ones. */
export function independentRows(gram: Matrix): number[] {
  const kept: number[] = [];
  for (const candidate of gram.keys()) {
    const wider = [...kept, candidate];
    const minor = wider.map((i) => wider.map((j) => gram[i]?.[j] ?? 0n));
    if (determinant(minor) !== 0n) kept.push(candidate);
  }
  return kept;
}
