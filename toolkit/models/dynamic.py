"""Dynamic spatial panels: the bias of quasi-maximum likelihood with fixed effects, and stability.

    A y_t = tau y_(t-1) + eta W y_(t-1) + Z_t b + mu + xi_t + u_t,    A = I - rho W,  B u_t = e_t,  B = I - lambda W_e.

Off the region effects y_(t-1) is correlated with the errors, and the score of the likelihood has an expectation of order
N (Nickell 1981). With P = A^-1 (tau I + eta W) and sum_h P^h A^-1 = S / (1 - tau), S = (I - r W)^-1,
r = (rho + eta)/(1 - tau), it is, where tr_J X = tr X - v'Xv/v'v with v = B 1 if there are time effects, tr X if not,

    tau:    -tr_J(S) / (1 - tau)                   eta:  -tr_J(W S) / (1 - tau)
    rho:    -tr_J(W S) / (1 - tau) - T v'G*v/v'v   lambda: -tr_J(H) - T v'Hv/v'v
    sigma2: -(N T - free) / (2 sigma2)             b:    0

(Yu, de Jong and Lee 2008, theorem 2, for entity effects; Lee and Yu 2010, theorem 3, for both; the terms in v are those of
`lee_yu.corrected`; lambda is derived in the same way; traces of B X B^-1 are those of X). The corrected estimate is the
direct one less its inverse information times this expectation, once.

References
----------
Yu, J., de Jong, R. and Lee, L.-f. (2008). Quasi-maximum likelihood estimators for spatial dynamic panel data with fixed
effects when both n and T are large. Journal of Econometrics 146, 118-134.
Lee, L.-f. and Yu, J. (2010). A spatial dynamic panel data model with both time and individual fixed effects. Econometric
Theory 26, 564-597.
Elhorst, J. P. (2014). Spatial Econometrics. Springer, section 4.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.errors import EstimationError
from toolkit.models.covariance import Estimated, covariance

__all__ = ["corrected_dynamic", "long_run", "stability", "stability_note"]


def long_run(rho: float, tau: float, eta: float) -> float:
    """The r of [(1 - tau) I - (rho + eta) W]^-1 = (I - r W)^-1 / (1 - tau): (rho + eta)/(1 - tau)."""
    return (rho + eta) / (1 - tau)


def stability(operator, rho, tau, eta):
    """Spectral radius of (I - rho W)^-1 (tau I + eta W): below one the outcome returns to its path.

    Parameters
    ----------
    operator : Operator or None
        Of W; None for a model without W.
    rho, tau, eta : float or ndarray, shape (R,)

    Returns
    -------
    float or ndarray, shape (R,)
        Exact from the eigenvalues of W, or from its extreme ones where all are real: (tau + eta w)/(1 - rho w) is
        monotone in w. For other large W an iterative eigenvalue of the product.
    """
    rho, tau, eta = (np.asarray(a, float) for a in (rho, tau, eta))
    if operator is None:
        return np.abs(tau) if tau.ndim else float(np.abs(tau))
    if operator.exact_spectrum:
        w = operator.eigenvalues
    elif operator.H is not None:
        w = 1 / np.array(operator.interval)
    else:
        values = [_iterated(operator, *p) for p in np.broadcast(rho, tau, eta)]
        return np.array(values) if rho.ndim or tau.ndim or eta.ndim else float(values[0])
    out = np.abs((tau[..., None] + eta[..., None] * w) / (1 - rho[..., None] * w)).max(axis=-1)
    return out if out.ndim else float(out)


def _iterated(operator, rho: float, tau: float, eta: float) -> float:
    from scipy.sparse.linalg import LinearOperator, eigs

    n = operator.N

    def step(x):
        x = x.ravel()
        return operator.solve(rho, tau * x + eta * operator.lag(x))

    start = np.random.default_rng(0).normal(size=n)
    value = eigs(LinearOperator((n, n), matvec=step, dtype=float), k=1, which="LM", v0=start, return_eigenvectors=False)
    return float(np.abs(value[0]))


def stability_note(operator, rho: float, tau: float, eta: float) -> tuple[float, tuple[str, ...]]:
    """The spectral radius and what the reader must know of it."""
    radius = stability(operator, rho, tau, eta)
    total = f"tau + rho + eta = {tau + rho + eta:.4f}"
    if radius >= 1:
        return radius, (
            f"The estimates are explosive: the spectral radius of (I - rho W)^-1 (tau I + eta W) is {radius:.4f} "
            f"({total}). Long-run impacts do not exist.",
        )
    if radius > 0.95:
        return radius, (
            f"The estimates are close to a unit root: spectral radius {radius:.4f} ({total}); the correction is weak there.",
        )
    return radius, ()


def corrected_dynamic(m: Estimated, y: np.ndarray, lags: dict[str, int], operator) -> tuple[Estimated, np.ndarray]:
    """The direct estimate less its bias, see the module.

    Parameters
    ----------
    m : Estimated
        Direct maximum likelihood, the lags of the outcome among its regressors.
    y : ndarray, shape (T, N)
    lags : dict
        ``"y(t-1)"``, ``"W y(t-1)"`` -> column of ``m.z``.
    operator : Operator or None
        Of W, also where the model has W y(t-1) but no rho.

    Returns
    -------
    Estimated
        At the corrected estimates.
    ndarray, shape (k + p + 1, k + p + 1)
        Derivative of the corrected in the direct estimates (b, rho, lambda, sigma2), the information held fixed. It tends
        to the identity with T; in short panels the covariance times it from both sides covers better.

    Raises
    ------
    EstimationError
        If the direct estimates are explosive, or the corrected ones inadmissible.
    """
    from toolkit.models.estimate import at_optimum
    from toolkit.models.lee_yu import _inside

    t, n = y.shape
    like, opt, k = m.likelihood, m.optimum, m.z.shape[2]
    spec, entity = like.spec, m.effects in ("entity", "twoway")
    tau, eta = (float(opt.beta[lags[name]]) if name in lags else 0.0 for name in ("y(t-1)", "W y(t-1)"))
    radius = stability(operator, opt.rho, tau, eta)
    if radius >= 1:
        raise EstimationError(
            f"The estimates before the correction are explosive (spectral radius {radius:.4f}), so their bias is not "
            "defined.",
            fix="use bias_correction='none' to see them; difference the outcome, or add time effects",
        )
    theta = np.concatenate([opt.beta, [opt.rho] * spec.wy, [opt.lam] * spec.wu, [opt.sigma2]])
    slots = {**lags, **{name: k + i for i, name in enumerate((*spec.spatial, "sigma2"))}}
    score = _expected_score(m, theta, slots, operator, t, n)
    matrix = covariance("expected", m).matrix
    if not np.isfinite(matrix).all():
        raise EstimationError(
            "The bias cannot be corrected: the information at the estimates is not positive definite.",
            fix="use fewer regressors, or bias_correction='none'",
        )
    slope = np.eye(len(theta))
    for name in (n for n in ("y(t-1)", "W y(t-1)", "rho", "lambda", "sigma2") if n in slots):
        i, step = slots[name], np.zeros(len(theta))
        step[i] = 1e-5 * max(abs(theta[i]), 1e-2)
        change = _expected_score(m, theta + step, slots, operator, t, n)
        change = change - _expected_score(m, theta - step, slots, operator, t, n)
        slope[:, i] -= matrix @ change / (2 * step[i])
    theta = theta - matrix @ score
    _inside(theta, k, like)
    optimum = replace(
        opt,
        beta=theta[:k],
        rho=float(theta[k]) if spec.wy else 0.0,
        lam=float(theta[k + spec.wy]) if spec.wu else 0.0,
        sigma2=float(theta[-1]),
    )
    periods = t - entity
    like = replace(like, data=replace(like.data, n=n * periods), periods=periods)
    return at_optimum(like, optimum, y, m.z, m.wy, m.effects, m.operator, m.operator_error), slope


def _expected_score(m: Estimated, theta: np.ndarray, slots: dict[str, int], operator, t: int, n: int) -> np.ndarray:
    """Expectation of the score of the direct likelihood at `theta`, shape (k + p + 1,); see the module."""
    spec, entity, time = m.likelihood.spec, m.effects in ("entity", "twoway"), m.effects in ("time", "twoway")
    tau, eta, rho, lam = (
        float(theta[slots[a]]) if a in slots else 0.0 for a in ("y(t-1)", "W y(t-1)", "rho", "lambda")
    )
    out, ones = np.zeros(len(theta)), np.ones(n)

    def filtered(x):
        return x - lam * m.operator_error.lag(x) if spec.wu else x

    v = filtered(ones)

    def along(x):
        """The part of tr X that time effects take away, from x = X 1: v'B x / v'v."""
        return float(v @ filtered(x) / (v @ v)) if time else 0.0

    r = long_run(rho, tau, eta)
    if operator is None:
        trace_s, trace_ws, s1, ws1 = float(n), 0.0, ones, 0 * ones
    else:
        trace_ws = -float(operator.curve().refined(r).d1(r))
        trace_s, s1 = n + r * trace_ws, operator.solve(r, ones) if time else ones
        ws1 = operator.lag(s1)
    if entity:
        if "y(t-1)" in slots:
            out[slots["y(t-1)"]] = -(trace_s - along(s1)) / (1 - tau)
        if "W y(t-1)" in slots:
            out[slots["W y(t-1)"]] = -(trace_ws - along(ws1)) / (1 - tau)
    if spec.wy:
        g1 = operator.lag(operator.solve(rho, ones)) if time else ones
        out[slots["rho"]] = -t * along(g1) - entity * (trace_ws - along(ws1)) / (1 - tau)
    if spec.wu:
        trace_h = -float(m.operator_error.curve().refined(lam).d1(lam))
        h = float(v @ m.operator_error.lag(ones) / (v @ v)) if time else 0.0
        out[slots["lambda"]] = -t * h - entity * (trace_h - h)
    out[slots["sigma2"]] = -(n * t - (t - entity) * (n - time)) / (2 * theta[slots["sigma2"]])
    return out
