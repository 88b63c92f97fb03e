"""Covariance matrices as named strategies: each one a formula, all of the joint vector (b, rho, lambda, sigma2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toolkit.errors import InputError
from toolkit.models.likelihood import Likelihood, Optimum
from toolkit.models.qml import extra_variance, period_scores
from toolkit.models.robust import (
    Sandwich,
    bandwidth_of,
    bartlett_sum,
    cluster,
    cluster_twoway,
    conley,
    driscoll_kraay,
    hc,
    sandwich,
)
from toolkit.models.transform import demean, effects_df, spatial_lag

__all__ = ["COVARIANCES", "Covariance", "Estimated", "Strategy", "covariance", "covariance_named"]

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

    def filtered(a):
        out = a - opt.lam * spatial_lag(m.operator_error.lag, a) if spec.wu else a
        return demean(out, m.effects, m.v)

    bz = filtered(m.z).reshape(-1, k) / scale_z
    size = k + len(spec.spatial) + 1
    info = np.zeros((size, size))
    info[:k, :k] = bz.T @ bz / s2
    info[-1, -1] = like.data.n / 2  # in log sigma2
    if spec.wy:
        g_error, note = _filtered_lag_of_innovations(m), ""
        mean = filtered(m.wy) - demean(g_error, m.effects, m.v)
        mean = mean.ravel()
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
            squares -= _along_ones(m.operator_error, opt.lam)
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


def _linear(m: Estimated) -> Sandwich:
    return sandwich(m.z, m.innovations, m.effects)


def _padded(matrix: np.ndarray, m: Estimated) -> np.ndarray:
    """Least squares has no joint theory for sigma2 here: its row is that of the normal."""
    k = len(matrix)
    out = np.zeros((k + 1, k + 1))
    out[:k, :k] = matrix
    out[k, k] = 2 * m.optimum.sigma2**2 / m.innovations.size
    return out


def _hc(kind: int):
    def strategy(m: Estimated) -> Covariance:
        s = _linear(m)
        return Covariance(_padded(hc(s, kind), m), f"heteroskedasticity-robust (HC{kind})")

    strategy.__doc__ = f"HC{kind}; see `robust.hc`."
    return strategy


def cluster_entity(m: Estimated, clusters=None) -> Covariance:
    """Clustered by region, or by groups of regions (`clusters`, one a region); Student's t with G - 1."""
    t, n = m.innovations.shape
    codes, what = np.arange(n), "region"
    if clusters is not None:
        names, codes = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
        what = f"{len(names)} groups of regions"
        if len(codes) != n:
            raise InputError(
                f"clusters has {len(codes)} entries for {n} regions.", allowed="one a region, in the panel's order"
            )
    nested = n if m.effects in ("entity", "twoway") else 0
    matrix, groups = cluster(_linear(m), np.tile(codes, (t, 1)), nested)
    notes = _few(groups, "clusters")
    return Covariance(_padded(matrix, m), f"clustered by {what}", df=float(groups - 1), notes=notes)


def cluster_time(m: Estimated) -> Covariance:
    """Clustered by period; Student's t with T - 1. For maximum likelihood the scores of periods (see `qml`)."""
    t, n = m.innovations.shape
    if m.likelihood.spec.spatial:
        return _on_periods(m, 0, "clustered by period (scores)", t / max(t - 1, 1))
    if t < 2:
        raise InputError(
            "There is one period: clusters of periods need two or more.", allowed="hc1 for a cross-section"
        )
    nested = t if m.effects in ("time", "twoway") else 0
    matrix, groups = cluster(_linear(m), np.tile(np.arange(t)[:, None], (1, n)), nested)
    return Covariance(_padded(matrix, m), "clustered by period", df=float(groups - 1), notes=_few(groups, "periods"))


def cluster_both(m: Estimated) -> Covariance:
    """Clustered by region and by period (Cameron, Gelbach and Miller 2011); Student's t with min(N, T) - 1."""
    matrix, groups, proper = cluster_twoway(_linear(m))
    notes = _few(groups, "clusters")
    if not proper:
        notes += ("The two-way clustered covariance is not positive semi-definite: use one-way clusters.",)
    return Covariance(_padded(matrix, m), "clustered by region and period", df=float(groups - 1), notes=notes)


def dk(m: Estimated, bandwidth: int | None = None) -> Covariance:
    """Driscoll and Kraay (1998): any dependence across regions, Bartlett kernel over `bandwidth` lags of time."""
    t = len(m.innovations)
    lags = bandwidth_of(t, bandwidth)
    if m.likelihood.spec.spatial:
        return _on_periods(m, lags, f"Driscoll-Kraay (scores, {lags} lags)", 1.0)
    title = f"Driscoll-Kraay ({lags} lags)"
    return Covariance(_padded(driscoll_kraay(_linear(m), lags), m), title, notes=_few(t, "periods"))


