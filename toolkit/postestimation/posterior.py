r"""Posterior probabilities of models and of weights (LeSage 2014; LeSage and Pace 2009, chapter 6).

For each model the parameters are integrated out of the likelihood, not maximised: b and sigma2 in closed form, rho or lambda
by quadrature over its interval. So models of different W and different place of the spatial dependence, which no LR test
compares, have comparable weights; weights from BIC or maximised likelihoods are something else.

Priors: p(sigma2) proportional to 1/sigma2; on the slopes Zellner's g-prior, b | sigma2 ~ N(0, g sigma2 (Z'Z)^-1) with
g = max(n, k^2) (Fernandez, Ley and Steel 2001), Z the regressors (filtered ones under lambda) off the mean or the effects; on
the constant and the effects a flat one; on rho and lambda uniform over the interval, or beta(a, a). A proper prior on the
slopes is needed because models differ in their number (SAR and SDM), where a flat one would leave an arbitrary factor
(Bartlett's paradox); LeSage (2014) compares SLX, SDM and SDEM, which share their slopes.

    log p(y | rho) = log|I - rho W| T - (m/2) log(pi) + lgamma(m/2) - (k/2) log(1 + g)
                     - (m/2) log((e0'e0 + g e'e) / (1 + g)),

e0'e0 the sum of squares of y off the effects, e'e that off Z too, m the free observations: n - 1, N(T - 1), (N - 1)T,
(N - 1)(T - 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.models.design import design
from toolkit.models.estimate import likelihood_of
from toolkit.models.spec import Spec, effects_named, spec_named

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["ModelProbabilities", "log_marginal", "probabilities"]

MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem")


@dataclass(frozen=True)
class ModelProbabilities:
    """Posterior probabilities of models and weights.

    Attributes
    ----------
    table : DataFrame
        One row a model and W: model weights log_marginal probability rho_mean (posterior mean of rho or lambda).
    depvar : str
    effects : str
    g : float
        Of the g-prior; NaN where it differs by model.
    """

    table: pd.DataFrame
    depvar: str
    effects: str

    def tidy(self) -> pd.DataFrame:
        """One row a model and W."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row: the most probable pair."""
        return self.table.sort_values("probability", ascending=False).head(1).reset_index(drop=True)

    def by(self, what: str) -> pd.Series:
        """Probabilities summed over the other: ``by("model")``, ``by("weights")``."""
        if what not in ("model", "weights"):
            raise InputError(f"by={what!r} is not known.", allowed="model, weights")
        return self.table.groupby(what, sort=False)["probability"].sum()

    def __repr__(self) -> str:
        wide = self.table.pivot(index="model", columns="weights", values="probability")
        return f"Posterior model probabilities of {self.depvar} ({self.effects} effects)\n{wide.round(4)}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")


