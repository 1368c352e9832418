import type { ExperimentSettings } from '../../experiment/config.ts';
import type { ExperimentMeasurement } from '../../experiment/measurements.ts';
import type { CovariateColumn } from '../../experiment/metrics.ts';
import { strayArms } from '../../experiment/similar-labels.ts';
import type { TrustCheck } from '../../report/schema.ts';
import { type Period, plannedShares } from '../ramp.ts';
import type { Sample } from '../sample.ts';
import { assignmentBeforeExposure } from './assignment-before-exposure.ts';
import {
  type Check,
  type Finding,
  notChecked,
  type RunQuality,
  type Trust,
  type TrustInput,
} from './check.ts';
import { covariateBalance } from './covariate-balance.ts';
import { crossoverAsymmetry } from './crossover-asymmetry.ts';
import { crossovers } from './crossovers.ts';
import { eventSpelling } from './event-spelling.ts';
import { eventsOfExperiments } from './events-of-experiments.ts';
import { experimentSpelling } from './experiment-spelling.ts';
import { exposureRate } from './exposure-rate.ts';
import { immatureUsers } from './immature-users.ts';
import { orderAmounts } from './order-amounts.ts';
import { parallelExperimentsCheck } from './parallel-experiments.ts';
import { purchaseAmounts } from './purchase-amounts.ts';
import { repeatedPurchases } from './repeated-purchases.ts';
import { sampleRatioAssigned, sampleRatioExposed } from './sample-ratio.ts';
import { sampleRatioByDay, sampleRatioBySegment } from './sample-ratio-of-parts.ts';
import { timeOrder } from './time-order.ts';
import { unassignedEvents } from './unassigned-events.ts';
import { unknownVariants } from './unknown-variants.ts';
import { duplicates, quarantine } from './unused-lines.ts';

/** In the order shown: the ones that can fail first. Where users are in several experiments there is one more. */
export const trustChecks: readonly Check[] = [
  sampleRatioExposed,
  sampleRatioAssigned,
  crossoverAsymmetry,
  unknownVariants,
  eventSpelling,
  experimentSpelling,
  repeatedPurchases,
  orderAmounts,
  purchaseAmounts,
  sampleRatioBySegment,
  sampleRatioByDay,
  crossovers,
  covariateBalance,
  exposureRate,
  assignmentBeforeExposure,
  immatureUsers,
  unassignedEvents,
  eventsOfExperiments,
  duplicates,
  quarantine,
  timeOrder,
];

/** Those that sums by arm suffice for. */
const ofSums: readonly Check[] = [
  sampleRatioExposed,
  sampleRatioAssigned,
  unknownVariants,
  experimentSpelling,
  sampleRatioByDay,
];

/** The checks of how events were logged, which need no more than what was measured. */
export const loggingChecks = [
  eventSpelling,
  experimentSpelling,
  repeatedPurchases,
  orderAmounts,
  purchaseAmounts,
  unassignedEvents,
  eventsOfExperiments,
] as const;

/** Everything that is checked before an effect is believed. */
export function checkTrust(
  measurement: ExperimentMeasurement,
  sample: Sample,
  settings: ExperimentSettings,
  periods: readonly Period[],
  covariates: readonly CovariateColumn[],
  run: RunQuality,
): Trust {
  const arms = [sample.control, ...sample.treatments];
  const total = (column: 'assigned' | 'exposed' | 'users') => arms.reduce((sum, arm) => sum + arm[column], 0);
  const unknown = measurement.unknownVariants.reduce((sum, { users }) => sum + users, 0);
  const assigned = arms.map((arm) => ({ variant: arm.variant, users: arm.assigned }));
  const input: TrustInput = {
    measurement,
    sample,
    settings,
    weights: plannedShares(periods),
    periods,
    covariates,
    run,
    arms,
    users: {
      assigned: total('assigned'),
      exposed: total('exposed'),
      analysed: total('users'),
      everyone: total('assigned') + measurement.crossovers + unknown,
    },
    strays: settings.weights === 'equal' ? strayArms(assigned, sample.control.variant) : [],
  };
  const { parallel = [] } = measurement;
  const checks = parallel.length === 0 ? trustChecks : [...trustChecks, parallelExperimentsCheck];
  const found = checks.map((check) => {
    const finding =
      run.config.summary === null || ofSums.includes(check)
        ? check.evaluate(input)
        : { ...check.evaluate(input), p: null, note: null, ...notChecked('Sums by arm do not tell it.') };
    return { check: reported(check, finding), evidence: finding.evidence };
  });
  return {
    // Each part is the evidence of one check; the schema of the report holds them to be all there.
    ...(Object.assign({}, ...found.map(({ evidence }) => evidence)) as Omit<Trust, 'warnings' | 'checks'>),
    warnings: found
      .filter(
        ({ check: { name, status } }) =>
          status === 'warn' || (name === 'crossovers' && measurement.crossovers > 0),
      )
      .map(({ check }) => check.explanation),
    checks: found.map(({ check }) => check),
  };
}

function reported({ name, label, isAdjusted = false }: Check, finding: Finding): TrustCheck {
  const { status, chiSquare, p = null, explanation, note = null } = finding;
  const { chi2: statistic = null, df = null } = chiSquare ?? {};
  return {
    name,
    label,
    status,
    statistic,
    statisticName: statistic === null ? null : 'chi_square',
    df: statistic === null ? null : df,
    p,
    isAdjusted,
    explanation,
    note,
  };
}