def spatial_hac(
    m: Estimated, cutoff: float | None = None, kernel: str = "bartlett", serial_lag: int = 0, coordinates=None
):
    """Conley (1999): dependence within `cutoff` km and up to `serial_lag` periods; see `robust.conley`."""
    t, n = m.innovations.shape
    if cutoff is None or isinstance(cutoff, bool) or not np.isscalar(cutoff) or not cutoff > 0:
        raise InputError(
            f"cutoff={cutoff!r}: Conley's covariance needs the distance beyond which regions are independent.",
            allowed="kilometres above 0, e.g. cov_options={'cutoff': 500}",
        )
    if kernel not in ("bartlett", "uniform"):
        raise InputError(f"kernel={kernel!r} is not known.", allowed="bartlett, uniform")
    if isinstance(serial_lag, bool) or not isinstance(serial_lag, int) or not 0 <= serial_lag < t:
        raise InputError(f"serial_lag={serial_lag!r} is not a number of periods.", allowed=f"0 to {t - 1}")
    where = np.asarray(coordinates, float)
    if where.shape != (n, 2) or not np.isfinite(where).all() or np.abs(where[:, 1]).max() > 90:
        raise InputError(
            f"coordinates of shape {where.shape} do not place {n} regions.",
            allowed="longitude and latitude in degrees, (N, 2)",
        )
    km = float(cutoff)
    matrix, facts = conley(_linear(m), where, km, kernel, serial_lag)
    notes = (f"{facts['neighbours']:.1f} regions lie within {km:g} km on average.",)
    if facts["smallest"] < 0:
        notes += ("Conley's covariance is not positive semi-definite here: use kernel='bartlett' or another cutoff.",)
    lag = f", {serial_lag} periods" if serial_lag else ""
    return Covariance(_padded(matrix, m), f"Conley ({km:g} km, {kernel}{lag})", notes=notes)


def qml(m: Estimated) -> Covariance:
    """Sandwich with third and fourth moments of the innovations (Lee 2004, eq. 3.5; Lee and Yu 2010).

    Consistent when innovations are independent and identically distributed but not normal. With no skewness and no
    excess kurtosis it is the expected information.
    """
    base = expected(m)
    if not np.isfinite(base.matrix).all():
        return base
    extra, note = extra_variance(m)
    matrix = base.matrix + base.matrix @ extra @ base.matrix
    return Covariance(matrix, "QML sandwich (third and fourth moments)", notes=(*base.notes, note))


def _on_periods(m: Estimated, lags: int, title: str, factor: float) -> Covariance:
    t = len(m.innovations)
    if t < 2:
        raise InputError(
            "There is one period: dependence over periods cannot be estimated.", allowed="hessian, expected, qml"
        )
    inverse = hessian(m)
    meat = bartlett_sum(period_scores(m), lags)
    return Covariance(
        factor * inverse.matrix @ meat @ inverse.matrix, title, notes=(*inverse.notes, *_few(t, "periods"))
    )


