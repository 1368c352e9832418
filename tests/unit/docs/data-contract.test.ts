import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fileCases } from '../engine/bad-input/drops.ts';
import { lineCases } from '../engine/bad-input/lines.ts';
import { dataContractPage } from './data-contract-page.ts';

const root = PROJECT_ROOT;

it('docs/data-contract.md tells every column and every rule (renew with vitest -u)', async () => {
  await expect(dataContractPage()).toMatchFileSnapshot('../../../docs/data-contract.md');
});

/** Names of rules that stand in the code which judges rows: `rule: 'no_user'`, `whenWritten('scale', ...`. */
function rulesInCode(): string[] {
  const folders = ['layers/data', 'layers/engine/stage', 'layers/engine/clean', 'layers/engine/measure'];
  const sources = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|sql)$/.test(file))
      .map((file) => readFileSync(path.join(root, folder, file), 'utf8')),
  );
  const patterns = [
    /\brule: '([a-z_]+)'/g,
    /whenWritten\('([a-z_]+)'/g,
    /'([a-z_]+)' AS rule/g,
    /\bwarn\(\s*'\w+',\s*'\w+',\s*'([a-z_]+)'/g,
  ];
  const names = patterns.flatMap((pattern) =>
    sources.flatMap((source) => [...source.matchAll(pattern)].map(([, name = '']) => name)),
  );
  return [...new Set(names)];
}

it('docs/data-contract.md names every rule that the code knows', () => {
  const known = rulesInCode();
  expect(known.length).toBeGreaterThan(20);
  const page = dataContractPage();
  expect(known.filter((rule) => !page.includes(`\`${rule}\``))).toEqual([]);
});

it('docs/data-contract.md names every rule that a bad input breaks', () => {
  const ofLines = lineCases.flatMap(({ lines }) =>
    lines.flatMap(([, { quarantined, warned }]) => [quarantined?.[1], warned]),
  );
  const ofDrops = fileCases.flatMap(({ goesOn }) => [
    ...(goesOn?.quarantined ?? []).map(([, , rule]) => rule),
    ...(goesOn?.warned ?? []).map(([, rule]) => rule),
  ]);
  const broken = new Set([...ofLines, ...ofDrops].filter((rule) => rule !== undefined));
  const page = dataContractPage();
  expect([...broken].filter((rule) => !page.includes(`\`${rule}\``))).toEqual([]);
});
