"""Correlated random effects: the regions' means of the regressors as further regressors.

References
----------
Mundlak, Y. (1978). On the pooling of time series and cross section data. Econometrica 46, 69-85.
Debarsy, N. (2012). The Mundlak approach in the spatial Durbin panel data model. Spatial Economic Analysis 7, 109-131.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.contracts import CoefTable, TestResult
from toolkit.errors import EstimationError
from toolkit.models.design import Design

__all__ = ["mundlak_test", "with_means"]


def with_means(design: Design) -> Design:
    """`design` with ``mean(x)`` of every regressor, lags W x included, that varies both within and between regions.

    The mean of W x is W times the mean of x, so that in the SDM these are Debarsy's (2012, eq. 7) means of x and of Wx.

    Raises
    ------
    EstimationError
        If no regressor varies over time.
    """
    z, names = design.regressors()
    means = z.mean(axis=0)  # (N, k)
    size = np.abs(z).max(axis=(0, 1))
    within = np.abs(z - means).max(axis=(0, 1)) > 1e-10 * size
    between = np.ptp(means, axis=0) > 1e-10 * size
    use = within & between
    if not use.any():
        raise EstimationError(
            "No regressor varies over time and between regions: correlated random effects add nothing.",
            fix="use effects='random'",
        )
    left = [n for j, n in enumerate(names) if not use[j] and j != design.constant]
    notes = (f"no mean is added for {', '.join(left)}: one value a region or a period",) if left else ()
    aux = np.broadcast_to(means[:, use], (len(z), *means[:, use].shape))
    terms = tuple(f"mean({n})" for n, u in zip(names, use, strict=True) if u)
    return replace(design, aux=np.ascontiguousarray(aux), aux_terms=terms, notes=(*design.notes, *notes))


def mundlak_test(coefficients: CoefTable) -> TestResult:
    """Wald test that all means have coefficient zero: random effects uncorrelated with the regressors.

    In the non-spatial model it is equivalent to Hausman's test (Mundlak 1978); unlike it, it never meets a difference of
    covariances that is not positive definite.
    """
    where = [i for i, t in enumerate(coefficients.terms) if t.startswith("mean(")]
    b, v = coefficients.estimate[where], coefficients.cov[np.ix_(where, where)]
    statistic = float(b @ np.linalg.solve(v, b)) if np.isfinite(v).all() else float("nan")
    return TestResult.chi2(
        "Mundlak",
        "region effects are uncorrelated with the regressors (all means have coefficient 0)",
        statistic,
        len(where),
        "Mundlak (1978); Debarsy (2012), section 3",
    )
