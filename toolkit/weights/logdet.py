"""The log-determinant log|I - rho W| as a function of rho, with two derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from toolkit.errors import InputError

__all__ = ["EigenCurve", "LogdetCurve", "evaluate"]


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

    interval: tuple[float, float]
    window: tuple[float, float]
    error: float
    route: str

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
        return evaluate(rho, self.interval, lambda r: np.log(np.abs(1 - r * self.eigenvalues)), outside=-np.inf)

    def d1(self, rho):
        """-tr(W (I - rho W)^-1)."""
        return evaluate(rho, self.interval, lambda r: -(self.eigenvalues / (1 - r * self.eigenvalues)).real)

    def d2(self, rho):
        """-tr((W (I - rho W)^-1)^2)."""
        return evaluate(rho, self.interval, lambda r: -((self.eigenvalues / (1 - r * self.eigenvalues)) ** 2).real)

    def refined(self, rho: float) -> EigenCurve:
        """The curve itself: it is exact everywhere."""
        return self


def evaluate(rho, interval: tuple[float, float], terms, outside: float = np.nan):
    """Sum ``terms(r)`` at every r of `rho` inside `interval`; see `LogdetCurve` for the rest."""
    low, high = interval
    if np.ndim(rho) == 0:
        if not low < rho < high:
            raise InputError(
                f"rho = {float(rho):.6g} is not admissible: I - rho W is singular or changes sign on the way there.",
                allowed=f"{low:.6g} < rho < {high:.6g}",
            )
        return float(np.sum(terms(float(rho))))
    rho = np.asarray(rho, dtype=float)
    inside = (rho > low) & (rho < high)
    return np.array(
        [np.sum(terms(r)) if ok else outside for r, ok in zip(rho.ravel(), inside.ravel(), strict=True)]
    ).reshape(rho.shape)
