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

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import EstimationError
from toolkit.models.collinearity import collinear_columns
from toolkit.models.solution import Solution

__all__ = ["common_correlated_effects"]

_WORDS = {
    "mg": "mean group (Pesaran and Smith 1995)",
    "ccemg": "common correlated effects, mean group (Pesaran 2006)",
    "ccep": "common correlated effects, pooled (Pesaran 2006)",
}


def common_correlated_effects(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    blocks: tuple[str, ...],
    estimator: str,
    cr_lags: int = 0,
    entities: Sequence[object] | None = None,
) -> Solution:
    """Mean group, CCEMG or CCEP estimates with Pesaran's nonparametric covariance.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X, then WX; the constant of each region is added here. Averages of W x are taken like those of x.
    terms, blocks : tuple of str, length k
    estimator : {"mg", "ccemg", "ccep"}
    cr_lags : int
        Lags of the cross-section averages; they use up as many periods.
    entities : sequence, length N, optional
        Names of the regions, for messages.

    Returns
    -------
    Solution
        ``slopes`` (N, k) holds the coefficients of each region. CCEMG: their mean, with covariance
        sum (b_i - b)(b_i - b)' / (N (N - 1)) (Pesaran 2006, eq. 58). CCEP: pooled with equal weights (eq. 65), covariance
        eqs. 67-69. Averages that the others span (lags of the averages of a lagged outcome, say) count once. sigma2 is the
        sum of squares over N (T - q) - k for CCEP, N (T - q - k) otherwise, q the constant and averages of a region.

    Raises
    ------
    EstimationError
        If there are too few periods or regions, or regressors do not vary of their own in a region.
    """
    t, n = y.shape
    k = z.shape[2]
    if n < 2:
        raise EstimationError(
            f"The spread of slopes over regions gives the standard errors; there is {n} region.",
            allowed="2 regions or more",
        )
    averages = np.zeros((t, 0)) if estimator == "mg" else np.column_stack([y.mean(axis=1), z.mean(axis=1)])
    if cr_lags >= t:
        raise EstimationError(f"cr_lags={cr_lags} uses up all {t} periods.", fix="use fewer lags of the averages")
    own_lag = any(np.array_equal(z[1:, :, j], y[:-1]) for j in range(k))
    columns = np.column_stack([averages[cr_lags - lag : t - lag] for lag in range(cr_lags + 1)])
    y, z = y[cr_lags:], z[cr_lags:]
    used = t - cr_lags
    q = _basis(columns)
    need = k + q.shape[1] + 1
    if used < need or not q.shape[1] < used:
        raise EstimationError(
            f"{used} periods are too few: each region has {k} coefficients, its constant and "
            f"{q.shape[1] - 1} of {columns.shape[1]} cross-section averages.",
            allowed=f"{k + columns.shape[1] + 2 + cr_lags} periods or more",
            fix="use fewer regressors or cr_lags, or method='mg', which needs no averages",
        )

    def off(a):
        flat = a.reshape(used, -1)
        return (flat - q @ (q.T @ flat)).reshape(a.shape)

    ys, zs = off(y), off(z)
    _check_own_variation(z, zs, terms, entities)
    gram = np.einsum("tnk,tnl->nkl", zs, zs)
    right = np.einsum("tnk,tn->nk", zs, ys)
    slopes = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
    spread = slopes - slopes.mean(axis=0)
    if estimator == "ccep":
        b = np.linalg.solve(gram.sum(axis=0), right.sum(axis=0))
        each = gram / used
        turned = np.einsum("nkl,nl->nk", each, spread)
        inverse = np.linalg.inv(each.mean(axis=0))
        cov = inverse @ (turned.T @ turned / (n - 1)) @ inverse / n
        e = ys - zs @ b
    else:
        b = slopes.mean(axis=0)
        cov = spread.T @ spread / (n * (n - 1))
        e = ys - np.einsum("tnk,nk->tn", zs, slopes)
    parameters = n * q.shape[1] + (k if estimator == "ccep" else n * k)
    free = used * n - parameters
    notes = []
    if estimator != "mg":
        notes.append(f"Each region has its own loadings on {q.shape[1] - 1} cross-section averages.")
    if own_lag:
        notes.append(f"With a lagged outcome the estimates are biased of order 1/T (T = {used}).")
        if estimator != "mg" and cr_lags == 0:
            notes.append(
                f"With a lagged outcome the averages need lags too: about T^(1/3), cr_lags={int(t ** (1 / 3))} here "
                "(Chudik and Pesaran 2015)."
            )
    return Solution(
        estimator=_WORDS[estimator],
        coefficients=CoefTable(terms, b, cov, blocks),
        cov_title="nonparametric over regions (Pesaran 2006)",
        innovations=np.concatenate([np.full((t - used, n), np.nan), e]),
        sigma2=float((e**2).sum()) / free,
        sigma2_divisor=f"degrees of freedom = {free}",
        n_params=parameters + 1,
        slopes=slopes,
        details=MappingProxyType({"averages": float(q.shape[1] - 1)}),
        notes=tuple(notes),
    )


def _basis(columns: np.ndarray) -> np.ndarray:
    """Orthonormal basis (T, q) of the constant and `columns`; columns that others span count once.

    By singular values: QR without pivoting, cut where its diagonal vanishes, loses what later columns add.
    """
    t = len(columns)
    constant = np.full((t, 1), 1 / np.sqrt(t))
    before = np.linalg.norm(columns, axis=0)
    centred = columns - columns.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    centred = centred[:, size > 1e-10 * before] / size[size > 1e-10 * before]
    if not centred.shape[1]:
        return constant
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    return np.column_stack([constant, u[:, s > 1e-10 * s[0]]])


def _check_own_variation(z: np.ndarray, left: np.ndarray, terms: tuple[str, ...], entities) -> None:
    """EstimationError that names regressors without variation of their own in a region, off the averages."""

    def region(i):
        return f"region number {i + 1}" if entities is None else f"region {str(entities[i])!r}"

    size, before = np.linalg.norm(left, axis=0), np.linalg.norm(z, axis=0)  # (N, k)
    flat = size <= 1e-9 * before
    if flat.any():
        gone = [terms[j] for j in np.flatnonzero(flat.any(axis=0))]
        where = np.flatnonzero(flat.any(axis=1))
        first = region(where[0]) if len(where) < len(flat) else "all regions"
        raise EstimationError(
            f"{', '.join(map(repr, gone))}: no variation of their own is left in {first}"
            + (f" and {len(where) - 1} more" if 1 < len(where) < len(flat) else "")
            + ", beside its constant and the cross-section averages.",
            fix="drop regressors that are common to all regions or constant within one",
        )
    unit = left / size
    condition = np.linalg.cond(np.einsum("tnk,tnl->nkl", unit, unit))
    if condition.max() > 1e12:
        i = int(np.argmax(condition))
        found = "; ".join(f"{name} = {how}" for name, how in collinear_columns(left[:, i], terms, tolerance=1e-5))
        raise EstimationError(
            f"The regressors are collinear in {region(i)}: {found or 'nearly'}.",
            fix="drop one of them: a regression is run in each region",
        )
