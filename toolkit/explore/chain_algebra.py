"""Linear algebra of Markov chains: stationary distributions, what can be reached, first passage times."""

from __future__ import annotations

import numpy as np

from toolkit.explore.observations import frozen

__all__ = ["closure", "first_passage_times", "stationary"]


def stationary(p: np.ndarray) -> np.ndarray:
    """Stationary distribution of an irreducible chain, shape (k,), by elimination without subtraction.

    Grassmann, Taksar and Heyman (1985), Operations Research 33, 1107-1116: no cancellation, so that chains that are
    almost reducible keep their relative accuracy.

    Examples
    --------
    >>> stationary(np.array([[0.9, 0.1], [0.3, 0.7]])).round(12).tolist()
    [0.75, 0.25]
    """
    a = np.array(p, float)
    n = len(a)
    for m in range(n - 1, 0, -1):
        a[:m, m] /= a[m, :m].sum()
        a[:m, :m] += np.outer(a[:m, m], a[m, :m])
    pi = np.ones(n)
    for m in range(1, n):
        pi[m] = pi[:m] @ a[:m, m]
    return pi / pi.sum()


def closure(links: np.ndarray) -> np.ndarray:
    """Reflexive and transitive closure of a relation, shape (k, k)."""
    reach = links | np.eye(len(links), dtype=bool)
    while True:
        further = reach @ reach
        if (further == reach).all():
            return reach
        reach = further


def first_passage_times(links: np.ndarray, p: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of first passage times, from first-step analysis for each target."""
    k = len(p)
    mean, second = np.full((k, k), np.nan), np.full((k, k), np.nan)
    entered = links.any(axis=0) | known
    for j in range(k):
        if not entered[j]:
            continue
        stopped = links.copy()
        stopped[j] = False
        reach = closure(stopped)
        unclear = reach[:, ~known & (np.arange(k) != j)].any(axis=1)  # may run into an unknown row first
        sure = ~(reach & ~reach[:, j]).any(axis=1) & ~unclear
        m, s = np.where(unclear, np.nan, np.inf), np.where(unclear, np.nan, np.inf)
        inside = np.flatnonzero(sure & (np.arange(k) != j))
        q = p[np.ix_(inside, inside)]
        system = np.eye(len(inside)) - q
        m[inside] = np.linalg.solve(system, np.ones(len(inside)))
        s[inside] = np.linalg.solve(system, 1 + 2 * q @ m[inside])
        others = np.flatnonzero(links[j] & (np.arange(k) != j))
        m[j] = 1 + p[j, others] @ m[others] if known[j] else np.nan
        s[j] = 1 + 2 * p[j, others] @ m[others] + p[j, others] @ s[others] if known[j] else np.nan
        mean[:, j], second[:, j] = m, s
    mean[~entered] = second[~entered] = np.nan
    with np.errstate(invalid="ignore"):
        sd = np.where(np.isinf(mean), np.inf, np.sqrt(np.maximum(second - mean**2, 0)))
    return frozen(mean), frozen(sd)
