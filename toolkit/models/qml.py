"""Covariances of spatial maximum likelihood beyond the normal: third and fourth moments, and scores by period.

References
----------
Lee, L.-f. (2004). Asymptotic distributions of quasi-maximum likelihood estimators for spatial autoregressive models.
Econometrica 72, 1899-1925. Lee, L.-f. and Yu, J. (2010). J. Econometrics 154, 165-185.
"""

from __future__ import annotations

import numpy as np

from toolkit.models.transform import demean, spatial_lag

__all__ = ["extra_variance", "period_scores"]

_DENSE = 2000
_PROBES = 400


def period_scores(m) -> np.ndarray:
    """Score of each period in (b, rho, lambda, sigma2), shape (T, k + p + 1); the columns sum to zero.

    (BZ)'e / s2;  (B W y)'e / s2 - tr G;  (W_e u)'e / s2 - tr H;  (e'e / s2 - N) / (2 s2), off the effects.
    """
    spec, opt, like, e = m.likelihood.spec, m.optimum, m.likelihood, m.innovations
    n = like.data.n / like.periods
    share = like.periods / len(e)  # transformed likelihoods count fewer periods

    def filtered(a):
        out = a - opt.lam * spatial_lag(m.operator_error.lag, a) if spec.wu else a
        return demean(out, m.effects, m.v)

    columns = [np.einsum("tnk,tn->tk", filtered(m.z), e) / opt.sigma2]
    if spec.wy:
        value = np.einsum("tn,tn->t", filtered(m.wy), e) / opt.sigma2 + share * float(like.curve.d1(opt.rho))
        columns.append(value[:, None])
    if spec.wu:
        value = np.einsum("tn,tn->t", _lagged_errors(m), e) / opt.sigma2 + share * float(like.curve_error.d1(opt.lam))
        columns.append(value[:, None])
    squares = np.einsum("tn,tn->t", e, e)
    columns.append(((squares / opt.sigma2 - share * n) / (2 * opt.sigma2))[:, None])
    return np.concatenate(columns, axis=1)


def _lagged_errors(m) -> np.ndarray:
    """W_e u off the effects, (T, N): H e plus what the effects add, which is zero off them."""
    opt, spec = m.optimum, m.likelihood.spec
    x = np.ascontiguousarray(m.innovations.T)
    # off the effects W_e B^-1 e and W_e u agree up to the span of B F, which e does not see
    return demean(m.operator_error.lag(m.operator_error.solve(opt.lam, x)).T, m.effects, m.v) if spec.wu else x.T


def extra_variance(m) -> tuple[np.ndarray, str]:
    """What skewness and kurtosis add to the variance of the score, shape (k + p + 1,) squared, and a note.

    Every score is l'e / s2 + e'Ce / s2 - tr C with iid e; beyond the normal it adds
    k3 / s2^2 (sum l_j c_k + sum l_k c_j) + k4 / s2^2 sum c_j c_k, c the diagonal of C and k3, k4 the cumulants of e,
    estimated from the residuals and freed of what demeaning does to them.
    """
    spec, opt, e = m.likelihood.spec, m.optimum, m.innovations
    t, n = e.shape
    k = m.z.shape[2]

    def filtered(a):
        out = a - opt.lam * spatial_lag(m.operator_error.lag, a) if spec.wu else a
        return demean(out, m.effects, m.v)

    entity, time = m.effects in ("entity", "twoway"), m.effects in ("time", "twoway")
    keep = (1 - 1 / t if entity else 1.0) * (1 - 1 / n if time else 1.0)
    s2 = float((e**2).mean()) / keep
    k3 = float((e**3).mean()) / (_cumulant(t, 3, entity) * _cumulant(n, 3, time))
    k4 = (float((e**4).mean()) - 3 * float((e**2).mean()) ** 2) / (_cumulant(t, 4, entity) * _cumulant(n, 4, time))
    linear = np.zeros((k + len(spec.spatial) + 1, t * n))
    diagonal = np.zeros((k + len(spec.spatial) + 1, n))
    linear[:k] = filtered(m.z).reshape(-1, k).T
    note = ""
    if spec.wy:
        from toolkit.models.covariance import _filtered_lag_of_innovations

        linear[k] = (filtered(m.wy) - demean(_filtered_lag_of_innovations(m), m.effects, m.v)).ravel()
        diagonal[k], note = _diagonal(m, "rho")
    if spec.wu:
        diagonal[k + spec.wy], more = _diagonal(m, "lambda")
        note = note or more
    diagonal[-1] = 1 / (2 * opt.sigma2)
    diagonal = diagonal * (1 - 1 / t if entity else 1.0)
    across = np.tile(diagonal, (1, t)) if t > 1 else diagonal
    # tile repeats periods: linear is time-major, so every block of N meets the same diagonal
    mixed = linear @ across.T
    out = (k3 * (mixed + mixed.T) + k4 * across @ across.T) / s2**2
    return out, "; ".join(x for x in (f"skewness {k3 / s2**1.5:.3g}, excess kurtosis {k4 / s2**2:.3g}", note) if x)


def _cumulant(length: int, order: int, used: bool) -> float:
    """What demeaning over `length` iid terms leaves of a cumulant: (1 - 1/L)^r + (L - 1)(-1/L)^r."""
    return (1 - 1 / length) ** order + (length - 1) * (-1 / length) ** order if used and length > 2 else 1.0


def _diagonal(m, which: str) -> tuple[np.ndarray, str]:
    """Diagonal of G* = B G B^-1 (rho) or H (lambda), (N,): exact up to 2,000 regions, by random signs above."""
    opt, spec, n = m.optimum, m.likelihood.spec, m.innovations.shape[1]
    exact = n <= _DENSE
    x = np.eye(n) if exact else np.random.default_rng(20040101).choice([-1.0, 1.0], size=(n, _PROBES))
    if which == "lambda":
        out = m.operator_error.lag(m.operator_error.solve(opt.lam, x))
    else:
        a = m.operator_error.solve(opt.lam, x) if spec.wu else x
        out = m.operator.lag(m.operator.solve(opt.rho, a))
        out = out - opt.lam * m.operator_error.lag(out) if spec.wu else out
    values = np.einsum("ij,ij->i", x, out) if not exact else np.diag(out).copy()
    if exact:
        return values, ""
    return values / _PROBES, f"the diagonal of G is estimated from {_PROBES} sign vectors"
