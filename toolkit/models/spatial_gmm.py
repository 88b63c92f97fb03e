"""Quadratic moments of spatial errors that stay exact once time effects are removed.

Moments e'A e of errors e need E[e'A e] = 0: A of trace zero when variances are equal, of diagonal zero when they may
differ (Kelejian and Prucha 2010, eq. 5; Drukker, Egger and Prucha 2013, eq. 8). Time effects leave M e, M = I - 11'/N,
so it is M A M that must have that property, and W itself no longer does: tr(M W) = -1 where rows sum to one. Ignored, lambda
is too low by about 2/N whatever T (0.255 for 0.3 with N = 49, T = 10), while its standard error falls with T.
Region effects need no care: forward orthogonal deviations leave errors uncorrelated, and the diagonal of A in space is
what counts. Adding a diagonal to A restores the moment; its elements are of order 1/N, so variances keep their formulas.

References
----------
Kelejian, H. and Prucha, I. (2010). Journal of Econometrics 157, 53-67. Drukker, D., Egger, P. and Prucha, I. (2013).
Econometric Reviews 32, 686-733. Anselin, L. and Kelejian, H. (1997). International Regional Science Review 20, 153-182.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from toolkit.contracts import TestResult
from toolkit.errors import EstimationError
from toolkit.models.transform import effects_df, spatial_lag

__all__ = ["anselin_kelejian", "centred", "moment_matrices", "require_constant_rows"]


def centred(a: sparse.sparray, het: bool, time: bool) -> sparse.csr_array:
    """`a` less the diagonal that makes e'a e of mean zero.

    Parameters
    ----------
    a : sparse array, shape (N, N)
    het : bool
        Whether variances may differ between regions.
    time : bool
        Whether time effects are removed, so that the form is taken in M e.

    Returns
    -------
    csr_array, shape (N, N)
        a + D with diag(P (a + D) P) = 0 (`het`) or tr(P (a + D) P) = 0 and D a multiple of the identity; P = M or I.
    """
    n = a.shape[0]
    seen = a.diagonal()  # of P a P
    if time:
        seen = seen - (np.asarray(a.sum(axis=0)).ravel() + np.asarray(a.sum(axis=1)).ravel()) / n + a.sum() / n**2
    if not het:
        d = np.full(n, -seen.sum() / (n - 1 if time else n))
    elif not time:
        d = -seen
    else:  # diag(M D M) = (1 - 2/N) d + mean(d)/N
        d = (-seen + seen.mean() / (n - 1)) / (1 - 2 / n)
    return sparse.csr_array(a + sparse.diags_array(d))


def moment_matrices(w: sparse.csr_array, het: bool, time: bool = False) -> list[sparse.csr_array]:
    """A1 from W'W and A2 from W, symmetric, centred by `centred`.

    With equal variances A1 carries the factor 1 / (1 + (tr(W'W)/N)^2) of Drukker, Egger and Prucha (2013, eq. 8).
    """
    gram = sparse.csr_array(w.T @ w)
    scale = 1.0 if het else 1 / (1 + (gram.trace() / w.shape[0]) ** 2)
    return [sparse.csr_array((a + a.T) / 2) for a in (scale * centred(gram, het, time), centred(w, het, time))]


def require_constant_rows(operator, effects: str) -> None:
    """EstimationError where a time effect does not pass through I - lambda W as a time effect.

    It does when all rows of W sum to one number; otherwise the residuals off the effects do not determine the errors off
    them, whatever lambda, and moments are not to be had.
    """
    sums = np.asarray(operator.W.sum(axis=1)).ravel()
    if effects in ("time", "twoway") and np.ptp(sums) > 1e-8 * max(1.0, np.abs(sums).max()):
        raise EstimationError(
            f"Moments of the errors with effects={effects!r} need weights whose rows sum to one number; "
            f"these sum to {sums.min():.4g} ... {sums.max():.4g}.",
            allowed="row-standardised weights, or effects none, entity",
            fix="normalise W by rows, or use method='ml', whose likelihood turns the effects with lambda",
        )


def anselin_kelejian(
    residuals: np.ndarray, regressors: np.ndarray, inverse: np.ndarray, operator, effects: str, regions: int, times: int
) -> TestResult:
    """Moran test of 2SLS residuals where regressors are endogenous (Anselin and Kelejian 1997).

    q = e'A e with A = W, centred for time effects. Linearised in the coefficients, its variance is
    s2^2 m tr(A (A + A')) + s2 c' V c, c = Z'(A + A') e and V = (Z'P_H Z)^-1, where m counts free periods (T - 1 with
    region effects). The paper writes 2 Z'W e for c, which is its value only for symmetric W.

    Parameters
    ----------
    residuals : ndarray, shape (T, N)
        Off the effects; T - 1 rows where they are forward deviations.
    regressors : ndarray, shape (T, N, k)
        Off the effects, W y among them.
    inverse : ndarray, shape (k, k)
        V.
    operator : Operator
    effects : str
    regions, times : int
        N and T of the data.
    """
    time = effects in ("time", "twoway")
    a = centred(operator.W, False, time) if time else operator.W
    both = sparse.csr_array(a + a.T)
    turned = spatial_lag(lambda b: both @ b, residuals)
    q = float((residuals * turned).sum()) / 2
    free = times - 1 if effects in ("entity", "twoway") else times
    s2 = float((residuals**2).sum()) / (regions * times - effects_df(effects, regions, times))
    c = np.einsum("tnk,tn->k", regressors, turned)
    variance = s2**2 * free * float(both.multiply(both).sum()) / 2 + s2 * float(c @ inverse @ c)
    return TestResult.chi2(
        "Anselin-Kelejian",
        "no spatial correlation of the errors",
        q**2 / variance,
        1,
        "Anselin and Kelejian (1997), eq. 24",
    )
