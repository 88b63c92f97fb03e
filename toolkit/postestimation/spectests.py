"""Specification tests of a fit: Lagrange multiplier, likelihood ratio and Wald."""

from __future__ import annotations

import numpy as np

from toolkit.contracts import TestResult, TestTable
from toolkit.errors import InputError
from toolkit.models.estimate import estimate
from toolkit.models.results import Fit
from toolkit.models.spec import RANDOM, SPECS, Spec, spec_named
from toolkit.models.transform import demean, spatial_lag
from toolkit.postestimation.error_component_tests import baltagi_song_koh, given_random_effects
from toolkit.postestimation.residual_tests import breusch_pagan, jarque_bera, pesaran_cd
from toolkit.postestimation.score_tests import conditional, durbin_scores, sarma

__all__ = ["spectests"]

#: model -> (smaller model, restriction) pairs tested by LR and, where linear or smooth, by Wald
_NESTED = {
    "slx": ("ols",),
    "sar": ("ols",),
    "sem": ("ols",),
    "sdm": ("sar", "sem", "slx"),
    "sdem": ("sem", "slx"),
    "sac": ("sar", "sem"),
    "gns": ("sdm", "sdem", "sac"),
}
_LM = "Anselin, Le Gallo and Jayet (2008), eqs. 19.42-19.53; Elhorst (2014), section 3.3.4"
_LR = "Elhorst (2014), section 3.3.4"
_WALD = "Elhorst (2014), section 3.3.4; Burridge (1981)"


def spectests(fit: Fit, W=None) -> TestTable:
    """Tests of the fit against what it leaves out, what it contains, and its effects.

    * LM lag, LM error and their robust versions on the residuals of the model without rho and lambda, with the
      effects of the fit: regressors X, or X and W X for an SLX fit. Lags are taken first, then the effects removed.
    * Their joint test (SARMA); with X not lagged, the tests of W X and of the SDM (Koley and Bera 2024). After a model with
      rho or lambda, the conditional LM test of the other parameter.
    * For pooled least squares, Baltagi, Song and Koh's (2003) tests of region effects and spatial errors together.
    * After random effects without rho and lambda, LM lag and LM error given them.
    * LR and Wald of the fit against each model one step smaller: for the SDM the SAR (theta = 0), the SEM
      (theta + rho b = 0, the common factor hypothesis) and the SLX (rho = 0). Wald uses the covariance of the fit.
    * Of the residuals: Pesaran's CD (not after time effects), Jarque-Bera, (spatial) Breusch-Pagan, Koenker-Bassett.
    * LR of the fixed effects, in the non-spatial model (as published tables do) and in the model of the fit.

    Parameters
    ----------
    fit : Fit
    W : SpatialWeights, optional
        Weights of the LM tests of a fit that was made without any.

    Returns
    -------
    TestTable
        ``tests["LM lag"]``, ``tests["LR SDM against SAR"]`` ...; ``tidy()`` has a row a test. A test that does not
        apply is kept, with NaN and the reason.

    Raises
    ------
    InputError
        If `fit` is not a fit of `toolkit.fit`.

    References
    ----------
    Anselin, L., Bera, A., Florax, R. and Yoon, M. (1996). Simple diagnostic tests for spatial dependence. RSUE 26.
    Elhorst, J. P. (2014). Spatial Econometrics. Springer, section 3.3.4.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> W = tk.weights.queen(panel)
    >>> ols = tk.fit("log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp", panel, W)
    >>> round(tk.spectests(ols)["LM error"].statistic, 3)
    135.891
    """
    if not isinstance(fit, Fit):
        raise InputError(f"spectests needs a fit of tk.fit; a {type(fit).__name__} was given.")
    weights, weights_error = fit.weights, fit.weights_error
    if W is not None:
        weights = weights_error = W.match(fit.design.entities)
    if fit.estimated is None:
        linear = fit.model in ("ols", "slx") and fit.effects in RANDOM and weights_error is not None
        tests = [*(given_random_effects(fit, weights_error) if linear else ()), *_of_residuals(fit)]
    else:
        tests = [
            *_lm(fit, weights, weights_error),
            *conditional(fit),
            *_components(fit, weights_error),
            *_against_smaller(fit),
            *_effects(fit),
            *_of_residuals(fit),
        ]
    return TestTable(tuple(tests), title=f"Specification tests of the {fit.model.upper()} ({fit.effects} effects)")


