import type { ExperimentMeasurement } from '../../experiment/measurements.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { type ArmUsers, checkSampleRatio, type Weights } from './split.ts';

type Days = ExperimentMeasurement['assignedByDay'];

/** Users assigned on some days in a row. */
interface Stretch {
  /** First day of it. */
  readonly from: string;
  readonly arms: readonly ArmUsers[];
}

/** Parts of a whole that people set shares in: twentieths, else hundredths. */
const steps = [20, 100];

/** How many times as large some arm's share becomes, or as small, where somebody changed it. */
const leastStep = 1.25;

/**
 * What to put into experiment.yaml if the shares were changed on purpose: where the days of assignment fall into stretches
 * within which they are the same, of round shares, and each arm's goes but one way from one to the next. Else null.
 */
export function probableRamp(
  { experimentId, assignedByDay }: Pick<ExperimentMeasurement, 'experimentId' | 'assignedByDay'>,
  variants: readonly string[],
): string | null {
  const stretches = stretchesOf(assignedByDay, variants);
  if (stretches.length < 2 || stretches.length > 5) return null;
  const shares = stretches.map(({ arms }) => roundShares(arms));
  if (shares.some((found) => found === null)) return null;
  const known = shares.filter((found) => found !== null);
  const isOneWay = variants.every((variant) => {
    const own = known.map((found) => found[variant] ?? 0);
    const changes = own.slice(1).map((share, index) => share - (own[index] ?? 0));
    return changes.every((change) => change >= 0) || changes.every((change) => change <= 0);
  });
  const isStep = known.slice(1).every((weights, index) =>
    variants.some((variant) => {
      const ratio = (weights[variant] ?? 0) / (known[index]?.[variant] ?? 1);
      return Math.max(ratio, 1 / ratio) >= leastStep;
    }),
  );
  if (!isOneWay || !isStep) return null;
  const map = (weights: Weights) =>
    `{ ${Object.entries(weights)
      .map(([variant, share]) => `${quoted(variant)}: ${share}`)
      .join(', ')} }`;
  const earlier = known
    .slice(0, -1)
    .map((weights, index) => `{ until: ${stretches[index + 1]?.from}, weights: ${map(weights)} }`);
  return `experiments: { ${quoted(experimentId)}: { weights: ${map(known.at(-1) ?? {})}, ramp: [${earlier.join(', ')}] } }`;
}

function quoted(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? name : JSON.stringify(name);
}

/** Cuts the days where their shares differ most, as long as they differ by more than chance. */
function stretchesOf(days: Days, variants: readonly string[]): Stretch[] {
  const [first] = days;
  if (first === undefined) return [];
  const cuts = days.slice(1).map((_, index) => {
    const [before, after] = [days.slice(0, index + 1), days.slice(index + 1)].map((part) =>
      usersOf(part, variants),
    );
    return { at: index + 1, p: pOfDifference(before ?? [], after ?? []) };
  });
  const [deepest] = cuts.toSorted((a, b) => a.p - b.p);
  if (deepest === undefined || deepest.p >= srmAlpha / cuts.length) {
    return [{ from: first.day, arms: usersOf(days, variants) }];
  }
  return [days.slice(0, deepest.at), days.slice(deepest.at)].flatMap((part) => stretchesOf(part, variants));
}

/** The smallest p over the arms, each against all others. */
function pOfDifference(before: readonly ArmUsers[], after: readonly ArmUsers[]): number {
  const total = (arms: readonly ArmUsers[]) => arms.reduce((sum, { users }) => sum + users, 0);
  const tests = before.map(({ users }, index) =>
    testHomogeneity([
      { hits: users, total: total(before) },
      { hits: after[index]?.users ?? 0, total: total(after) },
    ]),
  );
  return Math.min(1, ...tests.map((test) => (test.reason === null ? test.p : 1)));
}

function usersOf(days: Days, variants: readonly string[]): ArmUsers[] {
  return variants.map((variant) => ({
    variant,
    users: days
      .flatMap(({ arms }) => arms)
      .filter((arm) => arm.variant === variant)
      .reduce((sum, { users }) => sum + users, 0),
  }));
}

/** The roundest shares that the users split by; null where there are none. */
function roundShares(arms: readonly ArmUsers[]): Weights | null {
  const all = arms.reduce((sum, { users }) => sum + users, 0);
  for (const step of steps) {
    const parts = arms.map(({ variant, users }) => ({ variant, part: Math.round((users / all) * step) }));
    if (parts.some(({ part }) => part === 0)) continue;
    if (parts.reduce((sum, { part }) => sum + part, 0) !== step) continue;
    const weights = Object.fromEntries(parts.map(({ variant, part }) => [variant, part / step]));
    if (checkSampleRatio(arms, weights).status === 'pass') return weights;
  }
  return null;
}
