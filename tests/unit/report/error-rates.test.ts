import { expect, test } from 'vitest';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import { type ErrorRates, reportSchema } from '../../../layers/report/schema.ts';
import { shopReport } from './shop-report.ts';

const rates: ErrorRates = {
  simulated: { looks: 'at_the_end', kind: 'ratio', arms: 2, even: true },
  isAlike: true,
  experiments: 2100,
  shipped: { rate: 0.024, lower: 0.015, upper: 0.038 },
  harmShown: { rate: 0.025, lower: 0.016, upper: 0.039 },
};
const withRates = (errorRates: ErrorRates | null) => {
  const report = shopReport();
  return reportSchema.parse({
    ...report,
    experiments: report.experiments.map((one) => ({ ...one, errorRates })),
  });
};

test('page and document say how often rules like these err, and what was simulated', () => {
  for (const render of [reportPage, decisionDocument]) {
    const text = render(withRates(rates)).replaceAll('\u00a0', ' ').replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      'In 2,100 simulated experiments without any effect, these rules shipped 2.4 % (1.5 % to 3.8 %). They called harm shown in 2.5 % (1.6 % to 3.9 %). They had a ratio as the primary metric and 2 arms of one size, and were looked at once, at the planned end.',
    );
    expect(text).not.toContain('not simulated');
    expect(render(withRates({ ...rates, isAlike: false }))).toContain(
      'Experiments with 2 arms of these sizes were not simulated; this is of the nearest.',
    );
  }
});

test('with three arms, the error rates name three, and the cross-check says which two it compares', () => {
  const report = withRates({ ...rates, isAlike: false });
  const experiments = report.experiments.map((one) => ({
    ...one,
    arms: [...one.arms, { ...one.arms[0], variant: 'other', users: 1, exposed: 1, assigned: 1 }],
  }));
  for (const render of [reportPage, decisionDocument])
    expect(render({ ...report, experiments })).toContain(
      'Experiments with 3 arms of these sizes were not simulated;',
    );
  expect(decisionDocument({ ...report, experiments })).toContain(
    'They compare two arms: treatment against control. The other arms are not in them.',
  );
  expect(decisionDocument(report)).not.toContain('two arms: treatment against control');
});

test('nothing is said of errors where nothing like it was simulated', () => {
  for (const render of [reportPage, decisionDocument])
    expect(render(withRates(null))).not.toContain('simulated experiments');
});