def _few(groups: int, what: str, enough: int = 30) -> tuple[str, ...]:
    if groups >= enough:
        return ()
    advice = "; see tk.wild_bootstrap" if what == "clusters" else ""
    return (f"{groups} {what} are few for this covariance: its tests reject too often{advice}.",)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A covariance: its function, the models it applies to ("linear", "spatial"), its options, what it is for."""

    function: Callable
    kinds: tuple[str, ...]
    options: tuple[str, ...] = ()
    meaning: str = ""


COVARIANCES = {
    "classical": Strategy(classical, ("linear",), meaning="independent, equal variances"),
    "hessian": Strategy(hessian, ("linear", "spatial"), meaning="observed information"),
    "expected": Strategy(expected, ("linear", "spatial"), meaning="expected information"),
    "qml": Strategy(qml, ("spatial",), meaning="independent but not normal innovations"),
    "hc0": Strategy(_hc(0), ("linear",), meaning="unequal variances"),
    "hc1": Strategy(_hc(1), ("linear",), meaning="unequal variances, degrees of freedom"),
    "hc2": Strategy(_hc(2), ("linear",), meaning="unequal variances, leverage"),
    "hc3": Strategy(_hc(3), ("linear",), meaning="unequal variances, jackknife"),
    "cluster-entity": Strategy(
        cluster_entity, ("linear",), ("clusters",), "any dependence within regions or groups of them"
    ),
    "cluster-time": Strategy(cluster_time, ("linear", "spatial"), meaning="any dependence within periods"),
    "cluster-twoway": Strategy(cluster_both, ("linear",), meaning="within regions and within periods"),
    "driscoll-kraay": Strategy(dk, ("linear", "spatial"), ("bandwidth",), "across regions, and over time up to a lag"),
    "conley": Strategy(
        spatial_hac, ("linear",), ("cutoff", "kernel", "serial_lag", "coordinates"), "across regions up to a distance"
    ),
}


def covariance_named(name: str | None, spatial: bool) -> str:
    """The covariance asked for, or the default: classical for OLS and SLX, the observed Hessian for ML.

    Raises
    ------
    InputError
        For an unknown name, or one that is not consistent for the model; lists what is, with its meaning.
    """
    kind = "spatial" if spatial else "linear"
    if name is None:
        return "hessian" if spatial else "classical"
    allowed = "; ".join(f"{key} ({s.meaning})" for key, s in COVARIANCES.items() if kind in s.kinds)
    if name not in COVARIANCES:
        raise InputError(f"cov={name!r} is not a covariance estimator of this model.", allowed=allowed)
    if kind in COVARIANCES[name].kinds:
        return name
    if not spatial:
        raise InputError(
            f"cov={name!r} belongs to maximum likelihood with rho or lambda; this model is least squares.",
            allowed=allowed,
        )
    if name == "classical":
        raise InputError(
            "cov='classical' belongs to models estimated by least squares (ols, slx), not to maximum likelihood of a "
            "spatial lag or error.",
            allowed=allowed,
        )
    raise InputError(
        f"cov={name!r} does not rescue maximum likelihood with rho or lambda: under heteroskedasticity the estimates "
        "themselves are inconsistent (a lag coefficient of 0.45 for 0.40 in a Monte Carlo), whatever the standard errors.",
        allowed=allowed,
        fix="estimate by method='het' (GS2SLS robust to heteroskedasticity), or keep the covariance and drop rho and lambda",
    )


def covariance(name: str, m: Estimated, **options) -> Covariance:
    """The covariance called `name` with its options, see `COVARIANCES`.

    Raises
    ------
    InputError
        For options it does not take.
    """
    strategy = COVARIANCES[name]
    unknown = [key for key in options if key not in strategy.options]
    if unknown:
        raise InputError(
            f"cov={name!r} does not take {', '.join(map(repr, unknown))}.",
            allowed=", ".join(strategy.options) or "no options",
        )
    return strategy.function(m, **options)


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


def _filtered_lag_of_innovations(m: Estimated) -> np.ndarray:
    """G* e = B G B^-1 e, shape (T, N)."""
    spec, opt = m.likelihood.spec, m.optimum
    x = np.ascontiguousarray(m.innovations.T)
    if spec.wu:
        x = m.operator_error.solve(opt.lam, x)
    x = m.operator.lag(m.operator.solve(opt.rho, x))
    if spec.wu:
        x = x - opt.lam * m.operator_error.lag(x)
    return x.T


def _along_ones(operator, lam: float) -> float:
    """1'HH'1/N for W with rows that sum to one: |H'1|^2/N, what J takes from tr(H'H)."""
    ones = np.ones(operator.N)
    h = operator.solve(lam, operator.W.T @ ones, transpose=True)
    return float(h @ h) / operator.N


def _squares_along_ones(m: Estimated) -> float:
    """|G*'1|^2/N with G* = B G B^-1."""
    ones = np.ones(m.operator.N)
    g = _g_star_transposed(m, ones)
    return float(g @ g) / m.operator.N


def _g_star_transposed(m: Estimated, x: np.ndarray) -> np.ndarray:
    """G*'x = B'^-1 G' B' x."""
    wu, lam = m.likelihood.spec.wu, m.optimum.lam
    x = x - lam * (m.operator_error.W.T @ x) if wu else x
    x = m.operator.solve(m.optimum.rho, m.operator.W.T @ x, transpose=True)
    return m.operator_error.solve(lam, x, transpose=True) if wu else x


def _cross_along_ones(m: Estimated) -> float:
    """What the direction of ones takes from tr(H G*) + tr(H' G*): h g + 1'HG*'1/N with H1 = h 1, G*1 = g 1."""
    ones, rho, lam = np.ones(m.operator.N), m.optimum.rho, m.optimum.lam
    h = m.operator_error.solve(lam, m.operator_error.W.T @ ones, transpose=True)
    return 1 / ((1 - rho) * (1 - lam)) + float(h @ _g_star_transposed(m, ones)) / m.operator.N


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
    opt, n = m.optimum, m.innovations.shape[1]
    exact = n <= _DENSE
    x = np.eye(n) if exact else np.random.default_rng(20090101).choice([-1.0, 1.0], size=(n, _PROBES))

    def h(a):
        return m.operator_error.lag(m.operator_error.solve(opt.lam, a))

    def h_transposed(a):
        return m.operator_error.solve(opt.lam, m.operator_error.W.T @ a, transpose=True)

    g = m.operator_error.solve(opt.lam, x)
    g = m.operator.lag(m.operator.solve(opt.rho, g))
    g = g - opt.lam * m.operator_error.lag(g)
    values = inner(g, h(x) + h_transposed(x) if transpose else x)
    if exact:
        return float(values.sum()), ""
    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(_PROBES)
    return float(mean), f"traces of products are stochastic: relative error {error / abs(mean):.1e}"
