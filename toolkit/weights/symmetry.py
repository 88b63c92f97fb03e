"""Find the scale d that makes W similar to a symmetric matrix: W = D^-1 S, S symmetric."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

__all__ = ["TOLERANCE", "bipartite", "symmetric_form", "symmetrizer"]

#: Largest relative difference between d_i W_ij and d_j W_ji that counts as rounding.
TOLERANCE = 1e-11


def symmetrizer(W: sparse.csr_array) -> np.ndarray | None:
    """Scale d > 0 with d_i W_ij = d_j W_ji for every pair, or None where there is none.

    Row-standardised symmetric weights have one (d = row sums before standardisation), symmetric weights
    trivially (d = 1), nearest-neighbour weights have none: then W may have complex eigenvalues and nothing
    may be symmetrised. In each component d is carried along a spanning tree from d = 1 by the ratios
    W_ij / W_ji; then every link is verified, which is Kolmogorov's condition on all cycles.

    Parameters
    ----------
    W : csr_array, shape (N, N)
        Non-negative, canonical.

    Returns
    -------
    ndarray, shape (N,), or None
        Geometric mean 1 in every component.

    Examples
    --------
    >>> W = sparse.csr_array([[0, 0.5, 0.5], [1.0, 0, 0], [1.0, 0, 0]])
    >>> d = symmetrizer(W)
    >>> (d / d[1]).round(12)
    array([2., 1., 1.])
    >>> symmetrizer(sparse.csr_array([[0, 1.0, 0], [0, 0, 1.0], [1.0, 0, 0]])) is None
    True
    """
    n = W.shape[0]
    back = sparse.csr_array(W.T)
    back.sort_indices()
    if not (np.array_equal(W.indptr, back.indptr) and np.array_equal(W.indices, back.indices)):
        return None
    rows = np.repeat(np.arange(n), np.diff(W.indptr))
    d = np.ones(n) if np.array_equal(W.data, back.data) else np.exp(_carry(W, back.data, rows))
    left, right = d[rows] * W.data, d[W.indices] * back.data
    return d if np.all(np.abs(left - right) <= TOLERANCE * np.maximum(left, right)) else None


def symmetric_form(W: sparse.csr_array, d: np.ndarray) -> sparse.csr_array:
    """H = D^1/2 W D^-1/2, the symmetric matrix with the eigenvalues of W, for d from `symmetrizer`."""
    root = np.sqrt(d)
    rows = np.repeat(np.arange(W.shape[0]), np.diff(W.indptr))
    H = sparse.csr_array((W.data * root[rows] / root[W.indices], W.indices, W.indptr), shape=W.shape)
    return sparse.csr_array((H + H.T) * 0.5)  # removes rounding only: the two agree to TOLERANCE


def bipartite(W: sparse.csr_array) -> bool:
    """Whether the regions fall into two groups with links only between the groups, as on a rook lattice."""
    n = W.shape[0]
    child, parent, _ = _forest(W)
    side = [0] * n
    for node, source in zip(child.tolist(), parent.tolist(), strict=True):
        side[node] = 1 - side[source]
    sides = np.array(side)
    return bool(np.all(np.repeat(sides, np.diff(W.indptr)) != sides[W.indices]))


def _carry(W: sparse.csr_array, back: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Log d: sums of log W_ij - log W_ji along breadth-first trees, shape (N,), centred in each component."""
    n = W.shape[0]
    child, parent, part = _forest(W)
    keys = rows.astype(np.int64) * n + W.indices
    links = np.searchsorted(keys, parent.astype(np.int64) * n + child)
    jump = np.log(W.data[links]) - np.log(back[links])
    value = [0.0] * n
    for node, source, s in zip(child.tolist(), parent.tolist(), jump.tolist(), strict=True):
        value[node] = value[source] + s
    total = np.array(value)
    return total - (np.bincount(part, total) / np.bincount(part))[part]


def _forest(W: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Breadth-first trees of W, one per component: nodes in order of visit without the roots, their parents,
    and the component of every region. W has a symmetric pattern.
    """
    n = W.shape[0]
    n_parts, part = csgraph.connected_components(W, directed=False)
    roots = np.unique(part, return_index=True)[1]
    indptr = np.append(W.indptr, W.nnz + n_parts)  # node N points at every root: one search does for all
    linked = sparse.csr_array(
        (np.ones(W.nnz + n_parts), np.concatenate([W.indices, roots]), indptr), shape=(n + 1, n + 1)
    )
    order, parent = csgraph.breadth_first_order(linked, n, directed=True, return_predecessors=True)
    child = order[1:]
    inside = parent[child] < n
    return child[inside], parent[child[inside]], part
