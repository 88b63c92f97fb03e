"""Posterior probabilities of models and of weights (LeSage 2014; LeSage and Pace 2009, chapter 6).

For each model the parameters are integrated out of the likelihood (`marginal_likelihood`, which states the priors). So models
with different W and a different place of the spatial dependence, which no LR test compares, have comparable weights;
weights made from BIC or maximised likelihoods are something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import EstimationError, InputError, listing
from toolkit.models.design import Design, absorbed_columns, collinear_columns, design
from toolkit.models.results import Fit
from toolkit.models.spec import Spec, effects_named, spec_named
from toolkit.models.transform import demean
from toolkit.postestimation.marginal_likelihood import (
    EFFECTS_ALLOWED,
    MODELS,
    Marginal,
    check_priors,
    default_g,
    free_observations,
    log_marginal,
)

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["ModelProbabilities", "marginal_of", "probabilities", "shares"]


@dataclass(frozen=True)
class ModelProbabilities:
    """Posterior probabilities of models and weights.

    Attributes
    ----------
    table : DataFrame
        One row a model and W: model weights log_marginal prior probability mean sd (of rho or lambda) slopes. A model
        without W (ols) is one row, with weights ``""`` and the prior of all weights together.
    depvar, effects : str
    g : float
        Of the g-prior on the slopes; NaN for the diffuse prior.
    observations : int
        Free of the effects.
    """

    table: pd.DataFrame
    depvar: str
    effects: str
    g: float = float("nan")
    observations: int = 0

    def tidy(self) -> pd.DataFrame:
        """One row a model and W."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row: the most probable model and W, and what the probabilities rest on."""
        top = self.table.sort_values("probability", ascending=False, kind="stable").head(1).reset_index(drop=True)
        return top.assign(depvar=self.depvar, effects=self.effects, g=self.g, observations=self.observations)

    def by(self, what: str) -> pd.Series:
        """Probabilities summed over the other: ``by("model")``, ``by("weights")``."""
        if what not in ("model", "weights"):
            raise InputError(f"by={what!r} is not known.", allowed="model, weights")
        return self.table.groupby(what, sort=False)["probability"].sum()

    def __repr__(self) -> str:
        wide = self.table.pivot_table(
            index="model", columns="weights", values="probability", aggfunc="sum", sort=False, fill_value=0.0
        )
        prior = "diffuse slopes" if np.isnan(self.g) else f"g = {self.g:g}"
        return f"Posterior model probabilities of {self.depvar} ({self.effects} effects, {prior})\n{wide.round(4)}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4f")


