r"""The likelihood of a model with its parameters integrated out, not maximised.

With A = I - rho W and B = I - lambda W the model is B (A y_t - Z_t b - effects) = e_t, e_t ~ N(0, sigma2 I). Priors:

- sigma2: p proportional to 1/sigma2.
- Effects, and the constant: flat on what they add to the level of y, the same quantity in every model, so that the
  arbitrary constant of the flat prior cancels between models. This is the likelihood of the data free of the effects: that of
  Lee and Yu's (2010) transformed data for rho, and the restricted likelihood for lambda. (A flat prior on the intercepts of
  A y instead gives models with rho a factor of A's eigenvalue at the constant, (1 - rho), for each time effect, and an
  inconsistent rho when T grows with N.) Rows of W that do not sum to one constant: flat in the parametrisation of the time
  effects whose information is orthogonal to rho (Lancaster 2002).
- Slopes: Zellner's g-prior b | sigma2 ~ N(0, g sigma2 (Z'Z)^-1), Z off the effects (and filtered by B): the information of
  one observation when g is their number. A proper prior is needed between models that differ in their number of slopes, such
  as SAR and SDM, where a flat one leaves an arbitrary factor (Bartlett's paradox). ``g="diffuse"`` is the flat prior
  of LeSage (2014), for models with equally many slopes.
- rho or lambda: beta(a, a) on (-h, h), h the upper end of the admissible interval (1 for row-standardised W), cut at
  the lower end where that is nearer; a = 1 is uniform.

Then, m being the free observations and k the slopes,

    log p(y | rho) = (T - 1 or T) log|A| + J f(rho) + lgamma(m/2) - (m/2) log(pi) - (k/2) log(1 + g)
                     - (m/2) log((e0'e0 + g e'e) / (1 + g)),

e0'e0 the sum of squares of B A y off the effects, e'e that off Z too, J the number of constants (1, T or T - 1) and f = -log(1 -
rho) for row-standardised W. rho is integrated by adaptive Gauss-Legendre quadrature.

References
----------
Hepple, L. (1995). Bayesian techniques in spatial and network econometrics. Environment and Planning A 27, 447-469, 615-644.
Lancaster, T. (2002). Orthogonal parameters and panel data. Review of Economic Studies 69, 647-666.
LeSage, J. and Parent, O. (2007). Bayesian model averaging for spatial econometric models. Geographical Analysis 39, 241-267.
LeSage, J. (2014). Spatial econometric panel data model specification: a Bayesian approach. Spatial Statistics 9, 122-145.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toolkit.errors import EstimationError, InputError
from toolkit.models.estimate import likelihood_of
from toolkit.models.likelihood import Likelihood
from toolkit.models.spec import Spec

__all__ = ["EFFECTS_ALLOWED", "MODELS", "Marginal", "default_g", "free_observations", "log_marginal"]

MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem")
EFFECTS_ALLOWED = ("none", "entity", "time", "twoway")
#: Terms of the power series of `_level`, and how far below its top a density is followed (exp(-45) = 3e-20).
_TERMS, _DEPTH = 256, 45.0

Curve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Marginal:
    """The integrated likelihood of one model.

    Attributes
    ----------
    log_value : float
        Log marginal likelihood.
    mean, sd : float
        Posterior mean and standard deviation of rho or lambda; NaN in models without.
    slopes, observations : int
        k and m: slopes, and observations free of the effects.
    g : float
        Of the g-prior; NaN for the diffuse prior.
    error : float
        Bound on the error of the log-determinant at the mean; 0.0 where exact.
    """

    log_value: float
    mean: float
    sd: float
    slopes: int
    observations: int
    g: float
    error: float = 0.0


def free_observations(t: int, n: int, effects: str, constant: bool = True) -> int:
    """Observations left when the effects (or the constant) are removed."""
    return {"none": n * t - constant, "entity": n * (t - 1), "time": (n - 1) * t, "twoway": (n - 1) * (t - 1)}[effects]


def default_g(observations: int, slopes: int) -> float:
    """max(m, k^2) (Fernandez, Ley and Steel 2001), k the slopes of the largest model compared."""
    return float(max(observations, slopes**2))


def log_marginal(
    y: np.ndarray,
    z: np.ndarray,
    spec: Spec,
    effects: str,
    operator=None,
    operator_error=None,
    *,
    constant: bool = True,
    g: float | str | None = None,
    prior: float = 1.0,
) -> Marginal:
    """Log marginal likelihood of one model of `MODELS`.

    Parameters
    ----------
    y : ndarray, shape (T, N)
    z : ndarray, shape (T, N, k)
        Slopes only: X without the constant, then W X; effects not removed, collinear columns dropped.
    spec : Spec
    effects : {"none", "entity", "time", "twoway"}
    operator, operator_error : Operator
        Of W (for rho) and W_e (for lambda).
    constant : bool
        Whether the model without effects has a constant.
    g : float, "diffuse" or None
        Of the g-prior; `default_g` by default.
    prior : float
        a of the beta(a, a) prior of rho or lambda, 1 or more.

    Raises
    ------
    InputError
        For models with both rho and lambda, other effects, or a g or prior out of range.
    EstimationError
        If there are no observations free of the effects and slopes, or the fit is exact.
    """
    check_priors(g, prior)
    if spec.name not in MODELS:
        raise InputError(
            f"model={spec.name!r} has no marginal likelihood here: it has two spatial parameters.",
            allowed=", ".join(MODELS),
        )
    if effects not in EFFECTS_ALLOWED:
        raise InputError(f"effects={effects!r} have no closed marginal likelihood.", allowed=", ".join(EFFECTS_ALLOWED))
    (t, n), k = y.shape, z.shape[2]
    constant = bool(constant) and effects == "none"
    m = free_observations(t, n, effects, constant)
    if m <= k + len(spec.spatial):
        raise EstimationError(
            f"{m} observations free of the {effects} effects cannot bear {k} slopes.",
            fix="use fewer regressors, fewer effects (effects=) or more periods",
        )
    fixed = np.ones((t, n, int(constant)))
    like, _ = likelihood_of(y, np.concatenate([z, fixed], axis=2), spec, effects, operator, operator_error)
    diffuse = g == "diffuse"
    used = float("nan") if diffuse else default_g(m, k) if g is None else float(g)
    density = _density(like, k, m, used)
    if not spec.spatial:
        return Marginal(float(density(np.zeros(1))[0]), float("nan"), float("nan"), k, m, used)

    op = operator if spec.wy else operator_error
    high = op.interval[1]
    low = max(op.interval[0], -high)
    periods = t - (effects in ("entity", "twoway"))
    number = {"none": int(constant), "entity": 0, "time": t, "twoway": t - 1}[effects]
    level = _level(op) if spec.wy else _level_of_errors(op)

    def posterior(curve) -> Curve:
        def log_density(p: np.ndarray) -> np.ndarray:
            out = density(p) + periods * curve.value(p) + (number * level(p) if number else 0.0)
            return out + _log_beta((p - low) / (high - low), prior) - np.log(high - low)

        return log_density

    curve = like.curve if spec.wy else like.curve_error
    log_density = posterior(curve)
    mode = _mode(log_density, low, high)
    for _ in range(5):  # large N: exact log-determinants around the mode in place of a series
        if (refined := curve.refined(mode)) is curve:
            break
        curve, log_density, before = refined, posterior(refined), mode
        mode = _mode(log_density, low, high)
        if abs(mode - before) < 1e-3:
            break
    value, mean, sd = _integrate(log_density, low, high, mode)
    return Marginal(value, mean, sd, k, m, used, float(curve.error) * periods)


def check_priors(g: float | str | None, prior: float) -> None:
    """Refuse a g or a that is out of range."""
    number = isinstance(g, (int, float)) and not isinstance(g, bool) and np.isfinite(g) and g > 0
    if not (g is None or g == "diffuse" or number):
        raise InputError(f"g={g!r} is not a prior.", allowed="a positive number, 'diffuse', or None for max(m, k^2)")
    if isinstance(prior, bool) or not isinstance(prior, (int, float)) or not (np.isfinite(prior) and prior >= 1):
        raise InputError(
            f"prior={prior!r} is not the parameter of a beta(a, a) prior.", allowed="1 (uniform) or more, e.g. 1.01"
        )


def _density(like: Likelihood, k: int, m: int, g: float) -> Curve:
    """Log-likelihood with b and sigma2 integrated out, without the log-determinant, as a function of rho or lambda."""
    from scipy.special import gammaln

    spec, scale, first = like.spec, like.data.scale, 1 + like.spec.wy

    def parts(rho: float, lam: float) -> tuple[float, float, float]:
        rows = like.data.rows(lam)
        left = rows[:, 0] * scale[0] - (rho * scale[1] * rows[:, 1] if spec.wy else 0.0)
        right, fixed = rows[:, first : first + k], rows[:, first + k :]
        if fixed.shape[1]:
            q = fixed / np.linalg.norm(fixed)
            left, right = left - q @ (q.T @ left), right - q @ (q.T @ right)
        total = float(left @ left)
        q, r = np.linalg.qr(right)
        left = left - q @ (q.T @ left)
        log_det = float(np.log(np.abs(np.diag(r))).sum() + np.log(scale[first : first + k]).sum())
        return total, float(left @ left), log_det

    def log_density(p: np.ndarray) -> np.ndarray:
        found = [parts(v if spec.wy else 0.0, v if spec.wu else 0.0) for v in map(float, p)]
        total, error, log_det = np.array(found).T
        if (error <= 1e-24 * total).any():
            raise EstimationError(
                "The model fits the outcome exactly: the residual variance is zero.",
                fix="remove the regressor that equals the outcome (or a sum of regressors and effects that does)",
            )
        if np.isnan(g):  # diffuse: log_det is half of log|Z'Z|
            return gammaln((m - k) / 2) - (m - k) / 2 * np.log(np.pi * error) - log_det
        size = np.log(np.pi) + np.log((total + g * error) / (1 + g))
        return gammaln(m / 2) - k / 2 * np.log1p(g) - m / 2 * size

    return log_density


def _level(op) -> Curve:
    r"""f(rho) = -1' log(I - rho W) 1 / N, the change of the measure of a constant from A y to y.

    Its derivative 1'G1/N is what the score of rho is out by for each constant removed. -log(1 - s rho) where the rows
    of W all sum to s; else the power series, with the share c of the Perron root s in closed form.
    """
    s, v, n = op.spectral_radius, np.ones(op.N), op.N
    sums = op.lag(v)
    if np.ptp(sums) <= 1e-12 * max(1.0, np.abs(sums).max()):
        return lambda p: -np.log1p(-sums[0] * p)
    moments = np.empty(_TERMS)
    for i in range(_TERMS):
        v = op.lag(v) / s
        moments[i] = v.sum() / n
    powers = np.arange(1, _TERMS + 1)
    share = moments[-1]
    coefficients = np.concatenate([[0.0], (moments - share) / powers])
    return lambda p: np.polynomial.polynomial.polyval(s * p, coefficients) - share * np.log1p(-s * p)


def _level_of_errors(op) -> Curve:
    r"""-log(||B 1|| / sqrt(N)): a flat prior on a constant that the filter B makes into B 1."""
    sums = op.lag(np.ones(op.N))
    first, second = sums.mean(), (sums**2).mean()
    return lambda p: -0.5 * np.log(1 - 2 * p * first + p**2 * second)


def _log_beta(share: np.ndarray, a: float) -> np.ndarray | float:
    from scipy.special import betaln

    return (a - 1) * (np.log(share) + np.log1p(-share)) - betaln(a, a) if a != 1 else 0.0


def _mode(log_density: Curve, low: float, high: float, points: int = 81) -> float:
    from scipy.optimize import minimize_scalar

    grid = _grid(low, high, points)
    at = int(np.nanargmax(log_density(grid)))
    ends = grid[max(at - 1, 0)], grid[min(at + 1, points - 1)]
    found = minimize_scalar(lambda p: -float(log_density(np.array([p]))[0]), bounds=ends, method="bounded")
    return float(found.x)


def _integrate(log_density: Curve, low: float, high: float, mode: float) -> tuple[float, float, float]:
    """Log of the integral, mean and standard deviation of a density given by its log.

    The range where the density is above exp(-45) of its top is found first, then cut into panels of 12
    Gauss-Legendre nodes, twice as many until the integral stands still to 1e-10.
    """
    from scipy.optimize import brentq

    grid = np.union1d(_grid(low, high, 81), [mode])
    values = log_density(grid)
    top = float(values.max())
    inside = np.flatnonzero(values > top - _DEPTH)

    def edge(outer: int, inner: int, end: float) -> float:
        if not 0 <= outer < len(grid):
            return end
        gap = lambda p: float(log_density(np.array([p]))[0]) - top + _DEPTH  # noqa: E731
        return float(brentq(gap, grid[outer], grid[inner], xtol=1e-9, rtol=1e-3))

    a, b = edge(inside[0] - 1, inside[0], low), edge(inside[-1] + 1, inside[-1], high)
    x, w = np.polynomial.legendre.leggauss(12)
    before = -np.inf
    for panels in (6, 12, 24, 48, 96, 192):
        width = (b - a) / panels
        p = (a + width * (np.arange(panels)[:, None] + (1 + x) / 2)).ravel()
        mass = np.exp(log_density(p) - top) * np.tile(w, panels) * width / 2
        value = float(np.log(mass.sum()))
        if abs(value - before) < 1e-10:
            break
        before = value
    share = mass / mass.sum()
    mean = float(share @ p)
    return top + value, mean, float(np.sqrt(share @ (p - mean) ** 2))


def _grid(low: float, high: float, points: int) -> np.ndarray:
    """Points strictly inside the interval, closer together towards its ends."""
    angle = (np.arange(points) + 0.5) / points * np.pi
    return (low + high) / 2 - (high - low) / 2 * np.cos(angle)
