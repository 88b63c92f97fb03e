"""Heterogeneous panels and common factors: mean group and common correlated effects.

y_it = a_i + x_it'b_i + g_i'f_t + e_it. The cross-section averages of y and x stand in for the factors f_t (Pesaran 2006), so
that regressors may be correlated with them. They take up strong dependence (a common shock); spatial models take up
weak dependence (neighbours).

References
----------
Pesaran, M. H. and Smith, R. (1995). J. Econometrics 68 (mean group). Pesaran, M. H. (2006). Estimation and inference in
large heterogeneous panels with a multifactor error structure. Econometrica 74. Chudik, A. and Pesaran, M. H. (2015). J.
Econometrics 188 (lags of the averages).
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import EstimationError
from toolkit.models.solution import Solution

__all__ = ["common_correlated_effects"]

_WORDS = {
    "mg": "mean group (Pesaran and Smith 1995)",
    "ccemg": "common correlated effects, mean group (Pesaran 2006)",
    "ccep": "common correlated effects, pooled (Pesaran 2006)",
}


def common_correlated_effects(
    y: np.ndarray, z: np.ndarray, terms: tuple[str, ...], blocks: tuple[str, ...], estimator: str, cr_lags: int = 0
) -> Solution:
    """Mean group, CCEMG or CCEP estimates with Pesaran's nonparametric covariance.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X, then WX; the constant of each region is added here.
    terms, blocks : tuple of str, length k
    estimator : {"mg", "ccemg", "ccep"}
    cr_lags : int
        Lags of the cross-section averages; they use up as many periods.

    Returns
    -------
    Solution
        ``slopes`` (N, k) holds the coefficients of each region. CCEMG: the mean, with covariance
        sum (b_i - b)(b_i - b)' / (N (N - 1)) (eq. 58). CCEP: pooled with equal weights (eq. 65), covariance eqs. 67-69.

    Raises
    ------
    EstimationError
        If there are too few periods for a regression in each region, or regressors do not vary in one.
    """
    t, n = y.shape
    k = z.shape[2]
    factors = np.ones((t, 1))
    if estimator != "mg":
        averages = np.column_stack([y.mean(axis=1), z.mean(axis=1)])
        shifted = [averages[cr_lags - lag : t - lag] for lag in range(cr_lags + 1)]
        factors = np.column_stack([np.ones(t - cr_lags), *shifted])
        y, z = y[cr_lags:], z[cr_lags:]
    used = y.shape[0]
    q, r = np.linalg.qr(factors)
    q = q[:, np.abs(np.diag(r)) > 1e-10 * np.abs(r).max()]  # averages of variables common to all regions repeat
    need = k + q.shape[1] + (estimator != "ccep")
    if used < need or used <= q.shape[1]:
        raise EstimationError(
            f"{used} periods are too few: each region needs {k} coefficients, its constant and "
            f"{q.shape[1] - 1} cross-section averages.",
            allowed=f"{need} periods or more",
            fix="use fewer regressors, method='mg' or 'ccep', or fewer cr_lags",
        )

    def off(a):
        flat = a.reshape(used, -1)
        return (flat - q @ (q.T @ flat)).reshape(a.shape)

    ys, zs = off(y), off(z)
    gram = np.einsum("tnk,tnl->nkl", zs, zs)
    right = np.einsum("tnk,tn->nk", zs, ys)
    size = np.sqrt(np.einsum("nkk->nk", gram))
    original = np.sqrt(np.einsum("tnk,tnk->nk", z, z))
    flat = np.argwhere(size <= 1e-9 * original)
    balanced = gram / np.maximum(size[:, :, None] * size[:, None, :], 1e-300)
    singular = np.linalg.cond(balanced) > 1e10
    if len(flat) or singular.any():
        where = (
            f"{terms[flat[0][1]]!r} in region number {flat[0][0] + 1}"
            if len(flat)
            else f"region number {int(np.argmax(singular)) + 1}"
        )
        raise EstimationError(
            f"The regressors have no variation of their own left: {where}.",
            fix="drop regressors that are common to all regions or constant within one",
        )
    slopes = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
    spread = slopes - slopes.mean(axis=0)
    if estimator == "ccep":
        total = gram.sum(axis=0)
        b = np.linalg.solve(total, right.sum(axis=0))
        each = gram / used
        psi = each.mean(axis=0)
        turned = np.einsum("nkl,nl->nk", each, spread)
        inverse = np.linalg.inv(psi)
        cov = inverse @ (turned.T @ turned / (n - 1)) @ inverse / n
    else:
        b = slopes.mean(axis=0)
        cov = spread.T @ spread / (n * (n - 1))
    fitted = zs @ b if estimator == "ccep" else np.einsum("tnk,nk->tn", zs, slopes)
    e = ys - fitted
    innovations = np.concatenate([np.full((t - used, n), np.nan), e])
    free = used * n - n * q.shape[1] - (k if estimator == "ccep" else n * k)
    notes = []
    if any(name.startswith("lag(") for name in terms) and cr_lags == 0 and estimator != "mg":
        notes.append(
            "With a lagged outcome the averages need lags too: cr_lags about T^(1/3) (Chudik and Pesaran 2015)."
        )
    if estimator != "mg":
        notes.append(f"Each region has its own loadings on {q.shape[1] - 1} cross-section averages.")
    return Solution(
        estimator=_WORDS[estimator],
        coefficients=CoefTable(terms, b, cov, blocks),
        cov_title="nonparametric over regions (Pesaran 2006)",
        innovations=innovations,
        sigma2=float((e**2).sum()) / max(free, 1),
        sigma2_divisor=f"degrees of freedom = {free}",
        n_params=k + 1 + n * q.shape[1],
        slopes=slopes,
        details=MappingProxyType({"averages": float(q.shape[1] - 1)}),
        notes=tuple(notes),
    )
