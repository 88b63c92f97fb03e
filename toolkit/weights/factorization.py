"""One exact factorisation of I - rho W: its log-determinant and solves."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import splu

from toolkit.errors import EstimationError

__all__ = ["DENSE", "Factor", "factorize"]

#: Share of non-zero weights from which dense algebra is used.
DENSE = 0.1


class Factor(Protocol):
    """A factorised I - rho W."""

    logdet: float

    def solve(self, B: np.ndarray, transpose: bool = False) -> np.ndarray: ...


def factorize(W: sparse.csr_array, H: sparse.csr_array | None, root: np.ndarray | None, rho: float) -> Factor:
    """Factorise I - rho W for an admissible rho.

    Where W = D^-1/2 H D^1/2 with H symmetric, the symmetric positive definite I - rho H is factorised: it has the
    same determinant. No pivoting is needed, there or for other W within 1 over the spectral radius, since
    I - rho W is then an H-matrix (Funderlic, Neumann and Plemmons 1982, Numer. Math. 40), so the order of
    elimination is chosen for low fill alone (minimum degree on A + A').

    Parameters
    ----------
    W : csr_array, shape (N, N)
    H : csr_array or None
        Symmetric form of W.
    root : ndarray, shape (N,), or None
        Square roots of the scale d of `symmetrizer`; given with H.
    rho : float

    Raises
    ------
    EstimationError
        I - rho W is numerically singular.
    """
    matrix = W if H is None else H
    n = matrix.shape[0]
    if n <= 64 or matrix.nnz > DENSE * n * n:
        return _Dense(matrix, root, rho)
    return _Sparse(matrix, root, rho)


class _Scaled:
    """Solve with W by solving with H: (I - rho W)^-1 = D^-1/2 (I - rho H)^-1 D^1/2, transposed the other way round."""

    root: np.ndarray | None

    def solve(self, B: np.ndarray, transpose: bool = False) -> np.ndarray:
        if self.root is None:
            return self._solve(B, transpose)
        root = self.root if B.ndim == 1 else self.root[:, None]
        return root * self._solve(B / root, False) if transpose else self._solve(B * root, False) / root

    def _solve(self, B: np.ndarray, transpose: bool) -> np.ndarray:
        raise NotImplementedError


class _Sparse(_Scaled):
    def __init__(self, matrix: sparse.csr_array, root: np.ndarray | None, rho: float):
        self.root = root
        A = sparse.csc_array(sparse.eye_array(matrix.shape[0]) - rho * matrix)
        try:
            self._lu = splu(
                A,
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0,
                relax=8,
                panel_size=4,
                options={"SymmetricMode": True},
            )
        except RuntimeError:
            raise _singular(rho) from None
        self.logdet = float(np.log(np.abs(self._lu.U.diagonal())).sum())

    def _solve(self, B: np.ndarray, transpose: bool) -> np.ndarray:
        return self._lu.solve(B, trans="T" if transpose else "N")


class _Dense(_Scaled):
    def __init__(self, matrix: sparse.csr_array, root: np.ndarray | None, rho: float):
        self.root = root
        A = matrix.toarray(order="F")
        A *= -rho
        A[np.diag_indices_from(A)] += 1.0
        try:
            if root is None:
                self._factor = linalg.lu_factor(A, overwrite_a=True, check_finite=False)
            else:
                self._factor = linalg.cho_factor(A, lower=True, overwrite_a=True, check_finite=False)
        except linalg.LinAlgError:
            raise _singular(rho) from None
        pivots = np.abs(np.diag(self._factor[0]))
        if not pivots.all():
            raise _singular(rho)
        self.logdet = float(np.log(pivots).sum()) * (1 if root is None else 2)

    def _solve(self, B: np.ndarray, transpose: bool) -> np.ndarray:
        if self.root is None:
            return linalg.lu_solve(self._factor, B, trans=int(transpose), check_finite=False)
        return linalg.cho_solve(self._factor, B, check_finite=False)


def _singular(rho: float) -> EstimationError:
    return EstimationError(
        f"I - rho W is numerically singular at rho = {rho:.10g}.", fix="keep rho away from the ends of its interval"
    )
