"""Exact Gaussian likelihood of the whole family, concentrated and maximised to full precision.

With c = (1, -rho, -b) and the inner products K(lambda) of `Reduced`, the sum of squares is
c' K(lambda) c, and the log-likelihood (Lee and Yu 2010, eq. 6; LeSage and Pace 2009, eq. 3.7)

    l = -NT/2 log(2 pi sigma2) - c' K(lambda) c / (2 sigma2) + T log|I - rho W| + T log|I - lambda W_e|.

b and sigma2 are concentrated out; what is left is maximised over rho, lambda or both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from toolkit.errors import EstimationError
from toolkit.models.spec import Spec
from toolkit.models.transform import Reduced

__all__ = ["Likelihood", "Optimum", "maximise"]

#: distance from the ends of the admissible interval inside which an estimate is called a bound
_EDGE = 1e-4


@dataclass(frozen=True, slots=True)
class Optimum:
    """The maximum of the likelihood.

    Attributes
    ----------
    beta : ndarray, shape (k,)
        Coefficients of Z, in the units of the data.
    rho, lam : float
        Zero where the model does not have them.
    sigma2 : float
        Sum of squares over N T.
    loglik : float
    rivals : tuple of (float, float, float)
        (log-likelihood, rho, lambda) of other local maxima, best first.
    notes : tuple of str
        What the reader must know: bounds, rivals.
    """

    beta: np.ndarray
    rho: float
    lam: float
    sigma2: float
    loglik: float
    rivals: tuple[tuple[float, float, float], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Likelihood:
    """The concentrated log-likelihood of one model on one set of data.

    Attributes
    ----------
    data : Reduced
        Columns [y, Wy (if rho), Z].
    spec : Spec
    periods : int
        T.
    curve, curve_error : LogdetCurve or None
        log|I - rho W| and log|I - lambda W_e| with derivatives; None where not in the model.
    interval, interval_error : (float, float)
        Admissible rho and lambda.
    """

    data: Reduced
    spec: Spec
    periods: int
    curve: object | None = None
    curve_error: object | None = None
    interval: tuple[float, float] = (-1.0, 1.0)
    interval_error: tuple[float, float] = (-1.0, 1.0)
    _z: slice = field(init=False, repr=False)

    def __post_init__(self):
        object.__setattr__(self, "_z", slice(1 + self.spec.wy, None))

    def coefficients(self, rho: float, lam: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Least squares at (rho, lambda): scaled coefficients (k,), residual rows (p,), rows (p, m)."""
        rows, scale = self.data.rows(lam), self.data.scale
        left = rows[:, 0] * scale[0]
        if self.spec.wy:
            left = left - rho * scale[1] * rows[:, 1]
        z = rows[:, self._z]
        b = np.linalg.lstsq(z, left, rcond=None)[0] if z.shape[1] else np.zeros(0)
        return b, left - z @ b, rows

    def value(self, rho: float, lam: float) -> float:
        """Concentrated log-likelihood."""
        _, e, _ = self.coefficients(rho, lam)
        return self._value(float(e @ e), rho, lam)

    def score(self, rho: float, lam: float) -> np.ndarray:
        """Derivatives of `value` with respect to the spatial parameters in the model, shape (0..2,)."""
        b, e, rows = self.coefficients(rho, lam)
        sse, n, out = float(e @ e), self.data.n, []
        if self.spec.wy:
            out.append(n * self.data.scale[1] * (e @ rows[:, 1]) / sse + self.periods * float(self.curve.d1(rho)))
        if self.spec.wu:
            _, k1, _ = self.data.gram(lam)
            c = self.direction(rho, b)
            out.append(-n * (c @ k1 @ c) / (2 * sse) + self.periods * float(self.curve_error.d1(lam)))
        return np.array(out)

    def direction(self, rho: float, b: np.ndarray) -> np.ndarray:
        """Vector c = (1, -rho, -b) in the scale of `data`, shape (m,); `b` scaled."""
        scale = self.data.scale
        return np.concatenate([[scale[0]], [-rho * scale[1]] * self.spec.wy, -b])

    def at(self, rho: float, lam: float) -> Optimum:
        """The concentrated parameters at (rho, lambda)."""
        b, e, _ = self.coefficients(rho, lam)
        sse = float(e @ e)
        return Optimum(b / self.data.scale[self._z], rho, lam, sse / self.data.n, self._value(sse, rho, lam))

    def _value(self, sse: float, rho: float, lam: float) -> float:
        n = self.data.n
        if sse <= 0:
            raise EstimationError(
                "The model fits the outcome exactly: the residual variance is zero.",
                fix="remove the regressor that equals the outcome (or a sum of regressors and effects that does)",
            )
        out = -n / 2 * (np.log(2 * np.pi * sse / n) + 1)
        if self.spec.wy:
            out += self.periods * float(self.curve.value(rho))
        if self.spec.wu:
            out += self.periods * float(self.curve_error.value(lam))
        return float(out)


