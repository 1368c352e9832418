import { judgeExperiment } from '../../../layers/analysis/analyze-experiment.ts';
import { type Config, settingsOf } from '../../../layers/experiment/config.ts';
import { runConfiguration } from '../../../layers/experiment/run-configuration.ts';
import { metricLabel } from '../../../layers/report/labels.ts';
import type { Decision } from '../../../layers/report/schema.ts';
import type { Cell } from './cell.ts';
import { simulateExperiment } from './experiment.ts';
import { measurementsAt } from './measured/measure.ts';

/** What the product said at one look. */
export interface Verdict {
  readonly action: Decision['action'];
  readonly rule: string;
  readonly variant: string | null;
  /** Whether some treatment is significantly better on the primary metric. */
  readonly isBetter: boolean;
  /** Whether it ships a treatment that some metric is significantly worse in, without a reason that names it and says so. */
  readonly isSilentHarm: boolean;
  /** Of each treatment and guardrail, whether it is shown to be within its margin: `bounce_rate not_shown`. */
  readonly guardrails: readonly string[];
  /** Analysed users. */
  readonly users: number;
}

/** The configuration of a cell, as the shop's experiment.yaml makes it. */
export function configOf({ yaml }: Pick<Cell, 'yaml'>): Config {
  return runConfiguration({ name: 'experiment.yaml', text: yaml });
}

/** The verdict of every look at one simulated experiment. */
export function verdictsOf(cell: Pick<Cell, 'truth' | 'looks'>, config: Config, seed: string): Verdict[] {
  const history = simulateExperiment(cell.truth, seed);
  return cell.looks.map((day) => {
    const { experiments, ...run } = measurementsAt(cell.truth, history, config, day);
    const [measurement] = experiments;
    if (measurement === undefined) throw new Error('a simulated drop has one experiment');
    const settings = settingsOf(config, measurement.experimentId);
    return verdictOf(judgeExperiment(measurement, settings, { ...run, config, unavailable: [] }));
  });
}

function verdictOf({ decision, metrics, sample }: ReturnType<typeof judgeExperiment>): Verdict {
  const { action, rule, variant, reasons } = decision;
  const worse = metrics.filter(({ comparisons }) =>
    comparisons.some((found) => found.variant === variant && found.verdict === 'worse'),
  );
  return {
    action,
    rule,
    variant,
    isBetter: metrics.some(
      ({ role, comparisons }) =>
        role === 'primary' && comparisons.some(({ verdict }) => verdict === 'better'),
    ),
    isSilentHarm:
      action === 'ship' &&
      worse.some(
        ({ metric }) =>
          !reasons.some((reason) => reason.includes(metricLabel(metric)) && reason.includes('worse')),
      ),
    guardrails: metrics.flatMap(({ metric, comparisons }) =>
      comparisons.flatMap(({ nonInferiority }) =>
        nonInferiority === undefined ? [] : [`${metric} ${nonInferiority.status}`],
      ),
    ),
    users: sample.pooled.reduce((sum, { users }) => sum + users, 0),
  };
}
