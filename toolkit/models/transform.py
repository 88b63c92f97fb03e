"""Lag first, then project: arrays (T, N, m) lagged in space and freed of fixed effects.

The likelihood needs, at every (rho, lambda), the residuals of B (A y - Z b) off the span of B F, with
A = I - rho W, B = I - lambda W_e and F the dummies of the effects. All of it is linear in a handful of
columns, so the columns are reduced once, by QR, to a few rows; no array of length N T is touched again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Reduced", "demean", "effects_df", "reduce", "spatial_lag"]

Lag = Callable[[np.ndarray], np.ndarray]


def spatial_lag(lag: Lag, a: np.ndarray) -> np.ndarray:
    """Lag every period of `a` (T, N) or (T, N, m) with `lag`, a map of blocks (N, m) to (N, m)."""
    t, n = a.shape[:2]
    block = np.moveaxis(a, 1, 0).reshape(n, -1)
    return np.moveaxis(np.asarray(lag(block)).reshape(n, t, *a.shape[2:]), 0, 1)


def demean(a: np.ndarray, effects: str, v: np.ndarray | None = None) -> np.ndarray:
    """Residuals of `a` (T, N) or (T, N, m) off the fixed effects.

    Parameters
    ----------
    a : ndarray, shape (T, N) or (T, N, m)
    effects : {"none", "entity", "time", "twoway"}
    v : ndarray, shape (N,), optional
        B 1, the column that carries a time effect after the error filter B; ones by default. The span
        of B F is then {1_T x R^N} for entity effects and I_T x v for time effects, and the two
        projections commute.
    """
    if effects in ("entity", "twoway"):
        a = a - a.mean(axis=0, keepdims=True)
    if effects in ("time", "twoway"):
        if v is None:
            a = a - a.mean(axis=1, keepdims=True)
        else:
            mean = np.einsum("n,tn...->t...", v, a) / (v @ v)
            a = a - np.einsum("n,t...->tn...", v, mean)
    return a


def effects_df(effects: str, n_entities: int, n_times: int) -> int:
    """Number of free parameters in the effects, the constant included (0 without effects)."""
    return {"none": 0, "entity": n_entities, "time": n_times, "twoway": n_entities + n_times - 1}[effects]


@dataclass(frozen=True, slots=True)
class Reduced:
    """The columns M = [y, Wy, Z] and their lags by W_e, reduced to a few rows.

    Attributes
    ----------
    r : ndarray, shape (p, m)
        Rows for M off the effects, the same inner products as the long columns.
    rw : ndarray, shape (p, m) or None
        Rows for W_e M; None when the model has no lambda.
    c, cw : ndarray, shape (T, 2, m) or None
        Coordinates of M_t and W_e M_t in `basis`, the plane of 1 and W_e 1, where the direction B 1 of a
        time effect turns with lambda. None when that direction is fixed.
    a0, a1 : ndarray, shape (2,) or None
        Coordinates of 1 and W_e 1 in the plane: B 1 has coordinates a0 - lambda a1.
    scale : ndarray, shape (m,)
        Norms the columns were divided by.
    n : int
        N T.
    """

    r: np.ndarray
    rw: np.ndarray | None
    c: np.ndarray | None
    cw: np.ndarray | None
    a0: np.ndarray | None
    a1: np.ndarray | None
    scale: np.ndarray
    n: int

    def rows(self, lam: float = 0.0) -> np.ndarray:
        """Rows, shape (p', m), whose inner products are those of Q B M at lambda, Q = off B F."""
        if self.rw is None:
            return self.r
        out = self.r - lam * self.rw
        if self.c is None:
            return out
        a = self.a0 - lam * self.a1
        across = np.array([-a[1], a[0]]) / np.hypot(*a)
        return np.vstack([out, np.einsum("i,tim->tm", across, self.c - lam * self.cw)])

    def gram(self, lam: float = 0.0) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Inner products K(lambda) = (Q B M)'(Q B M), shape (m, m), and their first two derivatives."""
        if self.rw is None:
            return self.r.T @ self.r, None, None
        b = self.r - lam * self.rw
        cross = b.T @ self.rw
        k, k1, k2 = b.T @ b, -(cross + cross.T), 2 * self.rw.T @ self.rw
        if self.c is None:
            return k, k1, k2
        p, p1, p2 = _off_plane(self.a0, self.a1, lam)
        d, dw = self.c - lam * self.cw, -self.cw

        def inner(left, middle, right):
            return np.einsum("tim,ij,tjl->ml", left, middle, right)

        mixed, mixed1 = inner(d, p, dw), inner(d, p1, dw)
        k = k + inner(d, p, d)
        k1 = k1 + inner(d, p1, d) + mixed + mixed.T
        k2 = k2 + inner(d, p2, d) + 2 * (mixed1 + mixed1.T) + 2 * inner(dw, p, dw)
        return k, k1, k2


def _off_plane(a0: np.ndarray, a1: np.ndarray, lam: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P = I - a a'/a'a for a = a0 - lam a1, and its first two derivatives in lam, each (2, 2)."""
    a = a0 - lam * a1
    n0, n1, n2 = np.outer(a, a), -(np.outer(a, a1) + np.outer(a1, a)), 2 * np.outer(a1, a1)
    d0, d1, d2 = a @ a, -2 * a @ a1, 2 * a1 @ a1
    p = np.eye(2) - n0 / d0
    p1 = -(n1 / d0 - n0 * d1 / d0**2)
    p2 = -(n2 / d0 - 2 * n1 * d1 / d0**2 - n0 * d2 / d0**2 + 2 * n0 * d1**2 / d0**3)
    return p, p1, p2


def reduce(m: np.ndarray, effects: str, lag_error: Lag | None) -> Reduced:
    """Reduce the columns `m` (T, N, m), and their lags by `lag_error`, off the fixed effects.

    Parameters
    ----------
    m : ndarray, shape (T, N, m)
        [y, Wy, Z], lagged on the raw data.
    effects : {"none", "entity", "time", "twoway"}
    lag_error : callable or None
        Block lag by W_e; None for a model without lambda.
    """
    t, n, width = m.shape
    scale = np.sqrt(np.einsum("tnm,tnm->m", m, m))
    scale[scale == 0] = 1.0
    m = m / scale
    if lag_error is None:
        flat = demean(m, effects).reshape(t * n, width)
        return Reduced(_triangle(flat), None, None, None, None, None, scale, t * n)

    both = np.concatenate([m, spatial_lag(lag_error, m)], axis=2)
    c = cw = a0 = a1 = None
    sums = np.asarray(lag_error(np.ones((n, 1)))).ravel()
    turning = effects in ("time", "twoway") and np.ptp(sums) > 1e-12 * max(1.0, np.abs(sums).max())
    if turning:
        both = demean(both, "entity" if effects == "twoway" else "none")
        plane, _ = np.linalg.qr(np.column_stack([np.ones(n), sums]))
        a0, a1 = plane.T @ np.ones(n), plane.T @ sums
        coords = np.einsum("ni,tnm->tim", plane, both)
        both = both - np.einsum("ni,tim->tnm", plane, coords)
        c, cw = coords[:, :, :width], coords[:, :, width:]
    else:
        both = demean(both, effects)
    tri = _triangle(both.reshape(t * n, 2 * width))
    return Reduced(tri[:, :width], tri[:, width:], c, cw, a0, a1, scale, t * n)


def _triangle(flat: np.ndarray) -> np.ndarray:
    return np.linalg.qr(flat, mode="r")
