"""Covariance matrices as named strategies: each one a formula, all of the joint vector (b, rho, lambda, sigma2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toolkit.errors import InputError
from toolkit.models.information import Covariance, Estimated, classical, expected, hessian
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

__all__ = ["COVARIANCES", "Covariance", "Estimated", "Strategy", "covariance", "covariance_named"]


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
    """Conley (1999): dependence within `cutoff` km and up to `serial_lag` periods; see `robust.conley`.

    No factor for degrees of freedom. A cutoff below every distance leaves Newey and West's covariance within regions.
    """
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
        notes += (
            "Conley's covariance is not positive semi-definite here, which neither kernel rules out on a sphere"
            f" (kernel={kernel!r}): try another cutoff{'' if kernel == 'bartlett' else ' or the Bartlett kernel'}.",
        )
    lag = f", {serial_lag} periods" if serial_lag else ""
    return Covariance(_padded(matrix, m), f"Conley ({km:g} km, {kernel}{lag})", notes=notes)


def qml(m: Estimated) -> Covariance:
    """Sandwich with third and fourth moments of the innovations (Lee 2004, eq. 3.5; Lee and Yu 2010).

    A^-1 (A + E) A^-1 with A the expected information and E of `qml.extra_variance`. Consistent when innovations are
    independent and identically distributed but not normal; with no skewness and no excess kurtosis it is the expected
    information. Like that, it counts T periods after entity effects where T - 1 are free, unless the fit has a
    `bias_correction`.
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
    scores = period_scores(m)
    meat = bartlett_sum(scores - scores.mean(axis=0), lags)  # the mean is zero but for estimates corrected for bias
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
