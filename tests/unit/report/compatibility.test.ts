import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import { resultRows } from '../../../layers/report/results.ts';
import { reportSchema, unavailable } from '../../../layers/report/schema.ts';
import { unavailableLabel } from '../../../layers/report/words.ts';

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

  it('name what was not available in words, which are read as what they mean', () => {
    const reason = 'the drop has no users';
    const read = ['session_duration', 'segment country', 'check of user ids against users'].map((what) =>
      unavailable.parse({ what, reason }),
    );
    expect(read).toEqual([
      { kind: 'metric', name: 'session_duration', reason },
      { kind: 'segment', name: 'country', reason },
      { kind: 'check', name: 'check of user ids against users', reason },
    ]);
    expect(read.map(unavailableLabel)).toEqual([
      'session_duration',
      'segment country',
      'check of user ids against users',
    ]);
  });

  it('name their checks only, which are called by their names', () => {
    const [file = ''] = readdirSync(folder);
    const report = reportSchema.parse(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
    const checks = report.experiments.flatMap(({ trust }) => trust.checks);
    expect(checks.find(({ name }) => name === 'sample_ratio_by_segment')).toMatchObject({
      label: 'Sample ratio by segment',
      isAdjusted: true,
      note: null,
    });
  });

  it('lack which numbers decide, which follow from the others', () => {
    const [file = ''] = readdirSync(folder);
    const stored = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const [before] = stored.experiments[0].metrics[0].comparisons;
    const [after] = reportSchema.parse(stored).experiments[0]?.metrics[0]?.comparisons ?? [];
    expect(before.deciding).toBeUndefined();
    expect(after?.deciding).toMatchObject({
      testing: 'fixed_horizon',
      effect: before.effect,
      adjustedCi: before.adjustedCi,
      p: before.test.p,
      test: { p: before.test.pAdjusted },
    });
  });
});
