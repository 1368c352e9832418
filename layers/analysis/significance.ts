import type { ExperimentSettings } from '../experiment/config.ts';
import { type Comparison, type Deciding, decidingOf } from '../report/schema.ts';
import { type Effect, effectOf } from '../statistics/effect.ts';
import { type Candidate, intervalsOf } from './compare-metric.ts';
import { controlVariance } from './estimate.ts';
import { type Corrected, type Correction, correct, correctManyToOne } from './families.ts';
import { effectAtLook, type Look } from './look.ts';
import type { Basis, Sample } from './sample.ts';

export interface FamilyPlan {
  readonly alpha: number;
  readonly look: Look;
  readonly basis: Basis;
  /** Null for guardrails, which are not corrected, since all of them must hold. */
  readonly correction: Correction | null;
  readonly multipleArms: ExperimentSettings['multiple_arms'];
}

type Sequential = NonNullable<Comparison['sequential']>;

/**
 * The comparisons of a family with corrected p-values, intervals at the corrected level, what holds at this look, and
 * verdicts, in the order given.
 */
export function testFamily(family: readonly Candidate[], sample: Sample, plan: FamilyPlan): Comparison[] {
  const { alpha, look } = plan;
  const fixed = correctTested(family, sample, plan, alpha, ({ comparison }) => comparison.test?.p ?? null);
  const looked = look.method === 'none' ? null : lookAt(family, sample, plan, look);
  return family.map((candidate, i) => {
    const { comparison, estimate } = candidate;
    const corrected = fixed[i] ?? null;
    const sequential = looked?.[i];
    const judged = {
      ...comparison,
      test: comparison.test && { ...comparison.test, pAdjusted: corrected?.pAdjusted ?? null },
      adjustedCi: corrected && intervalsAt(corrected.level, (level) => effectOf(estimate, level)),
      ...(sequential === undefined ? {} : { sequential }),
    };
    const deciding = decidingOf(judged);
    const p = plan.correction === null ? deciding.p : deciding.test.p;
    const isSignificant = p !== null && p < (deciding.test.alpha ?? alpha);
    return { ...judged, deciding, verdict: verdictOf(deciding, isSignificant, candidate.better) };
  });
}

function verdictOf(
  { effect: { absolute } }: Deciding,
  isSignificant: boolean,
  better: 'higher' | 'lower',
): Comparison['verdict'] {
  if (absolute === null || !isSignificant) return 'inconclusive';
  return absolute > 0 === (better === 'higher') ? 'better' : 'worse';
}

function lookAt(
  family: readonly Candidate[],
  sample: Sample,
  plan: FamilyPlan,
  look: Exclude<Look, { method: 'none' }>,
): Sequential[] {
  // At a level of zero nothing is significant and no interval ends.
  const open = look.alpha > 0;
  // Dunnett's correction is that of one look.
  const shared: FamilyPlan = look.method === 'always_valid' ? { ...plan, multipleArms: 'holm' } : plan;
  const effects = family.map(({ estimate }) => (open ? effectAtLook(estimate, look, look.alpha) : null));
  const corrected = open
    ? correctTested(family, sample, shared, look.alpha, (_, i) => effects[i]?.test?.p ?? null)
    : [];
  return family.map(({ estimate, comparison }, i): Sequential => {
    const effect = effects[i] ?? null;
    const own = corrected[i] ?? null;
    const result = {
      p: effect?.test?.p ?? (open ? null : (comparison.test?.p ?? null)),
      pAdjusted: own?.pAdjusted ?? null,
      ...(effect === null
        ? { absoluteCi: null, relativeCi: null, relativeReason: 'too_early' }
        : intervalsOf(effect)),
      adjustedCi: own && intervalsAt(own.level, (level) => effectAtLook(estimate, look, level)),
      reason: effect === null ? 'too_early' : effect.reason,
    };
    return { ...look, ...result };
  });
}

function correctTested(
  family: readonly Candidate[],
  sample: Sample,
  plan: FamilyPlan,
  alpha: number,
  pOf: (candidate: Candidate, index: number) => number | null,
): (Corrected | null)[] {
  const result = family.map((): Corrected | null => null);
  const { correction } = plan;
  if (correction === null) return result;
  const tested = family.flatMap((candidate, index) => {
    const p = pOf(candidate, index);
    return p === null ? [] : [{ candidate, index, p }];
  });
  const place = (members: typeof tested, corrected: readonly Corrected[]) => {
    for (const [i, { index }] of members.entries()) result[index] = corrected[i] ?? null;
  };
  if (plan.multipleArms === 'holm' || sample.treatments.length < 2) {
    place(
      tested,
      correct(
        tested.map(({ p }) => p),
        alpha,
        correction,
      ),
    );
    return result;
  }
  const names = new Set(tested.map(({ candidate }) => candidate.metric.name));
  const metrics = [...names].map((name) => tested.filter(({ candidate }) => candidate.metric.name === name));
  const comparisons = metrics.map((members) => manyToOne(members, sample, plan.basis));
  for (const [i, corrected] of correctManyToOne(comparisons, alpha, correction).entries()) {
    place(metrics[i] ?? [], corrected);
  }
  return result;
}

function manyToOne(
  members: readonly { readonly candidate: Candidate; readonly p: number }[],
  sample: Sample,
  basis: Basis,
) {
  const [first] = members;
  const shared = first === undefined ? 0 : (controlVariance(first.candidate.metric, sample, basis) ?? 0);
  return {
    control: { n: sample.control.users, value: 0, variance: shared },
    treatments: members.map(({ candidate: { estimate, treatment } }) => ({
      n: treatment.users,
      value: estimate.reason === null ? estimate.lift : 0,
      variance: estimate.reason === null ? Math.max(estimate.liftVariance - shared, 0) : 0,
    })),
    pValues: members.map(({ p }) => p),
  };
}

function intervalsAt(level: number, effectAt: (level: number) => Effect<string>) {
  return { alpha: level, ...intervalsOf(effectAt(level)) };
}
