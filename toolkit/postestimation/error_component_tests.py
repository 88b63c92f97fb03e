"""Tests for region effects and spatial errors together (Baltagi, Song and Koh 2003).

References
----------
Baltagi, B., Song, S. H. and Koh, W. (2003). Testing panel data regression models with spatial error correlation. Journal
of Econometrics 117, 123-150.
"""

from __future__ import annotations

import numpy as np

from toolkit.contracts import TestResult
from toolkit.models.estimate import estimate
from toolkit.models.random_effects import random_effects
from toolkit.models.results import Fit
from toolkit.models.spec import SPECS
from toolkit.models.transform import spatial_lag

__all__ = ["baltagi_song_koh", "given_random_effects"]

_BSK = "Baltagi, Song and Koh (2003), eq. "


def baltagi_song_koh(fit: Fit, weights) -> list[TestResult]:
    """The family of five: marginal, joint and conditional tests of sigma2_mu = 0 and lambda = 0.

    ``BSK LM1`` and ``BSK LM2`` are signed roots, standard normal and one-sided upwards; ``BSK LMH`` is one-sided in both,
    with a mixture of chi-squared distributions; ``BSK CLM lambda`` allows region effects, ``BSK CLM mu`` spatial errors.

    Parameters
    ----------
    fit : Fit
        Pooled least squares of a panel (effects none).
    weights : SpatialWeights
        Of the errors.
    """
    y, z = fit.design.y, fit.estimated.z
    t, n = y.shape
    base = estimate(y, z, fit.design.regressors()[1], SPECS["ols"], "none")
    u = base.innovations
    sse, w = float((u**2).sum()), weights.sparse
    both = w + w.T
    b = float(both.multiply(both).sum()) / 2  # tr(W^2 + W'W)
    g = float((u.sum(axis=0) ** 2).sum()) / sse - 1
    h = float((u * spatial_lag(weights.lag, u)).sum()) / sse
    lm1 = np.sqrt(n * t / (2 * (t - 1))) * g
    lm2 = np.sqrt(n**2 * t / b) * h
    joint = max(lm1, 0) ** 2 + max(lm2, 0) ** 2
    return [
        _root("BSK LM1", "no region effects (lambda = 0 given)", lm1, "2.7"),
        _root("BSK LM2", "lambda = 0 (no region effects given)", lm2, "2.9"),
        _mixture("BSK LMH", "no region effects and lambda = 0", joint, "2.11"),
        _root("BSK CLM lambda", "lambda = 0, region effects allowed", _clm_lambda(fit, weights, b), "2.17"),
        _root("BSK CLM mu", "no region effects, lambda estimated", _clm_mu(fit, weights), "2.24"),
    ]


def given_random_effects(fit: Fit, weights) -> list[TestResult]:
    """LM and robust LM tests for a lag and an error of a non-spatial model with random effects, at its estimates.

    With data a - theta mean(a), theta = 1 - sigma_v / sigma_1, the covariance of the errors is sigma2_v I and commutes with
    W, so that LM lag has its usual form; LM error is the square of Baltagi, Song and Koh's CLM lambda.

    Parameters
    ----------
    fit : Fit
        ols or slx with random effects, by maximum likelihood or GLS.
    weights : SpatialWeights
    """
    y = fit.design.y
    t = len(y)
    sv2 = fit.solution.details["sigma2_e"]
    s12 = t * fit.solution.details["sigma2_mu"] + sv2
    theta = 1 - np.sqrt(sv2 / s12)

    def quasi(a: np.ndarray) -> np.ndarray:
        return a - theta * a.mean(axis=0, keepdims=True)

    z, names = fit.design.regressors()
    beta = np.array([fit.solution.value(n) for n in names])
    e = quasi(y - z @ beta)
    mean = quasi(spatial_lag(weights.lag, z @ beta)).ravel()
    zs = quasi(z).reshape(mean.size, -1)
    off = mean - zs @ np.linalg.lstsq(zs, mean, rcond=None)[0]
    w = weights.sparse
    traces = float(w.multiply(w.T).sum() + w.multiply(w).sum())
    score = float((e * quasi(spatial_lag(weights.lag, y))).sum()) / sv2
    j = t * traces + float(off @ off) / sv2
    score_error, variance = _lambda_score(y - z @ beta, weights, sv2, s12, traces)
    shared = traces * ((t - 1) + sv2 / s12)  # covariance of the two scores
    values = (
        score**2 / j,
        score_error**2 / variance,
        (score - shared / variance * score_error) ** 2 / (j - shared**2 / variance),
        (score_error - shared / j * score) ** 2 / (variance - shared**2 / j),
    )
    names = ("LM lag given RE", "LM error given RE", "robust LM lag given RE", "robust LM error given RE")
    nulls = ("rho = 0", "lambda = 0", "rho = 0, lambda free", "lambda = 0, rho free")
    source = (
        "Baltagi, Song and Koh (2003), eq. 2.17 (error); Anselin, Bera, Florax and Yoon (1996) with its information"
    )
    return [
        TestResult.chi2(n, f"{h}, region effects random", v, 1, source)
        for n, h, v in zip(names, nulls, values, strict=True)
    ]


