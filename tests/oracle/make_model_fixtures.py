"""Writes the reference values of models and plans: regression adjustment, quantiles, interaction, sequential power.

    .venv/bin/python tests/oracle/make_model_fixtures.py     (environment: requirements.txt)
"""

import numpy as np
import statsmodels.api as sm
from mpmath import mp, mpf
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from sufficient import moment_matrix, write

mp.dps = 40


def welch(treatment, control, alpha=0.05):
    test = stats.ttest_ind(treatment, control, equal_var=False)
    interval = test.confidence_interval(1 - alpha)
    return {
        "absolute": float(treatment.mean() - control.mean()),
        "absoluteCi": [float(interval.low), float(interval.high)],
        "df": float(test.df),
        "p": float(test.pvalue),
    }


# --- regression adjustment -----------------------------------------------------------------------------------


def adjustments():
    """OLS of the metric on its covariates over all arms; then Welch's test on what the covariates leave."""
    rng = np.random.default_rng(5)
    cases = []
    for sizes, covariates in [((300, 280), 1), ((900, 1100), 2), ((2500, 1200), 4), ((40, 35), 3)]:
        arms = []
        for n, lift in zip(sizes, (0, 40)):
            x = rng.poisson(3, (n, covariates)) * np.arange(1, covariates + 1) * 10
            y = (x.sum(axis=1) * 2 + rng.gamma(1.2, 300, n) + lift).astype(int)
            arms.append((y, x.astype(int)))
        (y_c, x_c), (y_t, x_t) = arms
        fit = sm.OLS(np.concatenate([y_c, y_t]), sm.add_constant(np.vstack([x_c, x_t]))).fit()
        theta = fit.params[1:]
        cases.append(
            {
                "covariates": covariates,
                "control": moment_matrix(y_c, *x_c.T),
                "treatment": moment_matrix(y_t, *x_t.T),
                "thetas": theta.tolist(),
                **welch(y_t - x_t @ theta, y_c - x_c @ theta),
            }
        )

    # A ratio: OLS on the linearised values over all arms, with the arm's own linearisation for its error.
    ratio_cases = []
    for sizes in [(400, 500), (3000, 2500)]:
        arms = []
        for n, lift in zip(sizes, (0, 0.05)):
            taste = rng.gamma(2, 0.7, n)
            orders, before = rng.poisson(taste), rng.poisson(taste)
            revenue = np.array([int(rng.lognormal(7 + lift, 0.4, k).sum()) for k in orders])
            spent = np.array([int(rng.lognormal(7, 0.4, k).sum()) for k in before])
            arms.append((revenue, orders, spent, before))
        pooled = [np.concatenate(columns) for columns in zip(*arms)]
        linearise = lambda y, d: (y - y.sum() / d.sum() * d) / d.mean()
        theta = sm.OLS(linearise(*pooled[:2]), sm.add_constant(np.column_stack(pooled[2:]))).fit().params[1:]
        # Shifted by the adjusted ratio, so that its mean is that of the arm.
        values = [
            linearise(y, d) + y.sum() / d.sum() - np.column_stack([s, b]) @ theta for y, d, s, b in arms
        ]
        ratio_cases.append(
            {
                "control": moment_matrix(*arms[0]),
                "treatment": moment_matrix(*arms[1]),
                "thetas": theta.tolist(),
                **welch(values[1], values[0]),
            }
        )
    write(
        "adjustment",
        ["statsmodels", "scipy"],
        {"means": cases, "ratios": ratio_cases, "interacted": interacted()},
    )


def interacted():
    """OLS with the covariates, centred over both arms, times the arm: the treatment's coefficient and its HC2 error.

    HC2 takes the covariates' mean as known; what it varies by is added (Negi and Wooldridge 2021, equation 3.17).
    """
    rng = np.random.default_rng(50)
    cases = []
    for sizes, covariates in [((3000, 3000), 1), ((9000, 1000), 1), ((9000, 1000), 2), ((1500, 6000), 3)]:
        arms = []
        for n, slope in zip(sizes, (2, 5)):
            x = rng.poisson(3, (n, covariates)) * np.arange(1, covariates + 1) * 10
            y = (x.sum(axis=1) * slope + rng.gamma(1.2, 60, n)).astype(int)
            arms.append((y, x.astype(int)))
        (y_c, x_c), (y_t, x_t) = arms
        y, x = np.concatenate([y_c, y_t]), np.vstack([x_c, x_t])
        treated = np.repeat([0, 1], sizes)
        centred = x - x.mean(axis=0)
        fit = sm.OLS(y, np.column_stack([np.ones(len(y)), treated, centred, centred * treated[:, None]])).fit(
            cov_type="HC2"
        )
        of_control, apart = fit.params[2 : 2 + covariates], fit.params[2 + covariates :]
        theta = of_control + apart * sizes[0] / sum(sizes)
        spread = np.atleast_2d(np.cov(x.T))
        cases.append(
            {
                "covariates": covariates,
                "control": moment_matrix(y_c, *x_c.T),
                "treatment": moment_matrix(y_t, *x_t.T),
                "coefficient": float(fit.params[1]),
                "se": float(np.sqrt(fit.bse[1] ** 2 + apart @ spread @ apart / sum(sizes))),
                "thetas": theta.tolist(),
                **welch(y_t - x_t @ theta, y_c - x_c @ theta),
            }
        )
    return cases


