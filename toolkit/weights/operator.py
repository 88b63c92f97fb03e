"""Everything a likelihood asks of W: lags, log-determinants, solves, traces, admissible interval."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from toolkit.errors import InputError
from toolkit.weights.logdet import EigenCurve, LogdetCurve
from toolkit.weights.spectrum import admissible, all_eigenvalues, spectral_radius
from toolkit.weights.symmetry import symmetric_form, symmetrizer

__all__ = ["Operator"]


class Operator:
    """Lag, log-determinant, solve and traces of one matrix of weights.

    Parameters
    ----------
    W : csr_array, shape (N, N)
        Non-negative, zero diagonal; not copied and never modified.

    Examples
    --------
    >>> ring = sparse.csr_array([[0, 0.5, 0, 0.5], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0.5, 0, 0.5, 0]])
    >>> op = Operator(ring)
    >>> op.interval
    (-1.0, 1.0)
    >>> bool(np.isclose(op.logdet(0.5), np.linalg.slogdet(np.eye(4) - 0.5 * ring.toarray())[1]))
    True
    >>> op.solve(0.5, np.ones(4)).round(12)
    array([2., 2., 2., 2.])
    """

    def __init__(self, W: sparse.csr_array):
        self.W = W
        self.N = W.shape[0]

    @cached_property
    def scale(self) -> np.ndarray | None:
        """Scale d with W = D^-1 S and S symmetric, or None; see `symmetry.symmetrizer`."""
        return symmetrizer(self.W)

    @cached_property
    def H(self) -> sparse.csr_array | None:
        """The symmetric matrix D^1/2 W D^-1/2 similar to W, or None."""
        return None if self.scale is None else symmetric_form(self.W, self.scale)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """All eigenvalues, shape (N,)."""
        return all_eigenvalues(self.W, self.H)

    @cached_property
    def spectral_radius(self) -> float:
        """Largest modulus of an eigenvalue."""
        return spectral_radius(self.W)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Open interval of rho around zero in which I - rho W is regular."""
        return admissible(self.eigenvalues, self.spectral_radius)

    @property
    def route(self) -> str:
        """How log-determinants are computed, in words."""
        return self.curve().route

    def lag(self, Y) -> np.ndarray:
        """W Y for Y of shape (N,) or (N, m)."""
        return self.W @ self._rows(Y)

    def logdet(self, rho: float) -> float:
        """Exact log|I - rho W|."""
        return self.curve().value(rho)

    def curve(self) -> LogdetCurve:
        """log|I - rho W| and its derivatives as functions of rho."""
        return self._curve

    @cached_property
    def _curve(self) -> LogdetCurve:
        kind = "general" if self.H is None else "symmetric"
        return EigenCurve(self.eigenvalues, self.interval, f"eigenvalues ({kind})")

    def solve(self, rho: float, B, transpose: bool = False) -> np.ndarray:
        """(I - rho W)^-1 B, or (I - rho W')^-1 B, for B of shape (N,) or (N, m)."""
        A = np.eye(self.N) - rho * self.W.toarray()
        return linalg.solve(A.T if transpose else A, self._rows(B))

    def tr_GtG(self, rho: float) -> tuple[float, float]:
        """tr(G'G), G = W (I - rho W)^-1, and its Monte Carlo error (0.0 where exact)."""
        G = self.W @ self.solve(rho, np.eye(self.N))
        return float(np.sum(G * G)), 0.0

    def traces(self, q: int) -> np.ndarray:
        """tr(W^k) / N for k = 0 ... q, shape (q + 1,)."""
        return np.array([np.mean(self.eigenvalues**k).real for k in range(q + 1)])

    def _rows(self, Y) -> np.ndarray:
        Y = np.asarray(Y, dtype=float)
        if Y.ndim not in (1, 2) or Y.shape[0] != self.N:
            raise InputError(f"An array of shape {Y.shape} cannot be lagged.", allowed=f"({self.N},) or ({self.N}, m)")
        return Y
