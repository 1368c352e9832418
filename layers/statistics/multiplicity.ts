/** Holm's step-down adjusted p-values (family-wise error), in the order given. */
export function holm(pValues: readonly number[]): number[] {
  const m = pValues.length;
  let running = 0;
  return adjust(
    pValues,
    (a, b) => a - b,
    (p, position) => {
      running = Math.max(running, Math.min(1, p * (m - position)));
      return running;
    },
  );
}

/** Benjamini and Hochberg's step-up adjusted p-values (false discovery rate), in the order given. */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  return stepUp(pValues, 1);
}

/** Benjamini and Yekutieli's adjusted p-values: the false discovery rate under any dependence, in the order given. */
export function benjaminiYekutieli(pValues: readonly number[]): number[] {
  return stepUp(
    pValues,
    pValues.reduce((total, _, i) => total + 1 / (i + 1), 0),
  );
}

function stepUp(pValues: readonly number[], penalty: number): number[] {
  const m = pValues.length;
  let running = 1;
  return adjust(
    pValues,
    (a, b) => b - a,
    (p, position) => {
      running = Math.min(running, p * ((penalty * m) / (m - position)));
      return running;
    },
  );
}

/** Visits the p-values in sorted order and puts each result where its p-value stood. */
function adjust(
  pValues: readonly number[],
  order: (a: number, b: number) => number,
  adjusted: (p: number, position: number) => number,
): number[] {
  const invalid = pValues.find((p) => !(p >= 0 && p <= 1));
  if (invalid !== undefined) throw new RangeError(`a p-value must lie between 0 and 1, got ${invalid}`);
  const result = new Array<number>(pValues.length);
  const sorted = pValues.map((p, index) => ({ p, index })).sort((a, b) => order(a.p, b.p));
  for (const [position, { p, index }] of sorted.entries()) result[index] = adjusted(p, position);
  return result;
}
