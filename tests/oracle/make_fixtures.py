"""Writes the reference values under fixtures/ that the oracle tests compare against.

    python -m venv .venv && .venv/bin/pip install -r tests/oracle/requirements.txt
    .venv/bin/python tests/oracle/make_fixtures.py

Tests come from scipy and statsmodels on raw rows, of which the fixtures keep the integer sufficient statistics.
"""

import json
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
from mpmath import mp, mpf
from scipy import optimize, stats
from statsmodels.datasets import spector
from statsmodels.discrete.discrete_model import Logit
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
    test_proportions_2indep,
)

from tails import chi_square_survival, normal_two_sided

HERE = Path(__file__).parent / "fixtures"
mp.dps = 40


def write(name, data):
    (HERE / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")


# --- comparisons ---------------------------------------------------------------------------------------------


def moments(values):
    values = [int(v) for v in values]
    return {"n": str(len(values)), "sum": str(sum(values)), "sumSquares": str(sum(v * v for v in values))}


def pair_moments(x, y):
    x, y = [int(v) for v in x], [int(v) for v in y]
    return {
        "n": str(len(x)),
        "sumX": str(sum(x)),
        "sumY": str(sum(y)),
        "sumXX": str(sum(v * v for v in x)),
        "sumYY": str(sum(v * v for v in y)),
        "sumXY": str(sum(a * b for a, b in zip(x, y))),
    }


def fieller(lift, variance, baseline, baseline_variance, critical):
    """Both ends of {L: (lift - L b)² <= q² (V + L² Vb + 2 L Vb)}, for independent arms and b > 0, at 40 digits."""
    lift, variance, b, vb, q2 = map(mpf, (lift, variance, baseline, baseline_variance, critical**2))
    a = b * b - q2 * vb
    if a <= 0:
        return None
    half = lift * b + q2 * vb
    root = mp.sqrt(half * half - a * (lift * lift - q2 * variance))
    return [float((half - root) / a), float((half + root) / a)]


def welch():
    rng = np.random.default_rng(20240611)
    cases = []
    for n_control, n_treatment, make in [
        (40, 55, lambda n, m: rng.integers(0, 20 + m, n)),
        (448, 472, lambda n, m: rng.poisson(4 + m / 4, n)),
        (900, 1100, lambda n, m: np.where(rng.random(n) < 0.05, rng.lognormal(8 + m / 20, 1, n).astype(int), 0)),
        (5, 3, lambda n, m: rng.integers(1, 1000, n)),
        (2000, 60, lambda n, m: -rng.poisson(50 + m, n)),
        (300, 300, lambda n, m: rng.normal(100_000 + 30_000 * m, 1000, n).astype(int)),
    ]:
        for alpha in (0.05, 0.001):
            control, treatment = make(n_control, 0), make(n_treatment, 2)
            test = stats.ttest_ind(treatment, control, equal_var=False)
            interval = test.confidence_interval(1 - alpha)
            cases.append(
                {
                    "alpha": alpha,
                    "control": moments(control),
                    "treatment": moments(treatment),
                    "absolute": float(treatment.mean() - control.mean()),
                    "absoluteCi": [float(interval.low), float(interval.high)],
                    "statistic": float(test.statistic),
                    "df": float(test.df),
                    "p": float(test.pvalue),
                    "relativeCi": fieller(
                        treatment.mean() - control.mean(),
                        control.var(ddof=1) / len(control) + treatment.var(ddof=1) / len(treatment),
                        control.mean(),
                        control.var(ddof=1) / len(control),
                        stats.t.isf(alpha / 2, test.df),
                    )
                    if control.mean() > 0
                    else None,
                }
            )
    write("welch", cases)


def proportions():
    cases = []
    for control, treatment in [
        ((19, 448), (23, 472)),
        ((1000, 10_000), (1100, 10_000)),
        ((3, 200), (9, 190)),
        ((1, 34), (7, 34)),
        ((0, 50), (4, 45)),
        ((48, 50), (50, 50)),
        ((123_456, 1_000_000), (125_000, 1_002_003)),
        ((50_000, 1_000_000), (90_000, 1_000_000)),
    ]:
        for alpha in (0.05, 0.01):
            (x_c, n_c), (x_t, n_t) = control, treatment
            z, p = proportions_ztest([x_t, x_c], [n_t, n_c])
            with np.errstate(divide="ignore"):  # it also computes a risk ratio, over a control of zero
                wald = test_proportions_2indep(x_t, n_t, x_c, n_c, method="wald", compare="diff")
            p_c, p_t = x_c / n_c, x_t / n_t
            v_c, v_t = p_c * (1 - p_c) / n_c, p_t * (1 - p_t) / n_t
            interval = lambda method: [
                float(v)
                for v in confint_proportions_2indep(x_t, n_t, x_c, n_c, method=method, compare="diff", alpha=alpha)
            ]
            cases.append(
                {
                    "alpha": alpha,
                    "control": {"sum": str(x_c), "n": str(n_c)},
                    "treatment": {"sum": str(x_t), "n": str(n_t)},
                    "pooled": {"z": float(z), "p": float(p)},
                    "wald": {"z": float(wald.statistic), "p": float(wald.pvalue), "ci": interval("wald")},
                    "newcombe": interval("newcomb"),
                    "wilsonControl": [float(v) for v in proportion_confint(x_c, n_c, alpha, method="wilson")],
                    "fieller": fieller(p_t - p_c, v_c + v_t, p_c, v_c, stats.norm.isf(alpha / 2)) if x_c else None,
                }
            )
    write("proportions", cases)


def ratios():
    """Delta method from its definition: variance of the per-user linearised values (x - R y) / mean(y)."""
    rng = np.random.default_rng(7)
    cases = []
    for n_control, n_treatment in [(100, 120), (1500, 1400)]:
        arms = []
        for n, price in ((n_control, 0), (n_treatment, 0.1)):
            orders = rng.poisson(0.7, n)
            revenue = np.array([int(rng.lognormal(8.2 + price, 0.6, k).sum()) for k in orders])
            ratio = revenue.sum() / orders.sum()
            linearised = (revenue - ratio * orders) / orders.mean()
            arms.append((pair_moments(revenue, orders), ratio, linearised))
        (control, r_c, l_c), (treatment, r_t, l_t) = arms
        # Shifting by the ratio leaves Welch's test on the linearised values with the ratios as their means.
        test = stats.ttest_ind(l_t + r_t, l_c + r_c, equal_var=False)
        interval = test.confidence_interval(0.95)
        cases.append(
            {
                "alpha": 0.05,
                "control": control,
                "treatment": treatment,
                "absolute": float(r_t - r_c),
                "absoluteCi": [float(interval.low), float(interval.high)],
                "df": float(test.df),
                "p": float(test.pvalue),
            }
        )
    write("ratios", cases)


# --- logit ---------------------------------------------------------------------------------------------------


def fit(y, x):
    design = np.column_stack([np.ones(len(y)), x])
    newton = {"disp": 0, "method": "newton", "maxiter": 200, "tol": 1e-14, "ridge_factor": 0}
    result = Logit(y, design).fit(**newton)
    robust = Logit(y, design).fit(**newton, cov_type="HC0")
    return {
        "coefficients": result.params.tolist(),
        "se": result.bse.tolist(),
        "z": result.tvalues.tolist(),
        "p": (2 * stats.norm.sf(np.abs(result.tvalues))).tolist(),
        "logLikelihood": float(result.llf),
        "nullLogLikelihood": float(result.llnull),
        "robustSe": robust.bse.tolist(),
        "marginalEffects": {"model": marginal_effects(result, x), "robust": marginal_effects(robust, x)},
    }


def marginal_effects(result, x):
    """Average discrete changes of the terms that are coded 0 and 1, by their position."""
    margins = result.get_margeff(at="overall", method="dydx", dummy=True)
    binary = [i for i in range(x.shape[1]) if set(np.unique(x[:, i])) == {0, 1}]
    return [{"term": i, "value": float(margins.margeff[i]), "se": float(margins.margeff_se[i])} for i in binary]


def grouped(y, x):
    rows, inverse = np.unique(np.asarray(x, dtype=float), axis=0, return_inverse=True)
    trials = np.bincount(inverse.ravel())
    successes = np.bincount(inverse.ravel(), weights=y)
    return [
        {"x": row.tolist(), "trials": int(t), "successes": int(s)} for row, t, s in zip(rows, trials, successes)
    ]


def logits():
    rng = np.random.default_rng(42)
    data = spector.load_pandas()
    grade, features = data.endog.to_numpy(), data.exog[["GPA", "TUCE", "PSI"]].to_numpy()
    cases = [
        {"name": "spector", "terms": ["GPA", "TUCE", "PSI"], "cells": grouped(grade, features), **fit(grade, features)}
    ]
    for name, users, events in [
        ("a small experiment", 920, lambda n: rng.poisson(4, n)),
        ("a large experiment", 60_000, lambda n: rng.negative_binomial(2, 0.2, n)),
        ("users with thousands of events", 5000, lambda n: np.where(rng.random(n) < 0.01, 4000, rng.poisson(9, n))),
    ]:
        treated = rng.integers(0, 2, users)
        count = events(users)
        eta = -3 + 0.2 * treated + 0.15 * np.minimum(count, 20)
        purchased = (rng.random(users) < 1 / (1 + np.exp(-eta))).astype(float)
        x = np.column_stack([treated, count])
        cases.append(
            {
                "name": name,
                "terms": ["is_treatment", "events_in_window"],
                "cells": grouped(purchased, x),
                **fit(purchased, x),
            }
        )
    write("logit", cases)


# --- group sequential ----------------------------------------------------------------------------------------


def group_sequential(information, alpha):
    """Two-sided boundaries that spend alpha t², with the continuation region integrated by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    scores, masses, previous, spent, bounds = np.array([0.0]), np.array([1.0]), 0.0, 0.0, []
    for t in information:
        deviation = np.sqrt(t - previous)
        target = alpha * t * t - spent

        def excess(z):
            bound = z * np.sqrt(t)
            tails = stats.norm.sf((bound - scores) / deviation) + stats.norm.sf((bound + scores) / deviation)
            return masses @ tails - target

        z = optimize.brentq(excess, 1, 8, xtol=1e-13, rtol=1e-13)
        bound = z * np.sqrt(t)
        new_scores = bound * nodes
        kernel = stats.norm.pdf((new_scores[:, None] - scores[None, :]) / deviation) / deviation
        scores, masses = new_scores, (kernel @ masses) * weights * bound
        previous, spent = t, alpha * t * t
        bounds.append(float(z))
    return {"information": information, "alpha": alpha, "z": bounds}


# --- dunnett -------------------------------------------------------------------------------------------------


def dunnett(control, treatments, z):
    """P(some |Z_i| > z) for lifts that share a control, by the one-factor integral."""
    loadings = [mp.sqrt(mpf(control) / (mpf(control) + mpf(t))) for t in treatments]
    tail = lambda x: mp.erfc(x / mp.sqrt(2)) / 2

    def integrand(u):
        log_within = mpf(0)
        for load in loadings:
            own = mp.sqrt(1 - load * load)
            log_within += mp.log1p(-tail((z - load * u) / own) - tail((z + load * u) / own))
        return -mp.npdf(u) * mp.expm1(log_within)

    return {
        "control": control,
        "treatments": treatments,
        "z": z,
        "p": float(normal_two_sided(z)),
        "adjusted": float(2 * mp.quad(integrand, mp.linspace(0, z + 12, 2 * int(z) + 25))),
    }


# --- the rest ------------------------------------------------------------------------------------------------


def various():
    rng = np.random.default_rng(3)
    families = [rng.random(n).tolist() + [1e-12, 0.05, 0.05] for n in (1, 5, 40)]
    srm = [([2023, 1977], [1, 1]), ([600, 400], [1, 1]), ([166080, 171180, 166300], [1, 1, 1]), ([905, 110], [9, 1])]
    power = [(20, 20, 0.9), (64, 64, 0.5), (10, 30, 1.0), (1000, 1000, 0.1), (393, 393, 0.2), (50_000, 50_000, 0.015)]
    write(
        "various",
        {
            "multiplicity": [
                {
                    "p": ps,
                    "holm": multipletests(ps, method="holm")[1].tolist(),
                    "bh": multipletests(ps, method="fdr_bh")[1].tolist(),
                }
                for ps in families
            ],
            "srm": [
                {
                    "users": users,
                    "weights": weights,
                    "chi2": float(test.statistic),
                    "p": float(chi_square_survival(mpf(float(test.statistic)), len(users) - 1)),
                }
                for users, weights in srm
                for test in [stats.chisquare(users, np.array(weights) / sum(weights) * sum(users))]
            ],
            "power": [
                {
                    "control": n_c,
                    "treatment": n_t,
                    "lift": lift,
                    "power": float(TTestIndPower().power(lift, n_c, 0.05, ratio=n_t / n_c)),
                }
                for n_c, n_t, lift in power
            ],
            "groupSequential": [
                group_sequential(*plan)
                for plan in [
                    ([0.25, 0.5, 0.75, 1.0], 0.05),
                    ([250 / 810, 450 / 810, 630 / 810, 1.0], 0.01),
                    ([0.02, 0.021, 0.3, 0.31, 0.9], 0.1),
                    ([(i + 1) / 28 for i in range(28)], 0.05),
                ]
            ],
            "dunnett": [
                dunnett(control, treatments, z)
                for control, treatments in [(1, [1, 1]), (1, [1, 2, 4, 8]), (9, [1, 1, 1]), (0.1, [3, 1])]
                for z in (0.5, 1.96, 4, 12, 30)
            ],
            "division": [
                {"numerator": str(a), "denominator": str(b), "expected": float(Fraction(a, b))}
                for a, b in [
                    (1, 3),
                    (-2, 3),
                    (2**53 + 1, 1),
                    (2**54 + 3, 2),
                    (10**400 + 1, 10**399),
                    (1, 10**300),
                    (7 * 10**290, 3 * 10**590),
                    (10**308, 1),
                    (3**600, 7**400),
                    # Halfway between two doubles but for a remainder far below.
                    ((2**53 + 1) * 10**40 + 1, 10**40),
                    ((2**53 + 1) * 10**40 - 1, -(10**40)),
                ]
            ],
        },
    )


if __name__ == "__main__":
    warnings.simplefilter("error")
    welch()
    proportions()
    ratios()
    logits()
    various()
