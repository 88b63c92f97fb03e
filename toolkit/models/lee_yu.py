"""Fixed effects in short panels: the transformation and the bias correction of Lee and Yu (2010).

With entity effects the likelihood of demeaned data divides the sum of squares by N T although N (T - 1)
observations are free. With time effects it also keeps in log|I - rho W| the eigenvalue 1 that belongs to the
direction they remove. Either the effects are removed by orthonormal transformations, whose likelihood has neither
fault (section 3 and eq. 29), or the direct estimate is corrected for its bias (section 4.2).

References
----------
Lee, L.-f. and Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects. Journal of
Econometrics 154, 165-185.
Elhorst, J. P. (2014). Spatial Econometrics. Springer, section 3.3.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toolkit.errors import EstimationError
from toolkit.models.covariance import Estimated, covariance
from toolkit.models.likelihood import Likelihood

__all__ = ["TransformedCurve", "corrected", "transformed"]


@dataclass(frozen=True, eq=False)
class TransformedCurve:
    """log|I - rho W| - log(1 - rho): the log-determinant off the direction of ones, for W with rows that sum to one."""

    base: object

    @property
    def interval(self) -> tuple[float, float]:
        """That of the curve itself."""
        return self.base.interval

    @property
    def window(self) -> tuple[float, float]:
        """Where `error` holds."""
        return self.base.window

    @property
    def error(self) -> float:
        """Bound on the error of `value` in `window`."""
        return self.base.error

    @property
    def route(self) -> str:
        """How the numbers are made."""
        return self.base.route

    def value(self, rho):
        """log|I - rho W| - log(1 - rho)."""
        return self.base.value(rho) - np.log1p(-np.asarray(rho))

    def d1(self, rho):
        """First derivative in rho."""
        return self.base.d1(rho) + 1 / (1 - np.asarray(rho))

    def d2(self, rho):
        """Second derivative in rho."""
        return self.base.d2(rho) + 1 / (1 - np.asarray(rho)) ** 2

    def refined(self, rho: float) -> TransformedCurve:
        """The same around rho, exact."""
        base = self.base.refined(rho)
        return self if base is self.base else TransformedCurve(base)


def transformed(
    likelihood: Likelihood, effects: str, n_entities: int, operator=None, operator_error=None
) -> Likelihood:
    """The likelihood of the N (T - 1), (N - 1) T or (N - 1) (T - 1) observations free of the effects.

    Their sum of squares is that of the demeaned data (Lee and Yu 2010, eqs. 10 and 29), so that with entity effects
    only sigma2 and the standard errors change.

    Raises
    ------
    EstimationError
        If the effects include time and the rows of W do not sum to one.
    """
    periods, n = likelihood.periods - (effects in ("entity", "twoway")), n_entities
    curve, curve_error = likelihood.curve, likelihood.curve_error
    if effects in ("time", "twoway"):
        n -= 1
        for name, op, used in (("W", operator, curve), ("W_error", operator_error, curve_error)):
            if used is not None:
                _rows_sum_to_one(name, op)
        curve, curve_error = (None if c is None else TransformedCurve(c) for c in (curve, curve_error))
    if periods < 1:
        raise EstimationError(
            "The transformation of entity effects needs two periods or more; there is one.",
            fix="use effects='none' or 'time' for a cross-section",
        )
    data = replace(likelihood.data, n=n * periods)
    return replace(likelihood, data=data, periods=periods, curve=curve, curve_error=curve_error)


def corrected(m: Estimated, y: np.ndarray) -> Estimated:
    """The direct estimate less its bias; see `bias`.

    Off the effects the score of the direct likelihood has expectation -(T - 1) a or, without entity effects, -T a, with

        a_rho = v'B G 1 / v'v,   a_lambda = v'W_e 1 / v'v,   a_sigma2 = 1 / (2 sigma2),   v = B 1

    (rows that sum to one: 1/(1 - rho) and 1/(1 - lambda), Lee and Yu 2010, section 4.2; Elhorst 2014, eq. 3.22), so
    the corrected estimate is the direct one plus its inverse information times that; sigma2 is then multiplied by
    T/(T - 1) when there are entity effects. W need not be row-standardised.
    """
    from toolkit.models.estimate import at_optimum

    t, n = y.shape
    like, opt, k = m.likelihood, m.optimum, m.z.shape[2]
    theta = np.concatenate([opt.beta, [opt.rho] * like.spec.wy, [opt.lam] * like.spec.wu, [opt.sigma2]])
    if m.effects in ("time", "twoway"):
        a = np.zeros_like(theta)
        ones = np.ones(n)
        v = ones - opt.lam * m.operator_error.lag(ones) if like.spec.wu else ones
        if like.spec.wy:
            g1 = m.operator.lag(m.operator.solve(opt.rho, ones))
            a[k] = v @ (g1 - opt.lam * m.operator_error.lag(g1) if like.spec.wu else g1) / (v @ v)
        if like.spec.wu:
            a[k + like.spec.wy] = v @ m.operator_error.lag(ones) / (v @ v)
        a[-1] = 1 / (2 * opt.sigma2)
        matrix = covariance("expected", m).matrix
        if not np.isfinite(matrix).all():
            raise EstimationError(
                "The bias cannot be corrected: the information at the estimates is not positive definite.",
                fix="use bias_correction='transformation', or fewer regressors",
            )
        theta = theta + t * matrix @ a
    periods = t - (m.effects in ("entity", "twoway"))
    theta[-1] *= t / periods
    _inside(theta, k, like)
    optimum = replace(
        opt,
        beta=theta[:k],
        rho=float(theta[k]) if like.spec.wy else 0.0,
        lam=float(theta[k + like.spec.wy]) if like.spec.wu else 0.0,
        sigma2=float(theta[-1]),
    )
    like = replace(like, data=replace(like.data, n=n * periods), periods=periods)
    return at_optimum(like, optimum, y, m.z, m.wy, m.effects, m.operator, m.operator_error)


def _inside(theta: np.ndarray, k: int, like: Likelihood) -> None:
    values = theta[k:-1]
    intervals = [like.interval] * like.spec.wy + [like.interval_error] * like.spec.wu
    for name, value, (low, high) in zip(like.spec.spatial, values, intervals, strict=True):
        if not low < value < high:
            raise EstimationError(
                f"The corrected {name} = {value:.4f} is outside its admissible interval ({low:.4f}, {high:.4f}).",
                fix="the direct estimate is close to the end of the interval; use bias_correction='transformation'",
            )


def _rows_sum_to_one(name: str, operator) -> None:
    sums = np.asarray(operator.lag(np.ones(operator.N))).ravel()
    if np.abs(sums - 1).max() > 1e-10:
        raise EstimationError(
            f"The transformation of time effects needs rows of {name} that sum to one; they sum to "
            f"{sums.min():.4g} to {sums.max():.4g}.",
            allowed="row-standardised weights without islands",
            fix="use bias_correction='correction', which needs no such W, or W.normalize('row')",
        )
