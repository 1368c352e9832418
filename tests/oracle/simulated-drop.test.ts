import { describe, expect, test } from 'vitest';
import { buildReport } from '../../layers/analysis/build-report.ts';
import { runConfiguration } from '../../layers/experiment/run-configuration.ts';
import { dateOf } from '../simulation/decisions/calendar.ts';
import { recordFiles } from '../simulation/decisions/csv.ts';
import { simulateExperiment } from '../simulation/decisions/experiment.ts';
import { generate } from '../simulation/decisions/generate.ts';
import { measurementsAt } from '../simulation/decisions/measured/measure.ts';
import { randomFrom } from '../simulation/decisions/random.ts';
import { shopBehaviour, type Truth, twoArms } from '../simulation/decisions/truth.ts';
import { runDrop } from '../unit/engine/bad-input/run-drop.ts';

const shop: Truth = {
  users: 1200,
  assignmentDays: 9,
  exposure: [0.8, 0.06, 0.04],
  arms: twoArms(shopBehaviour, { conversion: 0.06, bounce: 0.25 }),
};

const cases: readonly { name: string; truth: Truth; day: number; yaml: string }[] = [
  { name: 'all windows closed, by default', truth: shop, day: 25, yaml: '' },
  { name: 'windows open, all counted', truth: shop, day: 8, yaml: '' },
  {
    name: 'windows open, those left out',
    truth: shop,
    day: 18,
    yaml: 'experiments: { "*": { immature: exclude, cuped: null, capping: { revenue_per_user: { percentile: 90, ignore_zeros: true } } } }',
  },
  {
    name: 'a window of five days, which ends before day 7',
    truth: shop,
    day: 12,
    yaml: 'experiments: { "*": { outcome_window_days: 5 } }',
  },
  {
    name: 'four arms of unequal size and a quantile of revenue',
    truth: {
      ...shop,
      arms: ['control', 'a', 'b', 'z'].map((variant, index) => ({
        variant,
        share: index === 0 ? 0.4 : 0.2,
        behaviour: { ...shopBehaviour, conversion: 0.2, orderSigma: 2, stepMs: 15_000 + 600 * index },
      })),
    },
    day: 12,
    yaml: `experiments:
  "*":
    weights: { control: 0.4, a: 0.2, b: 0.2, z: 0.2 }
    primary: revenue_p90
metrics: { revenue_p90: { kind: quantile, value: revenue, quantile: 0.9 } }`,
  },
];

describe('a simulated experiment is measured as the stages measure the files of its users', () => {
  test.each(cases)('$name', async ({ name, truth, day, yaml }) => {
    const { sink, files } = recordFiles(truth);
    generate(truth, randomFrom(name), sink);
    const text = `as_of: ${dateOf(day)}\n${yaml}\n`;
    const { measured } = await runDrop({ ...files(day), 'experiment.yaml': text });

    const config = runConfiguration({ name: 'experiment.yaml', text });
    const simulated = measurementsAt(truth, simulateExperiment(truth, name), config, day);
    // How events were logged is not simulated, as nothing is wrong with it, nor what no verdict rests on.
    const shortcut = {
      ...simulated,
      experiments: simulated.experiments.map((experiment, index) => ({
        ...experiment,
        eventQuality: measured.experiments[index]?.eventQuality,
        assignedOutcomes: measured.experiments[index]?.assignedOutcomes,
        leftOut: measured.experiments[index]?.leftOut,
      })),
    };

    expect(shortcut).toEqual(measured);
    const plan = { runId: 'r', drop: 'd', config, configHash: 'h', codeVersion: 'c', unavailable: [] };
    expect(buildReport(plan, { inputs: [] }, shortcut)).toEqual(buildReport(plan, { inputs: [] }, measured));
  });
});
