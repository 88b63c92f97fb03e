"""Matrices with every structure the operator tells apart, as dense arrays or sparse ones."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from toolkit.weights.normalization import normalize


def lattice(rows: int, columns: int | None = None, queen: bool = False) -> sparse.csr_array:
    """Binary contiguity of a rectangular grid."""
    columns = columns or rows
    path = {n: sparse.diags_array([np.ones(n - 1)] * 2, offsets=[-1, 1]) for n in (rows, columns)}
    eye = {n: sparse.eye_array(n) for n in (rows, columns)}
    out = sparse.kron(path[rows], eye[columns]) + sparse.kron(eye[rows], path[columns])
    if queen:
        out = out + sparse.kron(path[rows], path[columns])
    return canonical(out)


def nearest(n: int, k: int = 4, seed: int = 0) -> sparse.csr_array:
    """Binary k nearest neighbours of random points: not symmetric."""
    points = np.random.default_rng(seed).random((n, 2))
    _, who = cKDTree(points).query(points, k=k + 1)
    return canonical(sparse.csr_array((np.ones(n * k), who[:, 1:].ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)))


def ring(n: int) -> sparse.csr_array:
    return canonical(sparse.csr_array(np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)))


def distances(n: int, power: float = 1.0, seed: int = 0) -> sparse.csr_array:
    """Inverse distances between all pairs of random points."""
    points = np.random.default_rng(seed).random((n, 2))
    d = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    np.fill_diagonal(d, np.inf)
    return canonical(sparse.csr_array(d**-power))


def random_graph(n: int, degree: float, seed: int, symmetric: bool) -> sparse.csr_array:
    """Random positive weights on random links; regions may be islands."""
    rng = np.random.default_rng(seed)
    A = np.where(rng.random((n, n)) < degree / n, rng.random((n, n)) + 0.1, 0.0)
    A = A + A.T if symmetric else A
    np.fill_diagonal(A, 0.0)
    return canonical(sparse.csr_array(A))


def with_islands(A: sparse.csr_array, count: int = 2) -> sparse.csr_array:
    return canonical(sparse.block_diag([A, sparse.csr_array((count, count))]))


def two_parts(A: sparse.csr_array, B: sparse.csr_array) -> sparse.csr_array:
    return canonical(sparse.block_diag([A, B]))


def triangular(n: int = 12) -> sparse.csr_array:
    """Links only downstream: all eigenvalues zero."""
    return canonical(sparse.csr_array(np.triu(np.ones((n, n)), 1)))


def scaled(A: sparse.csr_array, how: str) -> sparse.csr_array:
    return canonical(normalize(A, how))


def canonical(A) -> sparse.csr_array:
    out = sparse.csr_array(A, dtype=float)
    out.sum_duplicates()
    out.eliminate_zeros()
    return out
