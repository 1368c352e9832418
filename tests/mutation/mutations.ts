/** A way to break a formula, or a rule of the decision: `find` occurs once in layers/`file`. */
export interface Mutation {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly breaks: string;
  /** Tests that are to notice: paths below tests/ without `.test.ts`. */
  readonly tests: readonly string[];
}

const within =
  (layer: string, folder: string) =>
  (file: string, ...tests: string[]) =>
  (find: string, replace: string, breaks: string): Mutation => ({
    file: `${layer}/${file}`,
    find,
    replace,
    breaks,
    tests: tests.map((name) => `${folder}/${name}`),
  });

const in_ = within('statistics', 'oracle');
const ofDecision = within('analysis', 'unit/analysis');

const distributions = in_('distributions.ts', 'distributions');
const moments = in_('moments.ts', 'moments', 'comparisons');
const sums = in_('aggregates.ts', 'aggregates', 'cuped');
const effect = in_('effect.ts', 'comparisons', 'invariants');
const fieller = in_('fieller.ts', 'comparisons', 'invariants');
const proportion = in_('proportion.ts', 'comparisons');
const mean = in_('mean.ts', 'comparisons', 'invariants');
const ratio = in_('ratio.ts', 'comparisons');
const adjustment = in_('adjustment.ts', 'adjustment', 'cuped', 'engines');
const skewness = in_('skewness.ts', 'skewness');
const stratified = in_('stratified.ts', 'stratified');
const algebra = in_('exact-algebra.ts', 'adjustment');
const quantile = in_('quantile.ts', 'quantile');
const logit = in_('logit.ts', 'logit');
const marginal = in_('marginal-effect.ts', 'logit');
const sequential = in_('sequential.ts', 'sequential', 'sequential-power');
const sequentialPower = in_('sequential-power.ts', 'sequential-power');
const quadrature = in_('quadrature.ts', 'sequential', 'dunnett');
const dunnett = in_('dunnett.ts', 'dunnett');
const multiplicity = in_('multiplicity.ts', 'trust-and-planning', 'heterogeneity');
const srm = in_('srm.ts', 'trust-and-planning');
const power = in_('power.ts', 'trust-and-planning', 'sequential-power');
const jointPower = in_('joint-power.ts', 'joint-power');
const nonInferiority = in_('non-inferiority.ts', 'non-inferiority');
const bayes = in_('bayes.ts', 'bayes', 'engines');
const shrinkage = in_('shrinkage.ts', 'shrinkage');
const heterogeneity = in_('heterogeneity.ts', 'heterogeneity');
const homogeneity = in_('homogeneity.ts', 'trends-and-shares');
const trend = in_('trend.ts', 'trends-and-shares');
const rules = ofDecision('decision-rules.ts', 'decision-rules', 'settled', 'bases-and-looks');
const parallel = ofDecision('parallel.ts', 'parallel');
const ramp = ofDecision('ramp.ts', 'ramp');
const days = ofDecision('trust/split-causes.ts', 'trust/split-causes', 'trust/index');
const probableRamp = ofDecision('trust/probable-ramp.ts', 'ramp');
const powerNow = ofDecision('power-now.ts', 'bases-and-looks');
const losses = ofDecision('losses.ts', 'decision-rules');
const look = ofDecision('look.ts', 'look', 'bases-and-looks', 'settled');
const settled = ofDecision('settled.ts', 'settled');
const guardrail = ofDecision('guardrail.ts', 'guardrail');
const significance = ofDecision('significance.ts', 'significance', 'bases-and-looks');
const families = ofDecision('families.ts', 'families', 'bases-and-looks');