# -- Lagrange multiplier ----------------------------------------------------------------------------


def _lm(fit: Fit, weights, weights_error) -> list[TestResult]:
    names = ("LM lag", "LM error", "robust LM lag", "robust LM error")
    nulls = ("rho = 0", "lambda = 0", "rho = 0, lambda free", "lambda = 0, rho free")
    if weights is None:
        reason = "needs spatial weights: give W to tk.fit or to tk.spectests"
        return [TestResult.chi2(n, h, float("nan"), 1, _LM, reason) for n, h in zip(names, nulls, strict=True)]
    base = _refit(fit, SPECS["slx" if fit.model == "slx" else "ols"], fit.effects)
    e, s2 = base.innovations, base.optimum.sigma2
    t = len(e)
    wy = spatial_lag(weights.lag, fit.design.y)
    mean = demean(spatial_lag(weights.lag, fit.design.y - e), fit.effects).ravel()
    z = demean(base.z, fit.effects).reshape(mean.size, -1)
    off = mean - z @ np.linalg.lstsq(z, mean, rcond=None)[0] if z.shape[1] else mean
    score_lag = float((e * wy).sum()) / s2
    score_error = float((e * spatial_lag(weights_error.lag, e)).sum()) / s2
    t11, t22, t12 = (t * _trace(a, b) for a, b in ((weights, weights), (weights_error,) * 2, (weights, weights_error)))
    j = off @ off / s2 + t11
    values = (
        score_lag**2 / j,
        score_error**2 / t22,
        (score_lag - t12 / t22 * score_error) ** 2 / (j - t12**2 / t22),
        (score_error - t12 / j * score_lag) ** 2 / (t22 - t12**2 / j),
    )
    out = [TestResult.chi2(n, h, v, 1, _LM) for n, h, v in zip(names, nulls, values, strict=True)]
    out.append(sarma(values[0], values[3]))
    lagged = [i for i in range(len(fit.design.terms)) if i != fit.design.constant]
    if fit.model != "slx" and lagged:
        wx = spatial_lag((fit.weights_durbin or weights).lag, fit.design.X[:, :, lagged])
        out += durbin_scores(fit, base, weights, wx, tuple(f"W {fit.design.terms[i]}" for i in lagged))
    return out


def _components(fit: Fit, weights) -> list[TestResult]:
    pooled = fit.model in ("ols", "slx") and fit.effects == "none" and len(fit.design.y) > 1 and not fit.design.dynamic
    return baltagi_song_koh(fit, weights) if pooled and weights is not None else []


def _of_residuals(fit: Fit) -> list[TestResult]:
    if fit.solution.innovations.shape != fit.design.y.shape or not np.isfinite(fit.solution.innovations).all():
        return []
    cd = [pesaran_cd(fit)] if len(fit.design.y) > 1 else []
    return [*cd, jarque_bera(fit), *breusch_pagan(fit)]


def _trace(a, b) -> float:
    """tr(A B + A' B)."""
    return float(a.sparse.T.multiply(b.sparse).sum() + a.sparse.multiply(b.sparse).sum())


# -- against the models inside the fit --------------------------------------------------------------


