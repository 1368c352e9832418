"""Writes reference values that other experimentation engines compute on the same rows.

    python -m venv /tmp/engine && /tmp/engine/bin/pip install gbstats==0.8.0
    /tmp/engine/bin/python tests/oracle/make_engine_fixtures.py gbstats

The engines pin versions of numpy and pandas that exclude each other, so each has an environment of its own:
gbstats==0.8.0 (GrowthBook), tea-tasting==1.14.0, spotify-confidence==4.1.0.
"""

import sys

import numpy as np

from sufficient import moment_matrix, write


def shop(rng, users, lift, orders=True):
    """Revenue and orders after exposure and before it, of users who differ in how much they buy."""
    taste = rng.gamma(2, 0.5, users)
    before, after = rng.poisson(0.8 * taste), rng.poisson(taste * (1 + lift))
    spend = lambda counts: np.array([int(rng.lognormal(7, 0.5, k).sum()) for k in counts])
    return spend(after), after, spend(before), before


def experiments():
    """Arms of (revenue, orders, revenue before, orders before) and conversions (successes, users)."""
    rng = np.random.default_rng(20261124)
    for users_control, users_treatment, lift in [(400, 400, 0.1), (1500, 900, 0.02), (5000, 5000, 0.15), (60, 45, -0.3)]:
        yield shop(rng, users_control, 0), shop(rng, users_treatment, lift)


def conversions():
    return [((19, 448), (23, 472)), ((1000, 10_000), (1100, 10_000)), ((40, 50), (31, 45)), ((5000, 100_000), (5150, 98_000))]


# --- GrowthBook ----------------------------------------------------------------------------------------------


def gbstats():
    from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
    from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
    from gbstats.models.statistics import (
        ProportionStatistic,
        RatioStatistic,
        RegressionAdjustedStatistic,
        SampleMeanStatistic,
    )
    from gbstats.utils import check_srm

    mean = lambda v: SampleMeanStatistic(n=len(v), sum=float(v.sum()), sum_squares=float((v.astype(float) ** 2).sum()))
    ratio = lambda y, d: RatioStatistic(
        n=len(y), m_statistic=mean(y), d_statistic=mean(d), m_d_sum_of_products=float((y * d).sum())
    )
    adjusted = lambda y, x: RegressionAdjustedStatistic(
        n=len(y), post_statistic=mean(y), pre_statistic=mean(x), post_pre_sum_of_products=float((y * x).sum()), theta=0
    )

    def summary(result):
        return {
            "estimate": float(result.expected),
            "ci": [float(v) for v in result.ci],
            "p": float(result.p_value),
            "se": float(result.uplift.stddev),
        }

    def fixed(control, treatment, difference):
        config = FrequentistConfig(difference_type=difference)
        return summary(TwoSidedTTest(control(), treatment(), config).compute_result())

    def sequential(control, treatment, difference, tuned_for):
        config = SequentialConfig(difference_type=difference, sequential_tuning_parameter=tuned_for)
        result = summary(SequentialTwoSidedTTest(control(), treatment(), config).compute_result())
        return {"tunedFor": tuned_for, "difference": difference, **result}

    def bayesian(control, treatment, prior):
        # The prior on the relative lift that gbstats rescales for an absolute difference; here all is relative.
        gaussian = GaussianPrior(0, 1, False) if prior is None else GaussianPrior(prior[0], prior[1] ** 2, True)
        result = EffectBayesianABTest(
            control(), treatment(), EffectBayesianConfig(difference_type="relative", prior_effect=gaussian)
        ).compute_result()
        return {
            "prior": None if prior is None else {"mean": prior[0], "sd": prior[1]},
            "mean": float(result.expected),
            "sd": float(result.uplift.stddev),
            "ci": [float(v) for v in result.ci],
            "chanceToWin": float(result.chance_to_win),
            "risk": [float(v) for v in result.risk],
        }

    cases = []
    for (y_c, d_c, x_c, _), (y_t, d_t, x_t, _) in experiments():
        mean_c, mean_t = (lambda: mean(y_c)), (lambda: mean(y_t))
        cases.append(
            {
                "control": moment_matrix(y_c, d_c, x_c),
                "treatment": moment_matrix(y_t, d_t, x_t),
                "mean": {d: fixed(mean_c, mean_t, d) for d in ("absolute", "relative")},
                "ratio": {d: fixed(lambda: ratio(y_c, d_c), lambda: ratio(y_t, d_t), d) for d in ("absolute", "relative")},
                "adjusted": fixed(lambda: adjusted(y_c, x_c), lambda: adjusted(y_t, x_t), "absolute"),
                "sequential": [sequential(mean_c, mean_t, d, n) for d in ("absolute", "relative") for n in (500, 5000)],
                "bayesian": [bayesian(mean_c, mean_t, prior) for prior in (None, (0, 0.3), (0.02, 0.05))],
            }
        )
    rates = []
    for (s_c, n_c), (s_t, n_t) in conversions():
        control, treatment = (lambda: ProportionStatistic(n=n_c, sum=s_c)), (lambda: ProportionStatistic(n=n_t, sum=s_t))
        rates.append(
            {
                "control": {"n": str(n_c), "sum": str(s_c)},
                "treatment": {"n": str(n_t), "sum": str(s_t)},
                "absolute": fixed(control, treatment, "absolute"),
                "relative": fixed(control, treatment, "relative"),
                "bayesian": [bayesian(control, treatment, prior) for prior in (None, (0, 0.3))],
            }
        )
    srm = [
        {"users": users, "weights": weights, "p": float(check_srm(users, weights))}
        for users, weights in [([2023, 1977], [1, 1]), ([600, 400], [0.5, 0.5]), ([905, 110, 310], [6, 1, 2])]
    ]
    write("gbstats", ["gbstats"], {"cases": cases, "proportions": rates, "srm": srm})


