"""Moments of sums over pairs under all permutations of the regions (quadratic assignment)."""

from __future__ import annotations

import numpy as np

__all__ = ["assignment_moments", "matrix_sums"]


def matrix_sums(W) -> tuple:
    """S0, S1, S2 of a matrix with zero diagonal, dense (..., N, N) or sparse (N, N).

    The sum of the entries, half the sum of (w_ij + w_ji)^2, and the sum of the squares of row plus column sums.
    """
    if isinstance(W, np.ndarray):
        both = W + W.swapaxes(-1, -2)
        return W.sum(axis=(-1, -2)), (both**2).sum(axis=(-1, -2)) / 2, (both.sum(axis=-1) ** 2).sum(axis=-1)
    return W.sum(), ((W + W.T).power(2)).sum() / 2, ((W.sum(axis=0) + W.sum(axis=1)) ** 2).sum()


def assignment_moments(s: tuple, a: tuple, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Exact mean and variance of sum_ij w_ij a_p(i)p(j) over all permutations p of n regions, n at least 4.

    Parameters
    ----------
    s, a : tuple
        `matrix_sums` of the two matrices; arrays broadcast.

    Returns
    -------
    expected, variance : ndarray

    References
    ----------
    Mantel (1967), Cancer Research 27, 209-220; Cliff and Ord (1981), Spatial Processes, p. 23.

    Examples
    --------
    >>> ring = np.roll(np.eye(5), 1, axis=1)
    >>> expected, variance = assignment_moments(matrix_sums(ring), matrix_sums(ring), 5)
    >>> float(expected)  # 5 of the 20 ordered pairs are links: each of 5 links meets one with probability 1/4
    1.25
    """
    (s0, s1, s2), (a0, a1, a2) = s, a
    two, three, four = n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3)
    expected = s0 * a0 / two
    square = s1 * a1 / (2 * two) + (s2 - 2 * s1) * (a2 - 2 * a1) / (4 * three)
    square = square + (s0**2 + s1 - s2) * (a0**2 + a1 - a2) / four
    return expected, np.maximum(square - expected**2, 0)
