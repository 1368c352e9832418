"""Tails of distributions at 40 digits by mpmath, since double precision libraries disagree far out."""

from mpmath import mp, mpf

mp.dps = 40


def normal_two_sided(z):
    return mp.erfc(mpf(z) / mp.sqrt(2))


def t_two_sided(t, df):
    """2 P(T > t) by quadrature of the density in log space, which holds for any df."""
    t, df = mpf(t), mpf(df)
    log_constant = mp.loggamma((df + 1) / 2) - mp.loggamma(df / 2) - mp.log(df * mp.pi) / 2
    if df <= 1000:
        x = df / (df + t * t)
        return mp.betainc(df / 2, mpf(1) / 2, 0, x, regularized=True)
    density = lambda u: mp.exp(log_constant - (df + 1) / 2 * mp.log1p(u * u / df))
    scale = 1 / mp.sqrt(1 + t * t)
    points = [t + scale * k for k in (0, 1, 2, 4, 8, 16, 32, 64)]
    # What lies beyond the last point is below e^-64 of the whole.
    return 2 * mp.quad(density, points + [t + 200 * max(scale, mpf(1) / 4)])


def chi_square_survival(x, df):
    return mp.gammainc(mpf(df) / 2, mpf(x) / 2, mp.inf, regularized=True)


def noncentral_t_survival(t, df, nc):
    """P(T > t) = E over s, s² ~ chi²_df / df, of P(Z > t s - nc)."""
    t, df, nc = mpf(t), mpf(df), mpf(nc)
    log_constant = mp.log(2) + (df / 2) * mp.log(df / 2) - mp.loggamma(df / 2)
    density = lambda s: mp.exp(log_constant + (df - 1) * mp.log(s) - df * s * s / 2)
    spread = 1 / mp.sqrt(2 * df)
    points = sorted({max(mpf(0), 1 + spread * k) for k in (-20, -8, -4, -2, -1, 0, 1, 2, 4, 8, 20)} | {mpf(0)})
    return mp.quad(lambda s: density(s) * mp.erfc((t * s - nc) / mp.sqrt(2)) / 2, points + [points[-1] * 4])


def invert(survival, target, low, high):
    """The x with survival(x) = target, by bisection on log x; 90 halvings are beyond double precision."""
    low, high, target = mp.log(mpf(low)), mp.log(mpf(high)), mpf(target)
    for _ in range(90):
        middle = (low + high) / 2
        if survival(mp.exp(middle)) > target:
            low = middle
        else:
            high = middle
    return mp.exp(low)
