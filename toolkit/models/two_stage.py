"""Spatial two-stage least squares, generalised for spatial errors, homoskedastic or robust to heteroskedasticity.

    y = rho W y + Z b + Y c + effects + u,   u = lambda W_e u + e,   instruments H = [Z, outside, W^p X, W^(p+1) X],

p = 1 where W X is not a regressor, 2 where it is. Without lambda this is S2SLS (Kelejian and Prucha 1998). With lambda:
S2SLS residuals give lambda by moments, the Cochrane-Orcutt transformed equation is estimated by 2SLS, and lambda again
by efficiently weighted moments (Kelejian and Prucha 2010; Arraiz and others 2010; Drukker, Egger and Prucha 2013):

    A1 = W'W - D (diagonal D: tr(W'W)/N, or W'W's own diagonal when variances may differ),    A2 = W,
    q_r(lambda) = (u - lambda W u)' A_r (u - lambda W u) / N T = 0,     r = 1, 2.

Region effects are removed by forward orthogonal deviations for these, which leave errors uncorrelated across periods where a
region's variance is constant over time (b and lambda are consistent without that; the covariance of ``het`` is not), time
effects by the deviation from the period's mean before, so that both need the lag taken first. Deviations from period means
shift the moments, which `spatial_gmm` centres again.

References
----------
Kelejian, H. and Prucha, I. (1998). Journal of Real Estate Finance and Economics 17; (1999). International Economic Review
40; (2010). Journal of Econometrics 157. Arraiz, I., Drukker, D., Kelejian, H. and Prucha, I. (2010). JRS 50. Drukker, D.,
Egger, P. and Prucha, I. (2013). Econometric Reviews 32. Mutl, J. and Pfaffermayr, M. (2011). Econometrics Journal 14.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable, TestResult
from toolkit.errors import EstimationError, InputError
from toolkit.models.instruments import weak_identification
from toolkit.models.solution import Solution
from toolkit.models.spatial_gmm import anselin_kelejian, moment_matrices, require_constant_rows
from toolkit.models.spec import Spec
from toolkit.models.transform import demean, effects_df, spatial_lag

__all__ = ["Instruments", "TwoStage", "spatial_instruments", "two_stage"]


@dataclass(frozen=True, eq=False)
class Instruments:
    """Columns H (T, N, m), their names, and the names of those left out because others span them."""

    values: np.ndarray
    names: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TwoStage:
    """Two-stage least squares on stacked columns.

    Attributes
    ----------
    beta : ndarray, shape (k,)
    cov : ndarray, shape (k, k)
    residuals : ndarray, shape (n,)
    fitted : ndarray, shape (n, k)
        Regressors projected on the instruments.
    sigma2 : float
    """

    beta: np.ndarray
    cov: np.ndarray
    residuals: np.ndarray
    fitted: np.ndarray
    sigma2: float


def forward_deviations(a: np.ndarray) -> np.ndarray:
    """Forward orthogonal deviations over time (Arellano and Bover 1995): (T, N, ...) to (T - 1, N, ...)."""
    t = len(a)
    ahead = np.cumsum(a[::-1], axis=0)[::-1]
    left = np.arange(t - 1, 0, -1, dtype=float).reshape(-1, *([1] * (a.ndim - 1)))
    return np.sqrt(left / (left + 1)) * (a[:-1] - ahead[1:] / left)


def spatial_instruments(
    x: np.ndarray, names: Sequence[str], lag, powers: Sequence[int]
) -> tuple[np.ndarray, list[str]]:
    """W^p x for the given powers, (T, N, len(powers) k), lagged on the raw data, and their names."""
    columns, out, current = [], [], x
    for p in range(1, max(powers) + 1):
        current = spatial_lag(lag, current)
        if p in powers:
            columns.append(current)
            out += [f"W{'' if p == 1 else f'^{p}'} {name}" for name in names]
    return np.concatenate(columns, axis=2), out


def _lagged_regressors(z, terms, blocks, own, endogenous, lag) -> tuple[np.ndarray, list[str]]:
    """Instruments for W y: W x and W^2 x, one power higher for an x whose W x is a regressor already.

    Where W X was lagged by other weights its own lags by W are taken too.
    """
    durbin = [j for j, b in enumerate(blocks) if b == "WX" and j not in endogenous]
    first = spatial_lag(lag, z[:, :, own])
    repeats = {
        j: [i for i in durbin if np.allclose(z[:, :, i], w, rtol=0, atol=1e-10 * np.abs(w).max())]
        for j, w in zip(own, np.moveaxis(first, 2, 0), strict=True)
    }
    taken = {i for found in repeats.values() for i in found}
    columns, names = [np.zeros((*z.shape[:2], 0))], []
    for group, powers in (
        ([j for j in own if not repeats[j]], (1, 2)),
        ([j for j in own if repeats[j]], (2, 3)),
        ([j for j in durbin if j not in taken], (1,)),
    ):
        if group:
            more, called = spatial_instruments(z[:, :, group], [terms[j] for j in group], lag, powers)
            columns.append(more)
            names += called
    return np.concatenate(columns, axis=2), names


def two_stage(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    blocks: tuple[str, ...],
    spec: Spec,
    effects: str,
    method: str = "2sls",
    operator=None,
    operator_error=None,
    *,
    x_columns: Sequence[int] = (),
    endogenous: Sequence[int] = (),
    outside: np.ndarray | None = None,
    outside_terms: Sequence[str] = (),
    cov: str = "classical",
    clusters: np.ndarray | None = None,
) -> Solution:
    """S2SLS (``2sls``), GS2SLS (``gs2sls``) or GS2SLS robust to heteroskedasticity (``het``).

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X, then WX, lagged on the raw data.
    terms, blocks : tuple of str, length k
    spec : Spec
    effects : {"none", "entity", "time", "twoway"}
    method : {"2sls", "gs2sls", "het"}
    operator, operator_error : Operator
        Of W and W_e.
    x_columns : sequence of int
        Columns of `z` whose spatial lags are instruments (exogenous, not constant).
    endogenous : sequence of int
        Columns of `z` that are instrumented.
    outside, outside_terms : ndarray, shape (T, N, q), and names
        Instruments from outside the equation; their spatial lags are used too when there is rho.
    cov : {"classical", "hc0", "hc1", "cluster-entity"}
        Of 2sls. GS2SLS has its own.
    clusters : ndarray, shape (N,), optional
        Groups of regions for cluster-entity.

    Returns
    -------
    Solution
        ``tests``: first-stage F, Cragg-Donald or Kleibergen-Paap, Sargan or Hansen's J, Wu-Hausman,
        Anselin-Kelejian. The instruments are in the notes.

    Raises
    ------
    EstimationError
        If the equation is not identified, or regressors are collinear.
    """
    t, n = y.shape
    if spec.wu:
        require_constant_rows(operator_error, effects)
    if method not in ("2sls", "gs2sls", "het"):
        raise InputError(f"method={method!r} is not known.", allowed="2sls, gs2sls, het")
    lag = operator.lag if operator is not None else None
    regressors, names, kinds = [z], list(terms), list(blocks)
    lags_of = [f"W {terms[j]}" for j in endogenous]  # the lag of an endogenous regressor is endogenous
    endogenous = [*endogenous, *(j for j, name in enumerate(terms) if name in lags_of and j not in endogenous)]
    if spec.wy:
        regressors.append(spatial_lag(lag, y)[:, :, None])
        endogenous.append(len(names))
        names.append("rho")
        kinds.append("spatial")
    zz = np.concatenate(regressors, axis=2)
    exogenous = [j for j in range(zz.shape[2]) if j not in endogenous]
    h, hnames = [zz[:, :, exogenous]], [names[j] for j in exogenous]
    if outside is not None:
        h.append(outside)
        hnames += list(outside_terms)
    lagging = spec.wy or any(name in terms for name in lags_of)
    if outside is not None and lagging and (operator or operator_error) is not None:
        columns, extra = spatial_instruments(outside, outside_terms, (operator or operator_error).lag, (1, 2))
        h.append(columns)
        hnames += extra
    if spec.wy:
        own = [j for j in x_columns if j not in endogenous]
        if not own and outside is None:
            raise EstimationError(
                "There is no exogenous regressor whose spatial lags could be instruments for W y.",
                fix="add exogenous regressors or instruments=[...]",
            )
        columns, extra = _lagged_regressors(z, terms, blocks, own, endogenous, lag)
        h.append(columns)
        hnames += extra
    elif spec.wu:  # so that the filtered regressors, B Z, are among the instruments
        own = [j for j in exogenous if np.ptp(z[:, :, j]) > 0]
        columns, extra = spatial_instruments(z[:, :, own], [terms[j] for j in own], operator_error.lag, (1,))
        h.append(columns)
        hnames += extra
    h = np.concatenate(h, axis=2)

    fod = method != "2sls" and effects in ("entity", "twoway")

    def off(a: np.ndarray) -> np.ndarray:
        return forward_deviations(demean(a, "time") if effects == "twoway" else a) if fod else demean(a, effects)

    if fod and t < 2:
        raise EstimationError(
            "Forward orthogonal deviations need two periods or more.", fix="use effects='none' or 'time'"
        )
    ys, zs, hs = off(y), off(zz), off(h)
    periods = len(ys)
    instruments = _independent(hs, hnames)
    k, m = zs.shape[2], instruments.values.shape[2]
    if m < k:
        raise EstimationError(
            f"{m} instruments ({', '.join(instruments.names)}) cannot identify {k} coefficients.",
            fix="name more instruments: instruments=[...]",
        )
    flat_y, flat_z, flat_h = ys.ravel(), zs.reshape(-1, k), instruments.values.reshape(-1, m)
    taken = 0 if fod else effects_df(effects, n, t)
    if fod and effects == "twoway":
        taken = periods
    first = _two_stage(flat_y, flat_z, flat_h)
    notes = [f"Instruments: {', '.join(h for h in instruments.names if h not in names)}."]
    if instruments.dropped:
        notes.append(f"Left out, because the other instruments span them: {', '.join(instruments.dropped)}.")
    excluded = [i for i, name in enumerate(instruments.names) if name not in {names[j] for j in exogenous}]
    strength = _strength(flat_z, flat_h[:, excluded], [names[j] for j in endogenous], endogenous, exogenous, taken)
    if endogenous:
        groups = None
        if method == "2sls" and cov == "cluster-entity":
            groups = np.tile(_codes(clusters, n), periods)
        robust = method == "het" or (method == "2sls" and cov in ("hc0", "hc1"))
        strength.append(
            weak_identification(
                flat_z[:, endogenous], flat_z[:, exogenous], flat_h[:, excluded], taken, robust=robust, groups=groups
            )
        )
    if not spec.wu:
        beta, residuals = first.beta, first.residuals
        df = n * t - k - taken if not fod else n * periods - k - (periods if effects == "twoway" else 0)
        s2 = float(residuals @ residuals) / df
        covariance, title = _covariance(
            first,
            residuals.reshape(periods, n),
            zs.shape,
            cov if method == "2sls" else ("hc0" if method == "het" else "classical"),
            s2,
            df,
            clusters,
        )
        tests = [
            *strength,
            *_overidentification(
                first, flat_h, residuals, k, m, covariance, cov if method == "2sls" else method, n, periods
            ),
        ]
        if method == "2sls":
            tests += _wu_hausman(flat_y, flat_z, flat_h, endogenous, df)
        if spec.wy:
            tests.append(anselin_kelejian(residuals.reshape(periods, n), zs, first.cov, operator, effects, n, t))
        lam, extra_terms = None, ()
    else:
        time = effects in ("time", "twoway")
        out = _generalised(ys, zs, instruments.values, first, operator_error, method == "het", not endogenous, time)
        beta, lam, covariance, residuals = out
        df = n * periods - k - 1 - (periods if effects == "twoway" and fod else 0)
        s2 = float((residuals**2).sum()) / (n * periods)
        title = "Kelejian-Prucha GMM, robust to heteroskedasticity" if method == "het" else "Drukker-Egger-Prucha GMM"
        beta, extra_terms = np.append(beta, lam), ("lambda",)
        tests = strength
    for name, value, op in (
        ("rho", beta[names.index("rho")] if spec.wy else 0.0, operator),
        ("lambda", lam, operator_error),
    ):
        if name in (*names, *extra_terms) and value is not None and not op.interval[0] < value < op.interval[1]:
            notes.append(
                f"{name} = {value:.4f} is outside its admissible interval ({op.interval[0]:.4f}, {op.interval[1]:.4f})."
            )
    innovations = np.asarray(residuals, float).reshape(periods, n)
    if fod:
        innovations = np.concatenate([innovations, np.full((1, n), np.nan)])
        notes.append("Region effects are removed by forward orthogonal deviations, which use up the last period.")
    words = {
        "2sls": "spatial two-stage least squares" if spec.wy else "two-stage least squares",
        "gs2sls": "generalised spatial two-stage least squares",
        "het": "generalised spatial two-stage least squares, robust to heteroskedasticity",
    }[method]
    return Solution(
        estimator=words,
        coefficients=CoefTable((*names, *extra_terms), beta, covariance, (*kinds, *("spatial",) * len(extra_terms))),
        cov_title=title,
        innovations=innovations,
        sigma2=s2,
        sigma2_divisor=f"degrees of freedom = {df}" if not spec.wu else f"observations = {n * periods}",
        n_params=len(beta) + 1 + (taken if not fod else n + (t - 1 if effects == "twoway" else 0)),
        tests=tuple(tests),
        details=MappingProxyType({"instruments": float(m)}),
        notes=tuple(notes),
    )


def _independent(h: np.ndarray, names: Sequence[str]) -> Instruments:
    """Columns that the ones before them do not span."""
    flat = h.reshape(-1, h.shape[2])
    scale = np.sqrt((flat**2).sum(axis=0))
    kept, basis, dropped = [], np.zeros((len(flat), 0)), []
    for j in range(flat.shape[1]):
        if scale[j] <= 1e-10 * max(scale.max(), 1e-300):
            dropped.append(names[j])
            continue
        v = flat[:, j] / scale[j]
        left = v - basis @ (basis.T @ v)
        left = left - basis @ (basis.T @ left)
        size = float(np.linalg.norm(left))
        if size < 1e-7:
            dropped.append(names[j])
            continue
        basis = np.column_stack([basis, left / size])
        kept.append(j)
    return Instruments(h[:, :, kept], tuple(names[j] for j in kept), tuple(dropped))


def _project(a: np.ndarray, h: np.ndarray) -> np.ndarray:
    q, _ = np.linalg.qr(h / np.sqrt((h**2).sum(axis=0)))
    return q @ (q.T @ a)


def _two_stage(y: np.ndarray, z: np.ndarray, h: np.ndarray) -> TwoStage:
    fitted = _project(z, h)
    scale = np.sqrt((fitted**2).sum(axis=0))
    if (scale <= 1e-10 * np.sqrt((z**2).sum(axis=0))).any() or np.linalg.cond(fitted / scale) > 1e10:
        raise EstimationError(
            "The equation is not identified: given the instruments the regressors are collinear.",
            fix="drop a regressor that the effects absorb or others repeat, or give other instruments",
        )
    inverse = np.linalg.inv((fitted / scale).T @ (fitted / scale)) / np.outer(scale, scale)
    beta = inverse @ (fitted.T @ y)
    residuals = y - z @ beta
    return TwoStage(beta, inverse, residuals, fitted, float(residuals @ residuals) / len(y))


def _codes(clusters, n: int) -> np.ndarray:
    """Group of each region, 0, 1, ...; each its own by default."""
    return np.arange(n) if clusters is None else np.unique(np.asarray(clusters, str), return_inverse=True)[1]


def _covariance(f: TwoStage, e: np.ndarray, shape, cov: str, s2: float, df: int, clusters) -> tuple[np.ndarray, str]:
    if cov == "classical":
        return s2 * f.cov, "classical"
    scores = f.fitted * f.residuals[:, None]
    if cov in ("hc0", "hc1"):
        factor = 1.0 if cov == "hc0" else len(f.residuals) / df
        return factor * f.cov @ (scores.T @ scores) @ f.cov, f"heteroskedasticity-robust ({cov.upper()})"
    if cov == "cluster-entity":
        periods, n = e.shape
        codes = _codes(clusters, n)
        sums = np.zeros((codes.max() + 1, scores.shape[1]))
        np.add.at(sums, np.tile(codes, periods), scores)
        groups = len(sums)
        what = "region" if clusters is None else f"{groups} groups of regions"
        return groups / (groups - 1) * f.cov @ (sums.T @ sums) @ f.cov, f"clustered by {what}"
    raise InputError(
        f"cov={cov!r} is not a covariance of two-stage least squares.", allowed="classical, hc0, hc1, cluster-entity"
    )


# -- lambda and its joint covariance ----------------------------------------------------------------


def _generalised(y, z, h, first: TwoStage, operator, het: bool, exogenous: bool, time: bool):
    """GM lambda, Cochrane-Orcutt 2SLS, efficient GM lambda and the joint covariance (b, lambda)."""
    t, n = y.shape
    k, m = z.shape[2], h.shape[2]
    w = operator.W
    size = n * t
    forms = moment_matrices(w, het, time)

    def apply(a, x):
        """A x for every period, x (T, N[, k])."""
        return spatial_lag(lambda b: a @ b, x)

    def lagged(x):
        """W x, off the time effects that lagging brings back."""
        return demean(apply(w, x), "time") if time else apply(w, x)

    def moments(u):
        ub = lagged(u)
        g, rows = np.empty(2), np.empty((2, 2))
        for r, a in enumerate(forms):
            au, aub = apply(a, u), apply(a, ub)
            g[r] = (u * au).sum() / size
            rows[r] = [2 * (ub * au).sum() / size, -(ub * aub).sum() / size]
        return rows, g

    def solve(rows, g, weight, start):
        from scipy.optimize import minimize_scalar

        low, high = max(operator.interval[0], -1.5), min(operator.interval[1], 1.5)

        def loss(p):
            gap = rows @ np.array([p, p**2]) - g
            return float(gap @ weight @ gap)

        grid = np.linspace(low + 1e-4, high - 1e-4, 41)
        best = grid[int(np.argmin([loss(p) for p in grid]))]
        width = grid[1] - grid[0]
        found = minimize_scalar(
            loss, bounds=(max(low, best - width), min(high, best + width)), method="bounded", options={"xatol": 1e-13}
        )
        return float(found.x)

    def psi_of(u, lam, zt, ht, fitted_inverse):
        """Covariance of the moments, its link to b, and what the residuals' estimation adds (KP 2010, eqs. 12-15)."""
        e = u - lam * lagged(u)
        s2 = float((e**2).sum()) / size
        variances = e**2 if het else np.full_like(e, s2)
        vectors, p = [], fitted_inverse
        for a in forms:
            if exogenous:  # then E[Z'A e] = 0 and the estimation of b does not matter
                vectors.append(np.zeros_like(e))
                continue
            alpha = -2 * np.einsum("tnk,tn->k", zt, apply(a, e)) / size
            vectors.append((ht.reshape(size, m) @ (p @ alpha)).reshape(t, n))
        psi = np.empty((2, 2))
        for i in range(2):
            for j in range(2):
                cross = forms[i].multiply(forms[j])
                total = float(sum(v @ (cross @ v) for v in variances))
                psi[i, j] = 2 * total / size + float((variances * vectors[i] * vectors[j]).sum()) / size
        if not het:
            third, fourth = float((e**3).mean()), float((e**4).mean()) - 3 * s2**2
            diagonals = [f.diagonal() for f in forms]
            for i in range(2):
                for j in range(2):
                    psi[i, j] += fourth * float((diagonals[i] * diagonals[j]).sum()) * t / size
                    psi[i, j] += (
                        third * float((vectors[i] * diagonals[j]).sum() + (vectors[j] * diagonals[i]).sum()) / size
                    )
        return e, variances, vectors, psi

    def links(zt, ht):
        """P = (H'H/n)^-1 H'Z/n [Z'H (H'H)^-1 H'Z/n]^-1, shape (m, k)."""
        fh, fz = ht.reshape(size, m), zt.reshape(size, k)
        hh, hz = fh.T @ fh / size, fh.T @ fz / size
        inner = np.linalg.solve(hh, hz)
        return inner @ np.linalg.inv(hz.T @ inner)

    u = first.residuals.reshape(t, n)
    rows, g = moments(u)
    lam = solve(rows, g, np.eye(2), 0.0)
    # weights of the second step rest on the S2SLS residuals: their linear part is that of u, filtered by B
    if het:
        p = links(z, h)
        zt = z - lam * lagged(z)
        left = spatial_lag(lambda b: operator.solve(lam, b, transpose=True), h)
        e = u - lam * lagged(u)
        vectors = []
        for a in forms:
            if exogenous:
                vectors.append(np.zeros_like(e))
                continue
            alpha = -2 * np.einsum("tnk,tn->k", zt, apply(a, e)) / size
            vectors.append((left.reshape(size, m) @ (p @ alpha)).reshape(t, n))
        psi = _psi(forms, e**2, vectors, size)
        lam = solve(rows, g, np.linalg.inv(psi), lam)

    def filtered(a):
        return a - lam * lagged(a)

    yt, zt = filtered(y), filtered(z)
    second = _two_stage(yt.ravel(), zt.reshape(size, k), h.reshape(size, m))
    u = (y.ravel() - z.reshape(size, k) @ second.beta).reshape(t, n)
    rows, g = moments(u)
    p = links(zt, h)
    e, variances, vectors, psi = psi_of(u, lam, zt, h, p)
    lam_final = solve(rows, g, np.linalg.inv(psi), lam)
    zt = z - lam_final * lagged(z)
    p = links(zt, h)
    e, variances, vectors, psi = psi_of(u, lam_final, zt, h, p)
    j = rows @ np.array([1.0, 2 * lam_final])
    weight = np.linalg.inv(psi)
    inner = 1 / float(j @ weight @ j)
    fh = h.reshape(size, m)
    psi_bb = fh.T @ (variances.ravel()[:, None] * fh) / size
    psi_bl = np.column_stack([fh.T @ (variances * v).ravel() / size for v in vectors])
    if not het:
        third = float((e**3).mean())
        for i, f in enumerate(forms):
            psi_bl[:, i] += third * (fh.T @ np.tile(f.diagonal(), t)) / size
    omega = np.zeros((k + 1, k + 1))
    omega[:k, :k] = p.T @ psi_bb @ p
    omega[k, k] = inner
    omega[:k, k] = omega[k, :k] = p.T @ psi_bl @ weight @ j * inner
    return second.beta, lam_final, omega / size, e