def _against_smaller(fit: Fit) -> list[TestResult]:
    out = []
    for name in _NESTED.get(fit.model, ()):
        smaller = spec_named(name)
        null, df, jacobian, gap, reason = _restriction(fit, smaller)
        label = f"{fit.model.upper()} against {name.upper()}"
        if reason:
            out.append(TestResult.chi2(f"LR {label}", null, float("nan"), df, _LR, reason))
            out.append(TestResult.chi2(f"Wald {label}", null, float("nan"), df, _WALD, reason))
            continue
        restricted = _refit(fit, smaller, fit.effects).optimum.loglik
        out.append(TestResult.chi2(f"LR {label}", null, 2 * (fit.loglik - restricted), df, _LR))
        cov = jacobian @ fit.coefficients.cov @ jacobian.T
        wald = float(gap @ np.linalg.solve(cov, gap)) if np.isfinite(cov).all() else float("nan")
        out.append(TestResult.chi2(f"Wald {label}", null, wald, df, _WALD, f"covariance: {fit.solution.cov_title}"))
    return out


def _restriction(fit: Fit, smaller: Spec):
    """(null in words, df, Jacobian (df, k), value (df,), reason it does not apply) of fit -> smaller."""
    terms, estimates = fit.terms, fit.coefficients.estimate
    k = len(fit.design.terms)
    lagged = list(range(k, k + len(fit.design.wx_terms)))
    identity = np.eye(len(terms))
    if fit.model == "sdm" and smaller.name == "sem":
        null = "theta + rho b = 0 (common factor)"
        regressors = [i for i in range(k) if i != fit.design.constant]
        if sorted(p for p in fit.design.pairs if p is not None) != regressors or None in fit.design.pairs:
            return null, len(lagged), None, None, "the SEM is inside the SDM only when every regressor is lagged"
        if not _same(fit.weights, fit.weights_durbin):
            return null, len(lagged), None, None, "the SEM is inside the SDM only when Wy and WX share one W"
        own = list(fit.design.pairs)
        at = terms.index("rho")
        jacobian = identity[lagged] + estimates[at] * identity[own] + np.outer(estimates[own], identity[at])
        return null, len(lagged), jacobian, estimates[lagged] + estimates[at] * estimates[own], None
    rows, words = [], []
    if fit.spec.wx and not smaller.wx:
        rows += lagged
        words.append("theta = 0")
    for name, has in (("rho", smaller.wy), ("lambda", smaller.wu)):
        if name in terms and not has:
            rows.append(terms.index(name))
            words.append(f"{name} = 0")
    return ", ".join(words), len(rows), identity[rows], estimates[rows], None


# -- fixed effects ----------------------------------------------------------------------------------


def _effects(fit: Fit) -> list[TestResult]:
    t, n = fit.design.y.shape
    steps = {
        "none": (),
        "entity": (("entity", "none", n - 1),),
        "time": (("time", "none", t - 1),),
        "twoway": (("entity", "time", n - 1), ("time", "entity", t - 1)),
    }[fit.effects]
    out = []
    for spec in dict.fromkeys((SPECS["ols"], fit.spec)):
        where = "" if spec.name == "ols" else f" in the {spec.name.upper()}"
        full = fit.loglik if spec == fit.spec else _refit(fit, spec, fit.effects).optimum.loglik
        for name, without, df in steps:
            null = f"{name} effects are equal"
            restricted = _refit(fit, spec, without).optimum.loglik
            out.append(TestResult.chi2(f"LR {name} effects{where}", null, 2 * (full - restricted), df, _LR))
    return out


# -- shared -----------------------------------------------------------------------------------------


def _same(a, b) -> bool:
    return a is b or (a is not None and b is not None and a.hash == b.hash)


def _refit(fit: Fit, spec: Spec, effects: str):
    """Estimate another row of the table of models, with other effects, on the arrays of `fit`."""
    design = fit.design
    z, terms = design.regressors() if spec.wx else (design.X, design.terms)
    for name, values in design.lagged(fit.weights).items():
        z, terms = np.concatenate([z, values[:, :, None]], axis=2), (*terms, name)
    if effects == "none" and design.constant is None and fit.effects != "none":
        z = np.concatenate([np.ones((*z.shape[:2], 1)), z], axis=2)
        terms = ("Intercept", *terms)
    return estimate(
        design.y,
        z,
        terms,
        spec,
        effects,
        operator=fit.weights.operator if spec.wy else None,
        operator_error=fit.weights_error.operator if spec.wu else None,
    )