# --- tea-tasting ---------------------------------------------------------------------------------------------


def tea_tasting():
    import pyarrow
    from tea_tasting import adjust_fdr, adjust_fwer
    from tea_tasting.experiment import ExperimentResult
    from tea_tasting.metrics import Mean, Proportion, RatioOfMeans, SampleRatio

    def analyse(metric, columns_c, columns_t):
        names = ["revenue", "orders", "revenue_before", "orders_before"]
        data = pyarrow.table(
            {
                "variant": np.repeat([0, 1], [len(columns_c[0]), len(columns_t[0])]),
                **{name: np.concatenate([c, t]) for name, c, t in zip(names, columns_c, columns_t)},
            }
        )
        result = metric.analyze(data, 0, 1, variant="variant")
        return {
            "control": float(result.control),
            "treatment": float(result.treatment),
            "estimate": float(result.effect_size),
            "ci": [float(result.effect_size_ci_lower), float(result.effect_size_ci_upper)],
            "relative": float(result.rel_effect_size),
            "p": float(result.pvalue),
            "statistic": float(result.statistic),
        }

    ratio_covariates = {"numer_covariate": "revenue_before", "denom_covariate": "orders_before"}
    metrics = {
        "mean": Mean("revenue"),
        "adjustedMean": Mean("revenue", covariate="revenue_before"),
        "ratio": RatioOfMeans("revenue", "orders"),
        "adjustedRatio": RatioOfMeans("revenue", "orders", **ratio_covariates),
    }
    cases = [
        {
            "control": moment_matrix(*control),
            "treatment": moment_matrix(*treatment),
            **{name: analyse(metric, control, treatment) for name, metric in metrics.items()},
        }
        for control, treatment in experiments()
    ]

    rates = []
    for (s_c, n_c), (s_t, n_t) in conversions():
        data = pyarrow.table(
            {
                "variant": np.repeat([0, 1], [n_c, n_t]),
                "bought": np.concatenate([np.arange(n_c) < s_c, np.arange(n_t) < s_t]).astype(int),
            }
        )
        run = lambda **options: Proportion("bought", method="norm", **options).analyze(data, 0, 1, variant="variant")
        pooled = run(correction=False)
        unpooled = run(correction=False, equal_var=False)
        rates.append(
            {
                "control": {"n": str(n_c), "sum": str(s_c)},
                "treatment": {"n": str(n_t), "sum": str(s_t)},
                "pooledP": float(pooled.pvalue),
                "unpooledP": float(unpooled.pvalue),
                "unpooledCi": [float(unpooled.effect_size_ci_lower), float(unpooled.effect_size_ci_upper)],
            }
        )

    rng = np.random.default_rng(8)
    families = [[0.005, 0.06, 0.007, 0.04, 0.01, 0.03], rng.random(12).tolist(), (rng.random(30) ** 6).tolist()]

    def adjusted(adjust, ps, **options):
        results = adjust(ExperimentResult({f"m{i}": {"pvalue": p} for i, p in enumerate(ps)}), **options)
        return [float(row["pvalue_adj"]) for row in results.to_dicts()]

    families = [
        {
            "p": ps,
            "holm": adjusted(adjust_fwer, ps, method="bonferroni", arbitrary_dependence=True),
            "bh": adjusted(adjust_fdr, ps, arbitrary_dependence=False),
            "by": adjusted(adjust_fdr, ps, arbitrary_dependence=True),
        }
        for ps in families
    ]
    write("tea-tasting", ["tea-tasting"], {"cases": cases, "proportions": rates, "multiplicity": families})


