"""Indicators on one scale: standardisation with direction, pooled over years or within each.

References
----------
OECD and JRC (2008). Handbook on Constructing Composite Indicators, step 5.
"""

from __future__ import annotations

import numpy as np

from toolkit.errors import DataError, InputError, listing

__all__ = ["METHODS", "blocks", "scale"]

#: Standardisations, and whether their values are never negative.
METHODS = {"minmax": True, "z": False, "rank": True, "share": True, "max": True, "vector": True}


def blocks(values: np.ndarray, base: str) -> list[np.ndarray]:
    """The cells (K, M) that are compared with one another: all of them, or one block a period.

    Parameters
    ----------
    values : ndarray, shape (K, T, N)
    base : {"pooled", "yearly"}
    """
    if base == "pooled":
        return [values.reshape(values.shape[0], -1)]
    if base == "yearly":
        return list(values.transpose(1, 0, 2))
    raise InputError(f"base={base!r} is unknown.", allowed='"pooled" (all years on one scale), "yearly"')


def scale(values: np.ndarray, directions: tuple[str, ...], method: str, base: str, names: tuple[str, ...] = ()):
    """Standardised indicators, more is better.

    Parameters
    ----------
    values : ndarray, shape (K, T, N)
    directions : tuple of {"+", "-"}, length K
    method : {"minmax", "z", "rank", "share", "max", "vector"}
        With min, max, mean, sd (divisor M) and sums over the M cells of the base, for ``+`` and ``-``:
        ``minmax`` (x - min) / (max - min) and (max - x) / (max - min); ``z`` (x - mean) / sd and its negative;
        ``rank`` (r - 1) / (M - 1), r the rank from the worst, ties share the mean rank; ``share`` x / sum x and
        (1/x) / sum (1/x); ``max`` x / max and min / x; ``vector`` x / sqrt(sum x^2) and one less that.
        ``share`` of ``-`` and ``max`` need positive values, ``share`` of ``+`` values >= 0.
    base : {"pooled", "yearly"}
    names : tuple of str
        For messages.

    Returns
    -------
    ndarray, shape (K, T, N)
    """
    if method not in METHODS:
        raise InputError(f"standardise={method!r} is unknown.", allowed=listing(METHODS))
    good = np.array([d == "+" for d in directions])
    names = names or tuple(str(k) for k in range(len(values)))
    done = [_SCALES[method](np.asarray(x, float), good, names) for x in blocks(values, base)]
    if base == "pooled":
        return done[0].reshape(values.shape)
    return np.stack(done, axis=1)


def _minmax(x, good, names):
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    # each direction by its own formula, so that the best is 1 and the worst 0 to the last digit
    return np.where(good[:, None], x - low, high - x) / (high - low)


def _z(x, good, names):
    z = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    return np.where(good[:, None], z, -z)


def _rank(x, good, names):
    from scipy.stats import rankdata

    return (rankdata(np.where(good[:, None], x, -x), axis=1) - 1) / (x.shape[1] - 1)


def _share(x, good, names):
    _signs(x, good, names, "share", strict=~good)
    y = np.divide(1, x, out=x.copy(), where=~good[:, None])
    return y / y.sum(axis=1, keepdims=True)


def _max(x, good, names):
    _signs(x, good, names, "max", strict=np.ones_like(good))
    return np.where(good[:, None], x / x.max(axis=1, keepdims=True), x.min(axis=1, keepdims=True) / x)


def _vector(x, good, names):
    v = x / np.sqrt((x**2).sum(axis=1, keepdims=True))
    return np.where(good[:, None], v, 1 - v)


def _signs(x, good, names, method: str, strict: np.ndarray) -> None:
    bad = np.flatnonzero((x < 0).any(axis=1) | (strict & (x <= 0).any(axis=1)))
    if bad.size:
        raise DataError(
            f'standardise="{method}" needs positive values; these indicators have zero or negative ones: '
            f"{listing(names[k] for k in bad)}.",
            fix='use standardise="minmax", "rank" or "z"',
        )


_SCALES = {"minmax": _minmax, "z": _z, "rank": _rank, "share": _share, "max": _max, "vector": _vector}
