"""Tests of Markov chains: the same transition probabilities in several samples, and the order of the chain."""

from __future__ import annotations

import numpy as np

from toolkit.contracts import TestResult

__all__ = ["compare", "homogeneity", "order_tests"]

_SOURCE = "Bickenbach and Bode (2003), International Regional Science Review 26, 363-392"


def compare(counts: np.ndarray) -> tuple[float, float, int, np.ndarray]:
    """Pearson and likelihood-ratio statistics of equal transition probabilities in S samples.

    Q = sum n_i(s) (p_ij(s) - p_ij)^2 / p_ij and LR = 2 sum n_ij(s) ln(p_ij(s) / p_ij), over cells with p_ij > 0;
    df = sum_i (a_i - 1)(b_i - 1), with a_i the positive entries of row i of the pooled matrix and b_i the samples
    in which moves from state i were seen (Bickenbach and Bode 2003).

    Parameters
    ----------
    counts : ndarray, shape (S, r, k)

    Returns
    -------
    q, lr : float
    df : int
    expected : ndarray
        Expected counts n_i(s) p_ij of the cells that enter.

    Examples
    --------
    >>> compare(np.array([[[10, 10]], [[5, 15]]]))[2]
    1
    """
    counts = np.asarray(counts, float)
    pooled = counts.sum(axis=0)
    total = pooled.sum(axis=1, keepdims=True)
    p = np.divide(pooled, total, out=np.zeros_like(pooled), where=total > 0)
    starts = counts.sum(axis=2, keepdims=True)
    expected = starts * p
    cell = expected > 0
    q = float((((counts - expected) ** 2)[cell] / expected[cell]).sum())
    seen = counts > 0
    lr = float(2 * (counts[seen] * np.log(counts[seen] / expected[seen])).sum())
    a = (pooled > 0).sum(axis=1)
    b = (starts[:, :, 0] > 0).sum(axis=0)
    df = int(((a - 1) * (b - 1))[a > 0].sum())
    return q, max(lr, 0.0), df, expected[cell]


def homogeneity(counts: np.ndarray, name: str, null: str, reference: str = _SOURCE) -> tuple[TestResult, TestResult]:
    """Q and LR tests of `compare` as `name` Q and `name` LR, with a warning where expected counts are small."""
    q, lr, df, expected = compare(counts)
    if df == 0:
        reason = "No state has moves in two samples: nothing can be compared."
        return tuple(
            TestResult.chi2(f"{name} {kind}", null, float("nan"), 0, reference, reason) for kind in ("Q", "LR")
        )
    reason = _small(expected)
    return (
        TestResult.chi2(f"{name} Q", null, q, df, reference, reason),
        TestResult.chi2(f"{name} LR", null, lr, df, reference, reason),
    )


def order_tests(triples: np.ndarray) -> tuple[TestResult, ...]:
    """Order 0 against 1, and 1 against 2, from counts of (two moves ago, before, now), shape (k, k, k).

    Order 0: all rows of P are the same. Order 1: the rows do not depend on the state before. Both on
    the same triples (Anderson and Goodman 1957; Bickenbach and Bode 2003).
    """
    pairs = triples.sum(axis=0)
    source = "Anderson and Goodman (1957), Annals of Mathematical Statistics 28, 89-110"
    return (
        *homogeneity(pairs[:, None, :], "order 0 vs 1", "the next state does not depend on the present one", source),
        *homogeneity(triples, "order 1 vs 2", "given the present state, the one before does not matter", source),
    )


def _small(expected: np.ndarray) -> str | None:
    few = int((expected < 5).sum())
    if not few:
        return None
    return (
        f"{few} of {expected.size} cells have an expected count below 5 (smallest {expected.min():.2g}): "
        "the chi-squared distribution is a rough guide."
    )
