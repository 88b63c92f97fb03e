"""Tests of the residuals: cross-section dependence, spatial correlation, normality, heteroskedasticity.

References
----------
Pesaran, M. H. (2004, 2021). General diagnostic tests for cross-sectional dependence in panels. Empirical Economics 60.
Cliff, A. and Ord, J. (1981). Spatial Processes, section 8.3. Anselin, L. (1988). Spatial Econometrics, section 8.2.
Juodis, A. and Reese, S. (2022). The incidental parameters problem in testing for remaining cross-section correlation.
JBES 40 (why CD fails after time effects).
"""

from __future__ import annotations

import numpy as np

from toolkit.contracts import TestResult, TestTable
from toolkit.errors import InputError
from toolkit.models.results import Fit
from toolkit.models.spec import EFFECTS
from toolkit.models.transform import demean, spatial_lag

__all__ = ["breusch_pagan", "jarque_bera", "moran_residuals", "pesaran_cd"]


def pesaran_cd(fit: Fit) -> TestResult:
    """Pesaran's CD: sqrt(2T/(N(N-1))) times the sum of pairwise correlations of the residuals; standard normal.

    After time effects the correlations sum to a constant near -N/2, so that the test means nothing: it is refused.
    """
    name, null = "Pesaran CD", "no cross-section dependence of the residuals"
    reference = "Pesaran (2004), eq. 7"
    e = _residuals(fit)
    t, n = e.shape
    reason = None
    if "time" in EFFECTS[fit.effects]:
        reason = "after time effects the residuals of a period sum to zero and CD is not valid (Juodis and Reese 2022)"
    elif t < 3 or n < 2:
        reason = f"needs 3 periods and 2 regions or more; there are {t} and {n}"
    if reason:
        return TestResult(
            name=name,
            null=null,
            statistic=float("nan"),
            p_value=float("nan"),
            distribution="normal",
            reference=reference,
            reason=reason,
        )
    from scipy import stats

    z = e - e.mean(axis=0)
    z = z / np.sqrt((z**2).sum(axis=0))
    pairs = (float((z.sum(axis=1) ** 2).sum()) - n) / 2  # sum over pairs of correlations
    statistic = float(np.sqrt(2 * t / (n * (n - 1))) * pairs)
    return TestResult(
        name=name,
        null=null,
        statistic=statistic,
        p_value=float(2 * stats.norm.sf(abs(statistic))),
        distribution="normal",
        reference=reference,
        reason=f"average correlation {2 * pairs / (n * (n - 1)):.3f}",
    )


def moran_residuals(fit: Fit, W=None, permutations: int = 999, seed: int | None = 1) -> TestTable:
    """Moran's I of the residuals: pooled over periods, and year by year.

    For least squares the pooled I has Cliff and Ord's (1981) moments, which know that residuals are off the regressors
    and the effects. After rho or lambda, and year by year, p-values are by permutation within periods (they do not
    account for estimation).

    Parameters
    ----------
    fit : Fit
    W : SpatialWeights, optional
        The weights of the fit by default.
    permutations : int
    seed : int, optional

    Returns
    -------
    TestTable
        ``"Moran"`` first, then ``"Moran 2010"`` ...
    """
    weights = W.match(fit.design.entities) if W is not None else (fit.weights or fit.weights_error)
    if weights is None:
        raise InputError("Moran's I of the residuals needs spatial weights.", fix="pass W")
    e = _residuals(fit)
    lag = spatial_lag(weights.lag, e)
    total = float(weights.sparse.sum())
    t, n = e.shape
    pooled = float((e * lag).sum() / (e**2).sum()) * n / total
    rng = np.random.default_rng(seed)
    orders = np.argsort(rng.random((permutations, n)), axis=1)
    z = e - e.mean(axis=1, keepdims=True)
    each = n / total * (z * spatial_lag(weights.lag, z)).sum(axis=1) / (z**2).sum(axis=1)
    samples = np.empty((permutations, t))
    top = np.empty(permutations)
    for r, order in enumerate(orders):
        moved = z[:, order]
        products = (moved * spatial_lag(weights.lag, moved)).sum(axis=1)
        samples[r] = n / total * products / (z**2).sum(axis=1)
        top[r] = n / total * products.sum() / (z**2).sum()
    rows = []
    if fit.spec.spatial or fit.estimated is None:
        rows.append(_permuted("Moran", pooled, top))
    else:
        rows.append(_cliff_ord(fit, weights, pooled, total))
    if t > 1:
        rows += [
            _permuted(f"Moran {p}", float(i), samples[:, j])
            for j, (p, i) in enumerate(zip(fit.design.times, each, strict=True))
        ]
    return TestTable(tuple(rows), title="Moran's I of the residuals")


def _permuted(name: str, value: float, sample: np.ndarray) -> TestResult:
    above, below = (sample >= value - 1e-12).sum() + 1, (sample <= value + 1e-12).sum() + 1
    p = min(1.0, 2 * min(above, below) / (len(sample) + 1))
    return TestResult(
        name=name,
        null="no spatial correlation of the residuals",
        statistic=value,
        p_value=float(p),
        distribution="permutation",
        reference="Cliff and Ord (1981), section 2.4",
        reason=f"{len(sample)} permutations within the period; estimation not accounted for",
    )


