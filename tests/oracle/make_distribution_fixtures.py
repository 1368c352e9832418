"""Writes fixtures/distributions.json: tails and quantiles at 40 digits (environment: requirements.txt; takes minutes)."""

import json
from pathlib import Path

from mpmath import mp, mpf

from tails import chi_square_survival, invert, noncentral_t_survival, normal_two_sided, t_two_sided

HERE = Path(__file__).parent / "fixtures"


def write(name, data):
    (HERE / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")


def case(args, value):
    return {"args": [float(a) for a in args], "expected": float(value)}


def distributions():
    zs = [1e-8, 0.1, 0.5, 1, 1.96, 3, 5, 8, 12, 20, 30, 37]
    ps = [0.999, 0.9, 0.5, 0.4, 0.25, 0.1, 0.025, 1e-3, 1e-5, 1e-10, 1e-16, 1e-50, 1e-100, 1e-300]
    ts = [1e-6, 0.01, 0.5, 1, 2, 5, 10, 37, 1e3, 1e6, 1e12]
    dfs = [1, 2, 2.5, 5, 30, 204.634, 1e4, 1e6, 1e9]
    alphas = [0.999, 0.5, 0.1, 0.05, 0.01, 1e-3, 1e-6, 1e-12, 1e-50, 1e-100]
    chis = [1e-6, 0.36, 1, 3.84, 10, 40, 99.0404, 300, 700, 1300]
    t_cases = [case((t, df), t_two_sided(t, df)) for df in dfs for t in ts if t <= 40 or df <= 30]
    # Quantiles: the survival function's own inverse at 40 digits, for df where mpmath is quick.
    criticals = [
        case((a, df), invert(lambda t: t_two_sided(t, df), mpf(a), "1e-5", mpf(10) ** (110 / df + 3)))
        for df in (1, 2, 2.5, 5, 30, 204.634)
        for a in alphas
    ]
    chi_quantiles = [
        case((p, df), invert(lambda x: chi_square_survival(x, df), mpf(p), "1e-12", "1e4"))
        for df in (1, 2, 3, 7, 40)
        for p in (0.999, 0.5, 0.05, 1e-3, 1e-10, 1e-50, 1e-100)
    ]
    nct = [
        case((t, df, nc), noncentral_t_survival(t, df, nc))
        for df in (3, 10, 38, 198, 2000)
        for nc in (0.5, 2, 2.8, 5, 10, 15)
        for t in (-2, 0.5, 1.96, 4, 12)
    ]
    write(
        "distributions",
        {
            "normalTwoSided": [case((z,), normal_two_sided(z)) for z in zs],
            "normalUpperQuantile": [
                case((p,), mp.sqrt(2) * mp.erfinv(1 - 2 * mpf(p)) if p > 1e-3 else invert(
                    lambda z: normal_two_sided(z) / 2, mpf(p), "1", "50"))
                for p in ps
            ],
            "studentTTwoSided": [c for c in t_cases if c["expected"] >= 1e-300],
            "studentTCritical": criticals,
            "chiSquareSurvival": [
                c
                for c in (case((x, df), chi_square_survival(x, df)) for df in (1, 2, 3, 4, 7, 40, 500) for x in chis)
                if c["expected"] >= 1e-300
            ],
            "chiSquareUpperQuantile": chi_quantiles,
            "noncentralTSurvival": nct,
        },
    )


if __name__ == "__main__":
    distributions()
