"""`toolkit.fit`: the one door to every estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError
from toolkit.models.estimate import require_weights
from toolkit.models.options import options
from toolkit.models.results import Fit
from toolkit.models.solve import Problem, solve
from toolkit.models.spec import RANDOM, effects_named, spec_named

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
    method: str | None = None,
    bias_correction: str | None = None,
    dynamic: str | None = None,
    components: str | None = None,
    serial: bool | None = None,
    endog: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    cr_lags: int | None = None,
    gmm_lags: int | None = None,
    renormalize: bool | None = None,
    cov: str | None = None,
    cov_options: Mapping[str, object] | None = None,
) -> Fit:
    r"""Estimate a spatial model of a panel or a cross-section.

    .. math:: y = \rho W y + X b + W_d X \theta + \mu_i + \xi_t + u, \qquad u = \lambda W_e u + e

    Parameters
    ----------
    formula : str
        ``"log(gsp) ~ log(pcap) + unemp"``. Functions come from a list (log, exp, sqrt, C, poly ...); panel
        operators by region are ``lag(x)``, ``lead(x)``, ``diff(x)``, ``growth(x)``; ``W(x)`` is the spatial lag.
    data : Panel
        A cross-section is a panel with one period. Panels in which regions are absent from some periods (made with
        ``unbalanced="keep"``) need `renormalize`.
    W : SpatialWeights or YearlyWeights, optional
        Matched to the regions by id. Needed by every model but ``"ols"``.
    model : str
        ``ols slx sar sem sdm sdem sac gns``.
    effects : {"none", "entity", "time", "twoway", "random", "mundlak"}
        Fixed effects, random effects of regions, or correlated random effects (random, with the regions' means
        of the regressors). Spillovers are `toolkit.impacts`.
    durbin : sequence of str, optional
        Regressors to be lagged in slx, sdm, sdem, gns; all that vary by default.
    W_durbin, W_error : SpatialWeights, optional
        Weights of W X and of W u where they differ from `W`.
    method : str, optional
        ``"ml"`` (default): exact maximum likelihood, least squares for ols and slx. ``"gls"`` (default of ols and
        slx with random effects), ``"between"``, ``"fd"``, ``"mg"``, ``"ccemg"``, ``"ccep"``: panel estimators without
        rho and lambda. ``"2sls"`` (default with `endog`), ``"gs2sls"``, ``"het"``: instruments, the last
        robust to heteroskedasticity. ``"gm"``: moments of the error model. ``"gmm"``: dynamic panels with few periods.
    bias_correction : {"none", "transformation", "correction"}, optional
        For fixed effects in short panels (Lee and Yu 2010). Dynamic models: ``"correction"`` is the default.
    dynamic : {"y(t-1)", "W y(t-1)", "both"}, optional
        Lags of the outcome on the right-hand side.
    components : {"baltagi", "kkp"}, optional
        Random effects with lambda: whether the filter passes over the remainder only, or over the effects too.
    serial : bool, optional
        Random effects whose remainder is AR(1), with coefficient psi.
    endog, instruments : sequence of str, optional
        Endogenous regressors of the formula, and variables from outside it that stand in for them.
    cr_lags, gmm_lags : int, optional
        Lags of the cross-section averages (CCE), and of the outcome as instruments (GMM).
    renormalize : bool, optional
        Needed when regions are absent from some periods: whether the rows of W are re-normalised over those present.
    cov : str, optional
        ``"classical"`` (default of ols and slx), ``"hessian"`` (observed information, default of maximum likelihood),
        ``"expected"``, ``"qml"`` ...; ``cov="?"`` lists those of the model.
    cov_options : mapping, optional
        What the covariance takes, e.g. ``{"cutoff": 500}`` for ``"conley"``.

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
    from toolkit.weights.by_period import PeriodLag

    spec, effects = spec_named(model), effects_named(effects)
    asked = options(
        spec,
        effects,
        method=method,
        bias_correction=bias_correction,
        dynamic=dynamic,
        components=components,
        serial=serial,
        endog=endog,
        instruments=instruments,
        cr_lags=cr_lags,
        gmm_lags=gmm_lags,
        renormalize=renormalize,
        cov=cov,
        cov_options=cov_options,
    )
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
    lag_used = spec.wy or "W y(t-1)" in asked.lags
    for name, weights, used in (("W", W, lag_used), ("W_durbin", W_durbin, spec.wx), ("W_error", W_error, spec.wu)):
        if used:
            require_weights(weights, name if weights is not W else "W", spec)
    places = _periods(data, asked, effects, W, W_durbin, W_error)
    durbin_lag = places["W_durbin"] if places else W_durbin
    built = design(
        formula,
        data,
        lag_durbin=None if durbin_lag is None else PeriodLag(durbin_lag) if places else durbin_lag.lag,
        durbin=(True if durbin is None else list(durbin)) if spec.wx else None,
        effects="none" if effects in RANDOM else effects,
        dynamic=asked.lags,
        instruments=asked.instruments,
        absent=not data.balanced,
    )
    if places is not None:
        first = list(data.times).index(built.times[0])
        places = {k: w and w.window(first, first + len(built.times)) for k, w in places.items()}
    if built.wx_terms and not spec.wx:
        wider = spec_named({"ols": "slx", "sar": "sdm", "sem": "sdem", "sac": "gns"}[spec.name])
        note = f"W() in the formula makes the {spec.name.upper()} a (partial) {wider.name.upper()}."
        spec, built = wider, replace(built, notes=(*built.notes, note))
    for weights in {id(w): w for w in (W, W_durbin, W_error) if w is not None}.values():
        weights.warn_overlap(built.times)
    if effects == "mundlak":
        from toolkit.models.mundlak import with_means

        built = with_means(built)
    problem = Problem(built, spec, effects, asked, data, W, W_durbin, W_error, places)
    solution, estimated = solve(problem)
    labels = {t: label for t in (built.depvar, *solution.terms) if (label := data.label(t)) != t}
    return Fit(
        formula=formula,
        spec=spec,
        effects=effects,
        design=problem.design,
        weights=W,
        weights_durbin=W_durbin,
        weights_error=W_error,
        solution=solution,
        options=asked,
        estimated=estimated,
        labels=labels,
        panel=data,
        periods=places,
    )


