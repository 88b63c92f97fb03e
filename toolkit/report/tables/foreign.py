"""Results of other packages, read as they are: their own estimates, standard errors, p-values and limits.

Kinds of R2 are told apart, whatever a package calls them:

- ``r2_overall``: 1 - SSR / SST of the outcome itself, fixed effects counted as part of the fit (printed as plain R2);
- ``r2_uncentered``: the same in a model without a constant (SST about zero);
- ``r2_within``: of the regression after all fixed effects have been taken out (linearmodels' ``rsquared`` of
  `PanelOLS`, pyfixest's ``_r2_within``; linearmodels' own ``rsquared_within`` takes out entity effects only);
- ``r2_slopes``: linearmodels' ``rsquared_overall``, effects not part of the fit (for random effects);
- ``r2_quasi``: of quasi-demeaned data (random effects); ``r2_between``: of the means of entities;
- ``r2_corr``: squared correlation of fit and outcome; ``r2_mcfadden``: one minus the ratio of log-likelihoods.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from toolkit.report.tables.columns import Column, Part
from toolkit.report.tables.terms import canonical

__all__ = ["read"]

_VCOV = {
    "unadjusted": "classical",
    "nonrobust": "classical",
    "homoskedastic": "classical",
    "iid": "classical",
    "robust": "heteroskedasticity-robust",
    "hetero": "heteroskedasticity-robust",
    "white": "heteroskedasticity-robust",
    "clustered": "clustered",
    "cluster": "clustered",
}


def read(model: Any, level: float = 0.95) -> Column | None:
    """One result of another package as a column, None if its class is not known."""
    for kind in type(model).__mro__:
        reader = _READERS.get(kind.__module__.partition(".")[0])
        if reader is not None:
            return reader(model, level)
    if hasattr(model, "__maketables_coef_table__") and not isinstance(model, type):
        return _hooks(model)
    return None


def _linearmodels(model: Any, level: float) -> Column | None:
    from linearmodels.iv.results import AbsorbingLSResults, IVResults, OLSResults
    from linearmodels.panel.results import PanelResults, RandomEffectsResults

    if not isinstance(model, (PanelResults, OLSResults, AbsorbingLSResults)):
        return None
    panel = isinstance(model, PanelResults)
    fitted, kind = model.model, type(model.model).__name__
    effects = [e.lower() for e in getattr(model, "included_effects", [])]
    names = {"PooledOLS": "Pooled OLS", "RandomEffects": "RE", "BetweenOLS": "Between",
             "FirstDifferenceOLS": "First differences", "IV2SLS": "2SLS", "IVLIML": "LIML", "IVGMM": "GMM",
             "IVGMMCUE": "GMM-CUE", "AbsorbingLS": "FE", "FamaMacBeth": "Fama-MacBeth"}  # fmt: skip
    name = names.get(kind, kind)
    if kind == "PanelOLS":
        name = {0: "Pooled OLS", 1: "FE"}.get(len(effects), "Two-way FE")
    if kind == "IV2SLS" and not isinstance(model, IVResults):
        name = "OLS"
    stats: dict[str, Any] = {"nobs": int(model.nobs)}
    random: tuple[str, ...] = ()
    if panel:
        stats["n_entities"] = int(model.entity_info["total"])
        stats["n_times"] = int(model.time_info["total"])
    if isinstance(model, RandomEffectsResults):
        random = ("entity",)
        stats |= {
            "r2_quasi": model.rsquared,
            "r2_slopes": model.rsquared_overall,
            "r2_between": model.rsquared_between,
        }
    elif effects:
        stats |= {"r2_overall": model.rsquared_inclusive, "r2_within": model.rsquared}
    elif kind == "AbsorbingLS":
        stats |= {"r2_overall": model.rsquared, "r2_within": model.absorbed_rsquared}
        effects = ["absorbed"]
    elif kind not in ("BetweenOLS", "FirstDifferenceOLS", "FamaMacBeth"):
        stats["r2_overall" if fitted.has_constant else "r2_uncentered"] = model.rsquared
    elif kind == "BetweenOLS":
        stats["r2_between"] = model.rsquared
    if panel and kind not in ("FamaMacBeth", "RandomEffects"):  # theirs is of quasi-demeaned data, not of the model
        stats["loglik"] = float(model.loglik)
    limits = np.asarray(model.conf_int(level=level))
    return Column(
        name=name,
        parts=(_part(model.params.index, model.params, model.std_errors, model.tstats, model.pvalues, limits),),
        depvar=_linearmodels_depvar(fitted),
        stats=_clean(stats),
        fixed_effects=tuple(effects),
        random_effects=random,
        vcov=_vcov(model._cov_type if panel else model.cov_type),
        program="linearmodels",
    )


def _linearmodels_depvar(fitted: Any) -> str:
    dependent = fitted.dependent
    return str((dependent.vars if hasattr(dependent, "vars") else dependent.cols)[0])


def _statsmodels(model: Any, level: float) -> Column | None:
    if not all(hasattr(model, a) for a in ("params", "bse", "tvalues", "pvalues", "conf_int", "model")):
        return None
    if np.ndim(model.params) != 1:
        return None
    fitted, kind = model.model, type(model.model).__name__
    names = getattr(model.params, "index", None)
    if names is None:
        names = fitted.exog_names
    stats: dict[str, Any] = {"nobs": int(model.nobs)}
    if hasattr(model, "rsquared"):
        key = "r2_overall" if getattr(fitted, "k_constant", 1) else "r2_uncentered"
        stats |= {key: model.rsquared}
        if key == "r2_overall":
            stats["r2_adj"] = model.rsquared_adj
    elif hasattr(model, "prsquared"):
        stats["r2_mcfadden"] = model.prsquared
    stats |= {"loglik": getattr(model, "llf", None), "aic": getattr(model, "aic", None)}
    stats["bic"] = getattr(model, "bic_llf", None) if kind == "GLM" else getattr(model, "bic", None)
    limits = np.asarray(model.conf_int(alpha=1 - level))
    vcov = _vcov(getattr(model, "cov_type", "nonrobust"))
    return Column(
        name=f"GLM ({type(fitted.family).__name__})" if kind == "GLM" else kind,
        parts=(_part(names, model.params, model.bse, model.tvalues, model.pvalues, limits),),
        depvar=str(fitted.endog_names),
        stats=_clean(stats),
        vcov=vcov,
        program="statsmodels",
    )


def _pyfixest(model: Any, level: float) -> Column | None:
    from pyfixest.estimation.models.feols_ import Feols

    if not isinstance(model, Feols):
        return None
    kind, table = type(model).__name__, model.tidy(alpha=1 - level)
    effects = tuple(part.strip() for part in (model._fixef or "").split("+") if part.strip() not in ("", "0"))
    name = {"Feiv": "IV", "Fepois": "Poisson"}.get(kind) or ("FE" if effects else "OLS")
    stats: dict[str, Any] = {"nobs": int(model._N)}
    if kind == "Fepois":
        stats |= {"r2_pseudo": getattr(model, "_pseudo_r2", None), "loglik": getattr(model, "_loglik", None)}
    elif kind == "Feols":
        stats |= {"r2_overall": model._r2, "r2_within": model._r2_within if effects else None, "r2_adj": model._adj_r2}
        if not model._has_weights:
            ssr = float(np.sum(np.square(model._u_hat)))
            stats["loglik"] = -model._N / 2 * (np.log(2 * np.pi) + np.log(ssr / model._N) + 1)
    vcov = _vcov(model._vcov_type_detail)
    if model._clustervar:
        vcov = f"clustered by {', '.join(model._clustervar)} ({model._vcov_type_detail})"
    limits = table.iloc[:, -2:].to_numpy(float)
    return Column(
        name=name,
        parts=(
            _part(table.index, table["Estimate"], table["Std. Error"], table["t value"], table["Pr(>|t|)"], limits),
        ),
        depvar=str(model._depvar),
        stats=_clean(stats),
        fixed_effects=effects,
        vcov=vcov,
        program="pyfixest",
    )


def _spreg(model: Any, level: float) -> Column | None:
    from scipy import stats as distributions

    output = getattr(model, "output", None)
    wanted = {"var_names", "coefficients", "std_err", "zt_stat", "prob"}
    if output is None or not wanted <= set(output.columns) or not hasattr(model, "name_y"):
        return None
    depvar = str(model.name_y)
    terms, blocks = zip(
        *(_spreg_term(str(t), depvar, set(output["var_names"])) for t in output["var_names"]), strict=True
    )
    estimate, error, statistic, p = (output[c].to_numpy(float) for c in ("coefficients", "std_err", "zt_stat", "prob"))
    law = distributions.t(model.n - model.k) if hasattr(model, "t_stat") else distributions.norm
    half = law.ppf(0.5 + level / 2) * error
    kind = type(model).__name__
    measures = {"nobs": int(model.n), "r2_overall": getattr(model, "r2", None), "r2_adj": getattr(model, "ar2", None),
                "r2_corr": getattr(model, "pr2", None), "loglik": getattr(model, "logll", None),
                "aic": getattr(model, "aic", None), "bic": getattr(model, "schwarz", None)}  # fmt: skip
    weights = str(getattr(model, "name_w", "") or "")
    return Column(
        name=kind.replace("_", " "),
        parts=(
            _part(terms, estimate, error, statistic, p, np.column_stack([estimate - half, estimate + half]), blocks),
        ),
        depvar=depvar,
        stats=_clean(measures),
        vcov="heteroskedasticity-robust" if "Het" in kind else _vcov(getattr(model, "robust", None) or ""),
        weights="" if weights in ("None", "unknown") else weights,
        program="spreg",
    )


def _spreg_term(name: str, depvar: str, names: set[str]) -> tuple[str, str]:
    """The name spreg gives a term, in ours: ``W_y`` is rho, ``W_x`` a lag of x where x is there too."""
    if name == f"W_{depvar}":
        return "rho", "spatial"
    if name == "lambda":
        return "lambda", "spatial"
    if name.startswith("W_") and name[2:] in names:
        return f"W {name[2:]}", "WX"
    return name, "X"


def _hooks(model: Any) -> Column:
    table = model.__maketables_coef_table__
    stat: Callable[[str], Any] = getattr(model, "__maketables_stat__", lambda key: None)
    keys = {
        "N": "nobs",
        "r2": "r2_overall",
        "r2_within": "r2_within",
        "adj_r2": "r2_adj",
        "ll": "loglik",
        "aic": "aic",
        "bic": "bic",
    }
    blank = np.full(len(table), np.nan)
    limits = np.column_stack([table.get("ci95l", blank), table.get("ci95u", blank)])
    statistic = table["t"] if "t" in table else table["b"] / table["se"]
    effects = getattr(model, "__maketables_fixef_string__", None) or ""
    info = getattr(model, "__maketables_vcov_info__", None) or {}
    return Column(
        name=type(model).__name__,
        parts=(_part(table.index, table["b"], table["se"], statistic, table["p"], limits),),
        depvar=str(getattr(model, "__maketables_depvar__", "") or ""),
        stats=_clean({ours: stat(theirs) for theirs, ours in keys.items()}),
        fixed_effects=tuple(part.strip() for part in effects.split("+") if part.strip()),
        vcov=_vcov(str(info.get("vcov_type") or "")),
        labels=MappingProxyType(dict(getattr(model, "__maketables_var_labels__", None) or {})),
        program=type(model).__module__.partition(".")[0],
    )


def _part(terms, estimate, error, statistic, p, limits, blocks=None) -> Part:
    import pandas as pd

    arrays = {"estimate": estimate, "std_error": error, "statistic": statistic, "p_value": p}
    frame = pd.DataFrame({k: np.asarray(v, float) for k, v in arrays.items()})
    frame.insert(0, "term", [canonical(str(t)) for t in terms])
    frame.insert(1, "block", list(blocks) if blocks is not None else "X")
    frame["conf_low"], frame["conf_high"] = limits[:, 0], limits[:, 1]
    return Part(frame)


def _clean(stats: Mapping[str, Any]) -> Mapping[str, float | int]:
    """Numbers only; what a package does not give is left out, not printed as missing."""
    out = {}
    for key, value in stats.items():
        if value is None or np.ndim(value) != 0 or not np.isfinite(value):
            continue
        out[key] = int(value) if key in ("nobs", "n_entities", "n_times") else float(value)
    return MappingProxyType(out)


def _vcov(name: str) -> str:
    """Covariance estimator in words; names that are words already (Driscoll-Kraay, HC1) stay."""
    return _VCOV.get(re.sub(r"[\s_]", "", name).lower(), name)


_READERS: dict[str, Callable[[Any, float], Column | None]] = {
    "linearmodels": _linearmodels,
    "statsmodels": _statsmodels,
    "pyfixest": _pyfixest,
    "spreg": _spreg,
}
