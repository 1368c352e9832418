/**
 * Time, cost and limits of a run of any size: `npm run simulate:scale -- --events 1e9 [--concurrency <functions at a time>]`,
 * from what was measured and what AWS publishes (measured.json and aws.json beside this file).
 *
 * `-- --measure <events> [--buckets <n>]` measures a generated shop on this machine, puts the run into measured.json in
 * place of the one of its size, and renews the tables of docs/scale.md; without events it renews them alone.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { replaceSection } from '../../oracle/document.ts';
import { type MeasuredRun, measureRun } from './measure.ts';
import { modelOf } from './model.ts';
import { defaultConcurrency, estimateText, limitsTable, measuredTable, sizesTable } from './table.ts';

const file = path.join(PROJECT_ROOT, 'tests/simulation/scale/measured.json');
const document = 'docs/scale.md';

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    concurrency: { type: 'string', default: String(defaultConcurrency) },
    measure: { type: 'string' },
    buckets: { type: 'string' },
    document: { type: 'boolean', default: false },
  },
});
const known: readonly MeasuredRun[] = JSON.parse(readFileSync(file, 'utf8'));

if (values.measure !== undefined) {
  const buckets = values.buckets === undefined ? undefined : Number(values.buckets);
  keep(await measureRun(Number(values.measure), buckets));
} else if (values.document) {
  renewTables(known);
} else if (values.events !== undefined) {
  process.stdout.write(
    `${estimateText(modelOf(known), Number(values.events), Number(values.concurrency))}\n`,
  );
} else {
  process.stdout.write(`${sizesTable(modelOf(known), Number(values.concurrency))}\n`);
}

function keep(run: MeasuredRun): void {
  const order = (one: MeasuredRun) => one.rows.events + one.buckets / 1000;
  const runs = [...known.filter((one) => order(one) !== order(run)), run].toSorted(
    (a, b) => order(a) - order(b),
  );
  writeFileSync(file, `${JSON.stringify(runs, null, 2)}\n`);
  process.stdout.write(`${measuredTable(runs)}\n`);
  renewTables(runs);
}

function renewTables(runs: readonly MeasuredRun[]): void {
  const model = modelOf(runs);
  replaceSection('sizes', sizesTable(model), document);
  replaceSection('limits', limitsTable(model), document);
  replaceSection('measured', measuredTable(runs), document);
}
