"""Conditional permutation for every local statistic: region i keeps its value, the others are dealt anew.

A local statistic of region i depends on the other values only through those dealt to its k_i neighbours, so a draw needs
no whole map: an ordered sample of distinct regions is enough. One sample of k + 1 regions (k the largest number of
neighbours) serves every region: region i takes the first k_i; where i itself is among them, the next one takes its place.
What is left of a uniform sample without i is a uniform sample from the others, so the reference distribution of
each region is exact; the Monte Carlo error is common to the regions (as in esda, which
shares draws likewise).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_array

from toolkit.explore.permutation import draws

__all__ = ["conditional_moments", "conditional_tails", "others", "samples"]

_CELLS = 1 << 18  # simulated values held at a time: they stay in the processor's cache


def conditional_tails(
    columns: np.ndarray,
    W: csr_array,
    observed: np.ndarray,
    permutations: int,
    seed: int,
    evaluate: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """How many conditional draws give a local statistic at least, and at most, as large as the observed one.

    Parameters
    ----------
    columns : ndarray, shape (N, C)
        What is dealt anew; a region's C values stay together.
    W : csr_array, shape (N, N)
        Zero diagonal.
    observed : ndarray, shape (N, S)
        Draws closer to it than 1e-12 of its scale are ties.
    permutations, seed : int
    evaluate : callable, optional
        From regions (R,) and their lags ``sum_j w_ij columns_j`` in each draw (R, draws, C) to the statistics
        (R, draws, S). The lags themselves by default.

    Returns
    -------
    above, below : ndarray, shape (N, S)

    Examples
    --------
    >>> W = csr_array(np.array([[0, 1.0, 0], [1, 0, 0], [1, 0, 0]]))
    >>> x = np.array([[1.0], [2.0], [3.0]])
    >>> above, below = conditional_tails(x, W, W @ x, 1000, seed=1)
    >>> above[0, 0], 450 < below[0, 0] < 550  # region 0 gets 2 or 3
    (np.float64(1000.0), np.True_)
    """
    n, c = columns.shape
    counts = np.diff(W.indptr)
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    rank = np.full(n, -1)
    rank[order] = np.arange(len(order))
    above, below = np.zeros(observed.shape), np.zeros(observed.shape)
    tie = 1e-12 * np.maximum(1.0, abs(observed).max(initial=0.0))
    floor, ceiling = observed - tie, observed + tie
    for sample in samples(n, int(counts.max()) + 1, permutations, seed, width=c):
        dealt = columns[sample.T]  # (k + 1, draws, C)
        size = len(sample)
        draw, slot = np.nonzero(counts[sample] > np.arange(sample.shape[1]))  # i stands on its own neighbour's place
        mine = sample[draw, slot]
        by_rank = np.argsort(rank[mine], kind="stable")
        draw, slot, mine = draw[by_rank], slot[by_rank], mine[by_rank]
        step = max(1, _CELLS // (size * c))
        for start in range(0, len(order), step):
            rows = order[start : start + step]
            k = counts[rows]
            packed = _packed(W, rows, k)
            lags = (packed @ dealt[: packed.shape[1]].reshape(-1, size * c)).reshape(len(rows), size, c)
            a, b = np.searchsorted(rank[mine], [start, start + len(rows)])
            if b > a:
                r, d, s = rank[mine[a:b]] - start, draw[a:b], slot[a:b]
                lags[r, d] += packed[r, s][:, None] * (dealt[k[r], d] - columns[mine[a:b]])
            made = lags if evaluate is None else evaluate(rows, lags)
            above[rows] += np.count_nonzero(made >= floor[rows, None], axis=1)
            below[rows] += np.count_nonzero(made <= ceiling[rows, None], axis=1)
    return above, below


def samples(n: int, size: int, permutations: int, seed: int, width: int = 1) -> Iterator[np.ndarray]:
    """Ordered samples of `size` of 0..n-1 without replacement, in blocks, the same whatever the size of the blocks.

    Parameters
    ----------
    n, size, permutations, seed : int
    width : int
        How many numbers the caller keeps for each member of a sample.

    Yields
    ------
    ndarray of int, shape (block, size)

    Examples
    --------
    >>> [b.shape for b in samples(100, 3, 5, seed=1)]
    [(5, 3)]
    """
    block = max(1, min(_CELLS // (8 * width), 4_000_000 // (size * width)))
    if size * size > n:
        for whole in draws(n, permutations, seed, width=max(n, size * width)):
            for start in range(0, len(whole), block):
                yield whole[start : start + block, :size]
        return
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, n, (permutations, size), dtype=np.int32)
    redo = np.arange(permutations)
    while True:  # a sample with a repetition is drawn again as a whole: what remains is uniform
        near = np.sort(drawn[redo], axis=1)
        redo = redo[(near[:, 1:] == near[:, :-1]).any(axis=1)]
        if not redo.size:
            break
        drawn[redo] = rng.integers(0, n, (redo.size, size), dtype=np.int32)
    for start in range(0, permutations, block):
        yield drawn[start : start + block]


def others(x: np.ndarray) -> np.ndarray:
    """Mean over the other regions; shape (T, N) in and out."""
    return (x.sum(axis=1, keepdims=True) - x) / (x.shape[1] - 1)


def conditional_moments(mean: np.ndarray, variance: np.ndarray, W: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Exact mean and variance of sum_j w_ij a_ij when the a_ij are dealt at random over the other regions.

    Parameters
    ----------
    mean, variance : ndarray, shape (T, N)
        Of a_ij over the N - 1 other regions j (divisor N - 1).
    W : csr_array, shape (N, N)

    Returns
    -------
    expected, variance : ndarray, shape (T, N)

    References
    ----------
    Sokal, Oden and Thomson (1998), Geographical Analysis 30, 331-354.
    """
    n = W.shape[0]
    sums, squares = W.sum(axis=1), W.power(2).sum(axis=1)
    pairs = squares - (sums**2 - squares) / (n - 2) if n > 2 else np.zeros(n)
    pairs = np.where(pairs > 1e-12 * squares, pairs, 0.0)  # all others are neighbours of one weight: nothing varies
    return sums * mean, np.maximum(variance, 0) * pairs


def _packed(W: csr_array, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The weights of `rows`, pushed to the left; shape (R, largest count)."""
    out = np.zeros((len(rows), int(counts.max())))
    place = np.arange(out.shape[1]) < counts[:, None]
    out[place] = W.data[(W.indptr[rows][:, None] + np.arange(out.shape[1]))[place]]
    return out
