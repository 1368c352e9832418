import { expect, it } from 'vitest';
import { section } from '../../oracle/document.ts';
import recorded from '../../second-emulator/results.json';
import { faultsIn, type Results, reasonsOf } from '../../second-emulator/results.ts';
import { document, sections } from '../../second-emulator/table.ts';

const results = recorded as Results;

// Renew them with: npm run emulator:second -- --document
it.each(Object.entries(sections(results)))(
  'docs/reliability.md shows %s as it was seen',
  (name, markdown) => {
    expect(section(name, document)).toBe(markdown);
  },
);

it('the product was the same on both emulators', () => {
  expect(faultsIn(results)).toEqual([]);
});

it('a difference for no known reason is told', () => {
  const marts = { kind: 'marts', files: 2, identical: 1, differ: ['rows'] };
  expect(() => reasonsOf(marts)).toThrow('marts differ in rows, and nobody knows why');
  expect(faultsIn({ ...results, files: [marts] })).toEqual(['marts differ in rows, and nobody knows why']);
  const refused = { ...results.ministack.tooManyBadRows, error: 'States.Runtime', published: true };
  expect(faultsIn({ ...results, ministack: { ...results.ministack, tooManyBadRows: refused } })).toEqual([
    'too many bad rows: {"error":"States.Runtime","published":true}',
  ]);
});
