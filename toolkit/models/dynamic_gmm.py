"""GMM of dynamic spatial panels with few periods: first differences, lagged levels as instruments, collapsed.

The equation in differences,

    dy_t = rho W dy_t + tau dy_(t-1) + eta W dy_(t-1) + dZ_t b + dxi_t + du_t,        t = 3, ..., T,

is free of the region effects. Its moments, each summed over the periods (collapsed: one column for a distance in time,
Roodman 2009), so that their number does not grow with T:

* E[y_(t-s) du_t] = 0 for s = 2, ..., L + 1 (Arellano and Bond 1991);
* E[W y_(t-s) du_t] = 0 for the same s, when rho or eta is in the model (Kukenova and Monteiro 2009; Lee and Yu 2014);
* E[dZ_t du_t] = 0 for strictly exogenous regressors; with rho also W dX_t and W^2 dX_t (SDM: W^2 dX_t and W^3 dX_t);
* E[x_(t-s) du_t] = 0 for endogenous regressors; outside instruments enter in differences;
* a dummy for each period with time effects.

They need errors without serial correlation (tested) and say nothing of T: use them for T below ten or so, and the
corrected likelihood above, which is more efficient.

References
----------
Arellano, M. and Bond, S. (1991). Review of Economic Studies 58, 277-297.
Windmeijer, F. (2005). A finite sample correction for the variance of linear efficient two-step GMM estimators. Journal
of Econometrics 126, 25-51.
Roodman, D. (2009). A note on the theme of too many instruments. Oxford Bulletin 71, 135-158.
Kukenova, M. and Monteiro, J.-A. (2009). Spatial dynamic panel model and system GMM. MPRA 11569.
Lee, L.-f. and Yu, J. (2014). Efficient GMM estimation of spatial dynamic panel data models. J. Econometrics 180.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from toolkit.contracts import CoefTable, TestResult
from toolkit.errors import EstimationError, InputError
from toolkit.models.solution import Solution
from toolkit.models.spec import Spec
from toolkit.models.transform import spatial_lag

__all__ = ["dynamic_gmm"]

_AB = "Arellano and Bond (1991)"


def dynamic_gmm(
    y: np.ndarray,
    z: np.ndarray,
    terms: tuple[str, ...],
    blocks: tuple[str, ...],
    y_lag: np.ndarray,
    spec: Spec,
    effects: str,
    operator=None,
    *,
    lags: Sequence[str] = ("y(t-1)",),
    depth: int = 3,
    endogenous: Sequence[int] = (),
    outside: np.ndarray | None = None,
    outside_terms: Sequence[str] = (),
) -> Solution:
    """Two-step GMM with Windmeijer's standard errors.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        X, then WX.
    terms, blocks : tuple of str, length k
    y_lag : ndarray, shape (T, N)
        The outcome a period before.
    spec : Spec
        ols, slx, sar or sdm.
    effects : {"entity", "twoway"}
    operator : Operator, optional
        Of W; needed with rho or W y(t-1).
    lags : sequence of str
        Of ``"y(t-1)"``, ``"W y(t-1)"``.
    depth : int
        L, number of lagged levels used as instruments.
    endogenous : sequence of int
        Columns of `z` whose differences are instrumented by their own lagged levels.
    outside, outside_terms : ndarray, shape (T, N, q), and names
        Instruments from outside the equation.

    Returns
    -------
    Solution
        Its ``tests`` hold Hansen's J and the tests of serial correlation of order 1 and 2.

    Raises
    ------
    InputError
        For effects without regions, or a depth below one.
    EstimationError
        If there are too few periods, more moments than regions, or the moments do not identify the coefficients.
    """
    t, n = y.shape
    if effects not in ("entity", "twoway"):
        raise InputError(
            f"method='gmm' removes region effects by differencing; effects={effects!r} was given.",
            allowed="entity, twoway",
        )
    if depth < 1:
        raise InputError(f"gmm_lags={depth!r} leaves the lagged outcome without an instrument.", allowed="1 or more")
    if t < 2:
        raise EstimationError(f"{t} period besides the first leaves no difference.", fix="use 3 periods or more")
    lag = operator.lag if operator is not None else None
    levels = np.concatenate([y_lag[:1], y])  # (T + 1, N): the outcome from the first period on

    columns, names, kinds = [z], list(terms), list(blocks)
    for name in lags:
        columns.append((y_lag if name == "y(t-1)" else spatial_lag(lag, y_lag))[:, :, None])
        names.append(name)
        kinds.append("dynamic")
    if spec.wy:
        columns.append(spatial_lag(lag, y)[:, :, None])
        names.append("rho")
        kinds.append("spatial")
    dy, dx = np.diff(y, axis=0), np.diff(np.concatenate(columns, axis=2), axis=0)
    moments, words = _moments(levels, z, terms, blocks, spec, lags, lag, depth, endogenous, outside, outside_terms)
    if effects == "twoway":  # a dummy a period, on both sides: partialled out
        dy, dx, moments = (a - a.mean(axis=1, keepdims=True) for a in (dy, dx, moments))
    scale = np.sqrt(np.einsum("tnm,tnm->m", moments, moments))
    keep = scale > 1e-10 * scale.max()
    moments, words = moments[:, :, keep] / scale[keep], [w for w, k in zip(words, keep, strict=True) if k]
    m, k = moments.shape[2], dx.shape[2]
    if m < k:
        raise EstimationError(
            f"{m} moments cannot identify {k} coefficients.", fix="raise gmm_lags, or give instruments="
        )
    if m >= n:
        raise EstimationError(
            f"{m} moments for {n} regions: their covariance is singular.", fix="lower gmm_lags, or use fewer regressors"
        )
    cross, right = np.einsum("tnm,tnk->mk", moments, dx), np.einsum("tnm,tn->m", moments, dy)
    if np.linalg.matrix_rank(cross, tol=1e-9 * np.linalg.norm(cross)) < k:
        raise EstimationError(
            "The instruments do not identify the coefficients: their cross products with the regressors are singular.",
            fix="drop collinear regressors, or give other instruments",
        )

    # step one: the covariance of differenced white noise
    h = 2 * np.eye(t - 1) - np.eye(t - 1, k=1) - np.eye(t - 1, k=-1)
    first = np.einsum("snm,st,tnl->ml", moments, h, moments)
    b1, inner1 = _gls(cross, right, first)
    u1 = dy - dx @ b1
    by_region = np.einsum("tnm,tn->nm", moments, u1)
    second = by_region.T @ by_region
    one = inner1 @ (cross.T @ np.linalg.solve(first, second) @ np.linalg.solve(first, cross)) @ inner1  # robust, step 1
    # step two
    b2, inner2 = _gls(cross, right, second)
    u2 = dy - dx @ b2
    cov = _windmeijer(dx, moments, cross, second, inner2, u1, u2, one)
    g2 = np.einsum("tnm,tn->m", moments, u2)
    tests = (
        TestResult.chi2(
            "Hansen J",
            "the moments hold",
            float(g2 @ np.linalg.solve(second, g2)) if m > k else float("nan"),
            m - k,
            "Hansen (1982)",
            None if m > k else "the model is just identified",
        ),
        *(_serial(order, dx, moments, cross, second, inner2, u2, cov) for order in (1, 2)),
    )
    sigma2 = float((u2**2).mean()) / 2
    innovations = np.full((t, n), np.nan)
    innovations[1:] = u2
    notes = [
        f"Moments ({m}, collapsed over periods): {'; '.join(dict.fromkeys(words))}.",
        "resids are those of the differenced equation; region effects are differenced away.",
    ]
    if spec.wy and not operator.interval[0] < b2[-1] < operator.interval[1]:
        notes.append(f"rho = {b2[-1]:.4f} is outside the admissible interval {operator.interval}.")
    return Solution(
        estimator=f"two-step difference GMM, {m} collapsed moments",
        coefficients=CoefTable(tuple(names), b2, cov, tuple(kinds)),
        cov_title="two-step GMM, clustered by region, Windmeijer (2005) correction",
        innovations=innovations,
        sigma2=sigma2,
        sigma2_divisor=f"2 N (T-1) = {2 * u2.size}",
        n_params=k + 1 + (t - 1 if effects == "twoway" else 0),
        tests=tests,
        details=MappingProxyType({"moments": float(m)}),
        notes=tuple(notes),
    )


def _moments(levels, z, terms, blocks, spec, lags, lag, depth, endogenous, outside, outside_terms):
    """Instruments of the differenced equation, (T - 1, N, m), and what each is in words."""
    t, n = z.shape[:2]
    out, words = [], []

    def past(series: np.ndarray, name: str, first: int) -> None:
        """Levels s = 2, ... periods before; `series` starts `first` periods before the first of `z`."""
        for s in range(2, depth + 2):
            column = np.zeros((t - 1, n))
            for row in range(t - 1):  # the equation of period row + 1
                at = row + 1 + first - s
                if at >= 0:
                    column[row] = series[at]
            if column.any():
                out.append(column)
                words.append(f"{name}, 2 to {depth + 1} periods before")

    past(levels, "y", 1)
    if spec.wy or "W y(t-1)" in lags:
        past(spatial_lag(lag, levels), "W y", 1)
    exogenous = [j for j in range(len(terms)) if j not in set(endogenous)]
    for j in endogenous:
        past(z[:, :, j], terms[j], 0)
    for j in exogenous:
        out.append(np.diff(z[:, :, j], axis=0))
        words.append("differences of the regressors")
    if spec.wy:
        own = [j for j in exogenous if blocks[j] == "X"]
        base = np.diff(z[:, :, own], axis=0)
        base = spatial_lag(lag, base) if own else base
        for power in (1, 2, 3):
            if power > 1 and own:
                base = spatial_lag(lag, base)
            if power in ((2, 3) if spec.wx else (1, 2)):
                for j in range(len(own)):
                    out.append(base[:, :, j])
                    words.append(f"differences of W{'^' + str(power) if power > 1 else ''} X")
    for j, name in enumerate(outside_terms):
        out.append(np.diff(outside[:, :, j], axis=0))
        words.append(f"difference of {name}")
    return np.stack(out, axis=2), words


def _gls(cross, right, weight):
    """Coefficients (k,) and (X'Z V^-1 Z'X)^-1 for moments with covariance V = `weight`."""
    try:
        scaled = np.linalg.solve(weight, np.column_stack([cross, right]))
    except np.linalg.LinAlgError:
        raise EstimationError(
            "The covariance of the moments is singular: instruments repeat one another.", fix="lower gmm_lags"
        ) from None
    inner = np.linalg.inv(cross.T @ scaled[:, :-1])
    return inner @ (cross.T @ scaled[:, -1]), inner


def _windmeijer(dx, moments, cross, second, inner, u1, u2, one):
    """Windmeijer (2005), eq. 3.3: the two-step covariance with the estimated weight accounted for."""
    g2 = np.einsum("tnm,tn->m", moments, u2)
    solved = np.linalg.solve(second, g2)
    by_region = np.einsum("tnm,tn->nm", moments, u1)
    d = np.empty((inner.shape[0],) * 2)
    for j in range(len(d)):
        slope = np.einsum("tnm,tn->nm", moments, dx[:, :, j])
        change = -(slope.T @ by_region + by_region.T @ slope)  # d second / d b_j
        d[:, j] = -inner @ cross.T @ np.linalg.solve(second, change @ solved)
    return inner + d @ inner + inner @ d.T + d @ one @ d.T


def _serial(order, dx, moments, cross, second, inner, u, cov) -> TestResult:
    """Arellano and Bond's (1991, eq. 8) test that differenced residuals are uncorrelated at a distance."""
    name, null = f"AR({order})", f"no serial correlation of order {order} in the differenced errors"
    if len(u) <= order:
        reason = f"needs {order + 2} periods of the equation or more"
        return TestResult(
            name=name, null=null, statistic=np.nan, p_value=np.nan, distribution="normal", reference=_AB, reason=reason
        )
    from scipy import stats

    w = np.zeros_like(u)
    w[order:] = u[:-order]
    each = np.einsum("tn,tn->n", w, u)
    wx = np.einsum("tn,tnk->k", w, dx)
    by_region = np.einsum("tnm,tn->nm", moments, u)
    variance = each @ each - 2 * wx @ inner @ cross.T @ np.linalg.solve(second, by_region.T @ each) + wx @ cov @ wx
    statistic = float(each.sum() / np.sqrt(variance)) if variance > 0 else float("nan")
    reason = "expected to reject when the errors in levels are white noise" if order == 1 else None
    return TestResult(
        name=name,
        null=null,
        statistic=statistic,
        p_value=float(2 * stats.norm.sf(abs(statistic))),
        distribution="normal",
        reference=_AB,
        reason=reason,
    )