def probabilities(
    formula: str | Sequence[Fit],
    data: Panel | None = None,
    W: SpatialWeights | Mapping[str, SpatialWeights] | None = None,
    models: Sequence[str] = ("slx", "sar", "sem", "sdm", "sdem"),
    effects: str = "none",
    *,
    g: float | str | None = None,
    prior: float = 1.0,
) -> ModelProbabilities:
    """Posterior probabilities of spatial models and weights.

    Parameters
    ----------
    formula : str, or sequence of Fit
        Fits of one outcome with one kind of effects, which need no other argument but the priors.
    data : Panel
        Balanced.
    W : SpatialWeights or mapping of name to SpatialWeights
    models : sequence of str
        Of ols slx sar sem sdm sdem. Every model has the same prior probability, shared by the weights.
    effects : {"none", "entity", "time", "twoway"}
    g : float or "diffuse", optional
        Of the g-prior on the slopes; max(m, k^2) by default, m the free observations and k the slopes of the
        largest model. ``"diffuse"`` is LeSage's flat prior, for models with equally many slopes: slx, sdm and sdem,
        or ols, sar and sem.
    prior : float
        a of the beta(a, a) prior of rho and lambda on their interval; 1 is uniform, 1.01 LeSage and Pace's.

    Returns
    -------
    ModelProbabilities

    Raises
    ------
    InputError
        For models outside the list, priors out of range, or fits that do not explain the same observations.
    EstimationError
        For regressors that are collinear or absorbed by the effects.

    Notes
    -----
    Published programs after LeSage's (2014) routine add minus the integral over rho, instead of its logarithm, to the
    log-marginal of the models with rho or lambda, and count T log-determinants under entity effects: their probabilities differ.

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
    check_priors(g, prior)
    if not isinstance(formula, str):
        return _of_fits(formula, g, prior)
    if data is None or W is None:
        raise InputError("A formula needs data= and W=.", fix="tk.probabilities(formula, panel, W), or give fits")
    effects = effects_named(effects)
    if effects not in EFFECTS_ALLOWED:
        raise InputError(f"effects={effects!r} have no closed marginal likelihood.", allowed=", ".join(EFFECTS_ALLOWED))
    if isinstance(models, str) or not len(models):
        raise InputError(f"models={models!r} is not a list of models.", allowed=f"a list of {', '.join(MODELS)}")
    specs = [spec_named(m) for m in dict.fromkeys(models)]
    unknown = [s.name for s in specs if s.name not in MODELS]
    if unknown:
        raise InputError(f"No marginal likelihood for {listing(unknown)}.", allowed=", ".join(MODELS))
    named = dict(W) if isinstance(W, Mapping) else {"W": W}
    rows, found = [], []
    for label, weights in named.items():
        w = weights.match(data.entities)
        built = design(formula, data, lag_durbin=w.lag, durbin=True, effects=effects)
        if not found:
            g = _common_g(g, built, specs, effects)
        for spec in specs:
            if spec.spatial or spec.wx:
                found.append(_marginal(built, spec, effects, w, w, g, prior))
                rows.append({"model": spec.name, "weights": label, "prior": 1 / (len(specs) * len(named))})
            elif label == next(iter(named)):
                found.append(_marginal(built, spec, effects, None, None, g, prior))
                rows.append({"model": spec.name, "weights": "", "prior": 1 / len(specs)})
    return _record(rows, found, built.depvar, effects)


def marginal_of(fit: Fit, g: float | str | None = None, prior: float = 1.0) -> Marginal:
    """The marginal likelihood of the model and data of a fit.

    Raises
    ------
    InputError
        Where there is none: both rho and lambda, random effects, dynamics, instruments, absent regions, W by period.
    """
    why = None
    if fit.effects not in EFFECTS_ALLOWED:
        why = f"effects={fit.effects!r}"
    elif fit.spec.name not in MODELS:
        why = f"model={fit.model!r} (two spatial parameters)"
    elif fit.options.method != "ml" or fit.design.dynamic or fit.design.instrument_terms:
        why = f"method={fit.options.method!r}" + (", dynamic models" if fit.design.dynamic else "")
    elif fit.periods is not None:
        why = "absent regions or weights that differ by period"
    if why:
        raise InputError(
            f"There is no marginal likelihood for {why}.",
            allowed=f"models {', '.join(MODELS)} with effects {', '.join(EFFECTS_ALLOWED)}, method='ml', balanced panels",
        )
    return _marginal(fit.design, fit.spec, fit.effects, fit.weights, fit.weights_error, g, prior)


def shares(log_marginals: Iterable[float], priors: Iterable[float]) -> np.ndarray:
    """Posterior probabilities from log marginal likelihoods and prior probabilities."""
    value = np.asarray(list(log_marginals), float) + np.log(np.asarray(list(priors), float))
    mass = np.exp(value - value.max())
    return mass / mass.sum()


def _of_fits(fits: Sequence[Fit], g: float | str | None, prior: float) -> ModelProbabilities:
    fits = list(fits)
    if not fits or not all(isinstance(f, Fit) for f in fits):
        raise InputError("Neither a formula nor a list of fits was given.", allowed="a formula, or fits from tk.fit")
    first = fits[0]
    for f in fits[1:]:
        same = f.design.y.shape == first.design.y.shape and np.array_equal(f.design.y, first.design.y)
        if f.effects != first.effects or not same:
            raise InputError(
                f"The fits do not explain the same observations: {f.depvar!r} with effects={f.effects!r} beside "
                f"{first.depvar!r} with effects={first.effects!r}.",
                fix="compare fits of one outcome, sample and kind of effects",
            )
    if g is None:
        slopes = max(_slopes(f.design, f.spec).shape[2] for f in fits)
        g = default_g(_free(first.design, first.effects), slopes)
    found = [marginal_of(f, g, prior) for f in fits]
    if g == "diffuse":
        _equally_many([m.slopes for m in found])
    rows = []
    for f in fits:
        used = f.weights if f.spec.wy else f.weights_error if f.spec.wu else f.weights_durbin
        label = used.note if f.spec.spatial or f.spec.wx else ""
        rows.append({"model": f.model, "weights": label, "prior": 1 / len(fits)})
    return _record(rows, found, first.depvar, first.effects)


def _marginal(built: Design, spec: Spec, effects: str, w, w_error, g, prior: float) -> Marginal:
    z = _slopes(built, spec)
    names = [n for i, n in enumerate(built.terms) if i != built.constant] + list(built.wx_terms) * spec.wx
    constant = built.constant is not None
    off = "none" if effects == "none" else effects
    gone = absorbed_columns(z, names, effects) if effects != "none" else []
    flat = demean(z, off).reshape(-1, z.shape[2])
    bad = [] if gone else collinear_columns(flat - flat.mean(axis=0) if constant else flat, names)
    if gone or bad:
        what = ", ".join(map(repr, gone)) or "; ".join(f"{name} = {how}" for name, how in bad)
        raise EstimationError(
            f"{'Absorbed by the effects' if gone else 'Collinear regressors'}: {what}.",
            fix="drop them from the formula",
        )
    op = w.operator if spec.wy else None
    op_error = w_error.operator if spec.wu else None
    return log_marginal(built.y, z, spec, effects, op, op_error, constant=constant, g=g, prior=prior)


def _slopes(built: Design, spec: Spec) -> np.ndarray:
    """X without the constant, and W X where the model has it, shape (T, N, k)."""
    z = built.X[:, :, [i for i in range(len(built.terms)) if i != built.constant]]
    return np.concatenate([z, built.WX], axis=2) if spec.wx else z


def _free(built: Design, effects: str) -> int:
    t, n = built.y.shape
    return free_observations(t, n, effects, built.constant is not None)


def _common_g(g, built: Design, specs: Sequence[Spec], effects: str):
    """One g for all models, so that none has another prior for its slopes."""
    numbers = [_slopes(built, s).shape[2] for s in specs]
    if g == "diffuse":
        _equally_many(numbers)
    return default_g(_free(built, effects), max(numbers)) if g is None else g


def _equally_many(slopes: Sequence[int]) -> None:
    if len(set(slopes)) > 1:
        raise InputError(
            f"g='diffuse' cannot compare models with {listing(sorted(set(slopes)))} slopes: the flat prior leaves an "
            "arbitrary factor between them.",
            allowed="slx, sdm, sdem together, or ols, sar, sem together",
            fix="leave g out (g-prior), or compare models with the same regressors",
        )


def _record(rows: list[dict], found: list[Marginal], depvar: str, effects: str) -> ModelProbabilities:
    import pandas as pd

    table = pd.DataFrame(rows)
    for name in ("log_value", "mean", "sd", "slopes"):
        table[name] = [getattr(m, name) for m in found]
    table = table.rename(columns={"log_value": "log_marginal"})
    table["probability"] = shares(table["log_marginal"], table["prior"])
    columns = ["model", "weights", "log_marginal", "prior", "probability", "mean", "sd", "slopes"]
    return ModelProbabilities(table[columns], depvar, effects, found[0].g, found[0].observations)
