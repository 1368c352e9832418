import jStat from 'jstat';
import { normalTwoSided } from './distributions.ts';
import { at, dot, type Matrix, multiply, sandwich, sum } from './linear-algebra.ts';

/** Users that share a covariate vector. */
export interface LogitCell {
  /** One value per term, without the intercept. */
  readonly x: readonly number[];
  readonly trials: number;
  readonly successes: number;
}

export interface LogitTerm {
  readonly name: string;
  readonly coefficient: number;
  /** Model-based: from the inverse of the information matrix. */
  readonly se: number;
  readonly z: number;
  readonly p: number;
}

export interface LogitFit {
  readonly reason: null;
  /** The intercept first, then the terms in the order given. */
  readonly terms: readonly LogitTerm[];
  readonly logLikelihood: number;
  /** Of the model with an intercept only. */
  readonly nullLogLikelihood: number;
  readonly users: number;
  readonly iterations: number;
  /** Of the coefficients, in the order of `terms`: model-based and robust (HC1). */
  readonly covariance: Matrix;
  readonly robustCovariance: Matrix;
}

export type LogitReason =
  /** No users, or all or none of them succeeded. */
  | 'no_variation'
  /** A term is constant or a linear combination of the others. */
  | 'singular_matrix'
  /** A combination of terms predicts some outcomes perfectly: the likelihood has no finite maximum. */
  | 'separation'
  | 'not_converged';

const MAX_ITERATIONS = 100;
/** Newton's steps vanish well before this, unless the maximum lies at infinity and they settle on a direction. */
const ITERATIONS_OF_A_REGULAR_FIT = 12;
const STEP_TOLERANCE = 1e-10;
/** Smallest pivot of the terms' correlation matrix that still counts as independent. */
const PIVOT_TOLERANCE = 1e-10;

/**
 * Maximum likelihood logistic regression on grouped cells by iteratively reweighted least squares (Newton), with
 * an intercept. The likelihood is that of the single users, so results equal a fit on ungrouped rows.
 */
export function fitLogit(input: {
  readonly terms: readonly string[];
  readonly cells: readonly LogitCell[];
}): LogitFit | { readonly reason: LogitReason } {
  const cells = input.cells.filter((cell) => cell.trials > 0);
  for (const cell of cells) requireCell(cell, input.terms.length);
  const users = sum(cells.map((cell) => cell.trials));
  const successes = sum(cells.map((cell) => cell.successes));
  if (successes === 0 || successes === users) return { reason: 'no_variation' };

  const scales = input.terms.map((_, j) => standardScale(cells, j, users));
  if (scales.some(({ deviation }) => deviation === 0)) return { reason: 'singular_matrix' };
  const rows: Row[] = cells.map((cell) => ({
    x: [1, ...scales.map(({ centre, deviation }, j) => (at(cell.x, j) - centre) / deviation)],
    trials: cell.trials,
    successes: cell.successes,
  }));
  if (isSingular(information(rows, () => 1 / users))) return { reason: 'singular_matrix' };

  const fit = maximise(rows, [Math.log(successes / (users - successes)), ...scales.map(() => 0)]);
  if ('reason' in fit) return fit;

  const back = unstandardise(scales);
  const coefficients = multiply(back, fit.beta);
  const covariance = sandwich(back, fit.covariance);
  const robustCovariance = sandwich(back, robust(rows, fit));
  const terms = ['intercept', ...input.terms].map((name, i) =>
    waldTest(name, at(coefficients, i), at(at(covariance, i), i)),
  );
  return {
    reason: null,
    terms,
    logLikelihood: fit.logLikelihood,
    nullLogLikelihood: bernoulli(successes, users, Math.log(successes / (users - successes))),
    users,
    iterations: fit.iterations,
    covariance,
    robustCovariance,
  };
}

/** The terms with heteroskedasticity-consistent errors (HC1), which hold when the model is misspecified. */
export function robustTerms({ terms, robustCovariance }: LogitFit): LogitTerm[] {
  return terms.map(({ name, coefficient }, i) => waldTest(name, coefficient, at(at(robustCovariance, i), i)));
}

function waldTest(name: string, coefficient: number, variance: number): LogitTerm {
  const se = Math.sqrt(variance);
  return { name, coefficient, se, z: coefficient / se, p: normalTwoSided(coefficient / se) };
}

interface Row {
  readonly x: readonly number[];
  readonly trials: number;
  readonly successes: number;
}

interface Maximum {
  readonly beta: readonly number[];
  readonly covariance: number[][];
  readonly logLikelihood: number;
  readonly iterations: number;
}

function maximise(
  rows: readonly Row[],
  start: readonly number[],
): Maximum | { readonly reason: 'separation' | 'not_converged' } {
  let beta = start;
  let likelihood = logLikelihood(rows, beta);
  for (let iteration = 1; iteration <= MAX_ITERATIONS; iteration++) {
    const covariance = jStat.inv(information(rows, (row) => variance(dot(row.x, beta))));
    const direction = multiply(covariance, score(rows, beta));
    if (!direction.every(Number.isFinite)) break;

    const next = halveUntilNotWorse(rows, beta, direction, likelihood);
    beta = next.beta;
    likelihood = next.likelihood;
    const suspicious = iteration > ITERATIONS_OF_A_REGULAR_FIT && separates(rows, direction);
    if (suspicious || separates(rows, beta)) return { reason: 'separation' };
    const scale = Math.max(1, ...beta.map(Math.abs));
    if (Math.max(...direction.map(Math.abs)) <= STEP_TOLERANCE * scale) {
      return { beta, covariance, logLikelihood: likelihood, iterations: iteration };
    }
  }
  return { reason: 'not_converged' };
}

