"""Generalised moments of the error model in panels (Kapoor, Kelejian and Prucha 2007).

u = lambda W u + e with e_it = mu_i + v_it. With Q0 off, Q1 onto the region means, ub = W u, ubb = W W u, six moments tie
lambda, sigma2_v and sigma2_1 = sigma2_v + T sigma2_mu to the residuals (their eqs. 12-14):

    E[e'Q0 e] = N (T-1) s2v,   E[eb'Q0 eb] = (T-1) s2v tr(W'W),   E[eb'Q0 e] = 0,
    E[e'Q1 e] = N s21,         E[eb'Q1 eb] = s21 tr(W'W),         E[eb'Q1 e] = 0,

with e = u - lambda ub, eb = ub - lambda ubb. With fixed effects only the first three are there.

References
----------
Kapoor, M., Kelejian, H. and Prucha, I. (2007). Panel data models with spatially correlated error components. Journal of
Econometrics 140, 97-130.
Mutl, J. and Pfaffermayr, M. (2011). The Hausman test in a Cliff and Ord panel model. Econometrics Journal 14, 48-76.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import InputError
from toolkit.models.solution import Solution
from toolkit.models.transform import demean, effects_df, spatial_lag

__all__ = ["WEIGHTINGS", "error_moments", "kkp_gm"]

WEIGHTINGS = ("full", "partial", "initial")


def error_moments(
    u: np.ndarray, operator, between: bool, weighting: str = "full", pooled: bool = False
) -> tuple[float, float, float]:
    """Lambda, sigma2_v and sigma2_1 from residuals `u` (T, N).

    Parameters
    ----------
    u : ndarray, shape (T, N)
        Residuals, off the fixed effects or with the random effects in them.
    operator : Operator
        Of W.
    between : bool
        Whether the three moments of region means are used (random effects).
    pooled : bool
        Without effects: the three moments of Kelejian and Prucha (1999) on all observations.
    weighting : {"full", "partial", "initial"}
        Their weighted estimators (eqs. 19 and 22) or the unweighted one of the first three moments (eq. 16).

    Returns
    -------
    (lambda, sigma2_v, sigma2_1); sigma2_1 is NaN without `between`.
    """
    from scipy.optimize import least_squares

    t, n = u.shape
    ub = spatial_lag(operator.lag, u)
    ubb = spatial_lag(operator.lag, ub)
    w = operator.W
    a = (w.T @ w).tocsr()
    trace = float(a.diagonal().sum()) / n

    def parts(off: bool):
        def q(x):
            if pooled:
                return x
            return x - x.mean(axis=0) if off else np.broadcast_to(x.mean(axis=0), x.shape)

        qu, qb, qbb = q(u), q(ub), q(ubb)
        d = n * t if pooled else n * (t - 1) if off else n

        def m(x, y):
            return float((x * y).sum()) / d

        big = np.array(
            [
                [2 * m(qu, qb), -m(qb, qb), 1.0],
                [2 * m(qb, qbb), -m(qbb, qbb), trace],
                [m(qu, qbb) + m(qb, qb), -m(qb, qbb), 0.0],
            ]
        )
        return big, np.array([m(qu, qu), m(qb, qb), m(qu, qb)])

    g0, small0 = parts(True)
    low, high = max(operator.interval[0], -2.0), operator.interval[1]

    def gaps0(p):
        return g0 @ np.array([p[0], p[0] ** 2, p[1]]) - small0

    start = np.array([0.0, small0[0]])
    scale = np.array([1.0, max(small0[0], 1e-300)])
    box = ([low + 1e-6, 0.0], [high - 1e-6, np.inf])
    found = least_squares(gaps0, start, x_scale=scale, bounds=box, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    lam, s2v = map(float, found.x)
    if not between:
        return lam, s2v, float("nan")
    g1, small1 = parts(False)
    s21 = float(small1[0] - g1[0, :2] @ [lam, lam**2])
    if weighting == "initial":
        return lam, s2v, s21

    # weights: covariance of the moments under normality (eq. 21)
    tr_a2 = float(a.multiply(a).sum()) / n
    both = w.multiply(w.T).sum()
    tr_ws = (float(w.multiply(w).sum()) + float(both)) / n  # tr(W (W' + W)) / N
    tr_aws = float((a @ (w + w.T)).multiply(sparse_eye(n)).sum()) / n
    block = np.array([[2.0, 2 * trace, 0.0], [2 * trace, 2 * tr_a2, tr_aws], [0.0, tr_aws, tr_ws]])
    if weighting == "partial":
        block = np.eye(3)
    weights = [np.linalg.inv(block * v) for v in (s2v**2 / (t - 1), s21**2)]
    roots = [np.linalg.cholesky(x).T for x in weights]

    def gaps(p):
        one = g0 @ np.array([p[0], p[0] ** 2, p[1]]) - small0
        two = g1 @ np.array([p[0], p[0] ** 2, p[2]]) - small1
        return np.concatenate([roots[0] @ one, roots[1] @ two])

    found = least_squares(
        gaps,
        [lam, s2v, s21],
        x_scale=[1.0, s2v, max(s21, s2v)],
        bounds=([low + 1e-6, 0, 0], [high - 1e-6, np.inf, np.inf]),
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    return tuple(map(float, found.x))


def sparse_eye(n: int):
    """The sparse identity."""
    from scipy import sparse

    return sparse.eye_array(n, format="csr")


def kkp_gm(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    blocks: tuple[str, ...],
    operator,
    *,
    effects: str = "random",
    weighting: str = "full",
) -> Solution:
    """Feasible generalised least squares of the error model with lambda from moments.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
    terms, blocks : tuple of str, length k
    operator : Operator
        Of W_e.
    effects : {"random", "entity", "none"}
        Random effects in the manner of Kapoor, Kelejian and Prucha, fixed effects (Mutl and Pfaffermayr 2011), or none
        (Kelejian and Prucha 1999; the only one for a cross-section).
    weighting : {"full", "partial", "initial"}

    Returns
    -------
    Solution
        lambda has no standard error (their asymptotic theory leaves it out); those of b take it as known, which the
        theory allows.
    """
    t, n = y.shape
    if weighting not in WEIGHTINGS:
        raise InputError(f"weighting={weighting!r} is not known.", allowed="full, partial, initial")
    random, pooled = effects == "random", effects == "none"
    if t < 2 and not pooled:
        raise InputError("Moments of a panel need 2 periods or more; there is 1.", fix="use effects='none'")
    k = z.shape[2]

    def slope(left, right):
        flat = right.reshape(-1, k)
        return np.linalg.lstsq(flat, left.ravel(), rcond=None)[0]

    y0, z0 = (y, z) if random or pooled else (demean(y, "entity"), demean(z, "entity"))
    first = slope(y0, z0)
    lam, s2v, s21 = error_moments(y0 - z0 @ first, operator, random, weighting, pooled)

    def prepared(a):
        out = a - lam * spatial_lag(operator.lag, a)
        if pooled:
            return out
        if not random:
            return demean(out, "entity")
        theta = 1 - np.sqrt(s2v / s21)
        return out - theta * out.mean(axis=0, keepdims=True)

    ys, zs = prepared(y), prepared(z)
    beta = slope(ys, zs)
    innovations = ys - zs @ beta
    gram = np.einsum("tnk,tnl->kl", zs, zs)
    free = n * t if pooled else n * (t - 1)
    variance = s2v if random else float((innovations**2).sum()) / (free - k * pooled)
    cov = np.full((k + 1, k + 1), np.nan)
    cov[:k, :k] = variance * np.linalg.inv(gram)
    details = {"sigma2_v": s2v}
    if random:
        details |= {"sigma2_1": s21, "sigma2_mu": (s21 - s2v) / t, "theta": 1 - np.sqrt(s2v / s21)}
    which = {"full": "fully weighted", "partial": "partially weighted", "initial": "unweighted"}[weighting]
    return Solution(
        estimator=f"generalised moments ({which}) and FGLS, random effects"
        if random
        else f"generalised moments and FGLS, {'pooled' if pooled else 'fixed effects'}",
        coefficients=CoefTable((*terms, "lambda"), np.append(beta, lam), cov, (*blocks, "spatial")),
        cov_title="FGLS, lambda taken as known",
        innovations=innovations,
        sigma2=variance,
        sigma2_divisor="moments" if random else f"degrees of freedom = {free - k * pooled}",
        n_params=k + 2 + (1 if random else effects_df(effects, n, t)),
        details=MappingProxyType(details),
        notes=("lambda has no standard error: the moment estimator's theory leaves it out.",),
    )
