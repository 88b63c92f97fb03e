"""Absent regions and weights that differ by period: fixed effects and pooled models by exact maximum likelihood.

    l = -n/2 log(2 pi sigma2) - e'e / (2 sigma2) + sum_t log|I - rho W_t| + sum_t log|I - lambda W_e,t|

over the regions present in each period, n observations in all. This is the likelihood of a submodel in which absent regions
neither affect the others nor are affected; it is not the marginal likelihood of the complete system, where they go on
acting unseen. Lags are taken among those present, then everything is projected off B F, F the dummies of the effects: with
B = I - lambda W_t changing over time this is not the span of F, not even for entity effects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toolkit.errors import EstimationError
from toolkit.models.collinearity import collinear_columns
from toolkit.models.covariance import Estimated
from toolkit.models.likelihood import Likelihood, maximise
from toolkit.models.spec import EFFECTS, Spec
from toolkit.weights.by_period import PeriodWeights

__all__ = ["StackedColumns", "SumCurve", "estimate_unbalanced"]


@dataclass(frozen=True, eq=False)
class SumCurve:
    """sum_t log|I - rho W_t|: each distinct curve with the number of its periods."""

    curves: tuple
    counts: tuple[int, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """Where all are admissible."""
        return max(c.interval[0] for c in self.curves), min(c.interval[1] for c in self.curves)

    @property
    def error(self) -> float:
        """Bound on the error of the sum."""
        return sum(c.error * k for c, k in zip(self.curves, self.counts, strict=True))

    @property
    def route(self) -> str:
        """How the numbers are made."""
        return "; ".join(dict.fromkeys(c.route for c in self.curves))

    def _sum(self, name: str, rho):
        return sum(k * getattr(c, name)(rho) for c, k in zip(self.curves, self.counts, strict=True))

    def value(self, rho):
        """The sum."""
        return self._sum("value", rho)

    def d1(self, rho):
        """Its first derivative."""
        return self._sum("d1", rho)

    def d2(self, rho):
        """Its second derivative."""
        return self._sum("d2", rho)

    def refined(self, rho: float) -> SumCurve:
        """Exact around rho."""
        curves = tuple(c.refined(rho) for c in self.curves)
        return self if all(a is b for a, b in zip(curves, self.curves, strict=True)) else SumCurve(curves, self.counts)


def sum_curve(weights: PeriodWeights) -> SumCurve:
    """The summed log-determinant of all periods, each distinct matrix once."""
    found: dict[str, list] = {}
    for w in weights.by_period:
        found.setdefault(w.hash, [w, 0])[1] += 1
    return SumCurve(tuple(w.operator.curve() for w, _ in found.values()), tuple(k for _, k in found.values()))


@dataclass(frozen=True, eq=False)
class StackedColumns:
    """The columns [y, Wy, Z] of all observations and their inner products off B F; the counterpart of `Reduced`.

    Attributes
    ----------
    columns, lagged : ndarray, shape (n, m), and their lag by W_e (None without lambda)
    dummies, lagged_dummies : sparse arrays, shape (n, p), or None
    scale : ndarray, shape (m,)
    """

    columns: np.ndarray
    lagged: np.ndarray | None
    dummies: object | None
    lagged_dummies: object | None
    scale: np.ndarray

    @property
    def n(self) -> int:
        """Observations."""
        return len(self.columns)

    def _off(self, lam: float):
        """B M off B F, its coefficients on B F, B F and a solver of (B F)'(B F)."""
        m = self.columns if self.lagged is None else self.columns - lam * self.lagged
        if self.dummies is None:
            return m, None, None, None
        f = self.dummies if self.lagged is None or lam == 0 else self.dummies - lam * self.lagged_dummies
        solver = self._plain if f is self.dummies else _solver(f)
        c = solver(f.T @ m)
        return m - f @ c, c, f, solver

    @cached_property
    def _plain(self):
        return _solver(self.dummies)

    def rows(self, lam: float = 0.0) -> np.ndarray:
        """Rows with the inner products of B M off B F, shape (m, m)."""
        return np.linalg.qr(self._off(lam)[0], mode="r")

    def gram(self, lam: float = 0.0):
        """K(lambda) and its first two derivatives."""
        e, c, _, solver = self._off(lam)
        if self.lagged is None:
            return e.T @ e, None, None
        if c is None:
            cross = e.T @ self.lagged
            return e.T @ e, -(cross + cross.T), 2 * self.lagged.T @ self.lagged
        dg = -self.lagged_dummies
        f = self.dummies - lam * self.lagged_dummies
        d = -self.lagged - dg @ c
        dc = solver(dg.T @ e + f.T @ d)
        first = e.T @ d
        de, dd = d - f @ dc, -(dg @ dc)
        second = de.T @ d + e.T @ dd
        return e.T @ e, first + first.T, second + second.T


def _solver(f):
    from scipy.sparse.linalg import splu

    lu = splu((f.T @ f).tocsc())
    return lambda b: lu.solve(np.ascontiguousarray(b))