function halveUntilNotWorse(
  rows: readonly Row[],
  beta: readonly number[],
  direction: readonly number[],
  likelihood: number,
): { beta: readonly number[]; likelihood: number } {
  for (let step = 1; step > 1e-6; step /= 2) {
    const candidate = beta.map((b, i) => b + step * at(direction, i));
    const reached = logLikelihood(rows, candidate);
    // Within rounding of the maximum a full step may seem to lose a few ulps.
    if (reached >= likelihood - 1e-12 * Math.abs(likelihood)) return { beta: candidate, likelihood: reached };
  }
  return { beta, likelihood };
}

/**
 * Albert & Anderson (1984): there is no finite maximum when some direction never points the wrong way, that is
 * is >= 0 on cells with successes only, <= 0 on cells with failures only, and zero on mixed cells.
 */
function separates(rows: readonly Row[], direction: readonly number[]): boolean {
  const eta = rows.map((row) => dot(row.x, direction));
  const largest = Math.max(...eta.map(Math.abs));
  const tolerance = 1e-7 * largest;
  return (
    largest > 0 &&
    rows.every(({ trials, successes }, i) => {
      const value = at(eta, i);
      if (successes === trials) return value >= -tolerance;
      if (successes === 0) return value <= tolerance;
      return Math.abs(value) <= tolerance;
    })
  );
}

/** White's estimate A⁻¹ B A⁻¹ with B the sum of the single users' squared scores, times n / (n - k) (HC1). */
function robust(rows: readonly Row[], { beta, covariance }: Maximum): number[][] {
  const users = sum(rows.map(({ trials }) => trials));
  const scores = information(rows, ({ x, trials, successes }) => {
    const p = sigmoid(dot(x, beta));
    const squares = successes * sigmoid(-dot(x, beta)) ** 2 + (trials - successes) * p ** 2;
    return squares / trials;
  });
  const correction = users / (users - beta.length);
  return sandwich(covariance, scores).map((row) => row.map((entry) => correction * entry));
}

function information(rows: readonly Row[], weight: (row: Row) => number): number[][] {
  const size = rows[0]?.x.length ?? 0;
  const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const row of rows) {
    const w = row.trials * weight(row);
    for (const [i, line] of matrix.entries()) {
      for (let j = 0; j < size; j++) line[j] = at(line, j) + w * at(row.x, i) * at(row.x, j);
    }
  }
  return matrix;
}

function score(rows: readonly Row[], beta: readonly number[]): number[] {
  const residuals = rows.map((row) => row.successes - row.trials * sigmoid(dot(row.x, beta)));
  return beta.map((_, j) => sum(rows.map((row, i) => at(row.x, j) * at(residuals, i))));
}

function logLikelihood(rows: readonly Row[], beta: readonly number[]): number {
  return sum(rows.map((row) => bernoulli(row.successes, row.trials, dot(row.x, beta))));
}

/** successes · ln p + failures · ln(1 - p) at log odds eta. */
function bernoulli(successes: number, trials: number, eta: number): number {
  return -successes * softplus(-eta) - (trials - successes) * softplus(eta);
}

/** ln(1 + e^x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The probability at log odds eta. */
export function sigmoid(eta: number): number {
  return eta >= 0 ? 1 / (1 + Math.exp(-eta)) : Math.exp(eta) / (1 + Math.exp(eta));
}

/** p (1 - p) at log odds eta. */
function variance(eta: number): number {
  return sigmoid(eta) * sigmoid(-eta);
}

interface Scale {
  readonly centre: number;
  readonly deviation: number;
}

function standardScale(cells: readonly LogitCell[], j: number, users: number): Scale {
  const first = at(cells[0]?.x ?? [], j);
  if (cells.every((cell) => at(cell.x, j) === first)) return { centre: first, deviation: 0 };
  const centre = sum(cells.map((cell) => cell.trials * at(cell.x, j))) / users;
  const squares = sum(cells.map((cell) => cell.trials * (at(cell.x, j) - centre) ** 2));
  return { centre, deviation: Math.sqrt(squares / users) };
}

/** The matrix that turns coefficients of standardised terms into those of the terms themselves. */
function unstandardise(scales: readonly Scale[]): number[][] {
  const intercept = [1, ...scales.map(({ centre, deviation }) => -centre / deviation)];
  const slopes = scales.map(({ deviation }, j) => [
    0,
    ...scales.map((_, k) => (j === k ? 1 / deviation : 0)),
  ]);
  return [intercept, ...slopes];
}

/** Whether a correlation matrix has lost rank, by the pivots of its Cholesky decomposition. */
function isSingular(matrix: readonly (readonly number[])[]): boolean {
  const lower: number[][] = [];
  for (const [i, line] of matrix.entries()) {
    const row: number[] = [];
    for (const [j, above] of lower.entries()) row.push((at(line, j) - dot(row, above)) / at(above, j));
    const pivot = at(line, i) - dot(row, row);
    if (!(pivot > PIVOT_TOLERANCE)) return true;
    lower.push([...row, Math.sqrt(pivot)]);
  }
  return false;
}

function requireCell({ x, trials, successes }: LogitCell, terms: number): void {
  if (x.length !== terms || !x.every(Number.isFinite)) {
    throw new RangeError(`a cell needs ${terms} finite covariates, got [${x.join(', ')}]`);
  }
  if (!(successes >= 0 && successes <= trials)) {
    throw new RangeError(`successes must lie between 0 and the ${trials} trials, got ${successes}`);
  }
}
