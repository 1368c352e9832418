import { describe, expect, it } from 'vitest';
import { assessGuardrail } from '../../../layers/analysis/guardrail.ts';
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
    verdict,
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
