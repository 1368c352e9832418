"""Figures of a public data set, computed from the file alone.

    python compute.py <file.csv> '{"arm": "group", "control": "A", "outcome": "converted", "value": "1"}'

With `value`, shares of rows that have it and the z test without pooling (statsmodels); without, means and Welch's test
(scipy), of amounts to the cent. Rows that repeat another one exactly count once, unless `repeats` says that they are others,
and rows without an arm not at all. With `unit`, the rows of a unit add up.
"""

import json
import sys

import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

path, request = sys.argv[1], json.loads(sys.argv[2])
rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
if not request.get("repeats"):
    rows = rows.drop_duplicates()
value = request.get("value")
rows = rows[rows[request["arm"]] != ""]
column = rows[request["outcome"]]
outcome = (column == value).astype(int) if value is not None else column.str.replace(",", "").astype(float).round(2)
unit = request.get("unit")
if unit is not None:
    sums = rows.assign(outcome=outcome).groupby(unit)
    rows, outcome = sums.first(), sums["outcome"].sum()
arms = {arm: outcome[rows[request["arm"]] == arm] for arm in sorted(rows[request["arm"]].unique())}
base = arms.pop(request["control"])


def compare(arm):
    if value is not None:
        sums = (int(arm.sum()), len(arm), int(base.sum()), len(base))
        test = test_proportions_2indep(*sums, compare="diff", method="wald")
        return test.pvalue, confint_proportions_2indep(*sums, compare="diff", method="wald")
    test = stats.ttest_ind(arm, base, equal_var=False)
    return test.pvalue, test.confidence_interval(0.95)


def figures(name, arm):
    p, (low, high) = compare(arm)
    return {
        "variant": name,
        "control": {"n": len(base), "mean": float(base.mean())},
        "treatment": {"n": len(arm), "mean": float(arm.mean())},
        "lift": float(arm.mean() / base.mean() - 1),
        "interval": [float(low), float(high)],
        "p": float(p),
    }


print(json.dumps([figures(name, arm) for name, arm in arms.items()]))
