"""The process behind `toolkit.simulate`, on arrays: regressors, effects, errors and the path of the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toolkit.errors import InputError

__all__ = ["ERRORS", "REGRESSORS", "Process", "draw"]

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

#: Distributions of the errors, of mean 0 and variance 1.
ERRORS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "t5": lambda rng, shape: rng.standard_t(5, shape) / np.sqrt(5 / 3),
    "laplace": lambda rng, shape: rng.laplace(size=shape) / np.sqrt(2),
    "uniform": lambda rng, shape: (rng.random(shape) - 0.5) * np.sqrt(12),
    "chi2": lambda rng, shape: (rng.chisquare(3, shape) - 3) / np.sqrt(6),
}
#: Distributions of regressors.
REGRESSORS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Process:
    """Parameters of the process; names as in `toolkit.simulate`.

    Attributes
    ----------
    operator : Operator
        Of W, for N regions.
    periods, burn_in : int
    beta, theta : ndarray, shape (k,)
    rho, lam, tau, eta, constant, sigma, sigma_entity, sigma_time, correlation, serial, x_rho : float
        A standard deviation of 0 stands for effects that are not there.
    inside : bool
        Whether the effects of regions pass the filter of lambda (Kapoor, Kelejian and Prucha 2007).
    spread : ndarray of shape (N,), "x" or None
        Relative standard deviations of the errors.
    errors : callable
        A row of `ERRORS`.
    regressors : callable or ndarray of shape (T, N, k)
        A row of `REGRESSORS`, or their values.
    """

    operator: object
    periods: int
    beta: np.ndarray
    theta: np.ndarray
    rho: float
    lam: float
    tau: float
    eta: float
    constant: float
    sigma: float
    sigma_entity: float
    sigma_time: float
    inside: bool
    correlation: float
    serial: float
    spread: np.ndarray | str | None
    errors: Draw
    regressors: Draw | np.ndarray
    x_rho: float
    burn_in: int


def draw(p: Process, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """One draw: y (T, N), regressors (T, N, k), and what is not observed (see `Simulation.hidden`).

    Each part has a stream of its own, and the burn-in another, so that parameters change numbers but not their draws.
    """
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    if callable(p.regressors):
        x, early = _regressors(p, p.periods, streams[0]), _regressors(p, p.burn_in, streams[4])
    else:
        x, early = p.regressors, np.repeat(p.regressors[:1], p.burn_in, axis=0)
    entity = p.sigma_entity * _tied(streams[1].standard_normal(p.operator.N), x @ p.beta, 0, p.correlation)
    time = p.sigma_time * _tied(streams[2].standard_normal(p.periods), x @ p.beta, 1, p.correlation)
    early_time = p.sigma_time * streams[4].standard_normal(p.burn_in)
    errors = _errors(p, early, x, streams[3], streams[4])

    both, times = np.concatenate([early, x]), np.concatenate([early_time, time])
    mean = p.constant + both @ p.beta + _lag(p, both @ p.theta) + times[:, None]
    if p.inside:
        noise = _solve(p, p.lam, errors + entity)
    else:
        mean = mean + entity
        noise = _solve(p, p.lam, errors)
    y, mean = _path(p, mean, noise)
    hidden = {"entity": entity, "time": time, "errors": errors[p.burn_in :], "mean": mean[p.burn_in :]}
    return y[p.burn_in :], x, hidden


def _path(p: Process, mean: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The outcome of all periods, and what it would be without the noise of the period; both (T, N)."""
    if not (p.tau or p.eta):
        return _solve(p, p.rho, mean + noise), _solve(p, p.rho, mean)
    y, expected, before = np.empty_like(mean), np.empty_like(mean), np.zeros(p.operator.N)
    for t in range(len(mean)):
        known = mean[t] + p.tau * before + p.eta * p.operator.lag(before)
        y[t], expected[t] = p.operator.solve(p.rho, np.column_stack([known + noise[t], known])).T
        before = y[t]
    return y, expected


def _regressors(p: Process, periods: int, rng: np.random.Generator) -> np.ndarray:
    """Drawn regressors, shape (periods, N, k)."""
    k, n = len(p.beta), p.operator.N
    drawn = p.regressors(rng, (k, periods, n)).reshape(k * periods, n)
    return np.moveaxis(_solve(p, p.x_rho, drawn).reshape(k, periods, n), 0, 2)


def _errors(p: Process, early: np.ndarray, x: np.ndarray, rng, rng_early) -> np.ndarray:
    """The errors e of all periods, shape (burn_in + T, N)."""
    n = p.operator.N
    shocks = np.concatenate([p.errors(rng_early, (p.burn_in, n)), p.errors(rng, (p.periods, n))])
    if isinstance(p.spread, str):
        size = np.sqrt((x**2).mean(axis=2))
        scale = np.sqrt((size**2).mean())
        if scale == 0:
            raise InputError("hetero='x', but all regressors are zero.", fix="use another hetero=")
        shocks = shocks * np.concatenate([np.sqrt((early**2).mean(axis=2)), size]) / scale
    elif p.spread is not None:
        shocks = shocks * p.spread / np.sqrt((p.spread**2).mean())
    errors = p.sigma * shocks
    if p.serial:
        errors[0] /= np.sqrt(1 - p.serial**2)
        for t in range(1, len(errors)):
            errors[t] += p.serial * errors[t - 1]
    return errors


def _tied(free: np.ndarray, index: np.ndarray, axis: int, correlation: float) -> np.ndarray:
    """Standard draws, correlated with the means of `index` (T, N) over `axis`."""
    if not correlation or not len(free):
        return free
    means = index.mean(axis=axis)
    if means.std() <= 1e-12 * max(1.0, np.abs(means).max()):
        raise InputError(
            f"correlation={correlation:g}, but the means of X b do not vary: nothing to be correlated with.",
            fix="give a regressor a coefficient in beta, or leave correlation out",
        )
    z = (means - means.mean()) / means.std()
    return correlation * z + np.sqrt(1 - correlation**2) * free


def _lag(p: Process, a: np.ndarray) -> np.ndarray:
    return p.operator.lag(a.T).T


def _solve(p: Process, value: float, a: np.ndarray) -> np.ndarray:
    """(I - value W)^-1 applied to each row of `a` (m, N)."""
    return p.operator.solve(value, a.T).T if value and len(a) else a
