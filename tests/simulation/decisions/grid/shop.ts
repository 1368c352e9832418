import { normalCritical } from '../../../../layers/statistics/distributions.ts';
import { powerOfTest } from '../../../../layers/statistics/power.ts';
import { dateOf } from '../calendar.ts';
import type { Promised } from '../cell.ts';
import { type ArmTruth, type Behaviour, horizonDays, shopBehaviour, type Truth, twoArms } from '../truth.ts';

/** Nine of ten assigned users are exposed, most on the same day. */
const exposure = [0.8, 0.06, 0.04];

/** A fortnight of new users, half of whom get the treatment. */
export function shop(
  users: number,
  treatment: Partial<Behaviour> = {},
  control: Partial<Behaviour> = {},
): Truth {
  return shopOf(users, twoArms({ ...shopBehaviour, ...control }, treatment));
}

export function shopOf(users: number, arms: readonly ArmTruth[], assignmentDays = 14): Truth {
  return { users, assignmentDays, exposure, arms };
}

/** The first day at whose end nobody's outcome window is open. */
export function closingDay({ assignmentDays }: Pick<Truth, 'assignmentDays'>, window = horizonDays): number {
  return assignmentDays + exposure.length - 2 + window;
}

export const noGuardrails = 'guardrails: { bounce_rate: null, session_duration: null, retention_d7: null }';

/** experiment.yaml with settings of all experiments, each a line or more of YAML. */
export function settings(...lines: readonly string[]): string {
  return `experiments:\n  "*":\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** The end is planned for the moment at which a day is over. */
export function endsAfter(day: number): string {
  return `planned_end: ${dateOf(day + 1)}`;
}

/** An experiment without an effect ships in half of alpha at most: the two-sided test that errs to the good side. */
export const rarelyShips: Promised = { rate: 'ship', is: 'at most', value: 0.025 };
/** Two sample ratio tests of one in a thousand each. */
export const rarelyInvalid: Promised = { rate: 'invalid', is: 'at most', value: 0.002 };

/** Analysed users of both arms, from those assigned. */
export const exposedShare = exposure.reduce((sum, share) => sum + share, 0);

export const conversionOf = (lift: number, baseline = shopBehaviour.conversion) => ({
  conversion: baseline * (1 + lift),
});

/** Leaves out what the decision of a cell does not need, and would take time. */
export const lean = ['cuped: null', 'capping: { revenue_per_user: null }', 'secondary: []'];

/**
 * What `powerOfTest` promises of a z-test of the first treatment against the control, at a level of one comparison of
 * several.
 */
export function powerOfConversion(
  { users, arms }: Truth,
  lift: number,
  baseline = shopBehaviour.conversion,
  alpha = 0.05,
): number {
  const [control = 0, treatment = 0] = arms.map(({ share }) => users * exposedShare * share);
  const rate = baseline * (1 + lift);
  const standardError = Math.sqrt((baseline * (1 - baseline)) / control + (rate * (1 - rate)) / treatment);
  return powerOfTest({ lift: rate - baseline, standardError, critical: normalCritical(alpha) });
}

/** Found as often as planned, within a point. */
export function asPowerful(promised: number, rate: Promised['rate'] = 'better'): Promised[] {
  return [
    { rate, is: 'at least', value: promised - 0.01 },
    { rate, is: 'at most', value: promised + 0.01 },
  ];
}
