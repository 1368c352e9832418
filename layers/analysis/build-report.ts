import { settingsOf } from '../experiment/config.ts';
import type { Measurements } from '../experiment/measurements.ts';
import { type Report, reportSchema } from '../report/schema.ts';
import type { RunInputs, RunPlan } from '../runs/documents.ts';
import { analyzeExperiment } from './analyze-experiment.ts';

type PlannedRun = Pick<RunPlan, 'runId' | 'drop' | 'config' | 'configHash' | 'codeVersion' | 'unavailable'> &
  Partial<Pick<RunPlan, 'chunks'>>;

/** The report of a run, experiments in the order of their ids. */
export function buildReport(
  plan: PlannedRun,
  { inputs }: Pick<RunInputs, 'inputs'>,
  sums: Measurements,
): Report {
  return reportSchema.parse({
    schemaVersion: 1,
    run: {
      runId: plan.runId,
      drop: plan.drop,
      inputs: inputs.map(({ key, etag, size }) => ({ key, etag, size })),
      configHash: plan.configHash,
      asOf: sums.asOf,
      engine: { codeVersion: plan.codeVersion },
    },
    experiments: sums.experiments
      .toSorted((a, b) => (a.experimentId < b.experimentId ? -1 : 1))
      .map((measurement) =>
        analyzeExperiment(measurement, settingsOf(plan.config, measurement.experimentId), {
          config: plan.config,
          unavailable: plan.unavailable,
          asOf: sums.asOf,
          eventNames: sums.eventNames,
          decisiveEvents: sums.decisiveEvents,
          quality: sums.quality,
          warnings: sums.warnings,
          experiments: sums.experiments.map((one) => ({
            experimentId: one.experimentId,
            assigned: one.arms.reduce((sum, { assigned }) => sum + assigned, 0),
          })),
          eventColumns: (plan.chunks ?? []).flatMap(({ dataset, header }) =>
            dataset === 'events' ? header : [],
          ),
        }),
      ),
    population: sums.population,
    quality: sums.quality,
    quarantineRules: sums.quarantineRules,
    warnings: sums.warnings,
    unavailable: plan.unavailable,
  } satisfies Report);
}
