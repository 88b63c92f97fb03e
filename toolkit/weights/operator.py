"""Everything a likelihood asks of W: lags, log-determinants, solves, traces, admissible interval."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse

from toolkit.errors import InputError
from toolkit.weights.factorization import DENSE, Factor, factorize
from toolkit.weights.logdet import EigenCurve, LogdetCurve, SeriesCurve, outside
from toolkit.weights.series import ChebyshevSeries, PowerSeries, chebyshev_moments, power_moments, signs
from toolkit.weights.spectrum import admissible, all_eigenvalues, lowest_eigenvalue, spectral_radius
from toolkit.weights.symmetry import symmetric_form, symmetrizer

__all__ = ["EXACT", "Operator"]

#: Largest N for which all eigenvalues are computed: W with a symmetric form (sparse, dense), other W.
EXACT = {"symmetric": 1500, "dense": 3500, "general": 600}
#: Fewest and most sign vectors for tr(G'G) of large W.
PROBES = (16, 64)


class Operator:
    """Lag, log-determinant, solve and traces of one matrix of weights.

    Parameters
    ----------
    W : csr_array, shape (N, N)
        Non-negative, zero diagonal; not copied and never modified.

    Attributes
    ----------
    n_factorizations : int
        Factorisations of I - rho W done so far.

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
        self.n_factorizations = 0
        self._factors: dict[float, Factor] = {}

    @cached_property
    def scale(self) -> np.ndarray | None:
        """Scale d with W = D^-1 S and S symmetric, or None; see `symmetry.symmetrizer`."""
        return symmetrizer(self.W)

    @cached_property
    def H(self) -> sparse.csr_array | None:
        """The symmetric matrix D^1/2 W D^-1/2 similar to W, or None."""
        return None if self.scale is None else symmetric_form(self.W, self.scale)

    @cached_property
    def exact_spectrum(self) -> bool:
        """Whether all eigenvalues are computed; see `EXACT`."""
        if self.H is None:
            return EXACT["general"] >= self.N
        dense = self.H.nnz > DENSE * self.N**2
        return EXACT["dense" if dense else "symmetric"] >= self.N

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """All eigenvalues, shape (N,); real where W has a symmetric form."""
        return all_eigenvalues(self.W, self.H)

    @cached_property
    def spectral_radius(self) -> float:
        """Largest modulus of an eigenvalue."""
        return spectral_radius(self.W, self.eigenvalues if self.exact_spectrum else None)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Open interval of rho around zero in which I - rho W is regular.

        From the purely real eigenvalues. For large W with a symmetric form from the two extreme ones; for other
        large W the interval within one over the spectral radius, which is certain to be admissible: its upper
        end is exact (a Perron root is real), its lower end may be wider in truth.
        """
        if self.exact_spectrum:
            return admissible(self.eigenvalues, self.spectral_radius)
        radius = self.spectral_radius
        if radius == 0:
            return -np.inf, np.inf
        low = -radius if self.H is None else lowest_eigenvalue(self.H, radius)
        return 1 / low, 1 / radius

    @property
    def route(self) -> str:
        """How log-determinants are computed, in words."""
        return self.curve().route

    def lag(self, Y) -> np.ndarray:
        """W Y for Y of shape (N,) or (N, m)."""
        return self.W @ self._rows(Y)

    def logdet(self, rho: float) -> float:
        """Exact log|I - rho W|: from the eigenvalues, or one factorisation.

        Raises
        ------
        InputError
            `rho` is outside the admissible interval.
        """
        if self.exact_spectrum:
            return self.curve().value(rho)
        return self._factor(rho).logdet

    def curve(self) -> LogdetCurve:
        """log|I - rho W| and its derivatives as functions of rho.

        Exact where the eigenvalues are known; otherwise a stochastic series, whose `refined(rho)` is exact
        around rho at the price of three factorisations.
        """
        return self._curve

    @cached_property
    def _curve(self) -> LogdetCurve:
        if self.exact_spectrum:
            kind = "general" if self.H is None else "symmetric"
            return EigenCurve(self.eigenvalues, self.interval, f"eigenvalues ({kind})")
        if self.spectral_radius == 0:
            return EigenCurve(np.zeros(1), self.interval, "all eigenvalues are zero")
        dense = "dense" if self.W.nnz > DENSE * self.N**2 else "sparse"
        V = signs(self.N)
        if self.H is not None:
            low, high = 1 / self.interval[0], 1 / self.interval[1]
            series: ChebyshevSeries | PowerSeries = ChebyshevSeries(low, high)
            moments = chebyshev_moments(self.H, low, high, V)
            route = f"Chebyshev series on {V.shape[1]} sign vectors, {dense} symmetric factorisation"
        else:
            series = PowerSeries(self.spectral_radius, 1)
            moments = power_moments(self.W, V)
            route = f"power series on {V.shape[1]} sign vectors, {dense} LU factorisation"
        return SeriesCurve.coarse(series, moments, self.logdet, self.interval, route)

    def solve(self, rho: float, B, transpose: bool = False) -> np.ndarray:
        """(I - rho W)^-1 B, or (I - rho W')^-1 B, for B of shape (N,) or (N, m).

        The last factorisations are kept, so that solving again at one rho costs little.

        Raises
        ------
        InputError
            `rho` is outside the admissible interval.
        """
        return self._factor(rho).solve(self._rows(B), transpose)

    def tr_GtG(self, rho: float) -> tuple[float, float]:
        r"""tr(G'G), G = W (I - rho W)^-1, and its standard error (0.0 where exact).

        Exact up to N = 1,500; above, the mean of \|G v\|^2 over sign vectors v (Hutchinson 1990).
        """
        if EXACT["symmetric"] >= self.N:
            G = self.W @ self.solve(rho, np.eye(self.N))
            return float(np.sum(G * G)), 0.0
        probes = int(np.clip(160_000 // self.N, *PROBES))
        G = self.W @ self.solve(rho, signs(self.N, probes))
        squares = np.einsum("ij,ij->j", G, G)
        return float(squares.mean()), float(squares.std(ddof=1) / np.sqrt(probes))

    def traces(self, q: int) -> np.ndarray:
        """tr(W^k) / N for k = 0 ... q, shape (q + 1,): `trace_table` without its errors."""
        return self.trace_table(q)[0]

    def trace_table(self, q: int) -> tuple[np.ndarray, np.ndarray]:
        """tr(W^k) / N for k = 0 ... q and their standard errors, each of shape (q + 1,).

        Exact (error 0.0) from eigenvalues; for large W up to k = 4, stochastic above.
        """
        if q < 0:
            raise InputError(f"q = {q} is not a number of traces.", allowed="0, 1, 2, ...")
        if self.exact_spectrum:
            return np.array([np.mean(self.eigenvalues**k).real for k in range(q + 1)]), np.zeros(q + 1)
        by_probe = power_moments(self.W, signs(self.N), max(q, 4))[: q + 1] / self.N
        return by_probe.mean(axis=1), by_probe.std(axis=1, ddof=1) / np.sqrt(by_probe.shape[1])

    def _factor(self, rho: float) -> Factor:
        rho = float(rho)
        low, high = self.interval
        if not low < rho < high:
            raise outside(rho, self.interval)
        if rho not in self._factors:
            self.n_factorizations += 1
            root = None if self.scale is None else np.sqrt(self.scale)
            while len(self._factors) >= max(1, min(4, 200_000 // self.N)):
                self._factors.pop(next(iter(self._factors)))
            self._factors[rho] = factorize(self.W, self.H, root, rho)
        return self._factors[rho]

    def _rows(self, Y) -> np.ndarray:
        Y = np.asarray(Y, dtype=float)
        if Y.ndim not in (1, 2) or Y.shape[0] != self.N:
            raise InputError(
                f"An array of shape {Y.shape} does not fit {self.N} regions.",
                allowed=f"({self.N},) or ({self.N}, m)",
            )
        return Y
