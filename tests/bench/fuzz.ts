/**
 * Fuzzes the reading of files: `node infrastructure/run.mjs tests/bench/fuzz.ts [cases] [first seed]`. A case is a record with
 * up to three spoilt cells, 1,000 of them in a file with a good record after each; every fourth file has a spoilt header or
 * spoilt bytes as well. Ends with the seed of the first file of which something vanished or that crashed the reader.
 */
import { accountFor, fuzzedFile } from '../unit/engine/stage/fuzz.ts';

const casesPerFile = 1000;
const [cases = 1_000_000, first = 1] = process.argv.slice(2).map(Number);
const sum = { files: 0, cases: 0, lines: 0, accepted: 0, quarantined: 0 };
const refusals = new Map<string, number>();
for (let seed = first; sum.cases < cases; seed += 1) {
  const file = fuzzedFile(seed, casesPerFile);
  const { lines, accepted, quarantined, refused } = await accountFor(file).catch((error: unknown) => {
    throw new Error(`seed ${seed}`, { cause: error });
  });
  sum.files += 1;
  sum.cases += file.cases;
  sum.lines += lines;
  sum.accepted += accepted;
  sum.quarantined += quarantined;
  if (refused !== null) {
    const kind = refused.replaceAll(/"[^"]*"|\d+/g, '…').slice(0, 60);
    refusals.set(kind, (refusals.get(kind) ?? 0) + 1);
  }
  if (sum.files % 50 === 0) console.error(sum);
}
console.log(sum);
console.log(Object.fromEntries(refusals));