def estimate_unbalanced(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    spec: Spec,
    effects: str,
    weights: PeriodWeights | None = None,
    weights_error: PeriodWeights | None = None,
) -> tuple[Estimated, int, tuple[str, ...]]:
    """Maximum likelihood with absent regions or weights that differ by period.

    Parameters
    ----------
    y : ndarray, shape (T, N)
        NaN where a region is absent.
    z : ndarray, shape (T, N, k)
        X, then WX lagged among those present; NaN where absent.
    terms : tuple of str, length k
    spec : Spec
    effects : {"none", "entity", "time", "twoway"}
    weights, weights_error : PeriodWeights, optional

    Returns
    -------
    Estimated
        Its arrays have one row of all observations: z (1, n, k), innovations (1, n).
    int
        Number of free parameters in the effects.
    tuple of str
        Notes: regions seen once.

    Raises
    ------
    EstimationError
        If regressors are collinear or absorbed (they are named), or observations are too few.
    """
    present = np.isfinite(y)
    n, k = int(present.sum()), z.shape[2]
    wy = weights.over(y)[present] if spec.wy else None
    left, right = y[present], z[present]
    dummies, rank, notes = _dummies(present, effects)
    if n - k - len(spec.spatial) - rank <= 0:
        raise EstimationError(
            f"{n} observations cannot identify {k} coefficients, {len(spec.spatial)} spatial parameters and {rank} effects.",
            fix="use fewer regressors, or fewer effects (effects=)",
        )
    columns = np.column_stack([left, *([wy] if spec.wy else []), right])
    scale = np.sqrt((columns**2).sum(axis=0))
    scale[scale == 0] = 1.0
    lagged = lagged_dummies = None
    if spec.wu:
        big = _stacked(weights_error)
        lagged = big @ (columns / scale)
        lagged_dummies = (big @ dummies).tocsc() if dummies is not None else None
    data = StackedColumns(columns / scale, lagged, dummies, lagged_dummies, scale)
    _check(
        StackedColumns(right / scale[1 + spec.wy :], None, dummies, None, np.ones(k)),
        right / scale[1 + spec.wy :],
        terms,
        effects,
    )
    curve = sum_curve(weights) if spec.wy else None
    curve_error = sum_curve(weights_error) if spec.wu else None
    likelihood = Likelihood(
        data,
        spec,
        1,
        curve=curve,
        curve_error=curve_error,
        interval=curve.interval if curve else (-1.0, 1.0),
        interval_error=curve_error.interval if curve_error else (-1.0, 1.0),
    )
    from toolkit.models.estimate import _refine

    likelihood, o = _refine(likelihood, maximise(likelihood))
    e = (StackedColumns(data.columns, lagged, dummies, lagged_dummies, scale)._off(o.lam)[0] * scale) @ np.concatenate(
        [[1.0], [-o.rho] * spec.wy, -o.beta]
    )
    estimated = Estimated(likelihood, o, right[None], wy[None] if spec.wy else None, e[None], None, None, "none", None)
    return estimated, rank, notes


def _stacked(weights: PeriodWeights):
    """The weights of all observations: one block a period."""
    from scipy import sparse

    return sparse.block_diag([w.sparse for w in weights.by_period], format="csr")


def _dummies(present: np.ndarray, effects: str):
    """Dummies of full column rank, their number, and notes."""
    from scipy import sparse

    if effects == "none":
        return None, 0, ()
    t, n = present.shape
    period, region = np.nonzero(present)
    rows, ones, notes = np.arange(len(period)), np.ones(len(period)), []
    regions = np.flatnonzero(present.any(axis=0))
    place = np.zeros(n, int)
    place[regions] = np.arange(len(regions))
    parts = []
    if "entity" in EFFECTS[effects]:
        parts.append(sparse.csc_array((ones, (rows, place[region])), shape=(len(rows), len(regions))))
        once = int((present.sum(axis=0) == 1).sum())
        if once:
            notes.append(f"{once} regions are present in one period only: their effect fits them exactly.")
    if "time" in EFFECTS[effects]:
        over = sparse.csc_array((ones, (rows, period)), shape=(len(rows), t))
        if parts:  # one period of each connected set of regions and periods is redundant
            links = sparse.csr_array((ones, (period, len(present) + place[region])), shape=(t + len(regions),) * 2)
            _, label = sparse.csgraph.connected_components(links, directed=False)
            first = {}
            for p in range(t):
                first.setdefault(label[p], p)
            over = over[:, [p for p in range(t) if p not in set(first.values())]]
            if len(first) > 1:
                notes.append(f"Regions and periods fall into {len(first)} sets that no region connects.")
        parts.append(over)
    out = sparse.hstack(parts, format="csc")
    return out, out.shape[1], tuple(notes)


def _check(data: StackedColumns, right: np.ndarray, terms, effects: str) -> None:
    off = data._off(0.0)[0]
    if effects != "none":
        gone = [t for t, a in zip(terms, off.T, strict=True) if np.linalg.norm(a) < 1e-9]
        if gone:
            raise EstimationError(
                f"{', '.join(map(repr, gone))}: no variation is left once the {effects} effects are removed.",
                fix="drop them, or choose other effects (effects=)",
            )
    bad = collinear_columns(off, terms)
    if bad:
        raise EstimationError(
            "The regressors are collinear: " + "; ".join(f"{name} = {how}" for name, how in bad) + ".",
            fix="drop one of them",
        )
