"""The effect of a variable as a function of a moderator or of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.models.formula import read
from toolkit.models.results import Fit
from toolkit.postestimation.impacts import impacts_over
from toolkit.postestimation.marginal import term_slopes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MarginalEffects", "marginal_effects"]

_COLUMNS = ["value", "effect", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]


def marginal_effects(
    fit: Fit,
    variable: str,
    by: str | None = None,
    *,
    values: int | Iterable[float] = 41,
    at: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> MarginalEffects:
    r"""Effect of `variable` on the outcome over the values of `by`: for ``x:z``, ``x**2``, ``log(x)`` and the like.

    At each value v the effect of x is :math:`\sum_j \partial f_j(x, v) / \partial x` times the impacts of the terms
    :math:`f_j` that hold x: direct, indirect and total as in `tk.impacts`, with delta-method limits from the joint
    covariance (pointwise: they hold at one value, not for the curve as a whole). Without spatial terms the direct
    effect is the total one, and the indirect effect is zero.

    Parameters
    ----------
    fit : Fit
    variable : str
        A numeric column of the panel that stands in the formula.
    by : str, optional
        The moderator, a numeric column that shares a term with `variable`; by default `variable` itself.
    values : int or iterable of float
        Number of values, evenly spaced over what was observed; or the values themselves, in the units of `by`.
    at : mapping of str to float, optional
        Values of other variables in these terms; means of the observations used for those left out.
    level : float
        Confidence level.

    Returns
    -------
    MarginalEffects

    Raises
    ------
    InputError
        Not a fit, a variable that is not in the formula, or an effect that does not change with `by`.
    DataError
        A moderator that does not vary.

    References
    ----------
    Brambor, T., Clark, W. R. and Golder, M. (2006). Political Analysis 14, 63-82, eq. 7-8.
    LeSage, J. and Pace, R. K. (2009). Introduction to Spatial Econometrics, section 2.7.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("columbus")
    >>> fit = tk.fit("CRIME ~ INC * HOVAL", panel)
    >>> effect = tk.marginal_effects(fit, "INC", by="HOVAL", values=[20, 40, 60])
    >>> b = fit.params
    >>> bool(abs(effect.table["estimate"][0] - (b["INC"] + 20 * b["INC:HOVAL"])) < 1e-6)
    True
    """
    if not isinstance(fit, Fit):
        raise InputError(
            f"marginal_effects needs a fit of tk.fit; a {type(fit).__name__} was given.",
            fix="estimate the model with tk.fit(formula, panel, W, model=...)",
        )
    by = variable if by is None else by
    _check_moderator(fit, variable, by)
    observed = _observed(fit, by)
    grid = _grid(values, observed, by)
    slopes = [term_slopes(fit, variable, {**(at or {}), by: float(v)}) for v in grid]
    _check_varies(slopes, variable, by)
    table = impacts_over(fit, slopes, level)
    table.insert(0, "value", grid[table.pop("row").to_numpy()])
    columns = [*_COLUMNS[:2], *(["horizon"] if "horizon" in table else []), *_COLUMNS[2:]]
    return MarginalEffects(
        variable=variable,
        by=by,
        depvar=fit.depvar,
        model=fit.model,
        spatial=bool(fit.spec.wy or fit.spec.wx or fit.design.dynamic),
        level=level,
        table=table[columns],
        observed=observed,
        labels=MappingProxyType(dict(fit.labels)),
        labels_zh=MappingProxyType({v: fit.panel.label(v, "zh") for v in fit.panel.variables}),
        unit=fit.panel.unit(by),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class MarginalEffects:
    """The effect of one variable over the values of another, or of itself.

    Attributes
    ----------
    variable, by, depvar, model : str
    spatial : bool
        Whether the model has spillovers or dynamics; otherwise direct and total are one.
    level : float
    table : DataFrame
        One row a value and effect: value effect (horizon) estimate std_error statistic p_value conf_low conf_high;
        effect is direct, indirect or total.
    observed : ndarray, shape (n,)
        Values of `by` in the observations used.
    labels, labels_zh : mapping of str to str
    unit : str
        Unit of `by`, from the codebook.
    """

    variable: str
    by: str
    depvar: str
    model: str
    spatial: bool
    level: float
    table: pd.DataFrame
    observed: np.ndarray
    labels: Mapping[str, str]
    labels_zh: Mapping[str, str]
    unit: str

    def tidy(self) -> pd.DataFrame:
        """One row a value and effect; columns as in `table`."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """One row: variable by depvar model level, the number of values, and the range observed."""
        import pandas as pd

        keys = ("variable", "by", "depvar", "model", "level")
        low, high = float(self.observed.min()), float(self.observed.max())
        row = {key: getattr(self, key) for key in keys}
        return pd.DataFrame([{**row, "values": self.table["value"].nunique(), "low": low, "high": high}])

    def __repr__(self) -> str:
        head = f"Effect of {self.variable} on {self.depvar} by {self.by} ({self.model.upper()}, delta method)"
        return f"{head}\n{self.table.to_string(index=False, float_format='%.4g')}"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.4g")


def _check_moderator(fit: Fit, variable: str, by: str) -> None:
    """`by` must share a term with `variable`, or be the variable itself."""
    text = read(fit.formula)
    shared = {
        name
        for term in text.terms
        if any(variable in text.factors[j].names for j in term)
        for j in term
        for name in text.factors[j].names
    }
    if shared and by not in shared:
        raise InputError(
            f"The effect of {variable!r} does not depend on {by!r}: no term of the formula holds both.",
            allowed=listing(sorted(shared), 40),
            fix=f"estimate with {variable}:{by} in the formula",
        )


def _check_varies(slopes: list[dict[str, float]], variable: str, by: str) -> None:
    curves = np.array([list(each.values()) for each in slopes])
    if len(slopes) > 1 and np.ptp(curves, axis=0).max() <= 1e-8 * max(1e-300, np.abs(curves).max()):
        raise InputError(
            f"The effect of {variable!r} is one number, the same at every value of {by!r}.",
            fix="read it from tk.impacts(fit), or give by= the variable it interacts with",
        )


def _observed(fit: Fit, by: str) -> np.ndarray:
    frame = fit.panel.frame
    if by not in frame:
        raise InputError(f"The panel has no variable {by!r}.", allowed=listing(fit.panel.variables, 40))
    if fit.panel.time is not None:
        frame = frame[frame[fit.panel.time].isin(fit.design.times)]
    try:
        found = frame[by].astype(float).to_numpy()
    except (TypeError, ValueError):
        raise InputError(f"{by!r} is not numeric.", allowed="a numeric column") from None
    found = found[np.isfinite(found)]
    if not found.size or found.min() == found.max():
        raise DataError(f"{by!r} does not vary in the observations used.")
    return found


def _grid(values: int | Iterable[float], observed: np.ndarray, by: str) -> np.ndarray:
    if isinstance(values, (int, np.integer)) and not isinstance(values, bool):
        if not 2 <= values <= 1000:
            raise InputError(f"values={values!r} is no number of values.", allowed="2 to 1000")
        return np.linspace(observed.min(), observed.max(), int(values))
    try:
        grid = np.array([float(v) for v in values])
    except (TypeError, ValueError):
        grid = np.empty(0)
    if not grid.size or not np.isfinite(grid).all():
        raise InputError(
            f"values={values!r} has no finite numbers.", allowed=f"a number of values, or values of {by!r}"
        )
    return grid
