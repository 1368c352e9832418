/**
 * Runs the oracle tests and writes into docs/statistics-evidence.md how far each method differs from its references:
 * `node infrastructure/run.mjs tests/oracle/agreement.ts`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { AGAINST, type Agreement } from './agreement-record.ts';
import { evidence, markdownTable, replaceSection } from './document.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ecom-oracle-'));
const file = path.join(folder, 'agreement.jsonl');
try {
  const run = spawnSync('npx', ['vitest', 'run', 'tests/oracle', '--reporter=dot'], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ORACLE_AGREEMENT: file },
    stdio: 'inherit',
  });
  if (run.status !== 0) throw new Error('an oracle test fails, so there is no agreement to report');
  const records = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Agreement);
  replaceSection('agreement', table(records), evidence);
} finally {
  rmSync(folder, { recursive: true });
}

function table(records: readonly Agreement[]): string {
  const groups = new Map<string, Agreement[]>();
  for (const record of records) {
    const group = record.test.split(' > ').find((part) => part.includes(AGAINST)) ?? '';
    groups.set(group, [...(groups.get(group) ?? []), record]);
  }
  const rows = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, numbers]) => {
      const cases = new Set(numbers.map(({ test }) => test)).size;
      const errors = numbers.flatMap(({ error }) => (error === null ? [] : [error]));
      const tolerances = numbers.flatMap(({ tolerance }) => (tolerance === null ? [] : [tolerance]));
      const printed = numbers.length - errors.length;
      const largest = errors.length === 0 ? '' : exponential(Math.max(...errors));
      const allowed = errors.length === 0 ? '' : exponential(Math.max(...tolerances));
      const counted = [cases, errors.length, largest, allowed, printed || ''].map(String);
      return [...group.split(` ${AGAINST} `), ...counted];
    });
  return markdownTable(
    [
      'Method',
      'Reference',
      'Cases',
      'Numbers',
      'Largest relative difference',
      'Widest tolerance',
      'Printed numbers, equal in all digits',
    ],
    rows,
  );
}

function exponential(value: number): string {
  return value === 0 ? '0' : value.toExponential(0);
}
