"""Predictions of a fit: in the sample, for regions added, and for later periods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, WeightsError, listing
from toolkit.models.design import design
from toolkit.models.formula import read
from toolkit.models.results import Fit
from toolkit.models.spec import EFFECTS, RANDOM

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["predict"]

KINDS = {
    "blup": "best linear unbiased: given the outcomes that are known",
    "reduced": "given the regressors only: (I - rho W)^-1 (Z b + effects)",
    "trend": "Z b + effects, without the neighbours' outcomes",
}
_STATEFUL = ("center", "scale", "poly")


@dataclass(frozen=True)
class _System:
    """One period's model over all regions: the precision matrix over sigma2 is A'B'B A."""

    fit: Fit
    weights: SpatialWeights | None
    weights_error: SpatialWeights | None

    def reduced(self, mean: np.ndarray) -> np.ndarray:
        """A^-1 mean for blocks (N, m)."""
        return self.weights.operator.solve(self.fit.rho, mean) if self.fit.spec.wy else mean

    def precision(self):
        """A'B'B A, sparse (N, N)."""
        from scipy import sparse

        n = (self.weights or self.weights_error).N if (self.weights or self.weights_error) else None
        out = sparse.eye_array(n, format="csr")
        if self.fit.spec.wu:
            out = out - self.fit.lambda_ * self.weights_error.sparse
        if self.fit.spec.wy:
            out = out @ (sparse.eye_array(n, format="csr") - self.fit.rho * self.weights.sparse)
        return (out.T @ out).tocsc()


def predict(
    fit: Fit,
    data: Panel | None = None,
    W: SpatialWeights | None = None,
    kind: str = "blup",
    *,
    W_durbin: SpatialWeights | None = None,
    W_error: SpatialWeights | None = None,
) -> pd.DataFrame:
    r"""Predict the outcome (in the units of the left-hand side, e.g. log(gsp)).

    Without `data`, for the observations of the fit: the best predictor of each region given all others of its
    period, :math:`\hat y_i = \mu_i - \sum_{j \ne i} Q_{ij} (y_j - \mu_j) / Q_{ii}`, with :math:`\mu` the reduced
    form and :math:`Q = A'B'BA / \sigma^2`. With `data`, for the regions and periods in it that the fit has not seen:
    regions added get :math:`\mu_O - Q_{OO}^{-1} Q_{OS} (y_S - \mu_S)` in the periods of the fit, which is the
    Gaussian conditional expectation; later periods get the reduced form, period by period for dynamic models.

    Parameters
    ----------
    fit : Fit
        Balanced, by maximum likelihood, two-stage or moment methods; random effects are predicted in the sample only.
    data : Panel, optional
        All regions (those of the fit and those added) with the regressors; outcomes are not read.
    W, W_durbin, W_error : SpatialWeights, optional
        Over all regions of `data`; those of the fit when no region is added.
    kind : {"blup", "reduced", "trend"}

    Returns
    -------
    DataFrame
        Indexed by time and entity: ``prediction``, ``known`` (the outcome, NaN where not known), ``kind``
        (``"given the others"``, ``"given the sample"``, ``"reduced form"`` or ``"trend"``).

    Raises
    ------
    InputError
        For an unknown kind, effects that are not known for new regions or periods, or a function in the formula
        that would mean something else on new data (center, scale, poly).
    DataError, WeightsError
        If regions of the fit are missing in `data`, or W lacks regions.

    References
    ----------
    Goulard, M., Laurent, T. and Thomas-Agnan, C. (2017). About predictions in spatial autoregressive models. Spatial
    Economic Analysis 12, 304-325. Baltagi, B. and Li, D. (2006). Prediction in the panel data model with spatial
    correlation. Spatial Economic Analysis 1, 175-185.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("columbus")
    >>> f = tk.fit("CRIME ~ INC + HOVAL", panel, tk.weights.queen(panel), model="sar")
    >>> tk.predict(f).columns.tolist()
    ['prediction', 'known', 'kind']
    """
    if not isinstance(fit, Fit):
        raise InputError(f"predict needs a fit of tk.fit; a {type(fit).__name__} was given.")
    if kind not in KINDS:
        raise InputError(f"kind={kind!r} is not known.", allowed="; ".join(f"{k}: {v}" for k, v in KINDS.items()))
    if fit.solution.innovations.shape != fit.design.y.shape or not np.isfinite(fit.solution.innovations).all():
        raise InputError(
            "Predictions need a balanced panel in levels.", fix="fit the periods that all regions have, in levels"
        )
    if data is None:
        return _in_sample(fit, kind)
    return _new(fit, data, _all_weights(fit, data, W, W_durbin, W_error), kind)