def _psi(forms, variances, vectors, size) -> np.ndarray:
    psi = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            cross = forms[i].multiply(forms[j])
            total = float(sum(v @ (cross @ v) for v in variances))
            psi[i, j] = 2 * total / size + float((variances * vectors[i] * vectors[j]).sum()) / size
    return psi


# -- diagnostics ------------------------------------------------------------------------------------


def _strength(z, h, names, endogenous, exogenous, taken) -> list[TestResult]:
    """First-stage F of the excluded instruments, conditional for several endogenous (Sanderson and Windmeijer 2016)."""
    from scipy import stats

    out = []
    included = z[:, exogenous]

    def off(a):
        return a - _project(a, included) if included.shape[1] else a

    if not names:
        return []
    ends = off(z[:, endogenous])
    q, _ = np.linalg.qr(off(h / np.sqrt((h**2).sum(axis=0))))
    excluded, n = q.shape[1], len(z)
    for i, name in enumerate(names):
        target, df1 = ends[:, i], excluded
        others = np.delete(ends, i, axis=1)
        if others.shape[1]:
            hat = q @ (q.T @ others)
            target = target - others @ np.linalg.lstsq(hat, target, rcond=None)[0]
            df1 = excluded - others.shape[1]
        explained = float(((q.T @ target) ** 2).sum())
        df2 = n - taken - h.shape[1] - included.shape[1]
        value = (explained / df1) / ((float(target @ target) - explained) / df2) if df1 > 0 else float("nan")
        what = "W y" if name == "rho" else name
        weak = "weak instruments: below 10" if value < 10 else None
        out.append(
            TestResult(
                name=f"first-stage F, {what}",
                null="the excluded instruments do not explain it",
                statistic=value,
                p_value=float(stats.f.sf(value, df1, df2)) if df1 > 0 else float("nan"),
                df=(float(df1), float(df2)),
                distribution="F",
                reference="Sanderson and Windmeijer (2016); Staiger and Stock (1997)",
                reason=weak,
            )
        )
    return out


