import { settingsOf } from '../experiment/config.ts';
import type { Measurements } from '../experiment/measurements.ts';
import { type Report, reportSchema } from '../report/schema.ts';
import type { RunInputs, RunPlan } from '../runs/documents.ts';
import { analyzeExperiment } from './analyze-experiment.ts';
import { parallelExperiments } from './parallel.ts';
import type { RunQuality } from './trust/check.ts';
import { unanalysable } from './unanalysable.ts';

type PlannedRun = Pick<RunPlan, 'runId' | 'drop' | 'config' | 'configHash' | 'codeVersion' | 'unavailable'> &
  Partial<Pick<RunPlan, 'chunks'>>;

/**
 * The report of a run, experiments in the order of their ids. One that cannot be analysed is invalid, beside others that can.
 * @throws ConfigError or DataError where none can be analysed
 */
export function buildReport(
  plan: PlannedRun,
  { inputs, undeclared }: Pick<RunInputs, 'inputs' | 'undeclared'>,
  sums: Measurements,
): Report {
  const problems = sums.experiments.map((measurement) =>
    unanalysable(measurement, settingsOf(plan.config, measurement.experimentId), sums.asOf),
  );
  const [problem] = problems;
  if (problem !== undefined && problem !== null && problems.every((found) => found !== null)) throw problem;
  const experiments = sums.experiments
    .toSorted((a, b) => (a.experimentId < b.experimentId ? -1 : 1))
    .map((measurement) => ({ measurement, settings: settingsOf(plan.config, measurement.experimentId) }));
  const parallel = parallelExperiments(experiments, plan);
  return reportSchema.parse({
    schemaVersion: 1,
    run: {
      runId: plan.runId,
      drop: plan.drop,
      inputs: inputs.map(({ key, etag, size }) => ({ key, etag, size })),
      configHash: plan.configHash,
      asOf: sums.asOf,
      ...(undeclared && { undeclared }),
      engine: { codeVersion: plan.codeVersion },
    },
    experiments: experiments.map(({ measurement, settings }) =>
      analyzeExperiment(measurement, settings, {
        unavailable: plan.unavailable,
        asOf: sums.asOf,
        eventNames: sums.eventNames,
        parallel,
        ...runQualityOf(plan, sums),
      }),
    ),
    population: sums.population,
    quality: sums.quality,
    quarantineRules: sums.quarantineRules,
    warnings: sums.warnings,
    unavailable: plan.unavailable,
  } satisfies Report);
}

/** What the checks of every experiment need to know of the run. */
export function runQualityOf(
  { config, chunks = [] }: Pick<PlannedRun, 'config' | 'chunks'>,
  { decisiveEvents, quality, quarantineRules, warnings, experiments }: Measurements,
): RunQuality {
  return {
    config,
    decisiveEvents,
    quality,
    quarantineRules,
    warnings,
    experiments: experiments.map(({ experimentId, arms }) => ({
      experimentId,
      assigned: arms.reduce((sum, { assigned }) => sum + assigned, 0),
    })),
    eventColumns: chunks.flatMap(({ dataset, header }) => (dataset === 'events' ? header : [])),
  };
}
