import type { ExperimentSettings } from '../experiment/config.ts';
import type { Comparison } from '../report/schema.ts';
import { normalCritical, normalUpperQuantile } from '../statistics/distributions.ts';
import { type Margin, testNonInferiority } from '../statistics/non-inferiority.ts';
import type { Look } from './look.ts';
import type { Estimate } from './metrics/metric-analysis.ts';

type Guardrail = ExperimentSettings['guardrails'][string];

/**
 * One-sided level of every guardrail over all looks. To hold they are not corrected for being many, since all of them
 * must; to be beyond the margin they are, by Bonferroni, since one of them ends an experiment.
 */
export const guardrailAlpha = 0.025;

/**
 * Whether a treatment is shown to be within a guardrail's margin, by the boundary of this look. `inferior`: shown to be
 * beyond it, by the same test on the other side.
 */
export function assessGuardrail(
  estimate: Estimate,
  guardrail: Guardrail,
  {
    usersNow,
    power,
    verdict,
    look,
    guardrails,
    inflation,
  }: {
    readonly usersNow: number;
    /** Of one of the tests that must hold together. */
    readonly power: number;
    /** How many times the users of a single look the declared way of looking takes. */
    readonly inflation: number;
    /** Of the test of no difference. */
    readonly verdict: Comparison['verdict'];
    /** At twice the level of a guardrail, two-sided. */
    readonly look: Look;
    /** How many guardrails can be tested. */
    readonly guardrails: number;
  },
): NonNullable<Comparison['nonInferiority']> {
  const margin = marginOf(guardrail);
  const margins = {
    marginRelative: guardrail.margin_relative ?? null,
    marginAbsolute: guardrail.margin_absolute ?? null,
  };
  const level = look.alpha / 2;
  const result = testNonInferiority(estimate, {
    margin,
    better: guardrail.better,
    // At a level of zero nothing is shown; the p stands for itself.
    alpha: level > 0 ? level : guardrailAlpha,
    ...(look.method === 'always_valid' ? { tunedFor: look.tunedFor } : {}),
  });
  if (result.reason !== null || estimate.reason !== null) {
    const reason = result.reason ?? estimate.reason;
    return { ...margins, p: null, bound: null, status: 'not_shown', reason };
  }
  const { p, pBeyond } = result;
  const bound = level > 0 ? result.bound : null;
  const status = p < level ? 'non_inferior' : pBeyond < level / guardrails ? 'inferior' : 'not_shown';
  const size = 'relative' in margin ? margin.relative * Math.abs(estimate.baseline) : margin.absolute;
  const distance = (guardrail.better === 'higher' ? 1 : -1) * estimate.lift + size;
  const standardError =
    result.statistic === 0 ? Math.sqrt(estimate.liftVariance) : distance / result.statistic;
  const sought = normalCritical(2 * guardrailAlpha) + normalUpperQuantile(1 - power);
  const atOneLook = usersNow * ((sought * standardError) / size) ** 2;
  const needed = Math.ceil(atOneLook * inflation);
  const usersNeeded = Number.isSafeInteger(needed) ? needed : null;
  // By the users of one look, who are fewer: a harm of the size of the margin must not pass for want of looks.
  const isHarmless = verdict !== 'worse' && result.statistic > 0 && !(atOneLook <= usersNow);
  const suffices = guardrail.require === 'no_harm' && status === 'not_shown' ? { suffices: isHarmless } : {};
  const own = look.method === 'group_sequential' ? { alpha: level } : {};
  return { ...margins, ...own, p, bound, status, usersNeeded, ...suffices, reason: null };
}

function marginOf({ margin_relative, margin_absolute }: Guardrail): Margin {
  if (margin_relative !== undefined) return { relative: margin_relative };
  if (margin_absolute !== undefined) return { absolute: margin_absolute };
  throw new Error('a guardrail has a margin');
}
