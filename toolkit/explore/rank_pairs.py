"""Pairs of regions in two periods: Kendall's tau over all of them and over parts, Theta, permutation p-values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.explore.permutation import draws, tail_p

if TYPE_CHECKING:
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["correlations", "edges_of", "group_tau", "neighbour_tau", "permutation_p", "ranks", "tau_b", "theta_of"]

_TIE = 1e-12  # draws closer than this to the observed value are ties, not rounding


def ranks(x: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return rankdata(x, axis=1)


def correlations(x: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spearman's rho with p-value, and the p-value of Kendall's tau-b, for each interval."""
    from scipy.stats import kendalltau, spearmanr

    rho = [spearmanr(x[a], x[b]) for a, b in zip(first, last, strict=True)]
    tau = [kendalltau(x[a], x[b]).pvalue for a, b in zip(first, last, strict=True)]
    return np.array([r.statistic for r in rho]), np.array([r.pvalue for r in rho]), np.array(tau)


def tau_b(signs: np.ndarray, first, last, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Kendall's tau-b over the pairs (i, j), for each interval; NaN without an untied pair.

    i, j have shape (pairs,) or (draws, pairs); the result (R,) or (R, draws).
    """
    s = signs[:, i, j].astype(np.int32)
    untied = (s != 0).sum(axis=-1)
    score = np.stack([(s[a] * s[b]).sum(axis=-1) for a, b in zip(first, last, strict=True)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return score / np.sqrt(untied[first] * untied[last].astype(float))


def neighbour_tau(signs, first, last, edges, i, j, n) -> np.ndarray:
    """Tau-b over neighbours and over the rest, shape (2, R)."""
    if edges is None:
        return np.full((2, len(first)), np.nan)
    near = np.zeros((n, n), bool)
    near[edges] = True
    rest = ~near[i, j]
    return np.stack([tau_b(signs, first, last, *edges), tau_b(signs, first, last, i[rest], j[rest])])


def edges_of(W: SpatialWeights, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours i < j, in either direction."""
    linked = W.sparse.toarray() != 0
    return np.nonzero(np.triu(linked | linked.T, 1))


def theta_of(change: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Rey's Theta, shape (R,) or (R, draws) where codes has shape (draws, N); NaN where no rank changed."""
    sums = np.stack([((codes == g) * change[:, None] if codes.ndim == 2 else (codes == g) * change).sum(axis=-1)
                     for g in np.unique(codes)])  # fmt: skip
    total = np.abs(change).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.abs(sums).sum(axis=0) / (total[:, None] if codes.ndim == 2 else total)


def group_tau(signs: np.ndarray, first, last, codes: np.ndarray | None) -> np.ndarray:
    if codes is None:
        return np.zeros((len(first), 0, 0))
    member = (codes == np.arange(codes.max() + 1)[:, None]).astype(float)  # (G, N)
    sizes = member.sum(axis=1)
    pairs = np.outer(sizes, sizes) - np.diag(sizes)
    scores = [member @ (signs[a] * signs[b]) @ member.T for a, b in zip(first, last, strict=True)]
    with np.errstate(invalid="ignore"):
        return np.stack(scores) / pairs


def permutation_p(signs, first, last, change, edges, codes, i, j, near, within, theta, count, seed, alternative):
    """P-values of the tau of neighbours, the tau within groups and Theta, shape (3, R)."""
    rows = len(first)
    observed = np.stack([near, within, theta])
    if not count or (edges is None and codes is None):
        return np.full((3, rows), np.nan)
    above, below = np.zeros((3, rows)), np.zeros((3, rows))
    n = signs.shape[1]
    inside = None if codes is None else codes[i] == codes[j]
    width = len(signs) * max(0 if edges is None else len(edges[0]), 0 if inside is None else int(inside.sum()), n)
    for p in draws(n, count, seed, width=width):
        sims = np.full((3, rows, len(p)), np.nan)
        if edges is not None:
            sims[0] = tau_b(signs, first, last, p[:, edges[0]], p[:, edges[1]])
        if codes is not None:
            sims[1] = tau_b(signs, first, last, p[:, i[inside]], p[:, j[inside]])
            sims[2] = theta_of(change, codes[np.argsort(p, axis=1)])
        with np.errstate(invalid="ignore"):
            above += (sims >= observed[:, :, None] - _TIE).sum(axis=2)
            below += (sims <= observed[:, :, None] + _TIE).sum(axis=2)
    return np.where(np.isfinite(observed), tail_p(above, below, count, alternative), np.nan)
