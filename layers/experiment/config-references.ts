import { nearest } from '../platform/nearest.ts';
import type { Config, ExperimentSettings } from './config-schema.ts';
import { fixedColumns } from './metrics/built-in.ts';
import { type DeclaredMetric, kindNamed } from './metrics/kinds.ts';
import { existsBefore, metricNamed, metricNames, ratioColumns, ratioPart } from './metrics.ts';

interface Problem {
  readonly path: readonly string[];
  readonly what: string;
  readonly remedy: string;
}

/** What a schema cannot see: names that refer to other parts of the configuration, and sums. */
export function checkReferences(config: Config): Problem[] {
  const declared = Object.entries(config.metrics).flatMap(([name, metric]) =>
    checkDeclaration(config, name, metric),
  );
  // What refers to a metric whose declaration is wrong cannot be judged.
  if (declared.length > 0) return declared;
  return [...checkSummary(config), ...checkExperiments(config)];
}

/** Of sums by arm there are the metrics that the file tells of, as they are. */
function checkSummary(config: Config): Problem[] {
  const { summary } = config;
  if (summary === null) return [];
  const told = Object.keys(summary.outcomes);
  const known = metricNames(config).filter((name) => kindsOfSums.includes(metricNamed(config, name)?.kind));
  const outcomes = Object.entries(summary.outcomes).flatMap(([name, outcome]): Problem[] => {
    const path = ['summary', 'outcomes', name];
    if (!known.includes(name)) {
      return [
        {
          path,
          what: `"${name}" is no metric that sums by arm suffice for`,
          remedy: suggestion(name, known, 'Those are'),
        },
      ];
    }
    if (metricNamed(config, name)?.kind !== 'conversion' || 'conversions' in outcome) return [];
    return [{ path, what: `"${name}" is a share of users`, remedy: 'Name the column of its conversions' }];
  });
  const settings = Object.entries(config.experiments).flatMap(([id, { primary, decision }]): Problem[] => [
    ...(told.includes(primary)
      ? []
      : [
          {
            path: ['experiments', id, 'primary'],
            what: `the file of sums has no outcome for the primary metric "${primary}"`,
            remedy: `Name one that it has: primary: ${told[0]}`,
          },
        ]),
    ...(decision.estimate === 'unadjusted' && decision.values === 'uncapped'
      ? []
      : [
          {
            path: ['experiments', id, 'decision'],
            what: 'sums by arm can neither be adjusted by what users did before nor be capped',
            remedy: 'Use decision: { estimate: unadjusted, values: uncapped }',
          },
        ]),
  ]);
  return [...outcomes, ...settings];
}

const kindsOfSums: readonly (string | undefined)[] = ['conversion', 'mean'];

function checkExperiments(config: Config): Problem[] {
  return Object.entries(config.experiments).flatMap(([experiment, settings]) =>
    checkExperiment(config, ['experiments', experiment], settings),
  );
}

function checkDeclaration(config: Config, name: string, metric: DeclaredMetric): Problem[] {
  const path = ['metrics', name];
  if (fixedColumns.includes(name) || /^pre\d*_/.test(name)) {
    return [
      {
        path,
        what: `"${name}" is a column of user_outcomes, where the metric's values would stand too`,
        remedy: 'Give the metric another name, which does not begin with "pre_" either',
      },
    ];
  }
  const context = {
    purchaseEvent: config.events.purchase,
    partNamed: (part: string) => ratioPart(config, part),
    suggestPart: (part: string) => suggestion(part, partNames(config), 'They are'),
  };
  const problems = kindNamed(metric.kind).problems?.(name, metric, context) ?? [];
  return problems.map(({ key, ...problem }) => ({
    ...problem,
    path: key === undefined ? path : [...path, key],
  }));
}

function partNames(config: Config): string[] {
  return [...metricNames(config).filter((name) => ratioPart(config, name)), ...Object.keys(ratioColumns)];
}

function checkExperiment(config: Config, at: readonly string[], settings: ExperimentSettings): Problem[] {
  const cuped = Object.entries(settings.cuped?.metrics ?? {});
  const named: (readonly [path: readonly string[], name: string])[] = [
    [['primary'], settings.primary],
    ...settings.secondary.map((name) => [['secondary'], name] as const),
    ...settings.accept_harm.map((name) => [['accept_harm'], name] as const),
    ...Object.keys(settings.guardrails).map((name) => [['guardrails', name], name] as const),
    ...Object.keys(settings.capping).map((name) => [['capping', name], name] as const),
    ...cuped.map(([name]) => [['cuped', 'metrics', name], name] as const),
    ...cuped.flatMap(([name, { covariates = [] }]) =>
      covariates.map((covariate) => [['cuped', 'metrics', name, 'covariates'], covariate] as const),
    ),
  ];
  const known = metricNames(config);
  const unknown = named
    .filter(([, name]) => !known.includes(name))
    .map(([path, name]) => ({
      path: [...at, ...path],
      what: `there is no metric "${name}"`,
      remedy: suggestion(name, known, 'The metrics are'),
    }));
  if (unknown.length > 0) return unknown;
  return [
    ...Object.keys(settings.capping).flatMap((name) => checkCap(config, [...at, 'capping', name], name)),
    ...cuped.flatMap(([name, { covariates = [] }]) =>
      covariates.flatMap((covariate) =>
        checkCovariate(config, [...at, 'cuped', 'metrics', name, 'covariates'], covariate),
      ),
    ),
    ...checkAnalysis(settings, at),
    ...(settings.weights === 'equal'
      ? []
      : checkWeights(settings.weights, settings.control, [...at, 'weights'])),
    ...checkRamp(settings, [...at, 'ramp']),
  ];
}

