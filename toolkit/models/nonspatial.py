"""Panel estimators without rho and lambda, by linearmodels: random effects (GLS), between, first differences.

Their log-likelihoods are those of transformed data (quasi-demeaned, averaged, differenced), not of y, so they are left out.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import EstimationError, InputError
from toolkit.models.solution import Solution

__all__ = ["COVARIANCES", "nonspatial"]

#: our name -> linearmodels' arguments
COVARIANCES = {
    "classical": {"cov_type": "unadjusted"},
    "hc1": {"cov_type": "robust"},
    "cluster-entity": {"cov_type": "clustered", "cluster_entity": True},
    "cluster-time": {"cov_type": "clustered", "cluster_time": True},
    "cluster-twoway": {"cov_type": "clustered", "cluster_entity": True, "cluster_time": True},
    "driscoll-kraay": {"cov_type": "kernel", "kernel": "bartlett"},
}
_TITLES = {
    "classical": "classical",
    "hc1": "heteroskedasticity-robust (HC1)",
    "cluster-entity": "clustered by region",
    "cluster-time": "clustered by period",
    "cluster-twoway": "clustered by region and period",
    "driscoll-kraay": "Driscoll-Kraay",
}
_WORDS = {
    "gls": "feasible GLS of random effects (Swamy and Arora 1972)",
    "between": "between: least squares on region means",
    "fd": "first differences",
}


def nonspatial(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    blocks: tuple[str, ...],
    estimator: str,
    cov: str = "classical",
    bandwidth: int | None = None,
) -> Solution:
    """One of linearmodels' panel estimators on our arrays.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X, then WX, which are regressors like others here. First differences take no intercept: it is left out.
    terms, blocks : tuple of str, length k
    estimator : {"gls", "between", "fd"}
    cov : str
        A key of `COVARIANCES`; between takes classical and hc1 only, first differences no clusters of periods.
    bandwidth : int, optional
        Lags of Driscoll and Kraay's kernel.

    Returns
    -------
    Solution
        ``innovations``: GLS, the remainder y - Zb - mu with mu predicted; between, (1, N) residuals of means;
        first differences, residuals of differences with the first period absent.

    Raises
    ------
    InputError, EstimationError
        For a covariance the estimator does not have, too few periods or regions, or collinear regressors.
    """
    import pandas as pd
    from linearmodels.panel import BetweenOLS, FirstDifferenceOLS, RandomEffects

    t, n = y.shape
    left_out = {"between": ("cluster-entity", "cluster-time", "cluster-twoway", "driscoll-kraay"),
                "fd": ("cluster-time", "cluster-twoway")}  # fmt: skip
    allowed = [c for c in COVARIANCES if c not in left_out.get(estimator, ())]
    if cov not in allowed:
        raise InputError(f"cov={cov!r} does not go with method={estimator!r}.", allowed=", ".join(allowed))
    if t < 2:
        raise InputError(
            f"method={estimator!r} needs 2 periods or more; there is 1.", fix="use method='ml', a cross-section"
        )
    notes: tuple[str, ...] = ()
    flat = [j for j in range(len(terms)) if np.ptp(z[:, :, j]) == 0]
    if estimator == "fd":
        still = [j for j in range(len(terms)) if np.ptp(z[:, :, j], axis=0).max() == 0]
        named = [terms[j] for j in still if j not in flat]
        if named:
            raise EstimationError(
                f"{', '.join(map(repr, named))}: no variation over time is left in first differences.", fix="drop them"
            )
        keep = [j for j in range(len(terms)) if j not in still]
        notes = ("The intercept is differenced away.",) if still else ()
        z, terms, blocks = z[:, :, keep], tuple(terms[j] for j in keep), tuple(blocks[j] for j in keep)
    index = pd.MultiIndex.from_product([range(n), range(t)], names=["entity", "time"])
    left = pd.Series(y.T.ravel(), index=index, name="y")
    right = pd.DataFrame(
        z.transpose(1, 0, 2).reshape(n * t, -1), index=index, columns=[f"x{j}" for j in range(len(terms))]
    )
    maker = {"gls": RandomEffects, "between": BetweenOLS, "fd": FirstDifferenceOLS}[estimator]
    options = dict(COVARIANCES[cov])
    if cov == "driscoll-kraay" and bandwidth is not None:
        options["bandwidth"] = bandwidth
    try:
        result = maker(left, right).fit(**options)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise EstimationError(
            f"method={estimator!r} cannot be estimated: {str(error).strip().splitlines()[0]}",
            fix="check for collinear regressors, and that there are more regions (between) or periods than regressors",
        ) from None
    b = result.params.to_numpy()
    residual = y - z @ b
    details, effects, sigma2 = {}, None, float(result.s2)
    if estimator == "gls":
        v = result.variance_decomposition
        sigma2_mu, sigma2_e = float(v["Effects"]), float(v["Residual"])
        details = {"sigma2_mu": sigma2_mu, "sigma2_e": sigma2_e, "theta": float(result.theta.to_numpy().ravel()[0])}
        share = t * sigma2_mu / (t * sigma2_mu + sigma2_e)
        effects = share * residual.mean(axis=0)
        innovations, divisor, sigma2 = residual - effects, "Swamy-Arora", sigma2_e
    elif estimator == "between":
        innovations, divisor = residual.mean(axis=0, keepdims=True), f"N - k = {n - len(b)}"
    else:
        innovations = np.concatenate([np.full((1, n), np.nan), np.diff(residual, axis=0)])
        divisor = f"N (T-1) - k = {n * (t - 1) - len(b)}"
    notes += ("No log-likelihood: it would be that of transformed data.",)
    return Solution(
        estimator=_WORDS[estimator],
        coefficients=CoefTable(terms, b, result.cov.to_numpy(), blocks, df=float(result.df_resid)),
        cov_title=_TITLES[cov],
        innovations=innovations,
        sigma2=sigma2,
        sigma2_divisor=divisor,
        n_params=len(b) + 1 + (estimator == "gls"),
        details=MappingProxyType(details),
        region_effects=effects,
        notes=notes,
    )
