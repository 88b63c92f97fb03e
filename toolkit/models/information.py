"""The information about the joint vector (b, rho, lambda, sigma2): its inverse is the covariance under normality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.models.likelihood import Likelihood, Optimum
from toolkit.models.transform import demean, effects_df, spatial_lag

__all__ = [
    "Covariance",
    "Estimated",
    "classical",
    "expected",
    "hessian",
    "mean_of_lag",
    "off_effects",
    "times_g",
    "times_h",
]

#: up to this many regions the traces of the expected information are exact
_DENSE = 2000
_PROBES = 100


@dataclass(frozen=True)
class Estimated:
    """An estimated model, as the covariance strategies see it.

    Attributes
    ----------
    likelihood : Likelihood
    optimum : Optimum
    z : ndarray, shape (T, N, k)
        Regressors, X then WX, not freed of the effects.
    wy : ndarray, shape (T, N) or None
    innovations : ndarray, shape (T, N)
        e = Q B (A y - Z b).
    operator, operator_error : Operator or None
        Of W and W_e.
    effects : str
    v : ndarray, shape (N,) or None
        B 1 where it is not constant and the effects include time.
    """

    likelihood: Likelihood
    optimum: Optimum
    z: np.ndarray
    wy: np.ndarray | None
    innovations: np.ndarray
    operator: object | None
    operator_error: object | None
    effects: str
    v: np.ndarray | None


@dataclass(frozen=True, slots=True)
class Covariance:
    """Joint covariance of (b, rho, lambda, sigma2), those of them in the model.

    Attributes
    ----------
    matrix : ndarray, shape (k + p + 1, k + p + 1)
    title : str
        The estimator in words, for table notes.
    df : float or None
        Degrees of freedom for Student's t; None means normal.
    notes : tuple of str
    """

    matrix: np.ndarray
    title: str
    df: float | None = None
    notes: tuple[str, ...] = ()


def classical(m: Estimated) -> Covariance:
    """s2 (Z'QZ)^-1 with s2 = e'e / (NT - k - number of effects): OLS and SLX only."""
    k = m.z.shape[2]
    t, n = m.innovations.shape
    df = t * n - k - effects_df(m.effects, n, t)
    gram, _, _ = m.likelihood.data.gram()
    scale = m.likelihood.data.scale[1:]
    s2 = m.optimum.sigma2 * m.likelihood.data.n / df
    beta = s2 * np.linalg.inv(gram[1:, 1:]) / np.outer(scale, scale)
    out = np.zeros((k + 1, k + 1))
    out[:k, :k] = beta
    out[k, k] = 2 * s2**2 / df
    return Covariance(out, "classical", df=float(df))


def hessian(m: Estimated) -> Covariance:
    """Inverse of minus the analytic second derivatives of the log-likelihood (observed information).

    With c = (1, -rho, -b) and K(lambda) the inner products of the projected columns, the derivatives are
    those of -NT/2 log sigma2 - c'Kc / (2 sigma2) + T log|A| + T log|B|; log-determinants enter through
    -T tr(G^2) only, so no inverse of an N x N matrix is formed (LeSage and Pace 2009, section 3.2.1).
    """
    spec, opt, like = m.likelihood.spec, m.optimum, m.likelihood
    scale, periods = like.data.scale, like.periods
    k_matrix, k1, k2 = like.data.gram(opt.lam)
    c = like.direction(opt.rho, opt.beta * scale[like._z])
    # dc / d(b scaled, rho)
    jac = -np.eye(len(c))[1 + spec.wy :]
    if spec.wy:
        jac = np.vstack([jac, -scale[1] * np.eye(len(c))[1]])
    size = len(jac) + spec.wu + 1
    h = np.zeros((size, size))
    first = slice(0, len(jac))
    h[first, first] = -jac @ k_matrix @ jac.T / opt.sigma2
    h[first, -1] = jac @ k_matrix @ c / opt.sigma2
    if spec.wy:
        h[len(jac) - 1, len(jac) - 1] += periods * float(like.curve.d2(opt.rho))
    if spec.wu:
        i = len(jac)
        h[first, i] = -jac @ k1 @ c / opt.sigma2
        h[i, i] = -c @ k2 @ c / (2 * opt.sigma2) + periods * float(like.curve_error.d2(opt.lam))
        h[i, -1] = c @ k1 @ c / (2 * opt.sigma2)
    h[-1, -1] = -like.data.n / 2  # in log sigma2
    return _invert(-(np.triu(h) + np.triu(h, 1).T), m, "observed Hessian")


def expected(m: Estimated) -> Covariance:
    """Inverse of the expected information, the effects concentrated out.

    For the SAR part Ord (1975), Anselin (1988, eq. 6.5) and, for panels, Elhorst (2014, eq. 3.28); with both
    rho and lambda Anselin (1988, section 6.2): with G = W A^-1, H = W_e B^-1, G* = B G B^-1,

        I(b, b) = (BZ)'Q(BZ) / s2,                 I(b, rho) = (BZ)'Q(B G m) / s2,
        I(rho, rho) = T tr(G*G* + G*'G*) + (B G m)'Q(B G m) / s2,
        I(lambda, lambda) = T tr(HH + H'H),        I(rho, lambda) = T tr(HG* + H'G*),
        I(rho, s2) = T tr(G) / s2,  I(lambda, s2) = T tr(H) / s2,  I(s2, s2) = NT / (2 s2^2),

    where m = Z b + effects. Traces that are not derivatives of the log-determinant are exact up to
    2,000 regions and stochastic above, with the error in the notes.
    """
    spec, opt, like = m.likelihood.spec, m.optimum, m.likelihood
    t = like.periods
    k, s2, notes = m.z.shape[2], opt.sigma2, []
    scale_z = like.data.scale[like._z]

    bz = off_effects(m, m.z).reshape(-1, k) / scale_z
    size = k + len(spec.spatial) + 1
    info = np.zeros((size, size))
    info[:k, :k] = bz.T @ bz / s2
    info[-1, -1] = like.data.n / 2  # in log sigma2
    if spec.wy:
        mean = mean_of_lag(m).ravel()
        info[:k, k] = bz.T @ mean / s2
        squares, note = _trace_gg(m)
        if hasattr(like.curve, "base"):  # the transformation of Lee and Yu (2010) takes the direction of ones away
            squares -= _squares_along_ones(m)
        info[k, k] = t * (-float(like.curve.d2(opt.rho)) + squares) + mean @ mean / s2
        info[k, -1] = -t * float(like.curve.d1(opt.rho))
        notes.append(note)
    if spec.wu:
        i = k + spec.wy
        squares, note = _trace_square(m.operator_error, opt.lam)
        if hasattr(like.curve_error, "base"):
            squares -= _error_squares_along_ones(m)
        info[i, i] = t * (-float(like.curve_error.d2(opt.lam)) + squares)
        info[i, -1] = -t * float(like.curve_error.d1(opt.lam))
        notes.append(note)
        if spec.wy:
            cross, note = _trace_cross(m)
            if hasattr(like.curve, "base"):
                cross -= _cross_along_ones(m)
            info[k, i] = t * cross
            notes.append(note)
    info = np.triu(info) + np.triu(info, 1).T
    return _invert(info, m, "expected information", tuple(n for n in dict.fromkeys(notes) if n))


def _invert(information: np.ndarray, m: Estimated, title: str, notes: tuple[str, ...] = ()) -> Covariance:
    """Invert the information on (b scaled, rho, lambda, log s2) and return to the units of the data."""
    size = len(information)
    diagonal = np.sqrt(np.abs(np.diag(information)))
    diagonal[diagonal == 0] = 1.0
    balanced = information / np.outer(diagonal, diagonal)
    eigen = np.linalg.eigvalsh(balanced)
    if eigen.min() <= 1e-14 * eigen.max():
        notes += (
            f"The {title} is not positive definite at the estimates (smallest balanced eigenvalue {eigen.min():.2g}): "
            "standard errors are not available; the model is not identified by these data.",
        )
        return Covariance(np.full((size, size), np.nan), title, notes=notes)
    matrix = np.linalg.inv(balanced) / np.outer(diagonal, diagonal)
    k = m.z.shape[2]
    units = np.ones(size)
    units[:k] = 1 / m.likelihood.data.scale[m.likelihood._z]
    units[-1] = m.optimum.sigma2
    return Covariance(matrix * np.outer(units, units), title, notes=notes)


def off_effects(m: Estimated, a: np.ndarray) -> np.ndarray:
    """B a off the effects, for `a` of shape (T, N[, k])."""
    out = a - m.optimum.lam * spatial_lag(m.operator_error.lag, a) if m.likelihood.spec.wu else a
    return demean(out, m.effects, m.v)


def mean_of_lag(m: Estimated) -> np.ndarray:
    """B W y off the effects less its part in the innovations, Q (B W y - G* e), shape (T, N)."""
    lagged = times_g(m, np.ascontiguousarray(m.innovations.T)).T
    return off_effects(m, m.wy) - demean(lagged, m.effects, m.v)


def times_g(m: Estimated, x: np.ndarray, transpose: bool = False) -> np.ndarray:
    """G* x, or G*' x, for x of shape (N[, m]); G* = B G B^-1 and G = W A^-1."""
    rho, lam, wu = m.optimum.rho, m.optimum.lam, m.likelihood.spec.wu
    if transpose:
        x = x - lam * (m.operator_error.W.T @ x) if wu else x
        x = m.operator.solve(rho, m.operator.W.T @ x, transpose=True)
        return m.operator_error.solve(lam, x, transpose=True) if wu else x
    x = m.operator_error.solve(lam, x) if wu else x
    x = m.operator.lag(m.operator.solve(rho, x))
    return x - lam * m.operator_error.lag(x) if wu else x


def times_h(m: Estimated, x: np.ndarray, transpose: bool = False) -> np.ndarray:
    """H x, or H' x, for x of shape (N[, m]); H = W_e B^-1."""
    lam, op = m.optimum.lam, m.operator_error
    return op.solve(lam, op.W.T @ x, transpose=True) if transpose else op.lag(op.solve(lam, x))


def _squares_along_ones(m: Estimated) -> float:
    """|G*'1|^2/N, what J takes from tr(G*'G*) for W with rows that sum to one."""
    g = times_g(m, np.ones(m.operator.N), transpose=True)
    return float(g @ g) / m.operator.N


def _error_squares_along_ones(m: Estimated) -> float:
    """|H'1|^2/N."""
    h = times_h(m, np.ones(m.operator_error.N), transpose=True)
    return float(h @ h) / m.operator_error.N


def _cross_along_ones(m: Estimated) -> float:
    """What the direction of ones takes from tr(H G*) + tr(H' G*): h g + 1'HG*'1/N with H1 = h 1, G*1 = g 1."""
    ones, rho, lam = np.ones(m.operator.N), m.optimum.rho, m.optimum.lam
    h, g = times_h(m, ones, transpose=True), times_g(m, ones, transpose=True)
    return 1 / ((1 - rho) * (1 - lam)) + float(h @ g) / m.operator.N


def _trace_square(operator, rho: float) -> tuple[float, str]:
    """tr(G'G) for one operator, with a note on its error where it is stochastic."""
    value, error = operator.tr_GtG(rho)
    return float(value), f"tr(G'G) is stochastic: relative error {error / abs(value):.1e}" if error else ""


def _trace_gg(m: Estimated) -> tuple[float, str]:
    """tr(G*'G*), G* = B G B^-1."""
    if not m.likelihood.spec.wu:
        return _trace_square(m.operator, m.optimum.rho)
    return _trace_of_products(m, lambda g, h: np.einsum("ij,ij->j", g, g))


def _trace_cross(m: Estimated) -> tuple[float, str]:
    """tr(H G*) + tr(H' G*)."""
    return _trace_of_products(m, lambda g, h: np.einsum("ij,ij->j", h, g), transpose=True)


def _trace_of_products(m: Estimated, inner, transpose: bool = False) -> tuple[float, str]:
    """Sum over columns x of inner(G* x, H x [+ H' x]): exact on the identity, Hutchinson on random signs."""
    n = m.innovations.shape[1]
    exact = n <= _DENSE
    x = np.eye(n) if exact else np.random.default_rng(20090101).choice([-1.0, 1.0], size=(n, _PROBES))
    values = inner(times_g(m, x), times_h(m, x) + times_h(m, x, transpose=True) if transpose else x)
    if exact:
        return float(values.sum()), ""
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(_PROBES)
    return float(mean), f"traces of products are stochastic: relative error {error / abs(mean):.1e}"
