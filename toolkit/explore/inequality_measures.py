"""Measures of inequality on arrays: amounts x of shape (..., N) with weights w of shape (..., N), one number a row.

Weights are frequencies up to scale: two regions of weight one count as one region of weight two, and so
every measure here is invariant to replication of the population.
"""

from __future__ import annotations

import numpy as np

__all__ = ["MEASURES", "atkinson", "cv", "gini", "hoover", "lorenz_points", "theil_l", "theil_t", "wolfson"]


def gini(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Sum over i, j of p_i p_j |x_i - x_j| / (2 mu), by sorting.

    With sorted x this is (2 / mu) sum p_i x_i (F_i - 1/2), F_i the mid-interval distribution function; for equal
    weights (2 sum i x_(i) / (N sum x)) - (N + 1) / N.

    Examples
    --------
    >>> float(gini(np.array([1.0, 3.0]), np.array([1.0, 1.0])))
    0.25
    """
    x, p = _sorted(x, w)
    middle = np.cumsum(p, axis=-1) - p / 2 - 0.5
    mean = (p * x).sum(axis=-1)
    # deviations from the mean, since sum p (F - 1/2) is zero only up to rounding
    return 2 * (p * (x - mean[..., None]) * middle).sum(axis=-1) / mean


def theil_t(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Theil's T: sum of p_i (x_i / mu) ln(x_i / mu); generalised entropy GE(1)."""
    p = _shares(w)
    ratio = x / (p * x).sum(axis=-1, keepdims=True)
    return (p * ratio * np.log(ratio)).sum(axis=-1)


def theil_l(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Theil's L, the mean logarithmic deviation: sum of p_i ln(mu / x_i); generalised entropy GE(0)."""
    p = _shares(w)
    return -(p * np.log(x / (p * x).sum(axis=-1, keepdims=True))).sum(axis=-1)


def atkinson(x: np.ndarray, w: np.ndarray, epsilon: float = 0.5) -> np.ndarray:
    """1 - (equally distributed equivalent) / mu, for an aversion to inequality of epsilon > 0 (Atkinson 1970).

    Examples
    --------
    >>> round(float(atkinson(np.array([10.0, 20, 30, 40, 50]), np.ones(5), 1.0)), 5)
    0.13161
    """
    p = _shares(w)
    ratio = x / (p * x).sum(axis=-1, keepdims=True)
    if epsilon == 1:
        return 1 - np.exp((p * np.log(ratio)).sum(axis=-1))
    return 1 - ((p * ratio ** (1 - epsilon)).sum(axis=-1)) ** (1 / (1 - epsilon))


def cv(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Standard deviation (divisor: the sum of weights, N without) over the mean; weighted, Williamson's (1965) V_w."""
    p = _shares(w)
    mean = (p * x).sum(axis=-1, keepdims=True)
    return np.sqrt((p * (x - mean) ** 2).sum(axis=-1)) / mean[..., 0]


def hoover(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Half the relative mean deviation: the share of the total to be moved for equality (Hoover, Schutz, Pietra)."""
    p = _shares(w)
    mean = (p * x).sum(axis=-1, keepdims=True)
    return (p * np.abs(x - mean)).sum(axis=-1) / (2 * mean[..., 0])


def wolfson(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Bipolarisation 2 (2 T - G) mu / m with T = 1/2 - L(1/2), m the median: from 0 to 1 (Wolfson 1994).

    The median is the middle of the two values where the cumulated weight meets one half exactly, as without weights.

    Examples
    --------
    >>> round(float(wolfson(np.array([6.0, 6, 8, 8, 10, 10, 12, 12]), np.ones(8))), 4)
    0.1667
    """
    values, p = _sorted(x, w)
    reached = np.cumsum(p, axis=-1)
    below = (reached < 0.5 - 1e-12).sum(axis=-1)  # position of the first value that reaches one half
    exact = (np.abs(reached - 0.5) <= 1e-12).any(axis=-1)
    lower = np.take_along_axis(values, below[..., None], -1)[..., 0]
    upper = np.take_along_axis(values, np.minimum(below + 1, values.shape[-1] - 1)[..., None], -1)[..., 0]
    median = np.where(exact, (lower + upper) / 2, lower)
    mean = (p * values).sum(axis=-1)
    poorer = np.clip(0.5 - (reached - p), 0, p)  # weights of the poorer half, the region at the border in part
    half = (poorer * values).sum(axis=-1) / mean
    return 2 * (2 * (0.5 - half) - gini(x, w)) * mean / median


def lorenz_points(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cumulated shares of weight and amount from the poorest, starting at zero; each of shape (..., N + 1)."""
    x, p = _sorted(x, w)
    start = np.zeros((*x.shape[:-1], 1))
    total = (p * x).sum(axis=-1, keepdims=True)
    return (
        np.concatenate([start, np.cumsum(p, axis=-1)], axis=-1),
        np.concatenate([start, np.cumsum(p * x, axis=-1) / total], axis=-1),
    )


#: Name -> function of (x, w); atkinson takes epsilon too.
MEASURES = {
    "gini": gini,
    "theil_t": theil_t,
    "theil_l": theil_l,
    "atkinson": atkinson,
    "cv": cv,
    "hoover": hoover,
}


def _shares(w: np.ndarray) -> np.ndarray:
    return w / w.sum(axis=-1, keepdims=True)


def _sorted(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amounts and shares of weight in the order of the amounts, of one shape."""
    shape = np.broadcast_shapes(x.shape, w.shape)
    order = np.broadcast_to(np.argsort(x, axis=-1, kind="stable"), shape)
    x = np.take_along_axis(np.broadcast_to(x, shape), order, -1)
    return x, np.take_along_axis(np.broadcast_to(_shares(w), shape), order, -1)
