"""Lagrange multiplier (score) tests beyond the classical four: joint, conditional, and for the spatial Durbin model.

References
----------
Anselin, L. (1988). Spatial Econometrics. Kluwer, section 6.3.3-6.3.4 (SARMA, conditional tests).
Debarsy, N. and Ertur, C. (2010). Testing for spatial autocorrelation in a fixed effects panel data model. RSUE 40.
Koley, M. and Bera, A. (2024). To use, or not to use the spatial Durbin model? - that is the question. Spatial Economic
Analysis 19, 30-56.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.contracts import TestResult
from toolkit.models.covariance import Estimated, covariance
from toolkit.models.estimate import at_optimum, likelihood_of
from toolkit.models.results import Fit
from toolkit.models.spec import SPECS
from toolkit.models.transform import demean, spatial_lag

__all__ = ["conditional", "durbin_scores", "sarma"]

_CONDITIONAL = "Anselin (1988), section 6.3.4; Debarsy and Ertur (2010), section 3"
_DURBIN = "Koley and Bera (2024), eqs. 9-17"

#: model with one spatial parameter -> the model that adds the other, and what is tested
_WIDER = {
    "sar": ("sac", "lambda", "LM error given lag", "lambda = 0, rho estimated"),
    "sem": ("sac", "rho", "LM lag given error", "rho = 0, lambda estimated"),
    "sdm": ("gns", "lambda", "LM error given lag", "lambda = 0, rho and W X estimated"),
    "sdem": ("gns", "rho", "LM lag given error", "rho = 0, lambda and W X estimated"),
}


def sarma(lag: float, robust_error: float) -> TestResult:
    """Joint test of rho = lambda = 0: LM lag + robust LM error (Anselin 1988; Anselin and others 1996)."""
    return TestResult.chi2("LM SARMA", "rho = lambda = 0", lag + robust_error, 2, "Anselin (1988), eq. 6.32")


def conditional(fit: Fit) -> list[TestResult]:
    """The other spatial parameter's score at the estimates of a model that has one, with expected information."""
    if fit.model not in _WIDER or fit.estimated is None:
        return []
    name, parameter, title, null = _WIDER[fit.model]
    if fit.options.bias_correction == "correction":
        reason = "the score is that of the likelihood's maximum, not of bias-corrected estimates"
        return [TestResult.chi2(title, null, float("nan"), 1, _CONDITIONAL, reason)]
    est, w, we = fit.estimated, fit.weights, fit.weights_error
    if w is None or we is None:
        return []
    like, wy = likelihood_of(fit.design.y, est.z, SPECS[name], fit.effects, w.operator, we.operator)
    if hasattr(est.likelihood.curve or est.likelihood.curve_error, "base"):
        reason = "not computed for transformed data; use bias_correction='none'"
        return [TestResult.chi2(title, null, float("nan"), 1, _CONDITIONAL, reason)]
    rho, lam = est.optimum.rho, est.optimum.lam
    if fit.effects in ("entity", "twoway"):
        # N (T - 1) free observations (Debarsy and Ertur 2010): with N T the score's variance is T/(T - 1) times too small
        periods = len(fit.design.y) - 1
        like = replace(like, data=replace(like.data, n=len(fit.design.entities) * periods), periods=periods)
    like = replace(like, curve=like.curve.refined(rho), curve_error=like.curve_error.refined(lam))
    m: Estimated = at_optimum(like, like.at(rho, lam), fit.design.y, est.z, wy, fit.effects, w.operator, we.operator)
    at = 0 if parameter == "rho" else 1
    score = float(like.score(rho, lam)[at])
    variance = float(covariance("expected", m).matrix[est.z.shape[2] + at, est.z.shape[2] + at])
    return [TestResult.chi2(title, null, score**2 * variance, 1, _CONDITIONAL)]


def durbin_scores(fit: Fit, base: Estimated, w, wx: np.ndarray, names: tuple[str, ...]) -> list[TestResult]:
    """LM tests of W X and of rho with W X, from the residuals of the model without either.

    With d_rho = e'Wy / s2 and d_g = (WX)'e / s2, and the information J of (rho, gamma) given b,

        LM WX = d_g' J_gg^-1 d_g,      LM SDM = d' J^-1 d,
        robust LM WX = LM SDM - LM lag,      robust LM lag (W X) = LM SDM - LM WX.

    The last two are robust to a local deviation of the other kind (Koley and Bera 2024, eqs. 13 and 15).

    Parameters
    ----------
    fit : Fit
        Least squares; its effects are those of the tests.
    base : Estimated
        The model without rho, lambda and W X.
    w : SpatialWeights
    wx : ndarray, shape (T, N, q)
        Lagged regressors.
    names : tuple of str
    """
    e, s2, t = base.innovations, base.optimum.sigma2, len(base.innovations)
    z = demean(base.z, fit.effects).reshape(e.size, -1)
    mean = demean(spatial_lag(w.lag, fit.design.y - e), fit.effects).reshape(-1, 1)
    lags = demean(wx, fit.effects).reshape(e.size, -1)
    both = np.column_stack([mean, lags])
    off = both - z @ np.linalg.lstsq(z, both, rcond=None)[0] if z.shape[1] else both
    scale = np.sqrt((off**2).sum(axis=0))
    keep = np.append(True, scale[1:] > 1e-8 * np.sqrt((lags**2).sum(axis=0)))
    off, df = off[:, keep], int(keep.sum()) - 1
    traces = float(w.sparse.T.multiply(w.sparse).sum() + w.sparse.multiply(w.sparse).sum())  # tr(W W + W'W)
    j = off.T @ off / s2
    j[0, 0] += t * traces
    d = np.append((e * spatial_lag(w.lag, fit.design.y)).sum(), lags[:, keep[1:]].T @ e.ravel()) / s2
    size = np.sqrt(np.diag(j))
    j, d = j / np.outer(size, size), d / size
    joint = float(d @ np.linalg.solve(j, d))
    lag, gamma = float(d[0] ** 2 / j[0, 0]), float(d[1:] @ np.linalg.solve(j[1:, 1:], d[1:])) if df else float("nan")
    rows = (
        ("LM WX", "gamma = 0 (W X)", gamma, df),
        ("LM SDM", "rho = 0 and gamma = 0", joint, df + 1),
        ("robust LM WX", "gamma = 0, rho free", joint - lag, df),
        ("robust LM lag (W X)", "rho = 0, gamma free", joint - gamma, 1),
    )
    left = [n for n, k in zip(names, keep[1:], strict=True) if not k]
    reason = f"{', '.join(left)} left out: collinear with the regressors" if left else None
    return [TestResult.chi2(n, h, v, f, _DURBIN, reason) for n, h, v, f in rows]