def probabilities(
    formula: str,
    data: Panel,
    W: SpatialWeights | Mapping[str, SpatialWeights],
    models: Sequence[str] = ("slx", "sar", "sem", "sdm", "sdem"),
    effects: str = "none",
    *,
    g: float | None = None,
    prior: float = 1.0,
) -> ModelProbabilities:
    """Posterior probabilities of spatial models and weights.

    Parameters
    ----------
    formula : str
    data : Panel
        Balanced.
    W : SpatialWeights or mapping of name to SpatialWeights
    models : sequence of str
        Of ols slx sar sem sdm sdem. Every model has the same prior probability, shared by the weights.
    effects : {"none", "entity", "time", "twoway"}
    g : float, optional
        Of the g-prior on the slopes; max(n, k^2) by default.
    prior : float
        a of the beta(a, a) prior of rho and lambda on their interval; 1 is uniform, 1.01 LeSage and Pace's.

    Returns
    -------
    ModelProbabilities

    Raises
    ------
    InputError
        For models outside the list, or a g that is not positive.

    References
    ----------
    LeSage, J. (2014). Spatial econometric panel data model specification: a Bayesian approach. Spatial Statistics 9, 122-145.
    Fernandez, C., Ley, E. and Steel, M. (2001). Benchmark priors for Bayesian model averaging. J. Econometrics 100.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("columbus")
    >>> p = tk.probabilities("CRIME ~ INC + HOVAL", panel, tk.weights.queen(panel))
    >>> round(float(p.tidy()["probability"].sum()), 10)
    1.0
    """
    import pandas as pd

    effects = effects_named(effects)
    if effects not in ("none", "entity", "time", "twoway"):
        raise InputError(
            f"effects={effects!r} have no closed marginal likelihood.", allowed="none, entity, time, twoway"
        )
    unknown = [m for m in models if spec_named(m).name not in MODELS]
    if unknown:
        raise InputError(f"No marginal likelihood for {unknown!r}.", allowed=", ".join(MODELS))
    for name, value in (("g", g), ("prior", prior)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise InputError(f"{name}={value!r} is not a positive number.")
    named = W if isinstance(W, Mapping) else {"W": W}
    rows = []
    for label, weights in named.items():
        w = weights.match(data.entities)
        built = design(formula, data, lag_durbin=w.lag, durbin=True, effects=effects)
        for model in models:
            spec = spec_named(model)
            value, mean = log_marginal(built, spec, effects, w, g, prior)
            rows.append({"model": model, "weights": label, "log_marginal": value, "rho_mean": mean})
    table = pd.DataFrame(rows)
    # a model without W (ols) is one model, not one for each W: its prior is split over the labels
    top = table["log_marginal"].max()
    share = np.exp(table["log_marginal"] - top)
    table["probability"] = share / share.sum()
    return ModelProbabilities(
        table[["model", "weights", "log_marginal", "probability", "rho_mean"]], built.depvar, effects
    )


def log_marginal(built, spec: Spec, effects: str, w, g: float | None = None, prior: float = 1.0) -> tuple[float, float]:
    """Log marginal likelihood of one model, and the posterior mean of rho or lambda (NaN without).

    Parameters
    ----------
    built : Design
        With W X.
    spec : Spec
    effects : str
    w : SpatialWeights
    g, prior : see `probabilities`
    """
    t, n = built.y.shape
    keep = [i for i in range(len(built.terms)) if i != built.constant]
    z = built.X[:, :, keep]
    if spec.wx:
        z = np.concatenate([z, built.WX], axis=2)
    k = z.shape[2]
    # the constant is an effect: removed like one, B 1 being constant or not
    constant = np.ones((t, n, 1)) if effects == "none" else np.zeros((t, n, 0))
    like, _ = likelihood_of(
        built.y,
        np.concatenate([z, constant], axis=2),
        spec,
        effects,
        w.operator if spec.wy else None,
        w.operator if spec.wu else None,
    )
    free = {"none": n * t - 1, "entity": n * (t - 1), "time": (n - 1) * t, "twoway": (n - 1) * (t - 1)}[effects]
    g = float(max(free, k**2)) if g is None else g
    scale, first = like.data.scale, 1 + spec.wy

    def sums(rho: float, lam: float) -> tuple[float, float]:
        """Sum of squares of the outcome off the effects, and off the slopes too."""
        rows = like.data.rows(lam)
        left = rows[:, 0] * scale[0] - (rho * scale[1] * rows[:, 1] if spec.wy else 0.0)
        fixed = rows[:, first + k :]
        if fixed.shape[1]:
            q = fixed / np.linalg.norm(fixed)
            left = left - q @ (q.T @ left)
            rows = rows - q @ (q.T @ rows)
        right = rows[:, first : first + k]
        e = left - right @ np.linalg.lstsq(right, left, rcond=None)[0] if k else left
        return float(left @ left), float(e @ e)

    from scipy.special import betaln, gammaln

    periods = t - (effects in ("entity", "twoway"))

    def log_density(p: float) -> float:
        total, error = sums(p if spec.wy else 0.0, p if spec.wu else 0.0)
        out = -free / 2 * np.log(np.pi) + gammaln(free / 2) - k / 2 * np.log1p(g)
        out -= free / 2 * np.log((total + g * error) / (1 + g))
        for used, curve in ((spec.wy, like.curve), (spec.wu, like.curve_error)):
            if used:
                out += periods * float(curve.value(p))
        return float(out)

    if not spec.spatial:
        return log_density(0.0), float("nan")
    if w.operator.exact_spectrum is False:
        start = 0.0
        like = _refined(like, spec, start)
    low, high = like.interval if spec.wy else like.interval_error
    low = max(low, -1.0) if high <= 1.0 + 1e-9 else low
    nodes, weights = np.polynomial.legendre.leggauss(200)
    rho = (low + high) / 2 + (high - low) / 2 * nodes
    share = (rho - low) / (high - low)
    values = np.array([log_density(float(r)) for r in rho])
    values = values + (prior - 1) * (np.log(share) + np.log1p(-share)) - betaln(prior, prior) - np.log(high - low)
    top = values.max()
    mass = np.exp(values - top) * weights * (high - low) / 2
    # narrow posteriors: once more where the mass is
    mean, spread = _moments(rho, mass)
    a, b = max(low, mean - 12 * spread), min(high, mean + 12 * spread)
    rho = (a + b) / 2 + (b - a) / 2 * nodes
    share = (rho - low) / (high - low)
    values = np.array([log_density(float(r)) for r in rho])
    values = values + (prior - 1) * (np.log(share) + np.log1p(-share)) - betaln(prior, prior) - np.log(high - low)
    top = values.max()
    mass = np.exp(values - top) * weights * (b - a) / 2
    return float(top + np.log(mass.sum())), float((rho * mass).sum() / mass.sum())


def _moments(rho: np.ndarray, mass: np.ndarray) -> tuple[float, float]:
    mean = float((rho * mass).sum() / mass.sum())
    spread = float(np.sqrt(max(((rho - mean) ** 2 * mass).sum() / mass.sum(), 0.0)))
    return mean, max(spread, float(np.abs(np.diff(rho)).max()) / 2)


def _refined(like, spec: Spec, at: float):
    """Series curves are exact at their nodes; the middle of the interval is close enough for an integral."""
    from dataclasses import replace

    if spec.wy:
        return replace(like, curve=like.curve.refined(at))
    return replace(like, curve_error=like.curve_error.refined(at))
