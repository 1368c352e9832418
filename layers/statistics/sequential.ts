import { invertSurvival, normalCritical, normalDensity, normalSurvival } from './distributions.ts';
import { type Effect, effectWith, type InestimableEffect, type LiftEstimate } from './effect.ts';
import { gaussLegendre } from './quadrature.ts';

export interface AlwaysValidPlan {
  /** Two-sided level over all looks together. */
  readonly alpha: number;
  /** Users of both arms at which the interval is to be tightest; fixed before the start. */
  readonly tunedFor: number;
  /** Level of this one of several comparisons, where a correction sets one; the mixture stays that of alpha, and so does p. */
  readonly level?: number;
}

/**
 * Asymptotic confidence sequence with a normal mixture (Waudby-Smith et al., arXiv 2103.06476): test and intervals
 * hold at every look at once, however often one looks.
 */
export function alwaysValidEffect(
  estimate: LiftEstimate | InestimableEffect,
  plan: AlwaysValidPlan,
): Effect<'always_valid_z'> {
  if (estimate.reason !== null) return estimate;
  const mixing = mixingOf(estimate.users, plan);
  return effectWith(estimate, {
    name: 'always_valid_z',
    df: null,
    critical: () => alwaysValidCritical(estimate.users, plan),
    p: (statistic) =>
      Math.min(1, Math.exp(Math.log1p(mixing) / 2 - (statistic ** 2 * mixing) / (2 * (1 + mixing)))),
  });
}

/** The multiple of the standard error that an always valid interval reaches to with so many users. */
export function alwaysValidCritical(users: number, plan: AlwaysValidPlan): number {
  const { alpha, level = alpha } = plan;
  const mixing = mixingOf(users, plan);
  return Math.sqrt(((1 + mixing) / mixing) * (Math.log1p(mixing) - 2 * Math.log(level)));
}

/**
 * The same for one side alone, at a one-sided level: the lower (or upper) bound lies so many standard errors from the
 * estimate and holds at every look (arXiv 2103.06476, equation 155; tuned with twice the level, as GrowthBook does).
 */
export function alwaysValidOneSidedCritical(users: number, { alpha, tunedFor }: AlwaysValidPlan): number {
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new RangeError(`a one-sided level must lie in (0, 0.5), got ${alpha}`);
  }
  const mixing = mixingOf(users, { alpha: 2 * alpha, tunedFor });
  const root = Math.exp(Math.log1p(mixing) / 2);
  return Math.sqrt(2 * ((1 + mixing) / mixing) * Math.log1p(root / (2 * alpha)));
}

/** The one-sided p that is below a level exactly where the statistic exceeds {@link alwaysValidOneSidedCritical}, the mixture kept. */
export function alwaysValidOneSidedP(
  statistic: number,
  users: number,
  { alpha, tunedFor }: AlwaysValidPlan,
): number {
  if (!(statistic > 0)) return 1;
  const mixing = mixingOf(users, { alpha: 2 * alpha, tunedFor });
  const root = Math.exp(Math.log1p(mixing) / 2);
  return Math.min(1, root / (2 * Math.expm1((statistic ** 2 * mixing) / (2 * (1 + mixing)))));
}

/** N rho², the evidence so far against that at the tuning point. */
function mixingOf(users: number, { alpha, tunedFor }: AlwaysValidPlan): number {
  if (!(tunedFor > 0)) throw new RangeError(`tunedFor must be positive, got ${tunedFor}`);
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must lie in (0, 1), got ${alpha}`);
  const logLevel = -2 * Math.log(alpha);
  return (users / tunedFor) * (logLevel + Math.log1p(logLevel));
}

export interface GroupSequentialLook {
  /** Share of the final information at this look. */
  readonly information: number;
  /** The look is significant when |z| exceeds this. */
  readonly z: number;
  /** The same as a nominal two-sided level: use it as the alpha of the look's test and intervals. */
  readonly alpha: number;
}

/** How much of a two-sided alpha may be used up by information time t: rises to alpha at t = 1. */
export type Spending = (information: number, alpha: number) => number;

/** alpha t², as Spotify's engine spends. */
export const quadraticSpending: Spending = (t, alpha) => alpha * t * t;

/** Lan and DeMets' function like O'Brien and Fleming's boundaries, half of alpha on each side: strict at first. */
export const obrienFlemingSpending: Spending = (t, alpha) =>
  4 * normalSurvival(normalCritical(alpha / 2) / Math.sqrt(t));

/** Lan and DeMets' function like Pocock's boundaries: about as strict at each look. */
export const pocockSpending: Spending = (t, alpha) => alpha * Math.log1p((Math.E - 1) * t);

/**
 * Two-sided boundaries of a group sequential test (Lan and DeMets) that spends alpha by information time t, by
 * recursive integration over the score process. Takes the looks so far, not only the last one; shares increase and
 * end at 1 or below.
 */
export function groupSequentialLooks(
  information: readonly number[],
  alpha: number,
  spending: Spending = quadraticSpending,
): readonly GroupSequentialLook[] {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha must lie in (0, 1), got ${alpha}`);
  const path = commonPath(information, alpha, spending);
  for (const t of information.slice(path.length)) {
    const last = path.at(-1) ?? start;
    const step = t - last.look.information;
    if (!(step > 0 && t <= 1)) {
      throw new RangeError(`information must increase within (0, 1], got ${information.join(', ')}`);
    }
    const density = last.after();
    const spent = spending(t, alpha);
    const z = boundary(spent - last.spent, spent, (bound) => crossing(density, bound * Math.sqrt(t), step));
    let inside: Density | undefined;
    path.push({
      look: { information: t, z, alpha: 2 * normalSurvival(z) },
      spent,
      after: () => (inside ??= advance(density, z * Math.sqrt(t), step)),
    });
  }
  walked = { alpha, spending, path };
  return path.map(({ look }) => look);
}