def _overidentification(f: TwoStage, h, e, k, m, cov, kind, n, periods) -> list[TestResult]:
    null = "the instruments are uncorrelated with the errors"
    if m == k:
        return [
            TestResult.chi2(
                "Sargan", null, float("nan"), 0, "Sargan (1958)", "just identified: nothing is left to test"
            )
        ]
    if kind in ("classical", "gs2sls"):
        explained = _project(e, h)
        return [TestResult.chi2("Sargan", null, float(explained @ e) / f.sigma2, m - k, "Sargan (1958)")]
    scores = h * e[:, None]
    if kind == "cluster-entity":
        scores = scores.reshape(periods, n, -1).sum(axis=0)
    meat = scores.T @ scores
    # two-step GMM with the robust weight, as the J statistic requires
    cross, right = h.T @ f.fitted, h.T @ (f.fitted @ f.beta + e)
    solved = np.linalg.solve(meat, np.column_stack([cross, right]))
    b = np.linalg.solve(cross.T @ solved[:, :-1], cross.T @ solved[:, -1])
    g = right - cross @ b
    return [TestResult.chi2("Hansen J", null, float(g @ np.linalg.solve(meat, g)), m - k, "Hansen (1982)")]


def _wu_hausman(y, z, h, endogenous, df) -> list[TestResult]:
    """F test that first-stage residuals add nothing to least squares."""
    from scipy import stats

    if not endogenous:
        return []
    v = z[:, endogenous] - _project(z[:, endogenous], h)
    small = y - _project(y, z)
    both = np.column_stack([z, v])
    large = y - _project(y, both)
    p = len(endogenous)
    df2 = df - p
    value = ((small @ small - large @ large) / p) / (large @ large / df2)
    return [
        TestResult(
            name="Wu-Hausman",
            null="the regressors are exogenous",
            statistic=float(value),
            p_value=float(stats.f.sf(value, p, df2)),
            df=(float(p), float(df2)),
            distribution="F",
            reference="Wu (1973); Hausman (1978)",
        )
    ]
