"""From arrays to an estimated model: lag, reduce, place the spatial parameters, maximise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.errors import DataError, EstimationError, InputError
from toolkit.models.covariance import Estimated
from toolkit.models.lee_yu import transformed
from toolkit.models.likelihood import Likelihood, Optimum, maximise
from toolkit.models.spec import Spec
from toolkit.models.transform import demean, effects_df, reduce, spatial_lag

__all__ = ["at_optimum", "estimate", "likelihood_of"]


def estimate(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    spec: Spec,
    effects: str,
    operator=None,
    operator_error=None,
    transformation: bool = False,
) -> Estimated:
    """Maximum likelihood of one model of the family.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X, then WX, lagged already, effects not removed.
    terms : tuple of str, length k
    spec : Spec
    effects : {"none", "entity", "time", "twoway"}
    operator, operator_error : Operator
        Of W (for rho) and W_e (for lambda).
    transformation : bool
        Whether the effects are removed by the orthonormal transformation of Lee and Yu (2010); see `lee_yu`.

    Raises
    ------
    EstimationError
        If regressors are absorbed by the effects or collinear (they are named), if there are more
        parameters than observations, or if the likelihood has no maximum.
    """
    t, n = y.shape
    k = z.shape[2]
    left = t * n - k - len(spec.spatial) - effects_df(effects, n, t)
    if left <= 0:
        raise EstimationError(
            f"{t * n} observations cannot identify {k} coefficients, {len(spec.spatial)} spatial parameters "
            f"and {effects_df(effects, n, t)} effects.",
            fix="use fewer regressors, fewer effects (effects=) or more periods",
        )
    _check_identified(y, z, terms, effects)
    likelihood, wy = likelihood_of(y, z, spec, effects, operator, operator_error)
    if transformation:
        likelihood = transformed(likelihood, effects, n, operator, operator_error)
    likelihood, optimum = _refine(likelihood, maximise(likelihood))
    return at_optimum(likelihood, optimum, y, z, wy, effects, operator, operator_error)


def likelihood_of(
    y: np.ndarray, z: np.ndarray, spec: Spec, effects: str, operator=None, operator_error=None
) -> tuple[Likelihood, np.ndarray | None]:
    """The likelihood of a model on arrays, before any search, and W y; arguments as in `estimate`."""
    wy = spatial_lag(operator.lag, y) if spec.wy else None
    columns = [y[..., None]] + ([wy[..., None]] if spec.wy else []) + [z]
    data = reduce(np.concatenate(columns, axis=2), effects, operator_error.lag if spec.wu else None)
    likelihood = Likelihood(
        data,
        spec,
        len(y),
        curve=operator.curve() if spec.wy else None,
        curve_error=operator_error.curve() if spec.wu else None,
        interval=operator.interval if spec.wy else (-1.0, 1.0),
        interval_error=operator_error.interval if spec.wu else (-1.0, 1.0),
    )
    return likelihood, wy


def at_optimum(
    likelihood: Likelihood, optimum: Optimum, y: np.ndarray, z: np.ndarray, wy, effects: str, operator, operator_error
) -> Estimated:
    """The estimated model at given parameters: innovations off the effects."""
    spec, n = likelihood.spec, y.shape[1]
    v = _time_direction(effects, optimum.lam, operator_error, n) if spec.wu else None
    residuals = y - optimum.rho * wy if spec.wy else y
    residuals = residuals - z @ optimum.beta
    if spec.wu:
        residuals = residuals - optimum.lam * spatial_lag(operator_error.lag, residuals)
    innovations = demean(residuals, effects, v)
    return Estimated(likelihood, optimum, z, wy, innovations, operator, operator_error, effects, v)


def _refine(likelihood: Likelihood, optimum: Optimum, rounds: int = 5) -> tuple[Likelihood, Optimum]:
    """Make approximate log-determinants exact around the optimum and maximise again until it stands still."""
    for _ in range(rounds):
        curve = likelihood.curve.refined(optimum.rho) if likelihood.spec.wy else None
        curve_error = likelihood.curve_error.refined(optimum.lam) if likelihood.spec.wu else None
        if curve is likelihood.curve and curve_error is likelihood.curve_error:
            break
        likelihood = replace(likelihood, curve=curve, curve_error=curve_error)
        before, optimum = optimum, maximise(likelihood)
        if abs(optimum.rho - before.rho) + abs(optimum.lam - before.lam) < 1e-3:
            break
    return likelihood, optimum


def _time_direction(effects: str, lam: float, operator, n: int) -> np.ndarray | None:
    """B 1 where it is not constant and the effects include time, shape (N,); else None."""
    if effects not in ("time", "twoway"):
        return None
    sums = np.asarray(operator.lag(np.ones((n, 1)))).ravel()
    return None if np.ptp(sums) <= 1e-12 * max(1.0, np.abs(sums).max()) else 1.0 - lam * sums


def _check_identified(y: np.ndarray, z: np.ndarray, terms: tuple[str, ...], effects: str) -> None:
    from toolkit.models.design import absorbed_columns, collinear_columns

    if not np.isfinite(y).all() or not np.isfinite(z).all():
        raise DataError("The design holds missing or infinite values.", fix="build it with toolkit.models.design")
    if np.allclose(demean(y, effects), 0, atol=1e-12 * max(1.0, np.abs(y).max())):
        raise EstimationError(
            "The outcome does not vary once the effects are removed.",
            fix="check the outcome, or use fewer effects (effects=)",
        )
    gone = absorbed_columns(z, terms, effects) if effects != "none" else []
    if gone:
        raise EstimationError(
            f"{', '.join(map(repr, gone))}: no variation is left once the {effects} effects are removed.",
            allowed="regressors that vary within regions over time (entity), across regions within a year (time)",
            fix="drop them, or choose other effects (effects=)",
        )
    flat = demean(z, effects).reshape(-1, z.shape[2])
    bad = collinear_columns(flat, terms)
    if bad:
        raise EstimationError(
            "The regressors are collinear: " + "; ".join(f"{name} = {how}" for name, how in bad) + ".",
            fix="drop one of them; where W X repeats X (time dummies, shares that add up) name the lags with durbin=[...]",
        )


def require_weights(weights, name: str, spec: Spec) -> None:
    """InputError that says why the model needs weights, if there are none."""
    if weights is None:
        raise InputError(
            f"model={spec.name!r} needs spatial weights: {name}=None was given.",
            allowed="a SpatialWeights, e.g. tk.weights.queen(panel)",
        )