# --- quantiles -----------------------------------------------------------------------------------------------


def quantile_arm(values, quantile, z, clusters=None):
    """Order statistics and standard error from the raw values; `clusters` holds the user of each value."""
    ordered, n = np.sort(values), len(values)
    value = ordered[int(np.ceil(n * quantile - 1e-9)) - 1]
    share_sd, users, pairs = np.sqrt(quantile * (1 - quantile) / n), n, None
    if clusters is not None:
        sessions = np.bincount(clusters)
        below = np.bincount(clusters, weights=values <= value).astype(int)
        residuals = (below - below.sum() / n * sessions) / sessions.mean()
        users = len(sessions)
        share_sd = np.sqrt(residuals.var(ddof=1) / users)
        pairs = moment_matrix(below, sessions)
    lower, upper = (int(np.floor(n * quantile + 0.5 + sign * z * n * share_sd + 0.5)) for sign in (-1, 1))
    bounds = [int(ordered[rank - 1]) for rank in (lower, upper)]
    return {
        "observations": n,
        "users": users,
        "clusters": pairs,
        "ranks": {"value": int(np.ceil(n * quantile - 1e-9)), "lower": lower, "upper": upper},
        "sample": {"value": str(int(value)), "lower": str(bounds[0]), "upper": str(bounds[1])},
        "se": float((bounds[1] - bounds[0]) / (2 * z)),
    }


def quantiles():
    rng = np.random.default_rng(12)
    z = float(stats.norm.isf(0.025))
    cases = []
    for quantile, users in [(0.5, 800), (0.9, 2000), (0.99, 6000)]:
        arms = [quantile_arm(rng.lognormal(8 + m, 1, users).astype(int), quantile, z) for m in (0, 0.1)]
        cases.append({"quantile": quantile, "z": z, "control": arms[0], "treatment": arms[1]})
        clustered = []
        for m in (0, 0.1):
            sessions = 1 + rng.poisson(2, users)
            users_of = np.repeat(np.arange(users), sessions)
            own = rng.normal(0, 0.7, users)[users_of]
            clustered.append(quantile_arm(np.exp(9 + m + own + rng.normal(0, 0.7, len(own))).astype(int), quantile, z, users_of))
        cases.append({"quantile": quantile, "z": z, "control": clustered[0], "treatment": clustered[1]})
    for case in cases:
        control, treatment = case["control"], case["treatment"]
        lift = int(treatment["sample"]["value"]) - int(control["sample"]["value"])
        se = float(np.hypot(control["se"], treatment["se"]))
        case |= {
            "absolute": lift,
            "absoluteCi": [lift - z * se, lift + z * se],
            "p": float(2 * stats.norm.sf(abs(lift / se))),
        }
    write("quantiles", ["numpy", "scipy"], {"cases": cases})


# --- interaction ---------------------------------------------------------------------------------------------


def interactions():
    rng = np.random.default_rng(77)
    cases = []
    for levels, spread in [(2, 0), (3, 1), (8, 0.3), (20, 2)]:
        lifts, variances = rng.normal(0.4, spread + 0.5, levels), rng.gamma(2, 0.2, levels)
        result = combine_effects(lifts, variances, method_re="dl")
        df = levels - 1
        cases.append(
            {
                "segments": [{"lift": float(l), "variance": float(v)} for l, v in zip(lifts, variances)],
                "q": float(result.q),
                "p": float(stats.chi2.sf(result.q, df)),
                "iSquared": float(max(0, result.i2)),
                "commonLift": float(result.mean_effect_fe),
            }
        )
    families = [rng.random(n).tolist() + [1e-9, 0.04] for n in (1, 8, 50)]
    write(
        "families",
        ["statsmodels", "scipy"],
        {
            "interactions": cases,
            "yekutieli": [{"p": ps, "adjusted": multipletests(ps, method="fdr_by")[1].tolist()} for ps in families],
        },
    )


