import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import { resultRows } from '../../../layers/report/results-table.ts';
import { reportSchema } from '../../../layers/report/schema.ts';

const folder = path.join(import.meta.dirname, 'fixtures');

/**
 * Reports as earlier versions wrote them. They are never renewed: a change that cannot read one raises `schemaVersion`
 * and brings a way to read the old version.
 */
describe('reports of earlier versions', () => {
  it.each(readdirSync(folder))('%s is still read, rendered and tabulated', (file) => {
    const report = reportSchema.parse(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
    expect(reportPage(report)).toContain('checkout');
    expect(decisionDocument(report)).toContain('## checkout');
    expect(resultRows(report).length).toBeGreaterThan(0);
  });
});
