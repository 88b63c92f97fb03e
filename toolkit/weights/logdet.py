"""The log-determinant log|I - rho W| as a function of rho, with two derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from scipy import special

from toolkit.errors import InputError
from toolkit.weights.series import ChebyshevSeries, PowerSeries

__all__ = ["EigenCurve", "LogdetCurve", "SeriesCurve", "evaluate", "outside"]


@runtime_checkable
class LogdetCurve(Protocol):
    """What a likelihood needs to know about log|I - rho W|; `rho` is a number or an array of any shape.

    Inside the open interval all three are finite. A number outside raises `InputError` with the interval;
    in an array, values outside give -inf (value) and NaN (derivatives), so that a grid may overshoot.

    Attributes
    ----------
    interval : (float, float)
        Open interval of admissible rho.
    window : (float, float)
        Where `error` holds.
    error : float
        Bound on the absolute error of `value` in `window`; 0.0 means exact to rounding.
    route : str
        How the numbers are made, in words.
    """

    @property
    def interval(self) -> tuple[float, float]: ...
    @property
    def window(self) -> tuple[float, float]: ...
    @property
    def error(self) -> float: ...
    @property
    def route(self) -> str: ...
    def value(self, rho): ...  # log|I - rho W|
    def d1(self, rho): ...  # -tr G,      G = W (I - rho W)^-1
    def d2(self, rho): ...  # -tr(G^2)
    def refined(self, rho: float) -> LogdetCurve: ...  # exact around rho


@dataclass(frozen=True, eq=False)
class EigenCurve:
    """Exact curve from all eigenvalues: log|I - rho W| = sum_i log(1 - rho w_i) (Ord 1975, JASA 70, eq. 2.4)."""

    eigenvalues: np.ndarray
    interval: tuple[float, float]
    route: str = "eigenvalues"
    error: float = 0.0

    @property
    def window(self) -> tuple[float, float]:
        """The whole interval."""
        return self.interval

    def value(self, rho):
        """log|I - rho W|."""
        return evaluate(rho, self.interval, lambda r: np.log(np.abs(1 - r * self.eigenvalues)), beyond=-np.inf)

    def d1(self, rho):
        """-tr(W (I - rho W)^-1)."""
        return evaluate(rho, self.interval, lambda r: -(self.eigenvalues / (1 - r * self.eigenvalues)).real)

    def d2(self, rho):
        """-tr((W (I - rho W)^-1)^2)."""
        return evaluate(rho, self.interval, lambda r: -((self.eigenvalues / (1 - r * self.eigenvalues)) ** 2).real)

    def refined(self, rho: float) -> EigenCurve:
        """The curve itself: it is exact everywhere."""
        return self


@dataclass(frozen=True, eq=False)
class SeriesCurve:
    """Curve from estimated traces, made exact around one rho by three log-determinants (`refined`).

    Every sign vector gives a curve of its own, an unbiased estimate of the true one. The coarse curve is their
    mean. The refined one is the weighted mean, weights adding up to one and otherwise as equal as can be,
    that passes through the exact log-determinants at three nodes: the regression estimator with the
    nodes as control variates. It errs by what a sign vector's curve shares with no parabola-like combination of
    the others, which within the nodes is next to nothing (1e-6 or less where rho is below .95).

    Attributes
    ----------
    series : ChebyshevSeries or PowerSeries
        ``series(rho, moments)`` gives value and two derivatives.
    moments : ndarray, shape (K + 1, R)
        One column per sign vector.
    exact : callable
        Exact log-determinant, by one factorisation.
    weights : ndarray, shape (R,)
        Weight of each sign vector; 1 / R before refining.
    tail : ndarray, shape (4 K,), or None
        Moments above K, a constant size fitted with the weights; None before refining.
    """

    series: ChebyshevSeries | PowerSeries
    moments: np.ndarray
    exact: Callable[[float], float]
    interval: tuple[float, float]
    route: str
    weights: np.ndarray
    tail: np.ndarray | None = None
    window: tuple[float, float] = (0.0, 0.0)
    error: float = np.inf

    @classmethod
    def coarse(cls, series, moments, exact, interval, route) -> SeriesCurve:
        """Curve before any factorisation; its `error` covers the middle nine tenths of the interval."""
        R = moments.shape[1]
        curve = cls(series, moments, exact, interval, route, np.full(R, 1 / R))
        window = (0.9 * interval[0], 0.9 * interval[1])
        error = max(
            _quantile(R - 1) * series(r, moments)[0].std(ddof=1) / np.sqrt(R)
            + abs(series.linear(r, curve._unit_tail(r))[0])
            for r in window
        )
        return replace(curve, window=window, error=float(error))

    def value(self, rho):
        """log|I - rho W|."""
        return evaluate(rho, self.interval, lambda r: self._terms(r)[0], beyond=-np.inf)

    def d1(self, rho):
        """-tr(W (I - rho W)^-1)."""
        return evaluate(rho, self.interval, lambda r: self._terms(r)[1])

    def d2(self, rho):
        """-tr((W (I - rho W)^-1)^2)."""
        return evaluate(rho, self.interval, lambda r: self._terms(r)[2])

    def refined(self, rho: float) -> SeriesCurve:
        """Curve through exact log-determinants at `rho` and on both sides of it: three factorisations.

        The outer nodes span `window`: as far out as the optimum of a likelihood may move, about four standard
        errors of the slope over the curvature of -n/2 log|.| terms (bounded to .001-.02), and never past the ends
        of the interval. `error` is the regression estimator's, at Student's t of 99.9 percent.
        """
        evaluate(rho, self.interval, float)  # refuses what is not admissible
        h = self._reach(rho := float(rho))
        nodes = (rho - h, rho, rho + h)
        R, unit = self.moments.shape[1], self._unit_tail(rho)
        steps = np.array([[0, 1, 0], [-0.5 / h, 0, 0.5 / h], [1 / h**2, -2 / h**2, 1 / h**2]])  # level, slope, bend

        def by_source(r: float) -> np.ndarray:  # one entry per sign vector, then the tail
            return np.append(self.series(r, self.moments)[0], self.series.linear(r, unit)[0])

        sources = steps @ np.array([by_source(r) for r in nodes])
        level = np.append(sources[:, :R].mean(axis=1), 0.0)  # the last row makes the weights add up to one
        rows = np.vstack([sources, np.append(np.ones(R), 0.0)])
        rows[:3, :R] -= level[:3, None]
        target = np.append(steps @ np.array([self.exact(r) for r in nodes]), 0.0) - level
        prior = np.append(np.full(R, 1 / np.sqrt(R)), 1.0)  # standard deviations of weights and of the tail
        scaled = rows * prior
        size = np.linalg.norm(scaled, axis=1)
        size[size <= 1e-12 * size.max()] = np.inf  # at rho = 0 the level is zero whatever the weights
        scaled, target = scaled / size[:, None], target / size
        change = prior * np.linalg.lstsq(scaled, target, rcond=1e-13)[0]
        weights = 1 / R + change[:R]

        between = by_source(rho + h / np.sqrt(3)) * prior  # where a cubic through the nodes is largest
        left = between - scaled.T @ np.linalg.lstsq(scaled.T, between, rcond=1e-13)[0]
        noise = np.linalg.norm(left[:R]) * np.sqrt(R / (R - 4)) * np.linalg.norm(weights)
        rounding = 4 * np.finfo(float).eps * self.moments[0, 0]
        return replace(
            self,
            weights=weights,
            tail=change[R] * unit,
            window=(nodes[0], nodes[2]),
            error=float(_quantile(R - 4) * noise + abs(left[R]) * max(1.0, abs(change[R])) + rounding),
        )

    @cached_property
    def _mean(self) -> np.ndarray:
        return self.moments @ self.weights

    def _terms(self, rho: float) -> tuple[float, ...]:
        terms = self.series(rho, self._mean)
        if self.tail is None:
            return terms
        return tuple(a + b for a, b in zip(terms, self.series.linear(rho, self.tail), strict=True))

    def _reach(self, rho: float) -> float:
        """Half-width of the window around `rho`."""
        R = self.moments.shape[1]
        _, slope, bend = self.series(rho, self.moments)
        curvature = max(-bend.mean() - slope.mean() ** 2 / self.moments[0, 0], 1e-3 * self.moments[0, 0])
        h = np.clip(2 * slope.std(ddof=1) / np.sqrt(R) / curvature, 1e-3, 0.02)
        return float(min(h, 0.25 * (self.interval[1] - rho), 0.25 * (rho - self.interval[0])))

    def _unit_tail(self, rho: float) -> np.ndarray:
        """Traces left out, were they all as large as the last ten kept, and of one sign at `rho`."""
        K = len(self.moments) - 1
        tail = np.zeros(4 * K)
        tail[K + 1 :] = np.abs(self.series.rest(self._mean)[-10:]).mean()
        return tail if rho >= 0 else tail * (-1.0) ** np.arange(4 * K)


def _quantile(df: int) -> float:
    return float(special.stdtrit(df, 0.999))


def evaluate(rho, interval: tuple[float, float], terms, beyond: float = np.nan):
    """Sum ``terms(r)`` at every r of `rho` inside `interval`; see `LogdetCurve` for the rest."""
    low, high = interval
    if np.ndim(rho) == 0:
        if not low < rho < high:
            raise outside(float(rho), interval)
        return float(np.sum(terms(float(rho))))
    rho = np.asarray(rho, dtype=float)
    inside = (rho > low) & (rho < high)
    return np.array(
        [np.sum(terms(r)) if ok else beyond for r, ok in zip(rho.ravel(), inside.ravel(), strict=True)]
    ).reshape(rho.shape)


def outside(rho: float, interval: tuple[float, float]) -> InputError:
    """The error for an inadmissible rho."""
    return InputError(
        f"rho = {rho:.6g} is not admissible: I - rho W is singular there or on the way there from 0.",
        allowed=f"{interval[0]:.6g} < rho < {interval[1]:.6g}",
    )
