"""Resamples of regions and the intervals drawn from them."""

from __future__ import annotations

import numpy as np

from toolkit.errors import InputError
from toolkit.explore.amounts import Amounts

__all__ = ["intervals", "left_out", "resampled", "zeroed"]


def zeroed(estimate: np.ndarray) -> np.ndarray:
    """Equality up to rounding is zero."""
    return np.where(np.abs(estimate) < 1e-15, 0.0, estimate)


def resampled(amounts: Amounts, functions: list, count: int, seed: int) -> np.ndarray:
    """The measures of resamples of regions, shape (M, T, count)."""
    t, n = amounts.values.shape
    rng = np.random.default_rng(seed)
    block = max(1, 1_000_000 // (n * t))
    out = np.empty((len(functions), t, count))
    for start in range(0, count, block):
        stop = min(start + block, count)
        times = rng.multinomial(n, np.full(n, 1 / n), size=stop - start)  # how often each region was drawn
        w = times[:, None, :] * amounts.shares
        for m, f in enumerate(functions):
            out[m, :, start:stop] = f(amounts.values[None], w).T
    return zeroed(out)


def left_out(amounts: Amounts, functions: list) -> np.ndarray:
    """The measures without each region in turn, shape (M, T, N)."""
    n = amounts.values.shape[1]
    w = (1 - np.eye(n))[:, None, :] * amounts.shares
    return np.stack([f(amounts.values[None], w).T for f in functions])


def intervals(
    estimate: np.ndarray, draws: np.ndarray, jackknife: np.ndarray | None, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile or, with jackknife values, BCa intervals (Efron 1987); each of shape (M, T)."""
    from scipy.stats import norm

    tail = (1 - level) / 2
    if jackknife is None:
        low, high = np.quantile(draws, [tail, 1 - tail], axis=-1)
        return low, high
    at = estimate[..., None]
    same = np.abs(draws - at) <= 1e-13 * np.abs(at)
    below = (np.where(same, 0.5, draws < at)).mean(axis=-1)
    if not ((below > 0) & (below < 1)).all():
        raise InputError(
            "All resamples lie on one side of the estimate in some period: there is no bias correction.",
            fix='use more resamples, or interval="percentile"',
        )
    bias = norm.ppf(below)
    deviation = jackknife.mean(axis=-1, keepdims=True) - jackknife
    spread = (deviation**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        acceleration = np.where(spread > 1e-30, (deviation**3).sum(axis=-1) / (6 * spread**1.5), 0.0)
    ends = []
    for z in norm.ppf([tail, 1 - tail]):
        share = norm.cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
        ends.append(
            np.array(
                [np.quantile(d, s) for d, s in zip(draws.reshape(-1, draws.shape[-1]), share.ravel(), strict=True)]
            )
        )
    return ends[0].reshape(estimate.shape), ends[1].reshape(estimate.shape)
