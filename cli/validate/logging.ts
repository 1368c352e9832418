import { runQualityOf } from '../../layers/analysis/build-report.ts';
import { loggingChecks } from '../../layers/analysis/trust/index.ts';
import type { ExperimentSettings } from '../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../layers/experiment/measurements.ts';
import { type Check, passed } from './check.ts';
import type { DryRun } from './dry-run.ts';

/** What the report would say of how an experiment's events were logged, where there is something to say. */
export function checkLogging(
  run: DryRun,
  measurement: ExperimentMeasurement,
  settings: ExperimentSettings,
): Check[] {
  const { experimentId, arms } = measurement;
  const quality = runQualityOf(run.plan, run.measured);
  return loggingChecks.flatMap((check): Check[] => {
    const { status, explanation } = check.evaluate({ measurement, settings, run: quality, arms });
    if (status !== 'warn' && status !== 'fail') return [];
    return [
      {
        ...passed('events', check.name, 0, `${experimentId}: ${explanation}`),
        status: 'warn',
        ...(status === 'fail' && { consequence: `call ${experimentId} INVALID` }),
      },
    ];
  });
}
