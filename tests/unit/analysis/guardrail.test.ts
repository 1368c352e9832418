import { describe, expect, it } from 'vitest';
import { assessGuardrail } from '../../../layers/analysis/guardrail.ts';
import type { Look } from '../../../layers/analysis/look.ts';
import { normalLift } from '../../../layers/statistics/effect.ts';

/** A bounce rate of 30 % in arms of so many users, and another in the treatment. */
function bounce(n: number, treated: number) {
  const arm = (value: number) => ({ n, value, variance: (value * (1 - value)) / n });
  return normalLift(arm(0.3), arm(treated));
}

function suffices(
  n: number,
  treated: number,
  verdict: 'worse' | 'inconclusive',
  require: 'no_harm' | 'within_margin',
) {
  const guardrail = { margin_relative: 0.05, better: 'lower', require } as const;
  const { status, suffices } = assessGuardrail(bounce(n, treated), guardrail, {
    usersNow: 2 * n,
    power: 0.8,
    inflation: 1,
    verdict,
    look: { method: 'none', alpha: 0.05 },
    guardrails: 1,
  });
  expect(status).toBe('not_shown');
  return suffices;
}

describe('a guardrail that is not shown to be within its margin', () => {
  it('is good enough for a small shop where nothing speaks of harm', () => {
    expect(suffices(5000, 0.302, 'inconclusive', 'no_harm')).toBe(true);
  });

  it('is not where its estimate is beyond the margin, or worse, or the users suffice to show it', () => {
    expect(suffices(5000, 0.316, 'inconclusive', 'no_harm')).toBe(false);
    expect(suffices(5000, 0.302, 'worse', 'no_harm')).toBe(false);
    expect(suffices(50_000, 0.312, 'inconclusive', 'no_harm')).toBe(false);
  });

  it('is not where the margin was declared to be shown', () => {
    expect(suffices(5000, 0.302, 'inconclusive', 'within_margin')).toBeUndefined();
  });
});

describe('a guardrail by the boundary of the look', () => {
  const guardrail = { margin_relative: 0.05, better: 'lower', require: 'within_margin' } as const;
  const assess = (treated: number, look: Look, guardrails = 1) =>
    assessGuardrail(bounce(40_000, treated), guardrail, {
      usersNow: 80_000,
      power: 0.8,
      inflation: 1,
      verdict: 'inconclusive',
      look,
      guardrails,
    });
  const once: Look = { method: 'none', alpha: 0.05 };
  const always: Look = { method: 'always_valid', alpha: 0.05, tunedFor: 80_000 };

  it('takes more to hold, or to be beyond the margin, where one may look at any time', () => {
    // 2.5 and 2.6 standard errors from the margin, beyond the 1.96 of one look and short of the 2.9 of any.
    expect(assess(0.3067, once).status).toBe('non_inferior');
    expect(assess(0.3067, always)).toMatchObject({ status: 'not_shown' });
    expect(assess(0.324, once).status).toBe('inferior');
    expect(assess(0.324, always).status).toBe('not_shown');
    expect(assess(0.3, always).status).toBe('non_inferior');
    expect(assess(0.336, always).status).toBe('inferior');
  });

  it('agrees with its p and its bound, whichever the look', () => {
    for (const look of [once, always]) {
      for (const treated of [0.29, 0.3, 0.303, 0.305, 0.3067, 0.31, 0.33]) {
        const { p, bound, status } = assess(treated, look);
        expect([(p ?? 1) < 0.025, (bound ?? 1) < 0.05]).toEqual(
          status === 'non_inferior' ? [true, true] : [false, false],
        );
      }
    }
  });

  it('shows nothing at a look that comes too early, and names the level of one that does not', () => {
    const look = { method: 'group_sequential', spending: 'obrien_fleming' } as const;
    expect(assess(0.29, { ...look, information: 0.001, alpha: 0 })).toMatchObject({
      status: 'not_shown',
      alpha: 0,
      bound: null,
    });
    expect(assess(0.29, { ...look, information: 0.5, alpha: 0.003 })).toMatchObject({
      status: 'non_inferior',
      alpha: 0.0015,
    });
  });

  it('ends an experiment by harm at a level that its guardrails share', () => {
    expect(assess(0.3235, once).status).toBe('inferior');
    expect(assess(0.3235, once, 10).status).toBe('not_shown');
  });
});

describe('the users that a guardrail takes', () => {
  const guardrail = { margin_relative: 0.05, better: 'lower', require: 'no_harm' } as const;
  const assess = (inflation: number) =>
    assessGuardrail(bounce(5000, 0.302), guardrail, {
      usersNow: 10_000,
      power: 0.8,
      inflation,
      verdict: 'inconclusive',
      look: { method: 'none', alpha: 0.05 },
      guardrails: 1,
    });

  it('are those of its looks, while a harm must not pass for their want', () => {
    const [one, many] = [assess(1), assess(2)];
    expect((many.usersNeeded ?? 0) / (one.usersNeeded ?? 1)).toBeCloseTo(2, 3);
    expect(many.suffices).toBe(one.suffices);
    const enough = { usersNow: 100_000, power: 0.8, verdict: 'inconclusive', guardrails: 1 } as const;
    const large = assessGuardrail(bounce(50_000, 0.312), guardrail, {
      ...enough,
      inflation: 100,
      look: { method: 'none', alpha: 0.05 },
    });
    expect(large.suffices).toBe(false);
  });
});
