"""Results of spreg: cross-sections and panels."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.report.tables.columns import Column
from toolkit.report.tables.reading import clean, part, vcov_words

__all__ = ["read_spreg"]


def read_spreg(model: Any, level: float) -> Column | None:
    """One result; None for what spreg gives several equations in (SUR) and for what is no result."""
    from scipy import stats as distributions

    found = _estimates(model)
    if found is None:
        return None
    names, estimate, error, statistic, p = found
    depvar = model.name_y if isinstance(model.name_y, str) else ""  # regimes spell it letter by letter
    terms, blocks = zip(*(_term(name, depvar, set(names)) for name in names), strict=True)
    kind = type(model).__name__
    law = distributions.t(model.n - model.k) if hasattr(model, "t_stat") else distributions.norm
    half = law.ppf(0.5 + level / 2) * error
    measures = {
        "nobs": int(model.n),
        "r2_overall": getattr(model, "r2", None),
        "r2_adj": getattr(model, "ar2", None),
        "r2_corr": getattr(model, "pr2", None),
        "loglik": getattr(model, "logll", None),
        "aic": getattr(model, "aic", None),
        "bic": getattr(model, "schwarz", None),
    }
    weights = str(getattr(model, "name_w", "") or "")
    limits = np.column_stack([estimate - half, estimate + half])
    return Column(
        name=kind.replace("_", " "),
        parts=(part(terms, estimate, error, statistic, p, limits, blocks),),
        depvar=depvar,
        stats=clean(measures),
        fixed_effects=("entity",) if kind.startswith("Panel_FE") else (),
        random_effects=("entity",) if kind.startswith("Panel_RE") else (),
        vcov=_covariance(model, kind),
        weights="" if weights in ("None", "unknown") else weights,
        program="spreg",
    )


def _estimates(model: Any) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Names, estimates, standard errors, statistics and p-values; panels keep them apart, others in a table."""
    output = getattr(model, "output", None)
    wanted = ("coefficients", "std_err", "zt_stat", "prob")
    if output is not None and {"var_names", *wanted} <= set(output.columns) and hasattr(model, "name_y"):
        numbers = (output[c].to_numpy(float) for c in wanted)
        return [str(name) for name in output["var_names"]], *numbers
    if type(model).__name__.startswith("Panel_") and hasattr(model, "betas") and hasattr(model, "z_stat"):
        tests = np.asarray(model.z_stat, float)
        names = [str(name) for name in model.name_x]
        return names, np.ravel(model.betas), np.ravel(model.std_err), tests[:, 0], tests[:, 1]
    return None


def _term(name: str, depvar: str, names: set[str]) -> tuple[str, str]:
    """The name spreg gives a term, in ours: ``W_y`` is rho, ``W_x`` a lag of x where x is there too."""
    if depvar and name == f"W_{depvar}":
        return "rho", "spatial"
    if name == "lambda":
        return "lambda", "spatial"
    if name in ("sig2_u", "phi"):
        return name, "variance"
    if name.startswith("W_") and name[2:] in names:
        return f"W {name[2:]}", "WX"
    return name, "X"


def _covariance(model: Any, kind: str) -> str:
    if "Het" in kind:
        return "heteroskedasticity-robust"
    if kind.startswith(("ML_", "Panel_")):
        return "expected information"
    return vcov_words(getattr(model, "robust", None) or "")
