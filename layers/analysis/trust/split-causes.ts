import type { ArmMeasurement, ExperimentMeasurement } from '../../experiment/measurements.ts';
import { formatPercent, formatQuantity } from '../../report/format.ts';
import { metricLabel } from '../../report/labels.ts';
import type { SplitCause } from '../../report/trust-schema.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { type ArmUsers, checkSampleRatio, type Weights } from './split.ts';

type Measured = Pick<
  ExperimentMeasurement,
  | 'experimentId'
  | 'arms'
  | 'assignedByDay'
  | 'segments'
  | 'cohorts'
  | 'crossoversByFirstVariant'
  | 'unknownVariants'
  | 'leftOut'
>;

interface Candidate extends Omit<SplitCause, 'left'> {
  /** The arms as they would be without the cause. */
  readonly without: readonly ArmUsers[];
}

interface Part {
  readonly cause: SplitCause['cause'];
  readonly label: string;
  readonly query: string;
  readonly arms: readonly ArmUsers[];
}

/**
 * What may have made a split wrong, the most likely first: each cause that the data can show is undone, by giving the users who are
 * left out back to their arms or by looking at all others, and is named where the split is then as configured.
 * Where it is as configured as a whole, single days that are not, which are too few users to show in it; mostly none.
 */
export function splitCauses(of: 'assigned' | 'exposed', measured: Measured, weights: Weights): SplitCause[] {
  const found = measured.arms.map((arm) => ({ variant: arm.variant, users: arm[of] }));
  const isWrong = checkSampleRatio(found, weights).status === 'fail';
  const specific = isWrong
    ? [
        ...givenBack(of, measured, found, weights),
        ...ofParts(measured.segments.map(levelPart(measured)), weights),
        ...ofDays(of, measured, weights),
      ]
    : ofParts(dayParts(of, measured), weights);
  const fitting = specific
    .map((candidate) => ({ ...candidate, left: checkSampleRatio(candidate.without, weights).p ?? 0 }))
    .filter(({ left }) => left >= srmAlpha)
    .toSorted((a, b) => b.left - a.left);
  return [...fitting, ...(isWrong ? general(of, measured, found, weights) : [])].map(
    ({ cause, users, explanation, query, left }) => ({ cause, users, explanation, query, left }),
  );
}

/** Users who are left out, back in their arms. */
function givenBack(
  of: 'assigned' | 'exposed',
  { experimentId, crossoversByFirstVariant, unknownVariants, leftOut = [] }: Measured,
  found: readonly ArmUsers[],
  weights: Weights,
): Candidate[] {
  const total = (users: readonly ArmUsers[]) => users.reduce((sum, one) => sum + one.users, 0);
  const plus = (more: readonly ArmUsers[]) =>
    found.map(({ variant, users }) => ({
      variant,
      users: users + total(more.filter((arm) => arm.variant === variant)),
    }));
  const all = total(found);
  const lacking = found.toSorted(
    (a, b) => a.users - (weights[a.variant] ?? 0) * all - (b.users - (weights[b.variant] ?? 0) * all),
  )[0];
  const excluded = leftOut.map(({ variant, excluded: users }) => ({ variant, users }));
  const early = leftOut.map(({ variant, early: users }) => ({ variant, users }));
  const ofExperiment = `experiment_id = ${quoted(experimentId)}`;
  const candidates: Candidate[] = [
    {
      cause: 'reassignment',
      users: total(crossoversByFirstVariant),
      explanation: `${formatQuantity(total(crossoversByFirstVariant), 'user')} came to another variant later and ${total(crossoversByFirstVariant) === 1 ? 'is' : 'are'} left out; by their first variant the split is as configured. Find out how users change their variant.`,
      query: `SELECT user_id FROM experiment_assignments WHERE ${ofExperiment} GROUP BY user_id HAVING count(DISTINCT variant) > 1`,
      without: plus(crossoversByFirstVariant),
    },
    ...(lacking === undefined
      ? []
      : [
          {
            cause: 'variant_label' as const,
            users: total(unknownVariants),
            explanation: `${formatQuantity(total(unknownVariants), 'user')} in variants that are not configured (${unknownVariants.map(({ variant }) => variant).join(', ')}) would fill ${lacking.variant} up to its share. Look at how the variant is written.`,
            query: `SELECT variant, count(DISTINCT user_id) FROM experiment_assignments WHERE ${ofExperiment} GROUP BY variant`,
            without: plus([{ variant: lacking.variant, users: total(unknownVariants) }]),
          },
        ]),
    ...(of === 'assigned'
      ? []
      : [
          {
            cause: 'excluded_users' as const,
            users: total(excluded),
            explanation: `${formatQuantity(total(excluded), 'user')} left out as bots or by a list (exclude_users) come from the arms unevenly; with them the split is as configured. What filters them may tell the arms apart.`,
            query: null,
            without: plus(excluded),
          },
          {
            cause: 'exposed_before_assignment' as const,
            users: total(early),
            explanation: `${formatQuantity(total(early), 'user')} exposed only before the assignment come from the arms unevenly; with them the split is as configured. Check that assigned_ts is the time of the assignment in every arm.`,
            query: `SELECT variant, count(*) FROM experiment_assignments a WHERE ${ofExperiment} AND assigned_ts > (SELECT min(event_ts) FROM events e WHERE e.user_id = a.user_id) GROUP BY variant`,
            without: plus(early),
          },
        ]),
  ];
  return candidates.filter(({ users }) => users > 0);
}