/** A look that was taken: alpha spent by then, and the paths that have not crossed up to it. */
interface Step {
  readonly look: GroupSequentialLook;
  readonly spent: number;
  readonly after: () => Density;
}

const start: Step = { look: { information: 0, z: 0, alpha: 0 }, spent: 0, after: () => startingPoint };

/** The path walked last: looks at an experiment have all but the last one in common, and each takes an integration. */
let walked: { alpha: number; spending: Spending; path: readonly Step[] } = {
  alpha: 0,
  spending: quadraticSpending,
  path: [],
};

function commonPath(information: readonly number[], alpha: number, spending: Spending): Step[] {
  if (walked.alpha !== alpha || walked.spending !== spending) return [];
  const differs = walked.path.findIndex(({ look }, i) => look.information !== information[i]);
  return walked.path.slice(0, differs === -1 ? walked.path.length : differs);
}

/**
 * Probability to cross a boundary at one of the looks when the final z-statistic would average `drift`: the power of the
 * plan, and at drift zero the alpha that its looks spend.
 */
export function crossingProbability(looks: readonly GroupSequentialLook[], drift: number): number {
  let probability = 0;
  let previous: { information: number; density: Density } = { information: 0, density: startingPoint };
  for (const { information, z } of looks) {
    const step = information - previous.information;
    const bound = z * Math.sqrt(information);
    probability += crossing(previous.density, bound, step, drift);
    previous = { information, density: advance(previous.density, bound, step, drift) };
  }
  return Math.min(probability, 1);
}

/** Quadrature points of the score (Brownian motion in information time) on paths that have not crossed yet. */
type Density = readonly { readonly score: number; readonly mass: number }[];

const startingPoint: Density = [{ score: 0, mass: 1 }];

/** Probability to leave (-bound, bound) at the next look, where the score drifts by `drift` a unit of information. */
function crossing(density: Density, bound: number, step: number, drift = 0): number {
  const deviation = Math.sqrt(step);
  return density.reduce((total, { score, mass }) => {
    const centre = score + drift * step;
    const above = normalSurvival((bound - centre) / deviation);
    const below = normalSurvival((bound + centre) / deviation);
    return total + mass * (above + below);
  }, 0);
}

/** The density after the next look, among paths that stay inside: Gauss and Legendre's rule over (-bound, bound). */
function advance(density: Density, bound: number, step: number, drift = 0): Density {
  const deviation = Math.sqrt(step);
  // A step narrow against the region makes a density that takes more points to follow.
  const points = Math.min(64 + Math.ceil((8 * bound) / deviation), 1000);
  return gaussLegendre(points).map(({ node, weight }) => {
    const score = bound * node;
    const value = density.reduce(
      (total, point) =>
        total + (point.mass * normalDensity((score - point.score - drift * step) / deviation)) / deviation,
      0,
    );
    return { score, mass: value * weight * bound };
  });
}

/** Levels below are not told apart: their z of 37 is out of reach of any data. */
const SMALLEST_LEVEL = 1e-300;

/**
 * The bound z at which the crossing probability is the target: it falls as z rises. First crossing at this look is rarer
 * than |Z| > z, which is rarer than crossing by now, so that z lies above the critical value of what is spent by now.
 */
function boundary(target: number, spentByNow: number, probability: (z: number) => number): number {
  const lower = normalCritical(Math.max(spentByNow, SMALLEST_LEVEL));
  return invertSurvival(probability, Math.max(target, SMALLEST_LEVEL), lower);
}
