# %% [markdown]
# # The first table of the report, computed again
#
# From the users of the run (`marts/`), with nothing of the pipeline: each figure of _Effects on each metric_ is computed
# here in plain Python and held against `results.parquet` and `report.json` beside this file, to 1e-9. pyarrow reads, pandas
# shows. If a number differs, the cell at the end stops with it.

# %%
import json
import math
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import pandas as pd
import pyarrow.parquet as pq

HERE = Path(".")
REPORT = json.loads((HERE / "report.json").read_text(encoding="utf-8"))
RESULTS = pq.read_table(HERE / "results.parquet").to_pylist()
USERS = [row for file in sorted((HERE / "marts").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
print(f"run {REPORT['run']['runId']}: {len(USERS):,} exposed users")

# %% [markdown]
# ## Who counts, and with which value
#
# All exposed users, or those whose outcome window has ended (`immature: exclude`). A value is in the metric's unit;
# durations are stored in milliseconds. Sums are of exact decimals.

# %%
def analysed(experiment):
    """Users of the experiment that count, by arm."""
    arms = {arm["variant"]: [] for arm in experiment["arms"]}
    only_mature = experiment["settings"]["immature"] == "exclude"
    for user in USERS:
        if user["experiment_id"] == experiment["experimentId"] and (user["is_mature"] or not only_mature):
            arms[user["variant"]].append(user)
    return arms


def values(users, part, cap=None):
    """A user's value of a part of a metric, cut at `cap`."""
    thousandths = 1000 if part["unit"] == "seconds" else 1
    found = [Decimal(user[part["column"]] or 0) / thousandths for user in users]
    return found if cap is None else [min(value, Decimal(repr(cap))) for value in found]

# %% [markdown]
# ## An arm's value and its squared standard error
#
# A share p has p (1 - p) / n, a mean s² / n, a ratio of sums R = Σx / Σy the delta method's Σ(x - R y)² / ((n - 1) n ȳ²).

# %%
def estimate(metric, users, cap=None):
    n = len(users)
    x = values(users, metric["definition"]["numerator"], cap)
    total = sum(x)
    if metric["kind"] == "quantile":
        rank = max(1, math.ceil(n * Decimal(repr(metric["quantile"]))))
        return {"n": n, "sum": float(total), "value": float(sorted(x)[rank - 1]), "variance": None}
    if metric["kind"] == "ratio":
        y = values(users, metric["definition"]["denominator"])
        under = sum(y)
        if under == 0:
            return {"n": n, "sum": float(total), "denominator": 0.0, "value": None, "variance": None}
        ratio = total / under
        spread = sum((a - ratio * b) ** 2 for a, b in zip(x, y, strict=True))
        variance = spread * n / ((n - 1) * under**2)
        return {"n": n, "sum": float(total), "denominator": float(under), "value": float(ratio), "variance": float(variance)}
    mean = total / n
    if metric["kind"] == "conversion":
        variance = mean * (1 - mean) / n
    else:
        variance = sum((value - mean) ** 2 for value in x) / (n * (n - 1))
    return {"n": n, "sum": float(total), "value": float(mean), "variance": float(variance)}

# %% [markdown]
# ## p-values and critical values
#
# Shares are tested against the normal distribution, means and ratios against Student's t with Welch's degrees of freedom.
# The tail of t is the regularised incomplete beta function I(df / (df + t²); df / 2, 1 / 2), by Lentz's continued fraction.

# %%
def log_beta_half(a):
    """log B(a, 1/2); for large a without the difference of two large logarithms."""
    if a < 1000:
        return math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    return math.lgamma(0.5) - (0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5))


def incomplete_beta(x, a, b, log_beta):
    """I_x(a, b) where x < (a + 1) / (a + b + 2)."""
    tiny = 1e-300
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d if abs(d) > tiny else tiny)
    fraction = d
    for m in range(1, 100_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + term * d
            c = 1.0 + term / c
            d = 1.0 / (d if abs(d) > tiny else tiny)
            c = c if abs(c) > tiny else tiny
            fraction *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta) / a * fraction


def two_sided(statistic, df):
    if df is None:
        return math.erfc(abs(statistic) / math.sqrt(2))
    if statistic == 0:
        return 1.0
    square = statistic * statistic
    x, rest, a = df / (df + square), square / (df + square), df / 2
    log_beta = log_beta_half(a)
    if x < (a + 1) / (a + 2.5):
        return incomplete_beta(x, a, 0.5, log_beta)
    return 1 - incomplete_beta(rest, 0.5, a, log_beta)


def critical(alpha, df):
    """The statistic whose two-sided p is alpha, by bisection."""
    low, high = 0.0, max(1.0, NormalDist().inv_cdf(1 - alpha / 2))
    while two_sided(high, df) > alpha:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if two_sided(middle, df) > alpha else (low, middle)
    return (low + high) / 2

# %% [markdown]
# ## Difference, lift and interval
#
# One standard error and one critical value make the interval of the difference and that of the lift, which is Fieller's: all
# L with (d - L·c)² within the critical value's square times the variance of d - L·c, d the difference and c the control.