function levelPart({ experimentId }: Measured) {
  return ({ segment, level, arms }: Measured['segments'][number]): Part & { readonly group: string } => ({
    group: segment,
    cause: 'one_level',
    label: `${metricLabel(segment)} ${level}`,
    query: `SELECT variant, count(*) FROM user_exposure WHERE experiment_id = ${quoted(experimentId)} AND "${segment}" = ${quoted(level)} GROUP BY variant`,
    arms: exposedOf(arms),
  });
}

interface DayPart extends Part {
  readonly group: 'day';
  readonly day: string;
}

/** Single days of assignment, or of exposure. */
function dayParts(of: 'assigned' | 'exposed', measured: Measured): DayPart[] {
  const days =
    of === 'assigned'
      ? measured.assignedByDay
      : measured.cohorts.map(({ day, arms }) => ({ day, arms: exposedOf(arms) }));
  return days.map(({ day, arms }) => ({
    group: 'day',
    day,
    cause: 'one_day',
    label: `the ${of} of ${day}`,
    query: usersWhen(of, measured, `= '${day}'`),
    arms,
  }));
}

function usersWhen(of: 'assigned' | 'exposed', { experimentId }: Measured, when: string): string {
  const ofExperiment = `experiment_id = ${quoted(experimentId)}`;
  return of === 'assigned'
    ? `SELECT variant, count(DISTINCT user_id) FROM experiment_assignments WHERE ${ofExperiment} AND CAST(assigned_ts AS DATE) ${when} GROUP BY variant`
    : `SELECT variant, count(*) FROM user_exposure WHERE ${ofExperiment} AND CAST(exposed_at AS DATE) ${when} GROUP BY variant`;
}

/** Single days, and the first days together. */
function ofDays(of: 'assigned' | 'exposed', measured: Measured, weights: Weights): Candidate[] {
  const days = dayParts(of, measured);
  const starts = days.slice(2, Math.ceil(days.length / 2) + 1).map(({ day }, index) => ({
    cause: 'first_days' as const,
    label: `the ${of} before ${day}`,
    query: usersWhen(of, measured, `< '${day}'`),
    arms: added(days.slice(0, index + 2).map(({ arms }) => arms)),
    rest: added(days.slice(index + 2).map(({ arms }) => arms)),
  }));
  return [
    ...ofParts(days, weights),
    ...starts.flatMap(({ rest, ...part }) => suspect(part, rest, weights, starts.length)),
  ];
}

