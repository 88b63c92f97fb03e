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

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from toolkit.report.tables.columns import Column
from toolkit.report.tables.foreign_spreg import read_spreg
from toolkit.report.tables.reading import clean, part, vcov_words

__all__ = ["read"]

_STATSMODELS = {"MixedLM": "Mixed", "QuantReg": "Quantile", "NegativeBinomial": "Negative binomial"}
#: Class -> name; a linear model is named after its fixed effects.
_PYFIXEST = {"Feols": "", "Feiv": "IV", "Fepois": "Poisson", "Felogit": "Logit", "Feprobit": "Probit", "Fegaussian": "GLM (Gaussian)",
             "Quantreg": "Quantile"}  # fmt: skip


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
        parts=(part(model.params.index, model.params, model.std_errors, model.tstats, model.pvalues, limits),),
        depvar=_linearmodels_depvar(fitted),
        stats=clean(stats),
        fixed_effects=tuple(effects),
        random_effects=random,
        vcov=vcov_words(model._cov_type if panel else model.cov_type),
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
    if kind != "GEE":  # no likelihood is maximised
        stats |= {"loglik": _given(model, "llf"), "aic": _given(model, "aic")}
        stats["bic"] = _given(model, "bic_llf" if kind == "GLM" else "bic")
    mixed = kind == "MixedLM"
    rows = slice(model.k_fe if mixed else None)  # its variances are kept as ratios to the error's
    limits = np.asarray(model.conf_int(alpha=1 - level))[rows]
    vcov = vcov_words(getattr(model, "cov_type", "nonrobust"))
    numbers = [np.asarray(v)[rows] for v in (model.params, model.bse, model.tvalues, model.pvalues)]
    return Column(
        name=f"{kind} ({type(fitted.family).__name__})" if kind in ("GLM", "GEE") else _STATSMODELS.get(kind, kind),
        parts=(part(names[rows], numbers[0], numbers[1], numbers[2], numbers[3], limits),),
        depvar=str(fitted.endog_names),
        stats=clean(stats),
        random_effects=("group",) if mixed else (),
        vcov=vcov,
        program="statsmodels",
    )


def _given(model: Any, name: str) -> Any:
    """A measure, None where the estimator has none."""
    try:
        return getattr(model, name, None)
    except NotImplementedError:
        return None


def _pyfixest(model: Any, level: float) -> Column | None:
    from pyfixest.estimation.models.feols_ import Feols

    if not isinstance(model, Feols):
        return None
    kind, table = type(model).__name__, model.tidy(alpha=1 - level)
    effects = tuple(part.strip() for part in (model._fixef or "").split("+") if part.strip() not in ("", "0"))
    name = _PYFIXEST.get(kind, kind) or ("FE" if effects else "OLS")
    stats: dict[str, Any] = {"nobs": int(model._N)}
    if kind == "Fepois":
        stats |= {"r2_pseudo": getattr(model, "_pseudo_r2", None), "loglik": getattr(model, "_loglik", None)}
    elif kind == "Feols":
        stats |= {"r2_overall": model._r2, "r2_within": model._r2_within if effects else None, "r2_adj": model._adj_r2}
        if not model._has_weights:
            ssr = float(np.sum(np.square(model._u_hat)))
            stats["loglik"] = -model._N / 2 * (np.log(2 * np.pi) + np.log(ssr / model._N) + 1)
    vcov = vcov_words(model._vcov_type_detail)
    if model._clustervar:
        vcov = f"clustered by {', '.join(model._clustervar)} ({model._vcov_type_detail})"
    limits = table.iloc[:, -2:].to_numpy(float)
    return Column(
        name=name,
        parts=(part(table.index, table["Estimate"], table["Std. Error"], table["t value"], table["Pr(>|t|)"], limits),),
        depvar=str(model._depvar),
        stats=clean(stats),
        fixed_effects=effects,
        vcov=vcov,
        program="pyfixest",
    )


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
        parts=(part(table.index, table["b"], table["se"], statistic, table["p"], limits),),
        depvar=str(getattr(model, "__maketables_depvar__", "") or ""),
        stats=clean({ours: stat(theirs) for theirs, ours in keys.items()}),
        fixed_effects=tuple(part.strip() for part in effects.split("+") if part.strip()),
        vcov=vcov_words(str(info.get("vcov_type") or "")),
        labels=MappingProxyType(dict(getattr(model, "__maketables_var_labels__", None) or {})),
        program=type(model).__module__.partition(".")[0],
    )


_READERS: dict[str, Callable[[Any, float], Column | None]] = {
    "linearmodels": _linearmodels,
    "statsmodels": _statsmodels,
    "pyfixest": _pyfixest,
    "spreg": read_spreg,
}
