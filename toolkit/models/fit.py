"""`toolkit.fit`: the one door to every estimator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.models.covariance import covariance, covariance_named
from toolkit.models.estimate import estimate, require_operator
from toolkit.models.results import Fit
from toolkit.models.spec import effects_named, spec_named

if TYPE_CHECKING:
    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["fit"]


def fit(
    formula: str,
    data: Panel,
    W: SpatialWeights | None = None,
    model: str = "ols",
    effects: str = "none",
    *,
    durbin: Sequence[str] | None = None,
    W_durbin: SpatialWeights | None = None,
    W_error: SpatialWeights | None = None,
    cov: str | None = None,
) -> Fit:
    r"""Estimate a spatial model of a panel or a cross-section by exact maximum likelihood.

    .. math:: y = \rho W y + X b + W_d X \theta + \mu_i + \xi_t + u, \qquad u = \lambda W_e u + e

    Parameters
    ----------
    formula : str
        ``"log(gsp) ~ log(pcap) + unemp"``. Functions come from a list (log, exp, sqrt, C, poly ...); panel
        operators by region are ``lag(x)``, ``lead(x)``, ``diff(x)``, ``growth(x)``; ``W(x)`` is the spatial lag.
    data : Panel
        Balanced; a cross-section is a panel with one period.
    W : SpatialWeights, optional
        Matched to the regions by id. Needed by every model but ``"ols"``.
    model : str
        ``ols slx sar sem sdm sdem sac gns``.
    effects : {"none", "entity", "time", "twoway"}
        Fixed effects. Spillovers are `toolkit.impacts`.
    durbin : sequence of str, optional
        Regressors to be lagged in slx, sdm, sdem, gns; all that vary by default.
    W_durbin, W_error : SpatialWeights, optional
        Weights of W X and of W u where they differ from `W`.
    cov : str, optional
        ``"classical"`` (default of ols and slx), ``"hessian"`` (observed information, default of the others)
        or ``"expected"`` (expected information).

    Returns
    -------
    Fit
        ``params std_errors tstats pvalues cov conf_int() loglik aic bic resids fitted_values tidy() glance()
        summary fixed_effects() test()``.

    Raises
    ------
    InputError, FormulaError, DataError, WeightsError
        For arguments, formulas, cells and weights that cannot be used; each names the way out.
    EstimationError
        If regressors are collinear or absorbed by the effects, or the likelihood has no maximum.

    Notes
    -----
    W y and W X are formed from the raw data, then freed of the effects; the log-determinant is exact (or its
    error is in ``fit.notes``); rho and lambda solve the score to machine precision. sigma2 divides by N T.
    With a short panel the incidental parameters bias sigma2 and, for two-way effects, rho (Lee and Yu 2010).

    References
    ----------
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics. CRC Press, chapter 3.
    Elhorst, J. P. (2014). Spatial Econometrics. Springer, section 3.3.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> W = tk.weights.queen(panel)
    >>> f = tk.fit("log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp", panel, W, model="sar", effects="entity")
    >>> round(float(f.params["rho"]), 4), round(f.loglik, 2)
    (0.2747, 1609.72)
    """
    from toolkit.data.panel import Panel
    from toolkit.models.design import design

    spec, effects = spec_named(model), effects_named(effects)
    cov = covariance_named(cov, spatial=bool(spec.spatial))
    if not isinstance(data, Panel):
        raise InputError(
            f"data is a {type(data).__name__}, not a Panel.",
            fix='wrap it: tk.Panel(df, entity="code", time="year"); leave time out for a cross-section',
        )
    if durbin is not None and not spec.wx:
        raise InputError(
            f"durbin={list(durbin)!r} was given, but model={spec.name!r} has no W X.",
            allowed="durbin= with slx, sdm, sdem, gns",
        )
    W, W_durbin, W_error = (_matched(w, data) for w in (W, W_durbin or W, W_error or W))
    for name, weights, used in (("W", W, spec.wy), ("W_durbin", W_durbin, spec.wx), ("W_error", W_error, spec.wu)):
        if used:
            require_operator(weights, name if weights is not W else "W", spec)
    built = design(
        formula,
        data,
        lag_durbin=W_durbin.lag if W_durbin is not None else None,
        durbin=(True if durbin is None else list(durbin)) if spec.wx else None,
        effects=effects,
    )
    z, terms = built.regressors()
    if built.wx_terms and not spec.wx:
        wider = spec_named({"ols": "slx", "sar": "sdm", "sem": "sdem", "sac": "gns"}[spec.name])
        note = f"W() in the formula makes the {spec.name.upper()} a (partial) {wider.name.upper()}."
        spec, built = wider, replace(built, notes=(*built.notes, note))
    for weights in {id(w): w for w in (W, W_durbin, W_error) if w is not None}.values():
        weights.warn_overlap(built.times)
    estimated = estimate(
        built.y,
        z,
        terms,
        spec,
        effects,
        operator=W.operator if spec.wy else None,
        operator_error=W_error.operator if spec.wu else None,
    )
    labels = {t: label for t in (built.depvar, *terms) if (label := data.label(t)) != t}
    return Fit(
        formula=formula,
        spec=spec,
        effects=effects,
        design=built,
        weights=W,
        weights_durbin=W_durbin,
        weights_error=W_error,
        estimated=estimated,
        covariance=covariance(cov, estimated),
        labels=labels,
    )


def _matched(weights: SpatialWeights | None, panel: Panel) -> SpatialWeights | None:
    """`weights` in the order of the panel's regions; converts libpysal objects."""
    if weights is None:
        return None
    from toolkit.weights.spatial_weights import SpatialWeights

    if not isinstance(weights, SpatialWeights):
        from toolkit.weights import from_graph

        weights = from_graph(weights)
    return weights.match(panel.entities)