def maximise(likelihood: Likelihood, progress: Callable[[str], None] | None = None) -> Optimum:
    """Maximise over rho, lambda or both, to full precision.

    One parameter: the sign changes of the exact score on a scan of the admissible interval are the local
    optima; each is refined by Brent's method. Two parameters: a 4 x 4 grid of starts, each followed by
    a bounded quasi-Newton search and Newton steps on the exact score.

    Raises
    ------
    EstimationError
        If no start reaches a finite maximum.
    """
    spec = likelihood.spec
    if not spec.spatial:
        return likelihood.at(0.0, 0.0)
    if spec.wy and spec.wu:
        found = _two_parameters(likelihood)
    else:
        found = _one_parameter(likelihood)
    if not found:
        raise EstimationError(
            f"The likelihood of the {spec.name.upper()} has no maximum inside the admissible interval.",
            fix="check W (tk.weights ... .summary()) and the scale of the variables; try a simpler model",
        )
    best, *others = sorted(found, key=lambda f: -f[0])
    out = likelihood.at(best[1], best[2])
    notes = _bound_notes(likelihood, out)
    if others:
        rivals = "; ".join(f"{v:.4f} at rho = {r:.4f}, lambda = {m:.4f}" for v, r, m in others)
        notes += (f"The likelihood has {len(found)} local maxima; the best is reported, the others: {rivals}.",)
    return Optimum(out.beta, out.rho, out.lam, out.sigma2, out.loglik, tuple(others), notes)


def _bound_notes(likelihood: Likelihood, o: Optimum) -> tuple[str, ...]:
    notes = []
    for name, value, used, interval in (
        ("rho", o.rho, likelihood.spec.wy, likelihood.interval),
        ("lambda", o.lam, likelihood.spec.wu, likelihood.interval_error),
    ):
        if used and min(value - interval[0], interval[1] - value) < _EDGE * (interval[1] - interval[0]):
            notes.append(
                f"{name} = {value:.6f} is at the end of its admissible interval ({interval[0]:.4f}, {interval[1]:.4f}): "
                "the model is not identified by these data, and its standard errors mean nothing."
            )
    return tuple(notes)


def _inside(interval: tuple[float, float]) -> tuple[float, float]:
    """The interval less a hair at each end, where the log-determinant is infinite."""
    width = interval[1] - interval[0]
    return interval[0] + 1e-7 * width, interval[1] - 1e-7 * width


def _one_parameter(likelihood: Likelihood, points: int = 61) -> list[tuple[float, float, float]]:
    from scipy.optimize import brentq

    on_rho = likelihood.spec.wy
    low, high = _inside(likelihood.interval if on_rho else likelihood.interval_error)

    def pair(p):
        return (p, 0.0) if on_rho else (0.0, p)

    def slope(p):
        return float(likelihood.score(*pair(p))[0])

    # nodes crowd towards the ends, where the log-determinant bends
    grid = low + (high - low) * (1 - np.cos(np.linspace(0, np.pi, points))) / 2
    slopes = np.array([slope(p) for p in grid])
    tops = [i for i in range(points - 1) if slopes[i] > 0 >= slopes[i + 1]]
    found = [brentq(slope, grid[i], grid[i + 1], xtol=1e-15, rtol=4 * np.finfo(float).eps) for i in tops]
    if slopes[0] < 0:
        found.append(float(grid[0]))
    if slopes[-1] > 0:
        found.append(float(grid[-1]))
    return [(likelihood.value(*pair(p)), *pair(p)) for p in found]


def _two_parameters(likelihood: Likelihood, starts: int = 4) -> list[tuple[float, float, float]]:
    from scipy.optimize import minimize

    bounds = [_inside(likelihood.interval), _inside(likelihood.interval_error)]
    grids = [np.linspace(max(lo, -0.9), hi - 0.05 * (hi - lo), starts) for lo, hi in bounds]
    found: list[tuple[float, float, float]] = []
    for start in np.array(np.meshgrid(*grids)).reshape(2, -1).T:
        search = minimize(
            lambda p: (-likelihood.value(*p), -likelihood.score(*p)),
            start,
            jac=True,
            bounds=bounds,
            method="L-BFGS-B",
            options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500},
        )
        point = _newton(likelihood, np.asarray(search.x), bounds)
        value = likelihood.value(*point)
        if not np.isfinite(value) or not _is_maximum(likelihood, point, bounds):
            continue
        if all(np.hypot(point[0] - r, point[1] - m) > 1e-4 for _, r, m in found):
            found.append((value, float(point[0]), float(point[1])))
    return found


def _newton(likelihood: Likelihood, point: np.ndarray, bounds, steps: int = 30) -> np.ndarray:
    """Newton steps on the exact score, kept only while they climb or stand on the plateau."""
    lower, upper = np.array(bounds).T
    for _ in range(steps):
        score = likelihood.score(*point)
        curvature = _score_slope(likelihood, point, lower, upper)
        if np.linalg.eigvalsh(curvature).max() >= 0:
            break
        step = -np.linalg.solve(curvature, score)
        new = point + step
        if np.any(new <= lower) or np.any(new >= upper):
            break
        if likelihood.value(*new) < likelihood.value(*point) - 1e-9 * abs(likelihood.value(*point)):
            break
        point = new
        if np.abs(step).max() < 1e-13:
            break
    return point


def _score_slope(likelihood: Likelihood, point: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Second derivatives of the concentrated log-likelihood by central differences of its exact score."""
    out = np.empty((2, 2))
    for j in range(2):
        h = min(1e-6, (upper[j] - point[j]) / 2, (point[j] - lower[j]) / 2)
        shift = np.eye(2)[j] * max(h, 1e-12)
        out[j] = (likelihood.score(*(point + shift)) - likelihood.score(*(point - shift))) / (2 * shift[j])
    return (out + out.T) / 2


def _is_maximum(likelihood: Likelihood, point: np.ndarray, bounds) -> bool:
    lower, upper = np.array(bounds).T
    edge = (point - lower < 1e-9) | (upper - point < 1e-9)
    if edge.any():
        return True
    return bool(np.linalg.eigvalsh(_score_slope(likelihood, point, lower, upper)).max() < 0)
