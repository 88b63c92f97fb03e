"""Whether instruments identify the coefficients: Cragg and Donald's and Kleibergen and Paap's rank tests.

With endogenous Y (p columns) and excluded instruments Z (l columns), both off the included regressors, Y = Z Pi + V. The
coefficients are identified when Pi has rank p. Theta = (Z'Z/n)^1/2 Pi (V'V/n)^-1/2 has the smallest singular value s; its
left null directions U (l - p + 1, the last ones) and right direction r give

    L = U' Theta r,     rk = L' [sum_i or sum_g s_i s_i' / n^2]^-1 L,     s_i = U' z_i (r' v_i),

chi-squared with l - p + 1 degrees of freedom when the rank is p - 1 (Kleibergen and Paap 2006, theorem 1). With equal
variances rk = n s^2, and s^2 (n - l - k) / l is the statistic of Cragg and Donald, which Stock and Yogo tabulate.

References
----------
Cragg, J. and Donald, S. (1993). Econometric Theory 9, 222-240. Kleibergen, F. and Paap, R. (2006). Journal of Econometrics
133, 97-126. Stock, J. and Yogo, M. (2005). In Identification and Inference for Econometric Models, ch. 5.
"""

from __future__ import annotations

import numpy as np

from toolkit.contracts import TestResult

__all__ = ["weak_identification"]

#: F above which a test of nominal 5 percent rejects at most 10: one endogenous regressor, by number of instruments
#: (Stock and Yogo 2005, table 5.2)
STOCK_YOGO = {1: 16.38, 2: 19.93, 3: 22.30, 4: 24.58}


def weak_identification(
    endogenous: np.ndarray,
    included: np.ndarray,
    excluded: np.ndarray,
    taken: int = 0,
    *,
    robust: bool = False,
    groups: np.ndarray | None = None,
) -> TestResult:
    """Rank test of the first stage, with the F-form that is held against Stock and Yogo's values.

    Parameters
    ----------
    endogenous : ndarray, shape (n, p)
    included, excluded : ndarray, shape (n, k) and (n, l)
        Exogenous regressors and instruments of full column rank, off the effects; l >= p.
    taken : int
        Degrees of freedom the effects used up.
    robust : bool
        Kleibergen and Paap's test with differing variances; Cragg and Donald's otherwise.
    groups : ndarray of int, shape (n,), optional
        Clusters 0, 1, ...; implies `robust`.

    Returns
    -------
    TestResult
        Statistic rk, its p-value under the null that the rank is p - 1; the F-form is in `reason`.
    """
    n, p = endogenous.shape
    l = excluded.shape[1]

    def off(a):
        if not included.shape[1]:
            return a
        q, _ = np.linalg.qr(included / np.linalg.norm(included, axis=0))
        return a - q @ (q.T @ a)

    z, _ = np.linalg.qr(off(excluded / np.linalg.norm(excluded, axis=0)))
    z = z * np.sqrt(n)  # Z'Z/n = I
    y = off(endogenous)
    v = y - z @ (z.T @ y) / n
    values, vectors = np.linalg.eigh(v.T @ v / n)
    scale = vectors / np.sqrt(values) @ vectors.T
    v, theta = v @ scale, z.T @ y @ scale / n
    left, singular, right = np.linalg.svd(theta)
    reach = l - p + 1
    df = n - l - included.shape[1] - taken
    factor = df / n
    if robust or groups is not None:
        name, source = "Kleibergen-Paap rk Wald", "Kleibergen and Paap (2006)"
        scores = (z @ left[:, p - 1 :]) * (v @ right[-1])[:, None]
        if groups is not None:
            sums = np.zeros((groups.max() + 1, reach))
            np.add.at(sums, groups, scores)
            scores = sums
            factor *= n / (n - 1) * (len(sums) - 1) / len(sums)
        gap = left[:, p - 1 :].T @ theta @ right[-1]
        statistic = float(gap @ np.linalg.solve(scores.T @ scores / n**2, gap))
    else:
        name, source = "Cragg-Donald Wald", "Cragg and Donald (1993)"
        statistic = float(n * singular[-1] ** 2)
    return TestResult.chi2(
        name, f"the instruments do not identify all coefficients (rank {p - 1})", statistic, reach, source,
        _reading(statistic * factor / l, p, l),
    )  # fmt: skip


def _reading(f: float, p: int, l: int) -> str:
    if p == 1 and l in STOCK_YOGO:
        limit = STOCK_YOGO[l]
        return (
            f"as an F: {f:.4g}; {'below' if f < limit else 'above'} {limit}, from where tests of 5 percent reject at most "
            f"10 (Stock and Yogo 2005, equal variances)"
        )
    return f"as an F: {f:.4g}; below 10 is weak by the usual rule, see Stock and Yogo (2005) for {p} and {l}"