# %%
def compare(metric, control, treatment):
    lift = treatment["value"] - control["value"]
    variance = control["variance"] + treatment["variance"]
    df = None
    if metric["kind"] != "conversion":
        parts = [(arm["variance"] / variance) ** 2 / (arm["n"] - 1) for arm in (control, treatment)]
        df = 1 / sum(parts)
    statistic = lift / math.sqrt(variance)
    return {
        "absolute": lift,
        "relative": lift / abs(control["value"]) if control["value"] else None,
        "variance": variance,
        "df": df,
        "statistic": statistic,
        "p": two_sided(statistic, df),
        "control": control,
        "users": control["n"] + treatment["n"],
    }


def intervals(found, multiple):
    """Of the difference, and of the lift where the control is far enough from zero, `multiple` standard errors wide."""
    half = multiple * math.sqrt(found["variance"])
    absolute = (found["absolute"] - half, found["absolute"] + half)
    base = found["control"]["value"]
    if not base:
        return absolute, None
    d = found["absolute"] / abs(base)
    g = multiple**2 * found["control"]["variance"] / base**2
    if g >= 1:
        return absolute, None
    b = d + math.copysign(g, base)
    c = d * d - (half / base) ** 2
    root = math.sqrt(max(b * b - (1 - g) * c, 0))
    q = b - root if b < 0 else b + root
    ends = sorted((q / (1 - g), c / q))
    return absolute, tuple(ends)


def looked(metric_deciding, sequential, found, level, settings):
    """The multiple of the standard error, and p, of the declared way of looking."""
    if metric_deciding["testing"] != "always_valid":
        return critical(level, found["df"]), found["p"]
    # A normal mixture, tightest at `tunedFor` users (arXiv 2103.06476).
    log_level = -2 * math.log(sequential["alpha"])
    mixing = found["users"] / sequential["tunedFor"] * (log_level + math.log1p(log_level))
    multiple = math.sqrt((1 + mixing) / mixing * (math.log1p(mixing) - 2 * math.log(level)))
    p = min(1.0, math.exp(math.log1p(mixing) / 2 - found["statistic"] ** 2 * mixing / (2 * (1 + mixing))))
    return multiple, p

# %% [markdown]
# ## Many metrics
#
# The p-values of a role are corrected together; guardrails are not.

# %%
def corrected(p_values, method):
    m = len(p_values)
    order = sorted(range(m), key=lambda i: p_values[i])
    adjusted = list(p_values)
    running = 0.0
    if method == "holm":
        for position, i in enumerate(order):
            running = max(running, min(1.0, p_values[i] * (m - position)))
            adjusted[i] = running
    elif method == "benjamini_hochberg":
        running = 1.0
        for position in range(m - 1, -1, -1):
            i = order[position]
            running = min(running, p_values[i] * m / (position + 1))
            adjusted[i] = running
    return adjusted

# %% [markdown]
# ## The table, and what the report says
#
# An estimate adjusted by CUPED, corrected for the skew of amounts in unequal arms, or compared within the periods of a ramp,
# Dunnett's correction (several treatments) and quantiles of single sessions are not computed here: their rows say so.

# %%
CHECKED = []


def hold(where, name, computed, reported):
    if computed is None and reported is None:
        return
    near = computed is not None and reported is not None and math.isclose(computed, reported, rel_tol=1e-9, abs_tol=1e-12)
    assert near, f"{where}: {name} is {computed} from the users, {reported} in the report"
    size = max(abs(computed), abs(reported))
    CHECKED.append(abs(computed - reported) / size if size else 0.0)


def hold_interval(where, name, computed, reported):
    assert (computed is None) == (reported is None), f"{where}: {name} is {computed} from the users, {reported} in the report"
    for end, (ours, theirs) in zip(("lower", "upper"), zip(computed or (), reported or ()), strict=False):
        hold(where, f"{name}, {end} end", ours, theirs)


def result_of(experiment, metric, variant):
    for row in RESULTS:
        key = (row["experiment_id"], row["segment"], row["metric"], row["role"], row["variant"])
        if key == (experiment["experimentId"], None, metric["metric"], metric["role"], variant):
            return row
    raise AssertionError(f"results.parquet has no row of {metric['metric']} in {variant}")


def check_arm(where, row, arm):
    for name, column in (("users", "n"), ("sum", "sum"), ("denominator", "denominator"), ("mean", "value")):
        hold(where, f"{name} of {row['variant']}", arm.get(column), row[name])


def corrected_for_skew(experiment, metric):
    users = [arm["assigned"] for arm in experiment["arms"] if arm["assigned"] > 0]
    return metric["kind"] == "mean" and metric["unit"] == "currency" and max(users) >= 1.5 * min(users)


