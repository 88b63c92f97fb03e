"""Averages of the spatial multiplier S = (I - rho W)^-1 as functions of rho."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.models.results import Fit

__all__ = ["Multipliers", "multipliers", "multipliers_at"]

_DENSE = 2000
_PROBES = 200
_NODES = (17, 33, 65)


@dataclass(frozen=True, slots=True)
class Multipliers:
    """The four averages the impacts are made of, at one or many rho, and their derivatives.

    Attributes
    ----------
    own, own_lagged : ndarray, shape (R,)
        tr(S)/N and tr(S W_d)/N.
    sum, sum_lagged : ndarray, shape (R,)
        1'S1/N and 1'S W_d 1/N.
    note : str
        Stochastic error, where there is one.
    """

    own: np.ndarray
    own_lagged: np.ndarray
    sum: np.ndarray
    sum_lagged: np.ndarray
    note: str = ""


def multipliers(fit: Fit, rho: np.ndarray, derivative: bool = False) -> Multipliers:
    """`Multipliers` of a fit at `rho` (R,), or their derivatives with respect to rho."""
    if fit.periods is not None:
        return _over_periods(fit, rho, derivative)
    w = fit.weights if fit.spec.wy else None
    curve = fit.curve if fit.spec.wy else None
    return multipliers_at(w, fit.weights_durbin, len(fit.design.entities), rho, derivative, curve)


def _over_periods(fit: Fit, rho: np.ndarray, derivative: bool) -> Multipliers:
    """Averages over all observations where weights differ by period or regions are absent."""
    own, durbin = (fit.periods.get(k) for k in ("W", "W_durbin"))
    some = own or durbin
    found: dict[tuple, list] = {}
    for i in range(len(fit.design.y)):
        w = own.by_period[i] if own is not None and fit.spec.wy else None
        wd = durbin.by_period[i] if durbin is not None else None
        n = some.by_period[i].N if some is not None else fit.design.y.shape[1]
        found.setdefault((w and w.hash, wd and wd.hash), [w, wd, n, 0])[3] += 1
    total = sum(n * k for _, _, n, k in found.values())
    parts = [(multipliers_at(w, wd, n, rho, derivative), n * k / total) for w, wd, n, k in found.values()]
    sums = [sum(getattr(m, name) * share for m, share in parts) for name in ("own", "own_lagged", "sum", "sum_lagged")]
    return Multipliers(*sums, note="averages over the regions present in each period")


def multipliers_at(w, wd, n: int, rho, derivative: bool = False, curve=None) -> Multipliers:
    """`Multipliers` of weights `w` (None: S = I) and `wd` (None: `w`) for `n` regions at `rho`, a number or (R,).

    tr(S) = N + rho tr(G), tr(S W) = tr(G) and their derivatives tr(G) + rho tr(G^2), tr(G^2) come from the
    log-determinant, so no inverse is formed. Sums are 1/(1 - rho r) when the rows of W sum to r. What has
    no closed form (W_d other than W, rows with different sums) is computed at the point, or at Chebyshev
    nodes over the range of `rho` and interpolated when there are many.
    """
    rho = np.atleast_1d(np.asarray(rho, float))
    ones = np.ones(n)
    if w is None:
        flat = np.zeros_like(rho) if derivative else np.ones_like(rho)
        lagged = 0.0 if wd is None or derivative else float(wd.lag(ones).mean())
        return Multipliers(flat, 0 * rho, flat, 0 * rho + lagged)
    wd = w if wd is None else wd
    if curve is None:
        curve = w.operator.curve().refined(float(rho.mean()))
    trace, trace2 = -np.asarray(curve.d1(rho)), -np.asarray(curve.d2(rho))
    own = (trace + rho * trace2) / n if derivative else 1 + rho * trace / n
    note = ""
    if wd.hash == w.hash:
        own_lagged = (trace2 if derivative else trace) / n
    else:
        own_lagged, note = _spread(lambda r: _trace_with(w.operator, wd, r, derivative), rho)
    if w.row_sums_constant and wd.row_sums_constant:
        r, rd = float(w.lag(ones).mean()), float(wd.lag(ones).mean())
        total = r / (1 - rho * r) ** 2 if derivative else 1 / (1 - rho * r)
        return Multipliers(own, own_lagged, total, total * rd, note)
    total, _ = _spread(lambda r: (_sum_with(w.operator, ones, r, derivative), 0.0), rho)
    total_lagged, _ = _spread(lambda r: (_sum_with(w.operator, wd.lag(ones), r, derivative), 0.0), rho)
    return Multipliers(own, own_lagged, total, total_lagged, note)


def _sum_with(operator, vector: np.ndarray, rho: float, derivative: bool) -> float:
    """1'S v / N, or its derivative 1'S W S v / N."""
    s = operator.solve(rho, vector)
    return float((operator.solve(rho, operator.lag(s)) if derivative else s).mean())


def _trace_with(operator, wd, rho: float, derivative: bool) -> tuple[float, float]:
    """tr(S W_d)/N, or tr(S W S W_d)/N, with its Monte Carlo standard error (0 when exact)."""
    n = operator.N
    exact = n <= _DENSE
    x = np.eye(n) if exact else np.random.default_rng(20090102).choice([-1.0, 1.0], size=(n, _PROBES))
    s = operator.solve(rho, wd.lag(x))
    if derivative:
        s = operator.solve(rho, operator.lag(s))
    diagonal = np.einsum("ij,ij->j", x, s)
    if exact:
        return float(diagonal.sum()) / n, 0.0
    return float(diagonal.mean()) / n, float(diagonal.std(ddof=1)) / np.sqrt(_PROBES) / n


def _spread(function, rho: np.ndarray) -> tuple[np.ndarray, str]:
    """Evaluate at few points directly, at many by a polynomial through ever more Chebyshev nodes."""
    if len(rho) <= _NODES[0]:
        values, errors = zip(*(function(float(r)) for r in rho), strict=True)
        return np.array(values), _stochastic(max(errors))
    out = None
    for count in _NODES:
        before, (out, error) = out, _interpolated(function, rho, count)
        if error or (before is not None and np.allclose(out, before, rtol=1e-9, atol=1e-12)):
            break
    return out, _stochastic(error)


def _interpolated(function, rho: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    from scipy.interpolate import BarycentricInterpolator

    middle, half = (rho.max() + rho.min()) / 2, max((rho.max() - rho.min()) / 2, 1e-12)
    nodes = middle + half * np.cos(np.pi * (np.arange(count) + 0.5) / count)
    values, errors = zip(*(function(float(r)) for r in nodes), strict=True)
    return BarycentricInterpolator(nodes, np.array(values))(rho), max(errors)


def _stochastic(error: float) -> str:
    return f"tr(S W_durbin)/N is stochastic, standard error {error:.1e}" if error else ""