# -- in the sample ----------------------------------------------------------------------------------


def _in_sample(fit: Fit, kind: str) -> pd.DataFrame:
    y, system = fit.design.y, _System(fit, fit.weights, fit.weights_error)
    trend = fit._mean() + _effects(fit, fit.design.times, fit.design.entities)
    if kind == "trend":
        return _frame(fit.design.times, fit.design.entities, trend, y, "trend")
    mu = system.reduced(np.ascontiguousarray(trend.T)).T
    if kind == "reduced":
        return _frame(fit.design.times, fit.design.entities, mu, y, "reduced form")
    if not fit.spec.spatial:
        return _frame(fit.design.times, fit.design.entities, mu, y, "given the others")
    q = system.precision()
    gap = y - mu
    return _frame(fit.design.times, fit.design.entities, y - (q @ gap.T).T / q.diagonal(), y, "given the others")


def _effects(fit: Fit, times, entities) -> np.ndarray:
    """Constant and effects for the given periods and regions, shape (T, N), in the equation (before A^-1)."""
    if fit.effects in RANDOM:
        if list(entities) != list(fit.design.entities):
            raise InputError(
                "The random effects of regions that were not in the sample are not predicted.",
                fix="use kind='reduced' on the regions of the fit, or fixed effects of time",
            )
        return np.broadcast_to(fit.random_effects().to_numpy(), (len(times), len(entities)))
    kinds = EFFECTS[fit.effects]
    if not kinds:
        return np.zeros((len(times), len(entities)))
    fe = fit.fixed_effects()
    out = np.full((len(times), len(entities)), fe.constant)
    for name, series, ids, axis in (("entity", fe.entity, entities, 1), ("time", fe.time, times, 0)):
        if series is None:
            continue
        new = [i for i in ids if i not in series.index]
        if new:
            what = "regions" if name == "entity" else "periods"
            raise InputError(
                f"The {name} effects of {len(new)} {what} that the fit has not seen are not known: {listing(map(str, new))}.",
                fix=f"fit the model without {name} effects to predict for new {what}",
            )
        values = series.loc[list(ids)].to_numpy()
        out = out + (values[None, :] if axis == 1 else values[:, None])
    return out


# -- regions and periods that were not in the sample ------------------------------------------------


def _new(fit: Fit, data: Panel, weights, kind: str) -> pd.DataFrame:
    w, wd, we = weights
    used = {name for f in read(fit.formula).factors for name in f.calls}
    stateful = sorted(used & set(_STATEFUL))
    if stateful:
        raise InputError(
            f"{stateful[0]}() in the formula means something else on other data.",
            fix="compute the variable first with the numbers of the sample: panel.assign(...)",
        )
    built = design(
        fit.formula,
        data,
        lag_durbin=wd.lag if wd is not None else None,
        durbin=_lagged_terms(fit) if fit.spec.wx else None,
        effects="none" if fit.effects in RANDOM else fit.effects,
        outcome=False,
    )
    z, names = built.regressors()
    unknown = [n for n in names if n not in fit.terms]
    missing = [t for t in (*fit.design.terms, *fit.design.wx_terms) if t not in names]
    if unknown or missing or fit.design.aux_terms:
        raise InputError(
            "The new data give other regressors than the fit has"
            + (f"; not in the fit: {listing(unknown)}" if unknown else "")
            + (f"; not in the data: {listing(missing)}" if missing else "")
            + (f"; means of the sample: {listing(fit.design.aux_terms)}" if fit.design.aux_terms else "")
            + ".",
            fix="give the new data the same categories as the sample",
        )
    mean = z @ np.array([fit.solution.value(n) for n in names])
    seen = np.array([e in set(fit.design.entities) for e in built.entities])
    old = np.array([t in set(fit.design.times) for t in built.times])
    y = np.full(mean.shape, np.nan)
    position = {e: i for i, e in enumerate(fit.design.entities)}
    columns = [position[e] for e in built.entities[seen]]
    at = {t: i for i, t in enumerate(fit.design.times)}
    for i, t in enumerate(built.times):
        if t in at:
            y[i, seen] = fit.design.y[at[t], columns]
    system = _System(fit, w, we)
    mean = mean + _effects(fit, built.times, built.entities)
    if fit.design.dynamic:
        return _dynamic(fit, built, mean, y, seen, w, kind)
    mu = system.reduced(np.ascontiguousarray(mean.T)).T
    wanted = ~(np.outer(old, seen))
    words = np.full(mean.shape, "trend" if kind == "trend" else "reduced form", dtype=object)
    out = mean if kind == "trend" else mu
    if kind == "blup" and fit.spec.spatial and not seen.all() and old.any():
        out = mu.copy()
        out[np.ix_(old, ~seen)] = mu[np.ix_(old, ~seen)] - _conditional(system.precision(), y[old] - mu[old], seen)
        words[np.ix_(old, ~seen)] = "given the sample"
    return _frame(built.times, built.entities, out, y, words)[wanted.ravel()]