# --- sequential power ----------------------------------------------------------------------------------------


def crossing(information, z, drift):
    """Probability that a Brownian motion with drift leaves the boundary at one of the looks; 400 nodes a look."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    scores, masses, previous, total = np.array([0.0]), np.array([1.0]), 0.0, 0.0
    for t, bound in zip(information, z):
        step, edge = t - previous, bound * np.sqrt(t)
        deviation, moved = np.sqrt(step), scores + drift * step
        total += masses @ (stats.norm.sf((edge - moved) / deviation) + stats.norm.sf((edge + moved) / deviation))
        new = edge * nodes
        kernel = stats.norm.pdf((new[:, None] - moved[None, :]) / deviation) / deviation
        scores, masses, previous = new, (kernel @ masses) * weights * edge, t
    return total


def boundaries(information, alpha):
    z = []
    for i, t in enumerate(information):
        spent = lambda bound: crossing(information[: i + 1], [*z, bound], 0) - alpha * t * t
        z.append(optimize.brentq(spent, 1, 8, xtol=1e-13, rtol=1e-13))
    return z


def one_sided_multiple(users, alpha, tuned_for):
    """GrowthBook's half-width over the standard error, from its documented form at 40 digits."""
    n, a = mpf(users), 2 * mpf(alpha)
    rho2 = (-2 * mp.log(a) + mp.log(-2 * mp.log(a) + 1)) / mpf(tuned_for)
    return float(mp.sqrt(n) * mp.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * mp.log(1 + mp.sqrt(n * rho2 + 1) / a)))


def two_sided_multiple(users, alpha, tuned_for):
    """Eppo's form of the confidence sequence, equal to GrowthBook's."""
    n, a = mpf(users), mpf(alpha)
    r = mpf(tuned_for) / (mp.log(mp.log(mp.e / a**2)) - 2 * mp.log(a))
    return float(mp.sqrt((n + r) / n * mp.log((n + r) / (r * a * a))))


def sequential():
    plans = [(200, 0.05, 5000), (5000, 0.05, 5000), (1_000_000, 0.01, 20_000), (77, 0.1, 1e6)]
    inflations = []
    for information, alpha, power in [([1.0], 0.05, 0.8), ([0.5, 1.0], 0.05, 0.8), ([0.2, 0.4, 0.6, 0.8, 1.0], 0.05, 0.9), ([0.1, 1.0], 0.01, 0.8)]:
        z = boundaries(information, alpha)
        fixed = stats.norm.isf(alpha / 2) + stats.norm.isf(1 - power)
        drift = optimize.brentq(lambda d: crossing(information, z, d) - power, 0.5, 10, xtol=1e-13, rtol=1e-13)
        inflations.append(
            {"information": information, "alpha": alpha, "power": power, "inflation": float((drift / fixed) ** 2)}
        )
    always = []
    for alpha, power in [(0.05, 0.8), (0.01, 0.9)]:
        critical = two_sided_multiple(1, alpha, 1)
        excess = lambda d: stats.norm.sf(critical - d) + stats.norm.sf(critical + d) - power
        fixed = stats.norm.isf(alpha / 2) + stats.norm.isf(1 - power)
        drift = optimize.brentq(excess, 0.5, 10, xtol=1e-13, rtol=1e-13)
        always.append({"alpha": alpha, "power": power, "inflation": float((drift / fixed) ** 2)})
    write(
        "sequential",
        ["mpmath", "scipy"],
        {
            "multiples": [
                {
                    "users": users,
                    "alpha": alpha,
                    "tunedFor": tuned_for,
                    "twoSided": two_sided_multiple(users, alpha, tuned_for),
                    "oneSided": one_sided_multiple(users, alpha, tuned_for),
                }
                for users, alpha, tuned_for in plans
            ],
            "groupSequential": inflations,
            "alwaysValid": always,
        },
    )


# --- strata --------------------------------------------------------------------------------------------------


