import type { Config } from './config-schema.ts';
import { metricNames } from './metrics.ts';
import { nearest } from './nearest.ts';

interface Problem {
  readonly path: readonly string[];
  readonly what: string;
  readonly remedy: string;
}

/** What a schema cannot see: names that refer to other parts of the configuration, and sums. */
export function checkReferences(config: Config): Problem[] {
  const known = metricNames(config);
  const problems: Problem[] = [];
  for (const [experiment, settings] of Object.entries(config.experiments)) {
    const at = (...path: string[]) => ['experiments', experiment, ...path];
    const named: [string[], string][] = [
      [at('primary'), settings.primary],
      ...settings.secondary.map((metric): [string[], string] => [at('secondary'), metric]),
      ...Object.keys(settings.guardrails).map((metric): [string[], string] => [
        at('guardrails', metric),
        metric,
      ]),
      ...Object.keys(settings.capping).map((metric): [string[], string] => [at('capping', metric), metric]),
    ];
    for (const [path, metric] of named) {
      if (known.includes(metric)) continue;
      const near = nearest(metric, known);
      problems.push({
        path,
        what: `there is no metric "${metric}"`,
        remedy: near === undefined ? `The metrics are ${known.join(', ')}` : `Did you mean "${near}"?`,
      });
    }
    if (settings.multiple_arms === 'dunnett' && settings.correction === 'benjamini_hochberg') {
      problems.push({
        path: at('multiple_arms'),
        what: 'dunnett keeps the family-wise error and benjamini_hochberg the false discovery rate: they do not combine',
        remedy: 'Use correction: holm (or none) with multiple_arms: dunnett',
      });
    }
    if (
      settings.sequential.method === 'group_sequential' &&
      settings.planned_users === null &&
      settings.planned_end === null
    ) {
      problems.push({
        path: at('sequential'),
        what: 'group_sequential needs to know how far the experiment is',
        remedy: 'Declare planned_users or planned_end',
      });
    }
    if (settings.decision.estimate === 'cuped' && settings.cuped === null) {
      problems.push({
        path: at('decision', 'estimate'),
        what: 'the decision goes by cuped, which is switched off',
        remedy: 'Declare cuped: { lookback_days: 14 }, or decision: { estimate: unadjusted }',
      });
    }
    if (settings.weights !== 'equal')
      problems.push(...checkWeights(settings.weights, settings.control, at('weights')));
  }
  return problems;
}

function checkWeights(weights: Record<string, number>, control: string, path: string[]): Problem[] {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(total - 1) > 1e-9) {
    return [
      { path, what: `the weights sum to ${total}`, remedy: 'They are shares of all users and sum to 1' },
    ];
  }
  if (!(control in weights)) {
    return [{ path, what: `the weights lack the control "${control}"`, remedy: 'Give each arm its share' }];
  }
  return [];
}