def _conditional(q, gap: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Q_OO^-1 Q_OS (y_S - mu_S), shape (T, number of regions added)."""
    from scipy.sparse.linalg import splu

    o, s = np.flatnonzero(~seen), np.flatnonzero(seen)
    return splu(q[np.ix_(o, o)].tocsc()).solve(np.asarray(q[np.ix_(o, s)] @ gap[:, s].T)).T


def _dynamic(fit: Fit, built, mean, y, seen, w, kind: str) -> pd.DataFrame:
    """Period after period from the last outcome of the sample."""
    if not seen.all():
        raise InputError("A dynamic model needs the past of every region.", fix="leave the regions added out of data")
    times = list(built.times)
    last = list(fit.design.times)[-1]
    after = np.arange(times.index(last) + 1, len(times)) if last in times else np.zeros(0, int)
    if not len(after):
        raise InputError(
            f"A dynamic model predicts the periods after {last}, one after the other.",
            fix=f"give data with the period {last} and the next ones, without a gap",
        )
    tau, eta = fit.solution.value("y(t-1)"), fit.solution.value("W y(t-1)")
    out = y.copy()
    system = _System(fit, w, None)
    for i in after:
        past = out[i - 1]
        step = mean[i] + tau * past + (eta * w.lag(past) if eta else 0.0)
        out[i] = step if kind == "trend" else system.reduced(step[:, None])[:, 0]
    words = "trend" if kind == "trend" else "reduced form"
    return _frame(built.times, built.entities, out, y, words).iloc[after[0] * len(seen) :]


# -- weights and output -----------------------------------------------------------------------------


def _all_weights(fit: Fit, data: Panel, W, W_durbin, W_error):
    lacking = [e for e in fit.design.entities if e not in set(data.entities)]
    if lacking:
        raise DataError(
            f"data lacks {len(lacking)} regions of the fit: {listing(map(str, lacking))}.",
            fix="give all regions, those of the fit and those added: the known outcomes inform the unknown ones",
        )
    added = [e for e in data.entities if e not in set(fit.design.entities)]
    out = []
    pairs = ((W, fit.weights), (W_durbin or W, fit.weights_durbin), (W_error or W, fit.weights_error))
    for new, (given, mine) in zip(("W", "W_durbin", "W_error"), pairs, strict=True):
        if mine is None:
            out.append(None)
            continue
        if given is None and added:
            raise WeightsError(
                f"data has {len(added)} regions that {new} of the fit does not know: {listing(map(str, added))}.",
                fix=f"pass {new} over all regions of data",
            )
        out.append((given if given is not None else mine).match(data.entities))
    return out


def _lagged_terms(fit: Fit) -> list[str]:
    """Names of the regressors whose lag came from durbin=, as `design` takes them."""
    return [fit.design.terms[p] for p in fit.design.pairs if p is not None]


def _frame(times, entities, values: np.ndarray, known: np.ndarray, kind) -> pd.DataFrame:
    import pandas as pd

    index = pd.MultiIndex.from_product([times, entities], names=["time", "entity"])
    kinds = np.broadcast_to(np.asarray(kind, dtype=object), values.shape)
    return pd.DataFrame({"prediction": values.ravel(), "known": known.ravel(), "kind": kinds.ravel()}, index=index)
