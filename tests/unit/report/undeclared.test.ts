import { expect, test } from 'vitest';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import { reportSchema } from '../../../layers/report/schema.ts';
import { undeclaredNote } from '../../../layers/report/words.ts';
import { shopReport } from './shop-report.ts';

test('a run whose files nobody declared to be the drop says so on page and document, another one does not', () => {
  const report = shopReport();
  const undeclared = reportSchema.parse({ ...report, run: { ...report.run, undeclared: true } });
  for (const render of [reportPage, decisionDocument]) {
    expect(render(undeclared)).toContain(undeclaredNote);
    expect(render(report)).not.toContain(undeclaredNote);
  }
});