def strata():
    """OLS of the metric on the arm times the strata, centred over both arms: the arm's coefficient is the mean of the strata's
    lifts by their users, the intercept the control's mean likewise, and HC2 the errors of independent arms. Satterthwaite's
    degrees of freedom are made of those of scipy's Welch tests.
    """
    rng = np.random.default_rng(77)
    cases = []
    for sizes in [((900, 100), (500, 500)), ((1900, 100), (700, 300), (2000, 2000)), ((60, 20), (45, 70))]:
        arms, welches = [], []
        for k, (n_c, n_t) in enumerate(sizes):
            y_c, y_t = (rng.gamma(1.1, 250 * (k + 1), n).astype(int) for n in (n_c, n_t))
            arms.append((y_c, y_t))
            welches.append(stats.ttest_ind(y_t, y_c, equal_var=False))
        y = np.concatenate([values for pair in arms for values in pair])
        treated = np.concatenate([np.repeat([0, 1], pair) for pair in sizes])
        stratum = np.concatenate([np.repeat(k, sum(pair)) for k, pair in enumerate(sizes)])
        dummies = np.column_stack([stratum == k for k in range(1, len(sizes))]).astype(float)
        centred = dummies - dummies.mean(axis=0)
        fit = sm.OLS(
            y, np.column_stack([np.ones(len(y)), treated, centred, centred * treated[:, None]])
        ).fit(cov_type="HC2")
        weights = np.array([sum(pair) for pair in sizes]) / len(y)
        parts = [
            w**2 * (c.var(ddof=1) / len(c) + t.var(ddof=1) / len(t)) for w, (c, t) in zip(weights, arms)
        ]
        df = sum(parts) ** 2 / sum(part**2 / test.df for part, test in zip(parts, welches))
        lift, se = float(fit.params[1]), float(fit.bse[1])
        cases.append(
            {
                "strata": [
                    {"control": moment_matrix(c), "treatment": moment_matrix(t)} for c, t in arms
                ],
                "lift": lift,
                "se": se,
                "baseline": float(fit.params[0]),
                "baselineSe": float(fit.bse[0]),
                "covariance": float(fit.cov_params()[0][1]),
                "df": float(df),
                "p": float(2 * stats.t.sf(abs(lift / se), df)),
            }
        )
    tables = [[[90, 12], [300, 280]], [[950, 41], [210, 230], [400, 390]]]
    weights = [[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]]
    added = []
    for table in tables:
        tests = [
            stats.chisquare(users, np.array(shares) * sum(users)) for users, shares in zip(table, weights)
        ]
        chi2 = float(sum(test.statistic for test in tests))
        added.append({"users": table, "weights": weights[: len(table)], "chi2": chi2,
                      "p": float(stats.chi2.sf(chi2, len(table)))})
    write("strata", ["scipy", "statsmodels"], {"lifts": cases, "splits": added})


# --- amounts in unequal arms ---------------------------------------------------------------------------------


def skewed():
    """Welch's statistic by scipy, the skewness of all users by scipy.stats.skew, and Hall's transformation of the one by the other.

    Beside it the share of permutations of the users over the arms whose difference is larger, and smaller.
    """
    rng = np.random.default_rng(99)
    cases = []
    for sizes, buyers, sd in [((9000, 1000), 0.1, 1), ((4000, 1000), 0.2, 1), ((1500, 4500), 0.1, 1), ((900, 100), 0.5, 0.7)]:
        c, t = (np.where(rng.random(n) < buyers, rng.lognormal(6, sd, n), 0).astype(int) for n in sizes)
        test = stats.ttest_ind(t, c, equal_var=False)
        both = np.concatenate([c, t])
        n_c, n_t = sizes
        skewness = stats.skew(both) * (1 / n_t**2 - 1 / n_c**2) / (1 / n_t + 1 / n_c) ** 1.5
        straight = (
            test.statistic + skewness * test.statistic**2 / 3 + skewness**2 * test.statistic**3 / 27 + skewness / 6
        )
        found = t.mean() - c.mean()
        draws = []
        for _ in range(20_000):
            mean = both[rng.choice(len(both), n_t, replace=False)].sum() / n_t
            draws.append(mean - (both.sum() - mean * n_t) / n_c)
        draws = np.array(draws)
        cube = lambda values: str(sum(int(v) ** 3 for v in values))
        cases.append(
            {
                "control": {**moment_matrix(c), "cubes": cube(c)},
                "treatment": {**moment_matrix(t), "cubes": cube(t)},
                "skewness": float(skewness),
                "df": float(test.df),
                "statistic": float(straight),
                "p": float(2 * stats.t.sf(abs(straight), test.df)),
                "welchP": float(test.pvalue),
                "permuted": {"above": float((draws >= found).mean()), "below": float((draws <= found).mean())},
            }
        )
    write("skewed", ["scipy"], {"cases": cases})


if __name__ == "__main__":
    adjustments()
    strata()
    skewed()
    quantiles()
    interactions()
    sequential()