export const mutations: readonly Mutation[] = [
  skewness('- 3n * n * sum * squares + 2n', '- 3n * n * sum * squares + 3n', 'third moment not centred'),
  skewness('1 / t ** 2 - 1 / c ** 2', '1 / c ** 2 - 1 / t ** 2', "the larger arm's skew"),
  skewness('+ skewness / 6', '- skewness / 6', 'sign of the shift'),
  skewness(
    '(skewness ** 2 * statistic ** 3) / 27',
    '(skewness * statistic ** 3) / 27',
    'square missing in the cubic term',
  ),
  stratified('sum + share ** 2 * of', 'sum + share * of', 'variances by weights, not their squares'),
  stratified('share: weight / total', 'share: 1 / strata.length', 'strata of one weight'),
  stratified(
    'baselineVariance: independent((estimate) => estimate.baselineVariance)',
    'baselineVariance: mean((estimate) => estimate.baselineVariance)',
    "the baseline's variance as if of one stratum",
  ),
  stratified('df: 1 / spread', 'df: parts.length / spread', 'degrees of freedom times the strata'),
  stratified(
    'sum + test.chi2, all + test.df',
    'sum + test.chi2, test.df',
    'degrees of freedom of one period',
  ),
  parallel('Math.max(found.p, ', 'Math.min(found.p, ', 'the smaller p of a question asked twice'),
  parallel(
    'isSymmetric ? [experimentId, segment].toSorted()',
    'isSymmetric ? [experimentId, segment]',
    'what is asked both ways counts twice',
  ),
  parallel(
    'pAdjusted: found.p === null ? null : (adjusted.get(question) ?? null)',
    'pAdjusted: found.p',
    'pairs of experiments are not corrected',
  ),
  ramp('>= leastOfPeriod', '>= 0', 'a period of hardly anyone counts'),
  ramp('weight: users }', 'weight: 1 }', 'periods count alike, whatever their users'),
  ramp('day >= from && (until', 'day > from && (until', 'the first day of a period is lost'),
  days('test.p < srmAlpha / tests', 'test.p < 1', 'a day that is off by chance is blamed'),
  probableRamp('if (!isOneWay || !isStep)', 'if (!isStep)', 'a loss of one day is a ramp'),
  probableRamp('if (!isOneWay || !isStep)', 'if (!isOneWay)', 'any change of shares is a ramp'),
  powerNow(
    'normalUpperQuantile(1 - goal.power)',
    'normalUpperQuantile(1 - power)',
    'the power of one test for that of all',
  ),
  powerNow('normalCritical(goal.alpha)', 'normalCritical(0.05)', 'arms share no level'),
  distributions('return normalSurvival(-z);', 'return normalSurvival(z);', 'lower for upper tail'),
  distributions(
    'return erfc(Math.abs(z) / Math.SQRT2);',
    'return erfc(Math.abs(z) / Math.SQRT2) / 2;',
    'one- for two-sided p',
  ),
  distributions(
    'return Math.SQRT2 * erfcinv(2 * p);',
    'return Math.SQRT2 * erfcinv(p);',
    'two- for one-sided quantile',
  ),
  distributions(
    'const ratio = (t / Math.sqrt(df)) ** 2;',
    'const ratio = (t / Math.sqrt(df + 1)) ** 2;',
    'degrees of freedom off by one',
  ),
  distributions(
    'const tail = studentTTwoSided(t, df) / 2;',
    'const tail = studentTTwoSided(t, df);',
    'two- for one-sided t tail',
  ),
  distributions(
    'gammainc(x / 2, df / 2, true, true)',
    'gammainc(x / 2, df / 2, true, false)',
    'lower for upper chi-square tail',
  ),
  distributions(
    'return 1 - jStat.noncentralt.cdf',
    'return jStat.noncentralt.cdf',
    'lower for upper noncentral tail',
  ),

  sums(
    'divide(this.codeviation(a, b), this.n * (this.n - 1n))',
    'divide(this.codeviation(a, b), this.n * this.n)',
    'n for n - 1 in the covariance',
  ),
  moments('return n * sumAB - sumA * sumB;', 'return n * sumAB + sumA * sumB;', 'sign of the centring'),
  sums('this.product(a, b) + other.product(a, b)', 'this.product(a, b)', 'adding forgets the products'),
  sums('sumSquares: this.product(column, column)', 'sumSquares: this.sum(column)', 'sum for sum of squares'),
  sums('sumY: this.sum(y)', 'sumY: this.sum(x)', 'the wrong marginal'),
  moments('const sticky = floor * divisor === scaled ? 0n : 1n;', 'const sticky = 0n;', 'division truncates'),

  effect(
    'lift: treatment.value - control.value,\n    liftVariance',
    'lift: control.value - treatment.value,\n    liftVariance',
    'swapped arms',
  ),
  effect(
    'liftVariance: control.variance + treatment.variance,',
    'liftVariance: control.variance - treatment.variance,',
    'difference of variances',
  ),
  effect(
    'covariance: -control.variance,',
    'covariance: control.variance,',
    'sign of the covariance with the baseline',
  ),
  effect(
    '(c ** 2 / (control.n - 1) + t ** 2 / (treatment.n - 1))',
    '(c ** 2 / control.n + t ** 2 / treatment.n)',
    'n for n - 1 in Welch',
  ),
  effect('return (c + t) ** 2 /', 'return (c + t) /', 'square missing in Welch'),
  effect(
    'lift + critical.below * standardError',
    'lift + standardError',
    'interval without its critical value',
  ),
  effect(
    'const standardError = Math.sqrt(liftVariance);',
    'const standardError = liftVariance;',
    'variance for standard error',
  ),
  effect(
    'return df === null ? normalCritical(alpha) : studentTCritical(alpha, df);',
    'return normalCritical(alpha);',
    'normal for t critical value',
  ),
  effect(
    'df === null ? normalTwoSided(statistic) : studentTTwoSided(statistic, df)',
    'normalTwoSided(statistic)',
    'normal for t p-value',
  ),
  effect(
    'const relative = lift / Math.abs(baseline);',
    'const relative = lift / baseline;',
    'signed baseline',
  ),

  fieller('const a = 1 - g;', 'const a = 1 + g;', 'sign of g'),
  fieller('const b = d - covariance;', 'const b = d + covariance;', 'sign of the covariance'),
  fieller(
    'const c = (d - liftHalfWidth) * (d + liftHalfWidth);',
    'const c = d * d - liftHalfWidth;',
    'square missing',
  ),
  fieller('if (g >= 1)', 'if (g >= 100)', 'an unbounded interval gets bounds'),
  fieller('Math.max(b * b - a * c, 0)', 'Math.max(b * b, 0)', 'discriminant without its product'),

  proportion(
    'variance: divide(sum * (n - sum), n ** 3n)',
    'variance: divide(sum * (n - sum), n ** 2n * (n - 1n))',
    'n - 1 for n',
  ),
  proportion(
    'divide((control.n + treatment.n) ** 2n, control.n * treatment.n)',
    'divide((control.n + treatment.n) ** 2n, control.n * control.n)',
    'one arm twice in the pooled error',
  ),
  proportion('sum: control.sum + treatment.sum }', 'sum: control.sum }', 'pooling forgets an arm'),
  proportion(
    'const z2 = normalCritical(alpha) ** 2;',
    'const z2 = normalCritical(alpha);',
    'square missing in Wilson',
  ),
  proportion('z2 / (4 * n * n)', 'z2 / (2 * n * n)', 'Wilson denominator'),
  proportion(
    'lift - Math.hypot(t - tLower, cUpper - c)',
    'lift - Math.hypot(t - tLower, c - cLower)',
    "Newcombe's bounds on the wrong side",
  ),

  mean(
    'divide(centred(n, sum, sum, sumSquares), n * n * (n - 1n) * scale * scale)',
    'divide(centred(n, sum, sum, sumSquares), n * (n - 1n) * scale * scale)',
    'variance of a user for that of the mean',
  ),
  mean('value: divide(sum, n * scale)', 'value: divide(sum, n)', 'unit forgotten'),

  ratio('- 2n * sumX * sumY * sumXY', '+ 2n * sumX * sumY * sumXY', 'sign of the cross term'),
  ratio('(n - 1n) * sumY ** 4n', 'n * sumY ** 4n', 'n for n - 1'),
  ratio('+ sumX ** 2n * sumYY;', ';', 'variance of the denominator forgotten'),

  adjustment(
    'numerators[candidate.index] = determinant(replaced)',
    'numerators[candidate.index] = -determinant(replaced)',
    'sign of theta',
  ),
  adjustment(
    'const all = rest.reduce((sum, arm) => sum.add(arm), first);',
    'const all = first;',
    'theta of one arm',
  ),
  adjustment(
    'value: adjusted.value * valueOver - theta',
    'value: adjusted.value * valueOver + theta',
    'adjusted in the wrong direction',
  ),
  adjustment(
    'times(x.gradient, -theta * adjusted.over)',
    'times(x.gradient, theta * adjusted.over)',
    'sign of the covariance',
  ),
  adjustment(
    'treatment.n * (c.numerators[i] ?? 0n) * t.denominator +',
    'control.n * (c.numerators[i] ?? 0n) * t.denominator +',
    "an arm's slope by the share of its own users",
  ),
  adjustment(
    'denominator: (control.n + treatment.n) * c.denominator',
    'denominator: control.n * c.denominator',
    "slopes of the arms over one arm's users",
  ),
  adjustment('n ** 2n * (n - 1n) * a.over', 'n ** 3n * a.over', 'n for n - 1'),
  adjustment(
    'plus(new Map([[numerator, n * under]]), new Map([[denominator, -n * value]]))',
    'new Map([[numerator, n * under]])',
    'a ratio linearised as if its denominator were fixed',
  ),
  adjustment(
    'covariance: -covarianceOf(control, c, plain, arms),',
    'covariance: covarianceOf(control, c, plain, arms),',
    'sign of the covariance with the baseline',
  ),
  adjustment(
    '1 - estimate.liftVariance / plain.liftVariance',
    'estimate.liftVariance / plain.liftVariance',
    'what remains for what is explained',
  ),
  algebra('sign = -sign;', '', 'row swaps keep the sign'),
  algebra(
    'if (determinant(minor) !== 0n) kept.push(candidate);',
    'kept.push(candidate);',
    'collinear covariates stay',
  ),

  quantile(
    '(divide(upper - lower, scale) / (2 * z)) ** 2',
    '(divide(upper - lower, scale) / z) ** 2',
    'twice the error',
  ),
  quantile(
    'ratioEstimate(clusters).variance',
    '(quantile * (1 - quantile)) / observations',
    'clustering ignored',
  ),
  quantile(
    'const centre = observations * quantile + 0.5;',
    'const centre = observations * quantile - 0.5;',
    'ranks off by one',
  ),
  quantile(
    'if (isLumpy(control) || isLumpy(treatment))',
    'if (isLumpy(control) && isLumpy(treatment))',
    'a tied arm passes',
  ),
  quantile('near <= 0n ||', 'near < 0n ||', 'a quantile on its bound passes'),
  quantile('far > mostLopsided * near', 'false', 'lumps pass'),
  quantile(
    'Math.ceil(observations * quantile - 1e-9)',
    'Math.floor(observations * quantile) + 1',
    'next rank for nearest rank',
  ),

  logit(
    'return sigmoid(eta) * sigmoid(-eta);',
    'return sigmoid(eta) * sigmoid(eta);',
    'variance p² for p (1 - p)',
  ),
  logit('const correction = users / (users - beta.length);', 'const correction = 1;', 'HC0 for HC1'),
  logit(
    'const squares = successes * sigmoid(-dot(x, beta)) ** 2 + (trials - successes) * p ** 2;',
    'const squares = trials * p * (1 - p);',
    'model-based scores for robust ones',
  ),
  logit('-centre / deviation)]', 'centre / deviation)]', 'sign of the intercept'),
  logit('const se = Math.sqrt(variance);', 'const se = variance;', 'variance for standard error'),
  marginal(
    'treated: design(1), control: design(0)',
    'treated: design(0), control: design(1)',
    'swapped arms',
  ),
  marginal(
    'slope(treated) * at(treated, i) - slope(control) * at(control, i)',
    'slope(treated) * at(treated, i)',
    "half of the effect's gradient",
  ),
  marginal(
    "inference.errors === 'robust' ? fit.robustCovariance : fit.covariance",
    'fit.covariance',
    'model-based for robust errors',
  ),

  sequential(
    'return (users / tunedFor) * (logLevel + Math.log1p(logLevel));',
    'return (users / tunedFor) * logLevel;',
    'tuning constant',
  ),
  sequential(
    'Math.min(1, Math.exp(Math.log1p(mixing) / 2',
    'Math.min(1, Math.exp(Math.log1p(mixing)',
    'root missing in the p-value',
  ),
  sequential('Math.log1p(root / (2 * alpha))', 'Math.log1p(root / alpha)', 'two- for one-sided level'),
  sequential('alpha * t * t;', 'alpha * t;', 'linear for quadratic spending'),
  sequential(
    '4 * normalSurvival(normalCritical(alpha / 2) / Math.sqrt(t))',
    '4 * normalSurvival(normalCritical(alpha) / Math.sqrt(t))',
    'one side of the spending',
  ),
  sequential(
    'boundary(spent - last.spent, spent,',
    'boundary(spent, spent,',
    'what was spent is spent again',
  ),
  sequential(
    'return total + mass * (above + below);',
    'return total + mass * above;',
    'one- for two-sided boundary',
  ),
  sequential(
    'look: { information: t, z, alpha: 2 * normalSurvival(z) },',
    'look: { information: t, z, alpha: normalSurvival(z) },',
    'one- for two-sided level of a look',
  ),
  sequential('const centre = score + drift * step;', 'const centre = score;', 'drift forgotten'),
  sequentialPower('(drift / fixed) ** 2', 'drift / fixed', 'users grow with the drift, not its square'),
  quadrature(
    'weight: 2 / ((1 - node * node) * slope * slope)',
    'weight: 1 / ((1 - node * node) * slope * slope)',
    'half of the weight',
  ),

  dunnett(
    'return Math.sqrt(control.variance / total);',
    'return control.variance / total;',
    'root missing in the loading',
  ),
  dunnett('return 2 * total;', 'return total;', 'half of the integral'),
  dunnett(
    'return 2 * normalSurvival((low + high) / 2);',
    'return normalSurvival((low + high) / 2);',
    'one- for two-sided level',
  ),
  multiplicity('Math.min(1, p * (m - position))', 'Math.min(1, p * m)', 'Bonferroni for Holm'),
  multiplicity('running = Math.max(running,', 'running = Math.max(0,', 'no running maximum'),
  multiplicity(
    '((penalty * m) / (m - position))',
    '((penalty * m) / (position + 1))',
    'ranks from the wrong end',
  ),
  multiplicity('total + 1 / (i + 1), 0)', 'total + 1 / (i + 2), 0)', 'harmonic number off by one'),
  srm(
    '(arm.users - arm.expected) ** 2 / arm.expected',
    '(arm.users - arm.expected) ** 2 / arm.users',
    'observed for expected',
  ),
  srm('const df = open.length - 1;', 'const df = open.length;', 'degrees of freedom off by one'),
  srm('expected: (arm.weight / weight) * users', 'expected: users / open.length', 'weights ignored'),

  power(
    'controlVariance + treatmentVariance / allocation',
    'controlVariance + treatmentVariance * allocation',
    'allocation upside down',
  ),
  power(
    '(normalCritical(alpha) + normalUpperQuantile(1 - power))',
    '(normalCritical(alpha) + normalUpperQuantile(power))',
    'power upside down',
  ),
  power('* Math.sqrt(inflation)', '* inflation', 'root missing in the inflation'),
  power(
    'const b = (k2 * (1 - 2 * p)) / plan.treatment;',
    'const b = (k2 * (1 + 2 * p)) / plan.treatment;',
    'sign in the detectable lift',
  ),
  power(
    'const df = plan.control + plan.treatment - 2;',
    'const df = plan.control + plan.treatment - 1;',
    'degrees of freedom off by one',
  ),
  power(
    'normalSurvival(test.critical - shift) + normalSurvival(test.critical + shift)',
    'normalSurvival(test.critical + shift)',
    'the wrong tail',
  ),
  power(
    '((detectability(plan) * plan.standardError) / plan.lift) ** 2',
    '(detectability(plan) * plan.standardError) / plan.lift',
    'square missing',
  ),

  jointPower('return alpha / treatments;', 'return alpha;', 'the treatments share nothing'),
  jointPower('variance: 1 / allocation };', 'variance: 1 };', "allocation forgotten in Dunnett's level"),
  jointPower('1 - (1 - power) / tests', 'power', 'each test may miss as much as all together'),
  jointPower('(1 / allocation + (1 + limit) ** 2)', '(1 / allocation + 1)', 'a limit that stands still'),
  jointPower('normalUpperQuantile(alpha) +', 'normalUpperQuantile(alpha / 2) +', 'two- for one-sided level'),

  nonInferiority(
    'toRelativeMargin(estimate, -direction * size)',
    'toRelativeMargin(estimate, direction * size)',
    'margin on the good side',
  ),
  nonInferiority(
    '- 2 * signedLimit * covariance',
    '+ 2 * signedLimit * covariance',
    'sign of the covariance',
  ),
  nonInferiority(
    'criticalValue(estimate.reference, 2 * alpha)',
    'criticalValue(estimate.reference, alpha)',
    'two- for one-sided level',
  ),
  nonInferiority(
    "interval && (better === 'higher' ? interval[0] : interval[1])",
    "interval && (better === 'higher' ? interval[1] : interval[0])",
    'the good for the bad bound',
  ),
  nonInferiority('distance: estimate.lift + direction * size', 'distance: estimate.lift', 'margin of zero'),

  bayes(
    'prior.sd ** 2 / (prior.sd ** 2 + variance)',
    'variance / (prior.sd ** 2 + variance)',
    'prior and data swapped',
  ),
  bayes('sd: Math.sqrt(weight * variance)', 'sd: Math.sqrt(variance)', 'the prior adds no precision'),
  bayes(
    'update(prior, lift / unit, liftVariance / unit ** 2)',
    'update(prior, lift / unit, liftVariance / unit)',
    'square missing in the chance to win',
  ),
  bayes(
    'return prior === null && reference.df !== null',
    'return prior !== null && reference.df !== null',
    'normal for t chance',
  ),
  bayes("better === 'higher' ? straight : -straight", 'straight', 'the chance takes higher for better'),
  bayes('- 2 * value * covariance', '+ 2 * value * covariance', 'sign of the covariance'),
  bayes("plan.better === 'higher' ? mean : -mean", 'mean', 'lower is better ignored in the loss'),
  bayes(
    'sd * normalDensity(z) - gain * normalCdf(-z)',
    'sd * normalDensity(z) + gain * normalCdf(-z)',
    'sign in the loss',
  ),

  shrinkage('normalCritical(alpha) * sd', 'normalCritical(alpha) * sd ** 2', 'variance for standard error'),

  heterogeneity('weight: smallest / variance', 'weight: variance / smallest', 'weights upside down'),
  heterogeneity(
    'const df = segments.length - 1;',
    'const df = segments.length;',
    'degrees of freedom off by one',
  ),
  heterogeneity(
    '((lift - commonLift) / Math.sqrt(variance)) ** 2',
    '((lift - commonLift) / variance) ** 2',
    'variance for standard error',
  ),
  heterogeneity('+ slope ** 2 * baselineVariance', '', "the control's error forgotten in the log ratio"),
  heterogeneity(
    '- 2 * slope * covariance) / treated',
    '+ 2 * slope * covariance) / treated',
    'sign of the covariance in the log ratio',
  ),
  heterogeneity('value > 2 * Math.sqrt', 'value > Math.sqrt', 'a ratio of next to nothing'),

  homogeneity('(group.total * share * (1 - share))', '(group.total * share)', 'misses forgotten'),
  homogeneity('const df = used.length - 1;', 'const df = used.length;', 'degrees of freedom off by one'),
  trend('x / variance)) / weights', 'x)) / points.length', 'centre without weights'),
  trend('const se = Math.sqrt(1 / spread);', 'const se = 1 / spread;', 'variance for standard error'),
  trend('divide(deviations * n * n,', 'divide(deviations * n,', 'variance of a user for that of the mean'),
  trend('difference * n, each', 'difference * n, n', "the wrong users under a day's difference"),

  rules('if (invalid.length > 0) {', 'if (invalid.length > 99) {', 'a failed check decides on'),
  rules(
    ".filter(({ status }) => status === 'fail')",
    ".filter(({ status }) => status === 'warn')",
    'a warning is a failure',
  ),
  rules(
    "const holdsAtAnyLook = input.basis.testing !== 'fixed_horizon' && better.length > 0;",
    'const holdsAtAnyLook = better.length > 0;',
    'a test of one look ships before its end',
  ),
  rules(
    'if (end.reached === false && !holdsAtAnyLook) {',
    'if (end.reached === false) {',
    'a sequential test waits for its end',
  ),
  rules("if (end.reached === 'open' && !holdsAtAnyLook) return openWindows;", '', 'open windows end a plan'),
  rules(
    'if (!harms.every(({ isWorse, beyond }) => isWorse || beyond.length > 0)) return null;',
    'if (!harms.some(({ isWorse, beyond }) => isWorse || beyond.length > 0)) return null;',
    'one harmful treatment stops all',
  ),
  rules(
    'if (!harms.every(({ isWorse, beyond }) => isWorse || beyond.length > 0)) return null;',
    'if (!harms.every(({ isWorse }) => isWorse)) return null;',
    'a guardrail beyond its margin stops nothing',
  ),
  rules(
    "...(isEarly ? guardrailsOf(metrics, variant, ['harmless']) : []),",
    '',
    'an end before the plan rests on what is not shown',
  ),
  rules(
    "...guardrailsOf(metrics, variant, ['inferior', 'not_shown']),",
    "...guardrailsOf(metrics, variant, ['inferior']),",
    'a guardrail that is not shown ships',
  ),
  losses(
    "role === 'secondary' && !acceptHarm.includes(metric)",
    "role === 'secondary' && acceptHarm.includes(metric)",
    'accepted harm stands against shipping, and no other',
  ),
  rules(
    'settled === null || settled.verdicts.get(variant) === verdict;',
    'settled !== undefined || variant === verdict;',
    'a verdict rests on open windows and later users',
  ),
  rules(
    'sign * ((b.effect.absolute ?? 0) - (a.effect.absolute ?? 0))',
    'sign * ((a.effect.absolute ?? 0) - (b.effect.absolute ?? 0))',
    'the worst of the better treatments ships',
  ),
  rules(
    "action: inferior.length > 0 ? 'do_not_ship' : 'keep_running',",
    "action: 'keep_running',",
    'a better treatment beyond a margin goes on',
  ),
  rules(
    'if (end.reached === null) {',
    'if (end.reached !== null) {',
    'an end that was not declared is missed',
  ),
  look(
    'if (plannedEnd !== null && until !== null && until >= Date.parse(plannedEnd)) return 1;',
    '',
    'information is missing at the planned end',
  ),
  look(
    '.filter((information) => information < now);',
    '.filter((information) => information > now);',
    'the days before are no looks',
  ),
  look(
    'sequential.looks?.findLast((share) => share <= now)',
    'sequential.looks?.find((share) => share <= now)',
    'the first declared look is judged for ever',
  ),
  look(
    'days[isAfterEnd ? Math.max(reached - 1, 0) : reached]',
    'days[reached]',
    'who comes after the end is judged',
  ),
  look(
    'return isBeforeEnd(progress)\n',
    'return !isBeforeEnd(progress)\n',
    'what is seen before the end is judged as if it were the end',
  ),
  look('(planned_users * 2) / arms', 'planned_users', 'tuned for the users of all arms'),
  look(
    "method: planned_end === null && planned_users === null ? 'always_valid' : 'none'",
    "method: 'none'",
    'looks are not left to the plan',
  ),
  settled('day <= lastClosedDay)', "day !== '')", 'open windows settle a verdict'),
  settled(
    'closed.findIndex(({ day }) => day === lastDay)',
    'closed.length - 1',
    'later users settle a verdict',
  ),
  guardrail('const level = look.alpha / 2;', 'const level = look.alpha;', 'two- for one-sided level'),
  guardrail('pBeyond < level / guardrails', 'pBeyond < level', 'harm is not shared out over guardrails'),
  guardrail("verdict !== 'worse' && ", '', 'a significant harm is no harm'),
  guardrail(
    '!(atOneLook <= usersNow)',
    '!(needed <= usersNow)',
    'a harm passes for the users that its looks take',
  ),
  guardrail(
    '!(atOneLook <= usersNow)',
    '!(atOneLook <= 0)',
    'users enough to show a margin need not show it',
  ),
  guardrail('guardrail.better === ', "'higher' === ", 'a rise is good where it is bad'),
  significance(
    "return absolute > 0 === (better === 'higher')",
    'return absolute > 0',
    'lower is better ignored',
  ),
  significance(
    'plan.correction === null ? deciding.p : deciding.test.p',
    'deciding.p',
    'a verdict is not corrected',
  ),
  significance('p < (deciding.test.alpha ?? alpha)', 'p < alpha', 'a look is judged at the level of all'),
  families(
    'pAdjusted < alpha ? (ranks[i] ?? 0) : found',
    'found',
    'an interval of the last step for every step',
  ),
  families('alpha * (Math.max(found, 1) / m)', 'alpha / m', 'Bonferroni interval for a false coverage rate'),
  families('Math.min(1, p * factor)', 'Math.min(1, p)', 'Dunnett forgets the other metrics'),
];