# --- Spotify -------------------------------------------------------------------------------------------------


def spotify_confidence():
    import pandas as pd
    from spotify_confidence import SampleSizeCalculator, StudentsTTest, ZTestLinreg
    from spotify_confidence.analysis.frequentist.sequential_bound_solver import bounds

    def arms(columns_c, columns_t):
        rows = []
        for name, (y, d, x, e) in (("control", columns_c), ("treatment", columns_t)):
            features = np.column_stack([x, e]).astype(float)
            rows.append(
                {
                    "arm": name,
                    "n": len(y),
                    "y": float(y.sum()),
                    "yy": float((y.astype(float) ** 2).sum()),
                    "x": features.sum(axis=0),
                    "xx": features.T @ features,
                    "xy": features.T @ y.astype(float),
                }
            )
        return pd.DataFrame(rows)

    def difference(test):
        row = test.difference(level_1="control", level_2="treatment").iloc[0]
        return {
            "estimate": float(row["difference"]),
            "ci": [float(row["ci_lower"]), float(row["ci_upper"])],
            "p": float(row["p-value"]),
        }

    cases = []
    for control, treatment in experiments():
        frame = arms(control, treatment)
        common = {"categorical_group_columns": "arm", "interval_size": 0.95}
        cases.append(
            {
                "control": moment_matrix(control[0], control[2], control[3]),
                "treatment": moment_matrix(treatment[0], treatment[2], treatment[3]),
                "mean": difference(StudentsTTest(frame, "y", "yy", "n", **common)),
                "adjusted": difference(ZTestLinreg(frame, "y", "yy", "n", "x", "xx", "xy", **common)),
            }
        )

    plans = [([0.25, 0.5, 0.75, 1.0], 0.05), ([250 / 810, 450 / 810, 630 / 810, 1.0], 0.01), ([0.1, 0.2, 0.9], 0.1)]
    looks = [
        {
            "information": information,
            "alpha": alpha,
            "z": [float(v) for v in bounds(np.array(information), alpha, rho=2, ztrun=8, sides=2, max_nints=1000).bounds],
        }
        for information, alpha in plans
    ]
    write("spotify-confidence", ["spotify-confidence"], {"cases": cases, "groupSequential": looks})


if __name__ == "__main__":
    engines = {"gbstats": gbstats, "tea-tasting": tea_tasting, "spotify-confidence": spotify_confidence}
    engines[sys.argv[1]]()
