import baseConfig from '../../config/base.yaml';
import { parallelExperiments } from '../../layers/analysis/parallel.ts';
import { loadConfig, settingsOf } from '../../layers/experiment/config.ts';
import type { ArmMeasurement, ExperimentMeasurement } from '../../layers/experiment/measurements.ts';
import { experimentOf } from '../unit/analysis/measurement.ts';
import { conversions } from './samplers.ts';
import type { Scenario } from './scenario.ts';

const config = loadConfig([
  { name: 'config/base.yaml', text: baseConfig },
  { name: 'experiment.yaml', text: 'experiments: { "*": { cuped: null, secondary: [], guardrails: {} } }' },
]);

interface Parallel {
  readonly id: string;
  /** Share of the users in its treatment, and what that does to their conversion. */
  readonly treated: number;
  readonly lift: number;
}

interface Cell {
  readonly users: number;
  readonly converted: number;
  /** By experiment: whether in its treatment. */
  readonly treated: readonly boolean[];
}

/** Experiments of the same users, whose effects multiply: what is found between them is by chance. */
function between(experiments: readonly Parallel[], users: number, rate: number) {
  const cells = Array.from({ length: 2 ** experiments.length }, (_, cell) => {
    const treated = experiments.map((_, index) => (cell & (1 << index)) !== 0);
    const product = (of: (own: Parallel, isTreated: boolean) => number) =>
      experiments.reduce((all, own, index) => all * of(own, treated[index] ?? false), 1);
    const count = Math.round(users * product((own, isIn) => (isIn ? own.treated : 1 - own.treated)));
    return { treated, draw: conversions(count, rate * product((own, isIn) => (isIn ? 1 + own.lift : 1))) };
  });
  const run = { config, unavailable: [] };
  return (random: () => number) => {
    const drawn = cells.map(({ treated, draw }): Cell => {
      const { n, sum } = draw(random);
      return { treated, users: Number(n), converted: Number(sum) };
    });
    const measured = experiments.map(({ id }, own) => ({
      measurement: measurementOf(
        id,
        armsOf(drawn, own),
        experiments.flatMap((other, index) =>
          index === own
            ? []
            : [false, true].map((isTreated) => ({
                experimentId: other.id,
                variant: nameOf(isTreated),
                arms: armsOf(
                  drawn.filter(({ treated }) => treated[index] === isTreated),
                  own,
                ),
              })),
        ),
      ),
      settings: settingsOf(config, id),
    }));
    return [...parallelExperiments(measured, run).values()].flat();
  };
}

function armsOf(cells: readonly Cell[], own: number): ArmMeasurement[] {
  return [false, true].map((isTreated) => {
    const arm = cells.filter(({ treated }) => treated[own] === isTreated);
    const users = arm.reduce((sum, cell) => sum + cell.users, 0);
    const purchased = String(arm.reduce((sum, cell) => sum + cell.converted, 0));
    return {
      variant: nameOf(isTreated),
      assigned: users,
      exposed: users,
      users,
      sums: { purchased },
      products: { purchased: { purchased } },
    };
  });
}

function nameOf(isTreated: boolean): string {
  return isTreated ? 'treatment' : 'control';
}

function measurementOf(
  experimentId: string,
  arms: ArmMeasurement[],
  parallel: NonNullable<ExperimentMeasurement['parallel']>,
): ExperimentMeasurement {
  return experimentOf(arms, { experimentId, columns: [{ column: 'purchased', unit: 'count' }], parallel });
}

const alpha = 0.05;
const method = 'Interaction of two experiments by their shared users';

function pair(setting: string, second: Omit<Parallel, 'id'>): Scenario {
  const test = between(
    [
      { id: 'a', treated: 0.5, lift: 0.2 },
      { id: 'b', ...second },
    ],
    20_000,
    0.05,
  );
  return {
    method,
    setting,
    measures: 'false positives',
    nominal: alpha,
    promise: 'equal',
    repetitions: 10_000,
    trial: (random) => (test(random)[0]?.p ?? 1) < alpha,
  };
}

function several(): Scenario {
  const test = between(
    [
      { id: 'a', treated: 0.5, lift: 0.2 },
      { id: 'b', treated: 0.5, lift: -0.1 },
      { id: 'c', treated: 0.2, lift: 0.1 },
    ],
    40_000,
    0.05,
  );
  return {
    method: `${method}, some of the pairs`,
    setting: '40000 users in three experiments at 5 %, +20 %, -10 % and +10 %',
    measures: 'false positives',
    nominal: 1 - (1 - alpha / 3) ** 3,
    promise: 'equal',
    repetitions: 10_000,
    trial: (random) => test(random).some(({ pAdjusted }) => (pAdjusted ?? 1) < alpha),
  };
}

export const parallel: readonly Scenario[] = [
  pair('20000 users at 5 %, +20 % and no effect', { treated: 0.5, lift: 0 }),
  pair('20000 users at 5 %, +20 % and +30 %, the other 9 : 1', { treated: 0.1, lift: 0.3 }),
  several(),
];
