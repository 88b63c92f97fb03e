"""What a statistic is computed from: one expression, evaluated and checked, with its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, WeightsError, listing

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = [
    "Observations",
    "common_periods",
    "frozen",
    "located",
    "matched",
    "observe",
    "refuse_constant",
    "refuse_gaps",
    "standardise",
]


@dataclass(frozen=True, eq=False)
class Observations:
    """One variable, complete and varying in every period.

    Attributes
    ----------
    name : str
        The expression as written, e.g. ``"log(gdp / emp)"``.
    label, label_zh : str
        Label from the codebook in English and Chinese; the expression where there is none.
    unit : str
        Unit from the codebook; empty for an expression.
    times : pandas.Index, length T
        Periods; fewer than the panel's where a lag or difference used some up.
    values : ndarray, shape (T, N)
    """

    name: str
    label: str
    label_zh: str
    unit: str
    times: pd.Index
    values: np.ndarray


def observe(panel: Panel, variable: str, constant: bool = False) -> Observations:
    """Evaluate an expression on a panel and refuse what no statistic of variation can use.

    Parameters
    ----------
    panel : Panel
        N regions, T periods; a cross-section is a panel with T = 1.
    variable : str
        A column of the panel, or an expression of columns such as ``"log(gdp / emp)"``.
    constant : bool
        Whether the same value in all regions is allowed.

    Returns
    -------
    Observations

    Raises
    ------
    InputError
        `variable` is no text.
    FormulaError
        The expression cannot be read or names what the panel does not have.
    DataError
        A value is missing or infinite, or the variable is constant in a period.
    """
    if not isinstance(variable, str) or not variable.strip():
        raise InputError(
            f"variable={variable!r} is not an expression.",
            allowed='the name of a column or an expression in quotes, e.g. "log(gdp / emp)"',
        )
    name = variable.strip()
    if name in panel.variables:
        times, values = panel.times, np.asarray(panel.values(name), float)
        label, label_zh, unit = panel.label(name, lang="en"), panel.label(name, lang="zh"), panel.unit(name) or ""
    else:
        from toolkit.data.expressions import evaluate

        result = evaluate(name, panel)
        times, values = result.times, np.asarray(result.values, float)
        label, label_zh = panel.label(name, lang="en"), panel.label(name, lang="zh")
        unit = ""
    refuse_gaps(name, values, times, panel)
    if not constant:
        refuse_constant(name, values, times)
    return Observations(name, label, label_zh, unit, times, values)


def common_periods(*observed: Observations) -> tuple:
    """The observations cut to the periods all of them have, and these periods."""
    times = [t for t in observed[0].times if all(t in o.times for o in observed)]
    if not times:
        raise DataError(
            f"{' and '.join(repr(o.name) for o in observed)} have no period in common.",
            fix="choose lags short enough for the periods of the panel",
        )
    cut = []
    for o in observed:
        rows = [list(o.times).index(t) for t in times]
        kept = o.times[rows]
        cut.append(Observations(o.name, o.label, o.label_zh, o.unit, kept, np.ascontiguousarray(o.values[rows])))
    return *cut, tuple(times)


def matched(W: SpatialWeights, panel: Panel) -> SpatialWeights:
    """W in the panel's order, matched by id.

    Raises
    ------
    WeightsError
        W is not a SpatialWeights, names other regions, has no links, or links a region to itself.
    """
    if not hasattr(W, "match"):
        raise WeightsError(
            f"W is a {type(W).__name__}, not spatial weights of the toolkit.",
            fix="build it by tk.weights.queen(panel), or convert it by tk.weights.from_graph or tk.weights.from_matrix",
        )
    if not hasattr(W, "sparse"):
        raise WeightsError(
            f"W is a {type(W).__name__}, with weights that change over time.",
            allowed="one matrix for all periods",
            fix="take the weights of one period, W.at(period), and that period of the panel, panel.select(times=period)",
        )
    W = W.match(panel.entities)
    own = np.flatnonzero(W.sparse.diagonal())
    if own.size:
        raise WeightsError(
            f"These regions are their own neighbour: {listing(np.asarray(W.ids, dtype=object)[own])}.",
            fix="set the diagonal of W to zero",
        )
    if W.sparse.sum() == 0:
        raise WeightsError("W has no links (its weights sum to zero).", fix="choose weights that join regions")
    return W


def standardise(x: np.ndarray) -> np.ndarray:
    """Each row less its mean over its standard deviation (divisor N); shape (R, N) in and out."""
    z = x - x.mean(axis=1, keepdims=True)
    return z / np.sqrt((z**2).mean(axis=1, keepdims=True))


def frozen(array: np.ndarray) -> np.ndarray:
    """The array, closed to writing: records do not change."""
    array.setflags(write=False)
    return array


def located(bad: np.ndarray, values: np.ndarray, times: pd.Index, panel: Panel) -> str:
    """The cells of a mask (T, N) with region, period and value, the first six of them."""
    names = panel.names
    cells = zip(*np.nonzero(bad), strict=True)
    return listing((f"{names[panel.entities[i]]} {times[t]}: {values[t, i]:g}" for t, i in cells), 6)


def refuse_constant(name: str, values: np.ndarray, times: pd.Index, scale: float | None = None) -> None:
    """Refuse periods with one value in all regions, up to rounding of numbers as large as `scale` (their own size)."""
    spread = values.max(axis=1) - values.min(axis=1)
    flat = np.flatnonzero(spread <= 1e-13 * (np.abs(values).max(axis=1) if scale is None else scale))
    if flat.size:
        raise DataError(
            f"{name!r} has the same value in every region in {listing(times[flat])}: there is nothing to compare.",
            fix="choose another variable, or other periods by panel.between(first, last)",
        )


def refuse_gaps(name: str, values: np.ndarray, times: pd.Index, panel: Panel) -> None:
    t, i = np.nonzero(~np.isfinite(values))
    if not t.size:
        return
    regions = panel.names
    where = listing((f"{regions[panel.entities[b]]} {times[a]}" for a, b in zip(t, i, strict=True)), 6)
    raise DataError(
        f"{name!r} is missing or infinite in {t.size} of {values.size} cells: {where}.",
        fix=f"choose complete periods by panel.complete([{name!r}]) or panel.between(first, last)",
    )
