"""log|I - rho W| as a series in traces: Chebyshev where the eigenvalues are real, powers otherwise.

The traces are estimated from random sign vectors (Hutchinson 1990); the first ones are exact. Chebyshev
moments for log-determinants: Pace and LeSage (2004, Computational Statistics and Data Analysis 45), Han,
Malioutov and Shin (2015, ICML). The coefficients of log(1 - u t) are known in closed form, so that no
polynomial is fitted and the derivatives are exact too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

__all__ = [
    "ORDER",
    "SEED",
    "ChebyshevSeries",
    "PowerSeries",
    "chebyshev_moments",
    "low_traces",
    "power_moments",
    "signs",
]

#: Seed of the sign vectors: equal weights give equal numbers.
SEED = 20_040_101
#: Highest trace in a series.
ORDER = 100


def signs(n: int, probes: int | None = None) -> np.ndarray:
    """Random signs, shape (n, probes): fewer where n is large, since the relative error falls with n."""
    probes = probes or int(np.clip(160_000 // n, 8, 32))
    return np.random.default_rng(SEED).choice(np.array([-1.0, 1.0]), size=(n, probes))


@dataclass(frozen=True)
class ChebyshevSeries:
    """Series for eigenvalues in [low, high], moments tr T_k((H - c) / s), c and s centre and half-width.

    With u = rho s / (1 - rho c) and z = u / (1 + sqrt(1 - u^2)),
    log|I - rho H| = N log(1 - rho c) - N log(1 + z^2) - 2 sum_k z^k m_k / k.
    """

    low: float
    high: float

    def __call__(self, rho: float, moments: np.ndarray) -> tuple:
        """Value, first and second derivative; `moments` of shape (K + 1,) or (K + 1, R)."""
        return self.linear(rho, moments)

    def rest(self, moments: np.ndarray) -> np.ndarray:
        """Moments that enter the series."""
        return moments

    def linear(self, rho: float, moments: np.ndarray) -> tuple:
        """The part linear in the moments, here all of it."""
        c, s = (self.high + self.low) / 2, (self.high - self.low) / 2
        k = np.arange(1, len(moments))
        m0, m = moments[0], moments[1:]
        a = 1 - rho * c
        u, u1, u2 = rho * s / a, s / a**2, 2 * c * s / a**3
        z = u / (1 + np.sqrt(1 - u * u))
        q, p = 1 - z * z, 1 + z * z
        z1 = p * p / (2 * q) * u1
        z2 = z * p * (3 - z * z) / q**2 * p * p / (2 * q) * u1**2 + p * p / (2 * q) * u2
        powers = z ** np.arange(len(moments))
        f = -m0 * np.log(p) - 2 * (powers[1:] / k) @ m
        fz = -2 * m0 * z / p - 2 * powers[:-1] @ m
        fzz = -2 * m0 * q / p**2 - 2 * ((k[1:] - 1) * powers[:-2]) @ m[1:]
        return (
            m0 * np.log(a) + f,
            -m0 * c / a + fz * z1,
            -m0 * c * c / a**2 + fzz * z1**2 + fz * z2,
        )


@dataclass(frozen=True)
class PowerSeries:
    """Series for any W, moments tr W^k: log|I - rho W| = -sum_k rho^k tr(W^k) / k for |rho| < 1 / radius.

    `poles` eigenvalues equal to the spectral radius are summed in closed form, which quickens the rest.
    """

    radius: float
    poles: int

    def __call__(self, rho: float, moments: np.ndarray) -> tuple:
        """Value, first and second derivative; `moments` of shape (K + 1,) or (K + 1, R)."""
        value, slope, curvature = self.linear(rho, self.rest(moments))
        pole = self.radius / (1 - rho * self.radius)
        return (
            value + self.poles * np.log1p(-rho * self.radius),
            slope - self.poles * pole,
            curvature - self.poles * pole**2,
        )

    def rest(self, moments: np.ndarray) -> np.ndarray:
        """Traces of the eigenvalues that are not poles."""
        own = self.poles * self.radius ** np.arange(len(moments))
        return moments - (own if moments.ndim == 1 else own[:, None])

    def linear(self, rho: float, moments: np.ndarray) -> tuple:
        """-sum_k rho^k m_k / k and its derivatives."""
        k = np.arange(1, len(moments))
        powers = rho ** np.arange(len(moments))
        return (
            -(powers[1:] / k) @ moments[1:],
            -powers[:-1] @ moments[1:],
            -((k[1:] - 1) * powers[:-2]) @ moments[2:],
        )


def low_traces(W: sparse.csr_array) -> np.ndarray:
    """Exact tr W^k for k = 0, 1, 2, and for 3, 4 where W^2 is cheap to form."""
    n = W.shape[0]
    back = W.T
    out = [float(n), 0.0, float((W * back).sum())]
    if float(np.diff(W.indptr).astype(float) @ np.diff(sparse.csc_array(W).indptr)) <= 60 * max(n, 10_000):
        square = W @ W
        out += [float((square * back).sum()), float((square * square.T).sum())]
    return np.array(out)


def chebyshev_moments(H: sparse.csr_array, low: float, high: float, V: np.ndarray, order: int = ORDER) -> np.ndarray:
    """V' T_k v for every column v of V, shape (order + 1, R), rows 0-4 exact where cheap.

    Two moments per product, by T_2j = 2 T_j^2 - 1 and T_2j+1 = 2 T_j T_j+1 - T_1.
    """
    c, s = (high + low) / 2, (high - low) / 2
    matrix = H.toarray() if H.nnz > 0.1 * H.shape[0] ** 2 else H

    def times(X: np.ndarray) -> np.ndarray:
        Y = matrix @ X
        if c:
            Y -= c * X
        Y /= s
        return Y

    out = np.empty((order + 2, V.shape[1]))
    before, now = V, times(V)
    out[0], out[1] = _inner(V, V), _inner(V, now)
    for j in range(1, order // 2 + 1):
        after = times(now)
        after *= 2
        after -= before
        out[2 * j] = 2 * _inner(now, now) - out[0]
        out[2 * j + 1] = 2 * _inner(after, now) - out[1]
        before, now = now, after
    exact = _shifted(low_traces(H), c, s)
    out[: len(exact)] = exact[:, None]
    return out[: order + 1]


def power_moments(W: sparse.csr_array, V: np.ndarray, order: int = ORDER) -> np.ndarray:
    """V' W^k v for every column v of V, shape (order + 1, R), rows 0-4 exact where cheap."""
    matrix = W.toarray() if W.nnz > 0.1 * W.shape[0] ** 2 else W
    out, X = np.empty((order + 1, V.shape[1])), V
    for k in range(order + 1):
        out[k] = _inner(V, X)
        if k < order:
            X = matrix @ X
    exact = low_traces(W)[: order + 1]
    out[: len(exact)] = exact[:, None]
    return out


def _inner(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->j", X, Y)


def _shifted(p: np.ndarray, c: float, s: float) -> np.ndarray:
    """Tr T_k((H - c) / s) from tr H^k."""
    P, C = np.polynomial.polynomial, np.polynomial.chebyshev
    out = []
    for k in range(len(p)):
        coefficients: np.ndarray = np.zeros(1)
        for degree, weight in enumerate(C.cheb2poly([0] * k + [1])):
            coefficients = P.polyadd(coefficients, weight * P.polypow([-c / s, 1 / s], degree))
        out.append(coefficients @ p[: len(coefficients)])
    return np.array(out)
