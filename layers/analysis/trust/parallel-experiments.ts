import { formatLift, formatQuantity, statedP } from '../../report/format.ts';
import { metricLabel } from '../../report/labels.ts';
import type { ParallelExperiment } from '../../report/trust-schema.ts';
import { type Check, notChecked, type TrustInput } from './check.ts';

type Needs = Pick<TrustInput, 'measurement' | 'settings' | 'run'>;

/** Whether the effect differs by the arm that users have in another experiment of the drop. */
export const parallelExperimentsCheck: Check = {
  name: 'parallel_experiments',
  label: 'Experiments at the same time',
  isAdjusted: true,
  evaluate({ measurement, settings: { alpha }, run }: Needs) {
    const parallel = [...(run.parallel?.get(measurement.experimentId) ?? [])];
    const tested = parallel.filter(({ pAdjusted }) => pAdjusted !== null);
    const [first] = tested;
    if (first === undefined) {
      return {
        ...notChecked(
          'Users are in another experiment, too, but not enough to compare the effect beside its arms.',
        ),
        evidence: { parallel },
      };
    }
    const worst = tested.reduce((a, b) => ((b.pAdjusted ?? 1) < (a.pAdjusted ?? 1) ? b : a));
    const differing = tested.filter(({ pAdjusted }) => (pAdjusted ?? 1) < alpha);
    const others = [...new Set(tested.map(({ experimentId }) => experimentId))];
    return {
      status: differing.length === 0 ? 'pass' : 'warn',
      chiSquare: { chi2: worst.q, df: worst.df },
      p: worst.pAdjusted,
      explanation:
        differing.length === 0
          ? `The effect on ${metricLabel(first.metric).toLowerCase()} is not shown to differ by the arm in ${others.join(', ')}, where ${formatQuantity(Math.max(...tested.map(({ users }) => users)), 'user')} are, too.`
          : `${differing.map(differs).join(' ')} The overall effect is that beside a mix of these arms: go by the one beside the arm that will stay.`,
      evidence: { parallel },
    };
  },
};

function differs({ variant, metric, experimentId, pAdjusted, effects }: ParallelExperiment): string {
  const each = effects.map((effect) => `${formatLift(effect.relative)} beside ${effect.variant}`).join(', ');
  return `The effect of ${variant} on ${metricLabel(metric).toLowerCase()} differs by the arm in ${experimentId} (corrected ${statedP(pAdjusted)}): ${each}.`;
}