function checkCap(config: Config, path: readonly string[], name: string): Problem[] {
  const kind = metricNamed(config, name)?.kind;
  if (kind === undefined || kindNamed(kind).canCap) return [];
  return [
    { path, what: `"${name}" is a ${kind}, which has nothing to cap`, remedy: 'Cap means and ratios only' },
  ];
}

function checkCovariate(config: Config, path: readonly string[], name: string): Problem[] {
  const metric = metricNamed(config, name);
  if (metric !== undefined && kindNamed(metric.kind).canAdjust && existsBefore(metric.numerator)) return [];
  return [
    {
      path,
      what: `"${name}" has no value before the exposure`,
      remedy: 'Name metrics of what users do at any time, such as events_in_window',
    },
  ];
}

/** Settings of the analysis that do not go together. */
function checkAnalysis(settings: ExperimentSettings, at: readonly string[]): Problem[] {
  const { sequential, planned_users, planned_end, multiple_arms, correction, decision, cuped } = settings;
  const problems: Problem[] = [];
  if (multiple_arms === 'dunnett' && correction === 'benjamini_hochberg') {
    problems.push({
      path: [...at, 'multiple_arms'],
      what: 'dunnett keeps the family-wise error and benjamini_hochberg the false discovery rate: they do not combine',
      remedy: 'Use correction: holm (or none) with multiple_arms: dunnett',
    });
  }
  if (multiple_arms === 'dunnett' && sequential.method === 'always_valid') {
    problems.push({
      path: [...at, 'multiple_arms'],
      what: 'dunnett corrects the p-values of one look, and those of always_valid hold at all looks: they do not combine',
      remedy: 'Use multiple_arms: holm with sequential: { method: always_valid }',
    });
  }
  if (
    multiple_arms === 'dunnett' &&
    sequential.method === 'auto' &&
    planned_users === null &&
    planned_end === null
  ) {
    problems.push({
      path: [...at, 'multiple_arms'],
      what: 'dunnett corrects the p-values of one look, and without a declared end one may look at any time',
      remedy: 'Declare planned_users or planned_end, or use multiple_arms: holm',
    });
  }
  if (sequential.method === 'group_sequential' && planned_users === null && planned_end === null) {
    problems.push({
      path: [...at, 'sequential'],
      what: 'group_sequential needs to know how far the experiment is',
      remedy: 'Declare planned_users or planned_end',
    });
  }
  if (decision.estimate === 'cuped' && cuped === null) {
    problems.push({
      path: [...at, 'decision', 'estimate'],
      what: 'the decision goes by cuped, which is switched off',
      remedy: 'Declare cuped: { lookback_days: 14 }, or decision: { estimate: unadjusted }',
    });
  }
  return problems;
}

function suggestion(name: string, known: readonly string[], list: string): string {
  const near = nearest(name, known);
  return near === undefined ? `${list} ${known.join(', ')}` : `Did you mean "${near}"?`;
}

/** Periods of other shares, all of the same arms, one after the other. */
function checkRamp({ ramp, weights, control }: ExperimentSettings, path: string[]): Problem[] {
  if (ramp.length === 0) return [];
  if (weights === 'equal') {
    const remedy = 'Give the shares after the last change: weights: { control: 0.5, treatment: 0.5 }';
    return [{ path, what: 'a ramp needs to know the shares that it ended with', remedy }];
  }
  const variants = (of: Readonly<Record<string, number>>) => Object.keys(of).toSorted().join(', ');
  return ramp.flatMap((period, index): Problem[] => {
    const at = [...path, String(index)];
    const before = ramp[index - 1];
    if (before !== undefined && before.until >= period.until) {
      const what = `the period until ${period.until} does not come after the one until ${before.until}`;
      return [{ path: [...at, 'until'], what, remedy: 'List the periods from the first on' }];
    }
    if (variants(period.weights) !== variants(weights)) {
      const what = `its arms are ${variants(period.weights)}, and those of the weights ${variants(weights)}`;
      return [{ path: [...at, 'weights'], what, remedy: 'Give each arm a share in every period' }];
    }
    return checkWeights(period.weights, control, [...at, 'weights']);
  });
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
