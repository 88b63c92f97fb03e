"""Absent regions and weights that differ by period: fixed effects and pooled models by exact maximum likelihood.

    l = -n/2 log(2 pi sigma2) - e'e / (2 sigma2) + sum_t log|I - rho W_t| + sum_t log|I - lambda W_e,t|

over the regions present in each period, n observations in all. This is the likelihood of a submodel in which absent regions
neither affect the others nor are affected; it is not the marginal likelihood of the complete system, where they go on
acting unseen. Lags are taken among those present, then everything is projected off B F, F the dummies of the effects: with
B = I - lambda W_t changing over time this is not the span of F, not even for entity effects.

For the same reason no transformation removes the region effects (Lee and Yu 2010 need one W and every region in every
period): the effects are estimated, and with few periods lambda, and in a lesser degree rho, keeps a bias of order 1/T
(simulated with T = 6 and a sixth of the cells absent: 0.02 on a lambda of 0.3, 0.003 on a rho of 0.4).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toolkit.errors import DataError, EstimationError, InputError, listing
from toolkit.models.collinearity import TOLERANCE, collinear_columns
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

    def projected(self, lam: float = 0.0) -> Projected:
        """B M off B F at lambda; the last one is kept, since a search asks for it several times."""
        if self.lagged is None:
            lam = 0.0
        if lam not in self._kept:
            self._kept.clear()
            self._kept[lam] = self._project(lam)
        return self._kept[lam]

    def rows(self, lam: float = 0.0) -> np.ndarray:
        """Rows with the inner products of B M off B F, shape (m, m)."""
        return self.projected(lam).triangle

    def gram(self, lam: float = 0.0) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """K(lambda) = (Q B M)'(Q B M), shape (m, m), and its first two derivatives (None without lambda).

        With e = B M - B F c, c = (F'B'B F)^-1 F'B'B M, the envelope theorem gives K' = e'd + d'e for
        d = (dB/dlambda) (M - F c), and differentiating once more K'' = e''d + e'd' + their transposes with
        e' = d - B F c', d' = -(dB/dlambda) F c', F'B'B F c' = (dB/dlambda F)'e + F'B'd.
        """
        p = self.projected(lam)
        e = p.off
        if self.lagged is None:
            return e.T @ e, None, None
        if p.dummies is None:
            cross = e.T @ self.lagged
            return e.T @ e, -(cross + cross.T), 2 * self.lagged.T @ self.lagged
        d = self.lagged_dummies @ p.coefficients - self.lagged
        slope = p.solve(p.dummies.T @ d - self.lagged_dummies.T @ e)
        first = e.T @ d
        second = (d - p.dummies @ slope).T @ d + e.T @ (self.lagged_dummies @ slope)
        return e.T @ e, first + first.T, second + second.T

    @cached_property
    def _kept(self) -> dict[float, Projected]:
        return {}

    def _project(self, lam: float) -> Projected:
        m = self.columns if self.lagged is None else self.columns - lam * self.lagged
        if self.dummies is None:
            return Projected(m, None, None, None)
        f = self.dummies if self.lagged is None else self.dummies - lam * self.lagged_dummies
        solve = _normal_equations(f)
        c = solve(f.T @ m)
        return Projected(m - f @ c, c, f, solve)


@dataclass(frozen=True, eq=False)
class Projected:
    """Columns off the effects at one lambda.

    Attributes
    ----------
    off : ndarray, shape (n, m)
        e = B M - B F c.
    coefficients : ndarray, shape (p, m), or None
        c; None without effects.
    dummies : sparse array, shape (n, p), or None
        B F.
    solve : callable or None
        b to (F'B'B F)^-1 b.
    """

    off: np.ndarray
    coefficients: np.ndarray | None
    dummies: object | None
    solve: Callable[[np.ndarray], np.ndarray] | None

    @cached_property
    def triangle(self) -> np.ndarray:
        """R of the QR of `off`, shape (m, m)."""
        return np.linalg.qr(self.off, mode="r")


def _normal_equations(f) -> Callable[[np.ndarray], np.ndarray]:
    from scipy.sparse.linalg import splu

    lu = splu((f.T @ f).tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return lambda b: lu.solve(np.ascontiguousarray(b))


def estimate_unbalanced(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    spec: Spec,
    effects: str,
    weights: PeriodWeights | None = None,
    weights_error: PeriodWeights | None = None,
    entities: Sequence[Hashable] | None = None,
    times: Sequence[Hashable] | None = None,
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
        Among the regions present.
    entities, times : sequence, length N and T, optional
        Names of regions and periods, for the notes.

    Returns
    -------
    Estimated
        Its arrays have one row of all observations: z (1, n, k), innovations (1, n).
    int
        Number of free parameters in the effects.
    tuple of str
        Notes: regions or periods seen once, sets of regions and periods that nothing connects.

    Raises
    ------
    InputError
        If the weights were made for other regions present.
    DataError
        If a regressor is missing or infinite where a region is present.
    EstimationError
        If regressors are collinear or absorbed (they are named), or observations are too few.
    """
    present = np.isfinite(y)
    n, k = int(present.sum()), z.shape[2]
    for used, name, w in ((spec.wy, "weights", weights), (spec.wu, "weights_error", weights_error)):
        if used and (w is None or not np.array_equal(w.present, present)):
            raise InputError(
                f"{name} " + ("is missing." if w is None else "and the outcome disagree on who is present when."),
                fix="make it by toolkit.weights.by_period.among_present with present = np.isfinite(y)",
            )
    wy = weights.over(y)[present] if spec.wy else None
    left, right = y[present], z[present]
    if not np.isfinite(right).all():
        bad = [t for t, ok in zip(terms, np.isfinite(right).all(axis=0), strict=True) if not ok]
        raise DataError(f"{listing(bad)}: missing or infinite where a region is present.")
    dummies, rank, notes = _dummies(present, effects, entities, times)
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
    own = slice(1 + spec.wy, None)
    _check(StackedColumns(data.columns[:, own], None, dummies, None, data.scale[own]), terms, effects)
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
    e = data.projected(o.lam).off @ (scale * np.concatenate([[1.0], [-o.rho] * spec.wy, -o.beta]))
    if "entity" in EFFECTS[effects] and spec.wu:
        notes += (
            "Region effects estimated beside lambda, with regions absent or W by period: a bias of order 1/T remains "
            f"(T = {len(y)}), which no transformation removes.",
        )
    estimated = Estimated(likelihood, o, right[None], wy[None] if spec.wy else None, e[None], None, None, "none", None)
    return estimated, rank, notes