def _periods(data: Panel, asked, effects: str, W, W_durbin, W_error) -> dict | None:
    """Weights among the regions present, where W differs by period or regions are absent; else None."""
    from toolkit.weights.by_period import YearlyWeights, among_present

    differs = any(isinstance(w, YearlyWeights) for w in (W, W_durbin, W_error))
    if data.balanced and not differs:
        return None
    what = "absent regions" if not data.balanced else "weights that differ by period"
    plain = asked.method == "ml" and not asked.dynamic and asked.bias_correction in (None, "none")
    if effects in RANDOM or not plain:
        raise InputError(
            f"{what.capitalize()} are not handled by method={asked.method!r} with effects={effects!r}"
            + (f", dynamic={asked.dynamic!r}" if asked.dynamic else "")
            + (f", bias_correction={asked.bias_correction!r}" if not plain and asked.bias_correction else "")
            + ".",
            allowed="method='ml' with effects none, entity, time, twoway",
            fix="keep the periods that all regions have: panel.select(times=...), and one W",
        )
    present = np.ones((data.T, data.N), bool)
    if not data.balanced:
        from toolkit.data.expressions import Source

        present = Source(data, None, True).present
    return {
        name: None if w is None else among_present(w, data.times, present, asked.renormalize)
        for name, w in (("W", W), ("W_durbin", W_durbin), ("W_error", W_error))
    }


def _matched(weights: SpatialWeights | None, panel: Panel) -> SpatialWeights | None:
    """`weights` in the order of the panel's regions; converts libpysal objects."""
    if weights is None:
        return None
    from toolkit.weights.by_period import YearlyWeights
    from toolkit.weights.spatial_weights import SpatialWeights

    if isinstance(weights, YearlyWeights):
        return weights.match(panel.entities)
    if not isinstance(weights, SpatialWeights):
        from toolkit.weights import from_graph

        weights = from_graph(weights)
    return weights.match(panel.entities)