/** Each part whose split is another than that of all others in its group. */
function ofParts(parts: readonly (Part & { readonly group: string })[], weights: Weights): Candidate[] {
  return parts.flatMap((part) => {
    const group = parts.filter((other) => other.group === part.group);
    const rest = added(group.filter((other) => other !== part).map(({ arms }) => arms));
    return suspect(part, rest, weights, parts.length);
  });
}

/** The part, where it splits otherwise than the rest by a level that is shared among all parts. */
function suspect(part: Part, rest: readonly ArmUsers[], weights: Weights, tests: number): Candidate[] {
  const variants = [...new Set([...part.arms, ...rest].map(({ variant }) => variant))];
  const users = (arms: readonly ArmUsers[], variant: string) =>
    arms.find((arm) => arm.variant === variant)?.users ?? 0;
  const apart = variants.some((variant) => {
    const test = testHomogeneity(
      [part.arms, rest].map((arms) => ({
        hits: users(arms, variant),
        total: arms.reduce((sum, arm) => sum + arm.users, 0),
      })),
    );
    return test.reason === null && test.p < srmAlpha / tests;
  });
  if (!apart) return [];
  const missing = missingOf(part.arms, weights);
  return [
    {
      cause: part.cause,
      users: missing.users,
      explanation: `${part.label.charAt(0).toUpperCase()}${part.label.slice(1)}: ${missing.variant} lacks ${formatQuantity(missing.users, 'user')} there, and all others split as configured. Look at what was different there.`,
      query: part.query,
      without: rest,
    },
  ];
}

/** What fits any split, after all that is more specific: exposures that are missing, or other weights. */
function general(
  of: 'assigned' | 'exposed',
  { arms }: Measured,
  found: readonly ArmUsers[],
  weights: Weights,
): SplitCause[] {
  const assigned = checkSampleRatio(
    arms.map((arm) => ({ variant: arm.variant, users: arm.assigned })),
    weights,
  );
  const { variant, users } = missingOf(found, weights);
  if (of === 'exposed' && assigned.status !== 'fail') {
    const shares = arms
      .map((arm) => `${arm.variant} ${formatPercent(arm.assigned === 0 ? null : arm.exposed / arm.assigned)}`)
      .join(', ');
    return [
      {
        cause: 'exposures_missing',
        users,
        explanation: `The assignment is as configured, and the arms differ in who was exposed (${shares}): ${formatQuantity(users, 'exposure')} of ${variant} ${users === 1 ? 'is' : 'are'} missing. Look for lost events, a redirect or slow page that users leave, or an exposure that is logged later in one arm.`,
        query: null,
        left: assigned.p ?? 0,
      },
    ];
  }
  const total = found.reduce((sum, arm) => sum + arm.users, 0);
  return [
    {
      cause: 'weights',
      users,
      explanation: `The users split ${found.map((arm) => `${arm.variant} ${formatPercent(arm.users / total)}`).join(', ')}. If that was planned, correct the weights in experiment.yaml; if not, look at how users are assigned.`,
      query: null,
      left: 1,
    },
  ];
}

/** The arm that lacks most, and the users that would fill it beside the others as they are. */
function missingOf(arms: readonly ArmUsers[], weights: Weights): { variant: string; users: number } {
  const total = arms.reduce((sum, arm) => sum + arm.users, 0);
  const lacks = arms.map(({ variant, users }) => {
    const weight = weights[variant] ?? 0;
    return { variant, users: Math.round(((total - users) * weight) / (1 - weight || 1)) - users };
  });
  return lacks.toSorted((a, b) => b.users - a.users)[0] ?? { variant: '', users: 0 };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function exposedOf(arms: readonly Pick<ArmMeasurement, 'variant' | 'exposed'>[]): ArmUsers[] {
  return arms.map(({ variant, exposed }) => ({ variant, users: exposed }));
}

function added(parts: readonly (readonly ArmUsers[])[]): ArmUsers[] {
  const users = new Map<string, number>();
  for (const arm of parts.flat()) users.set(arm.variant, arm.users + (users.get(arm.variant) ?? 0));
  return [...users].map(([variant, count]) => ({ variant, users: count }));
}