def check_experiment(experiment):
    settings, basis = experiment["settings"], experiment["decision"]["basis"]
    arms = analysed(experiment)
    caps = {cap["metric"]: cap["cap"] for cap in experiment["caps"]}
    rows, families = [], {}
    for metric in experiment["metrics"]:
        if metric["unavailable"] is not None or not metric["comparisons"]:
            continue
        is_of_sessions = metric["kind"] == "quantile" and metric["definition"]["numerator"]["adds"] is None
        for comparison in metric["comparisons"]:
            where = f"{experiment['experimentId']}, {metric['metric']}, {comparison['variant']}"
            row = {"metric": metric["metric"], "arm": comparison["variant"]}
            rows.append(row)
            family = families.setdefault(metric["role"], [])
            reported_p = comparison["deciding"]["p"]
            if is_of_sessions:
                row["note"] = "single sessions are not in the marts"
                family.append((where, comparison, metric, row, reported_p))
                continue
            sides = (experiment["control"], comparison["variant"])
            plain = [estimate(metric, arms[variant]) for variant in sides]
            for variant, arm in zip(sides, plain, strict=True):
                check_arm(where, result_of(experiment, metric, variant), arm)
            row |= {"control": plain[0]["value"], "treatment": plain[1]["value"]}
            if basis["estimate"] == "cuped" and comparison["cuped"].get("reason") != "no_covariate":
                row["note"] = "the estimate is adjusted by CUPED"
                family.append((where, comparison, metric, row, reported_p))
                continue
            if corrected_for_skew(experiment, metric):
                row["note"] = "amounts of unequal arms are corrected for their skew"
                family.append((where, comparison, metric, row, reported_p))
                continue
            if settings.get("ramp"):
                row["note"] = "compared within periods of assignment, which are not in the marts"
                family.append((where, comparison, metric, row, reported_p))
                continue
            if metric["kind"] == "quantile" or None in (plain[0]["value"], plain[1]["value"]):
                row["note"] = "values alone"
                family.append((where, comparison, metric, row, reported_p))
                continue
            cap = caps.get(metric["metric"]) if basis["values"] == "capped" else None
            found = compare(metric, *(plain if cap is None else [estimate(metric, arms[v], cap) for v in sides]))
            reported = result_of(experiment, metric, comparison["variant"])
            hold(where, "difference", found["absolute"], reported["absolute"])
            hold(where, "lift", found["relative"], reported["relative"])
            row |= {"difference": found["absolute"], "lift": found["relative"]}
            if comparison["test"] is None:
                row["note"] = f"not tested: {comparison['reason']}"
                continue
            for name in ("statistic", "df", "p"):
                hold(where, name, found[name], reported[name])
            single = intervals(found, critical(settings["alpha"], found["df"]))
            for name, interval in zip(("absolute_ci", "relative_ci"), single, strict=True):
                ends = (reported[f"{name}_lower"], reported[f"{name}_upper"])
                hold_interval(where, name, interval, None if None in ends else ends)
            deciding, sequential = comparison["deciding"], comparison.get("sequential")
            if deciding["p"] is None:
                row["note"] = "too early to decide"
                continue
            level = sequential["alpha"] if sequential else settings["alpha"]
            if deciding["adjustedCi"] is not None:
                level = deciding["adjustedCi"]["alpha"]
            multiple, p = looked(deciding, sequential, found, level, settings)
            interval = intervals(found, multiple)
            shown = deciding["adjustedCi"] or deciding["effect"]
            hold_interval(where, "interval of the difference", interval[0], shown["absoluteCi"])
            hold_interval(where, "interval of the lift", interval[1], shown["relativeCi"])
            hold(where, "p", p, deciding["p"])
            row |= {"from": interval[1] and interval[1][0], "to": interval[1] and interval[1][1], "p": p}
            family.append((where, comparison, metric, row, p))
    for role, members in families.items():
        check_family(role, members, settings, len(experiment["arms"]))
    return rows


def check_family(role, members, settings, arms):
    """Adjusted p and verdict of the metrics of a role."""
    # One that is not computed here has the p of the report; one without any is not in the family.
    members = [member for member in members if member[-1] is not None]
    by_dunnett = settings["multipleArms"] == "dunnett" and arms > 2
    method = "none" if role == "guardrail" else settings["correction"]
    adjusted = corrected([p for *_, p in members], method)
    for (where, comparison, metric, row, p), p_adjusted in zip(members, adjusted, strict=True):
        test = comparison["deciding"]["test"]
        if role != "guardrail" and by_dunnett:
            row["note"] = "Dunnett's correction is not computed"
            continue
        if role != "guardrail":
            hold(where, "adjusted p", p_adjusted, test["p"])
            row["adjusted p"] = p_adjusted
        if "note" in row:
            continue
        sequential = comparison.get("sequential")
        level = sequential["alpha"] if sequential else settings["alpha"]
        good = (row["difference"] > 0) == (metric["better"] == "higher")
        verdict = "inconclusive" if p_adjusted >= level else "better" if good else "worse"
        assert verdict == comparison["verdict"], f"{where}: {verdict} from the users, {comparison['verdict']} in the report"
        row["verdict"] = verdict


TABLES = {experiment["experimentId"]: check_experiment(experiment) for experiment in REPORT["experiments"]}

# %%
for experiment_id, rows in TABLES.items():
    print(experiment_id)
    print(pd.DataFrame(rows).to_string(index=False, na_rep=""))
print(f"{len(CHECKED)} figures computed again, the largest relative difference {max(CHECKED, default=0):.1e}")