def _clm_lambda(fit: Fit, weights, b: float) -> float:
    """Score of lambda at the random-effects estimates, over its standard deviation."""
    design, z = fit.design, fit.estimated.z
    names = design.regressors()[1]
    t = len(design.y)
    s = random_effects(design.y, z, names, design.blocks, SPECS["ols"])
    u = design.y - z @ s.coefficients.estimate[: z.shape[2]]
    sv2 = s.details["sigma2_e"]
    s12 = t * s.details["sigma2_mu"] + sv2
    score, variance = _lambda_score(u, weights, sv2, s12, b)
    return score / np.sqrt(variance)


def _lambda_score(u: np.ndarray, weights, sv2: float, s12: float, b: float) -> tuple[float, float]:
    """Score of lambda from residuals with the region effects in them, and its variance."""
    t = len(u)
    mean = np.broadcast_to(u.mean(axis=0), u.shape)
    within = u - mean
    score = float((mean * spatial_lag(weights.lag, mean)).sum()) * sv2 / s12**2
    score += float((within * spatial_lag(weights.lag, within)).sum()) / sv2
    return score, ((t - 1) + sv2**2 / s12**2) * b


def _clm_mu(fit: Fit, weights) -> float:
    """Score of phi = sigma2_mu / sigma2 at the pooled error model, over its standard deviation given lambda, sigma2."""
    design, z = fit.design, fit.estimated.z
    t, n = design.y.shape
    op = weights.operator
    m = estimate(design.y, z, design.regressors()[1], SPECS["sem"], "none", operator_error=op)
    lam, s2 = m.optimum.lam, m.optimum.sigma2
    total = (design.y - z @ m.optimum.beta).sum(axis=0)
    from scipy import sparse

    filt = sparse.eye_array(n, format="csr") - lam * op.W
    gram = (filt.T @ filt).tocsr()
    turned = gram @ total
    trace_g, trace_g2 = float(gram.diagonal().sum()), float(gram.multiply(gram).sum())
    score = (float(turned @ turned) / s2 - t * trace_g) / 2
    curve = op.curve().refined(lam)
    trace_h, trace_hh, trace_hth = -float(curve.d1(lam)), -float(curve.d2(lam)), op.tr_GtG(lam)[0]
    cross = float((op.W.T @ filt).diagonal().sum())
    info = np.array(
        [
            [t**2 * trace_g2 / 2, t * trace_g / (2 * s2), t * cross],
            [t * trace_g / (2 * s2), n * t / (2 * s2**2), t * trace_h / s2],
            [t * cross, t * trace_h / s2, t * (trace_hh + trace_hth)],
        ]
    )
    return score * np.sqrt(np.linalg.inv(info)[0, 0])


def _root(name: str, null: str, statistic: float, equation: str) -> TestResult:
    from scipy import stats

    return TestResult(
        name=name,
        null=null,
        statistic=float(statistic),
        p_value=float(stats.norm.sf(statistic)),
        distribution="normal",
        reference=_BSK + equation,
        reason="one-sided: rejects for large positive values",
    )


def _mixture(name: str, null: str, statistic: float, equation: str) -> TestResult:
    from scipy import stats

    p = float(stats.chi2.sf(statistic, 1) / 2 + stats.chi2.sf(statistic, 2) / 4) if statistic > 0 else 1.0
    return TestResult(
        name=name,
        null=null,
        statistic=float(statistic),
        p_value=p,
        df=None,
        distribution="chi2",
        reference=_BSK + equation,
        reason="mixture of chi-squared: 1/4 (0) + 1/2 (1 df) + 1/4 (2 df)",
    )