def _cliff_ord(fit: Fit, weights, value: float, total: float) -> TestResult:
    """Mean and variance of e'We/e'e for normal errors, e = M u: tr(MW)/d and so on, d = tr M."""
    from scipy import stats

    effects, w = fit.effects, weights.sparse
    t, n = fit.design.y.shape
    z = demean(fit.estimated.z, effects)
    k = z.shape[2]
    basis, _ = np.linalg.qr(z.reshape(t * n, k)) if k else (np.zeros((t * n, 0)), None)
    basis = basis.reshape(t, n, k)
    forward = demean(spatial_lag(weights.lag, basis), effects)
    backward = demean(spatial_lag(lambda a: w.T @ a, basis), effects)
    over_t = t - 1 if effects in ("entity", "twoway") else t
    across = effects in ("time", "twoway")
    rows, columns = np.asarray(w.sum(axis=1)).ravel(), np.asarray(w.sum(axis=0)).ravel()
    mean_w = total / n
    # traces over regions of W, W W', W W with J on both sides where there are time effects
    tr1 = -mean_w if across else 0.0
    tr_wwt = float(w.multiply(w).sum())
    tr_ww = float(w.multiply(w.T).sum())
    if across:
        tr_wwt += -(rows @ rows) / n - (columns @ columns) / n + mean_w**2
        tr_ww += -2 * float(columns @ rows) / n + mean_w**2
    inner = np.einsum("tnk,tnl->kl", basis, forward)
    d = over_t * (n - across) - k
    trace = over_t * tr1 - float(np.trace(inner))
    wwt = over_t * tr_wwt - float((forward**2).sum()) - float((backward**2).sum()) + float((inner**2).sum())
    ww = (
        over_t * tr_ww
        - 2 * float(np.einsum("tnk,tnk->", backward, forward))
        + float(np.einsum("kl,lk->", inner, inner))
    )
    scale = n / total
    mean = scale * trace / d
    variance = scale**2 * (wwt + ww + trace**2) / (d * (d + 2)) - mean**2
    z_value = (value - mean) / np.sqrt(variance)
    return TestResult(
        name="Moran",
        null="no spatial correlation of the residuals",
        statistic=float(z_value),
        p_value=float(2 * stats.norm.sf(abs(z_value))),
        distribution="normal",
        reference="Cliff and Ord (1981), eqs. 8.26-8.27",
        reason=f"I = {value:.6f}, mean {mean:.6f}, variance {variance:.6g}",
    )


def jarque_bera(fit: Fit) -> TestResult:
    """n/6 (skewness^2 + (kurtosis - 3)^2 / 4) of the innovations."""
    e = _residuals(fit, gaps=True)
    e = e[np.isfinite(e)]
    e = e - e.mean()
    s2 = (e**2).mean()
    skew, kurt = (e**3).mean() / s2**1.5, (e**4).mean() / s2**2
    value = len(e) / 6 * (skew**2 + (kurt - 3) ** 2 / 4)
    return TestResult.chi2(
        "Jarque-Bera",
        "the innovations are normal",
        value,
        2,
        "Jarque and Bera (1987)",
        f"skewness {skew:.3f}, kurtosis {kurt:.3f}",
    )


def breusch_pagan(fit: Fit) -> list[TestResult]:
    """Squared innovations on the regressors: Breusch and Pagan's statistic for normal, Koenker's for any innovations.

    For models with lambda the innovations are those of the filtered equation (the spatial Breusch-Pagan test of Anselin
    1988, eq. 8.34, with its variances free of the spatial parameters).
    """
    e = _residuals(fit)
    x = fit.design.X.reshape(e.size, -1)
    x = np.column_stack([np.ones(e.size), x[:, [i for i in range(x.shape[1]) if i != fit.design.constant]]])
    df = x.shape[1] - 1
    g = e.ravel() ** 2 / (e**2).mean()
    fitted = x @ np.linalg.lstsq(x, g, rcond=None)[0]
    explained = float(((fitted - g.mean()) ** 2).sum())
    koenker = e.size * explained / float(((g - g.mean()) ** 2).sum())
    what = "spatial Breusch-Pagan" if fit.spec.spatial else "Breusch-Pagan"
    null = "the variance does not depend on the regressors"
    return [
        TestResult.chi2(what, null, explained / 2, df, "Breusch and Pagan (1979); Anselin (1988), eq. 8.34"),
        TestResult.chi2("Koenker-Bassett", null, koenker, df, "Koenker (1981); Koenker and Bassett (1982)"),
    ]


def _residuals(fit: Fit, gaps: bool = False) -> np.ndarray:
    if not isinstance(fit, Fit):
        raise InputError(f"a fit of tk.fit is needed; a {type(fit).__name__} was given.")
    e = fit.solution.innovations
    if not gaps and (e.shape != fit.design.y.shape or not np.isfinite(e).all()):
        raise InputError(
            "This test needs residuals for every region and period.", fix="keep the periods that all regions have"
        )
    return e