def _stacked(weights: PeriodWeights):
    """The weights of all observations: one block a period."""
    from scipy import sparse

    return sparse.block_diag([w.sparse for w in weights.by_period], format="csr")


def _dummies(present: np.ndarray, effects: str, entities=None, times=None):
    """Dummies of full column rank, their number, and notes."""
    from scipy import sparse

    if effects == "none":
        return None, 0, ()
    (t, n), (period, region) = present.shape, np.nonzero(present)
    by_region = sparse.csc_array((np.ones(len(region)), (np.arange(len(region)), region)), shape=(len(region), n))
    by_period = sparse.csc_array((np.ones(len(region)), (np.arange(len(region)), period)), shape=(len(region), t))
    seen, held = present.sum(axis=0), present.sum(axis=1)
    parts, notes = [], []
    if "entity" in EFFECTS[effects]:
        parts.append(by_region[:, np.flatnonzero(seen)])
        notes += _fitted_exactly("region", "period", np.flatnonzero(seen == 1), entities)
    if "time" in EFFECTS[effects]:
        notes += _fitted_exactly("period", "region", np.flatnonzero(held == 1), times)
        keep = held > 0
        if parts:  # one period of each connected set of regions and periods is redundant
            links = sparse.csr_array((np.ones(len(region)), (period, t + region)), shape=(t + n, t + n))
            _, label = sparse.csgraph.connected_components(links, directed=False)
            sets, first = np.unique(label[:t][keep], return_index=True)
            keep[np.flatnonzero(keep)[first]] = False
            if len(sets) > 1:
                groups = "; ".join(_named(np.flatnonzero((label[t:] == s) & (seen > 0)), entities) for s in sets)
                notes.append(
                    f"Regions and periods fall into {len(sets)} sets that no region connects ({groups}): each has time "
                    "effects of its own level."
                )
        parts.append(by_period[:, np.flatnonzero(keep)])
    out = sparse.hstack(parts, format="csc")
    return out, out.shape[1], tuple(notes)


def _fitted_exactly(what: str, other: str, which: np.ndarray, names) -> list[str]:
    if not len(which):
        return []
    subject = f"1 {what} has" if len(which) == 1 else f"{len(which)} {what}s have"
    return [
        f"{subject} one {other} only ({_named(which, names)}): "
        f"{'its effect fits it' if len(which) == 1 else 'their effects fit them'} exactly."
    ]


def _named(which: np.ndarray, names) -> str:
    return listing(which + 1 if names is None else (names[i] for i in which))


def _check(data: StackedColumns, terms: tuple[str, ...], effects: str) -> None:
    """Refuse regressors that the effects absorb, or that are collinear without them."""
    off = data.projected().off
    if effects != "none":
        gone = [t for t, a in zip(terms, off.T, strict=True) if np.linalg.norm(a) <= TOLERANCE]
        if gone:
            raise EstimationError(
                f"{', '.join(map(repr, gone))}: no variation is left once the {effects} effects are removed.",
                allowed="regressors that vary within regions over time (entity), across regions within a year (time)",
                fix="drop them, or choose other effects (effects=)",
            )
    bad = collinear_columns(off * data.scale, terms)
    if bad:
        raise EstimationError(
            "The regressors are collinear: " + "; ".join(f"{name} = {how}" for name, how in bad) + ".",
            fix="drop one of them; where W X repeats X (time dummies, shares that add up) name the lags with durbin=[...]",
        )
