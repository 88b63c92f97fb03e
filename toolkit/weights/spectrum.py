"""Eigenvalues of weights: all of them where N is small, the extreme ones where it is large."""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import ArpackError, eigs, eigsh

from toolkit.weights.symmetry import bipartite, symmetric_form, symmetrizer

__all__ = ["admissible", "all_eigenvalues", "lowest_eigenvalue", "spectral_radius"]

#: An eigenvalue counts as real when its imaginary part is below this share of the spectral radius.
REAL = 1e-8


def all_eigenvalues(W: sparse.csr_array, H: sparse.csr_array | None) -> np.ndarray:
    """All N eigenvalues, block by block over strongly connected parts.

    Parameters
    ----------
    W : csr_array, shape (N, N)
    H : csr_array or None
        Symmetric matrix similar to W; then the eigenvalues are real and found by the symmetric solver.

    Returns
    -------
    ndarray, shape (N,), float for H, complex otherwise
    """
    matrix = W if H is None else H
    n_parts, part = csgraph.connected_components(matrix, directed=True, connection="strong")
    solver = linalg.eigvals if H is None else linalg.eigvalsh
    members = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part, minlength=n_parts))[:-1])
    blocks = [
        solver(matrix[rows][:, rows].toarray(), check_finite=False) if len(rows) > 1 else np.zeros(1)
        for rows in members
    ]
    return np.concatenate(blocks)


def spectral_radius(W: sparse.csr_array, eigenvalues: np.ndarray | None = None) -> float:
    """Largest modulus of an eigenvalue of non-negative W: its Perron root.

    Read off the row or column sums where they are constant; otherwise from `eigenvalues` where they are
    known, or by Lanczos (W with a symmetric form) or Arnoldi iteration, to about 1e-12.
    """
    n = W.shape[0]
    if W.nnz == 0:
        return 0.0
    for axis in (1, 0):
        sums = np.asarray(W.sum(axis=axis)).ravel()
        if np.ptp(sums) <= 1e-12 * sums.max():
            return _constant(sums)
        if axis == 1 and np.ptp(sums[sums > 0]) <= 1e-12 * sums.max() and (sums > 0)[W.indices].all():
            return _constant(sums[sums > 0])  # regions without links aside, rows sum to one constant
    if csgraph.connected_components(W, directed=True, connection="strong", return_labels=False) == n:
        return 0.0  # no link can be followed back: all eigenvalues are zero
    d = symmetrizer(W)
    if eigenvalues is None and n <= 600:
        eigenvalues = all_eigenvalues(W, None if d is None else symmetric_form(W, d))
    if eigenvalues is not None:
        return float(np.abs(eigenvalues).max())
    try:
        if d is not None:  # the error of the eigenvalue is the square of the residual's
            return float(eigsh(symmetric_form(W, d), k=1, which="LA", v0=np.ones(n), tol=1e-7, ncv=32)[0][0])
        return float(np.abs(eigs(W, k=1, which="LM", v0=np.ones(n), tol=1e-12, maxiter=5000)[0]).max())
    except ArpackError:
        return _perron(W)


def lowest_eigenvalue(H: sparse.csr_array, radius: float) -> float:
    """Smallest eigenvalue of symmetric non-negative H, within 1e-4 below the true one.

    A bipartite graph (a rook lattice, say) has a spectrum symmetric about zero: no iteration is needed.
    Otherwise Lanczos with a fixed start; the norm of its residual is subtracted, to be on the safe side.
    """
    if bipartite(H):
        return -radius
    n = H.shape[0]
    start = np.random.default_rng(20).standard_normal(n)
    values, vectors = eigsh(H, k=1, which="SA", v0=start, tol=1e-4, ncv=min(n, 24), maxiter=20 * n)
    v = vectors[:, 0]
    return max(float(values[0]) - float(np.linalg.norm(H @ v - values[0] * v)), -radius)


def admissible(eigenvalues: np.ndarray, perron: float | None = None) -> tuple[float, float]:
    """Interval of rho around zero in which I - rho W is regular: 1 over the extreme real eigenvalues.

    Complex pairs never make the determinant zero, so only purely real eigenvalues bound the interval;
    a side without one is unbounded. `perron`, where known exactly, replaces its rounded value.
    """
    radius = np.abs(eigenvalues).max()
    real = eigenvalues[np.abs(eigenvalues.imag) <= REAL * radius].real
    real = real[np.abs(real) > 1e-10]
    low = 1 / real.min() if len(real) and real.min() < 0 else -np.inf
    high = 1 / real.max() if len(real) and real.max() > 0 else np.inf
    if perron and abs(high * perron - 1) < 1e-9:
        high = 1 / perron
    return float(low), float(high)


def _constant(sums: np.ndarray) -> float:
    """The common value, 1 where it is 1 but for rounding."""
    value = float(sums.mean())
    return 1.0 if abs(value - 1) < 1e-12 else value


def _perron(W: sparse.csr_array, steps: int = 20_000) -> float:
    """Power iteration on W + I, for matrices on which Arnoldi does not converge."""
    x, value, new = np.ones(W.shape[0]), 0.0, 0.0
    for _ in range(steps):
        y = W @ x + x
        new = float(np.linalg.norm(y) / np.linalg.norm(x))
        x = y / np.linalg.norm(y)
        if abs(new - value) <= 1e-13 * new:
            break
        value = new
    return new - 1
