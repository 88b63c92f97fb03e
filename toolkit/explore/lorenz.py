"""Lorenz curves of regions, by period or by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError
from toolkit.explore.amounts import grouping, observe_amounts, refuse_below, weighting
from toolkit.explore.inequality import refuse_mean
from toolkit.explore.inequality_measures import gini, lorenz_points
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["LorenzCurves", "lorenz"]


def lorenz(panel: Panel, variable: str, *, weights: str | None = None, groups: object = None) -> LorenzCurves:
    """Lorenz curves: the share of the amount that the poorest share of the regions (or people) have.

    Parameters
    ----------
    panel : Panel
        N regions, T periods.
    variable : str
        A column or expression of at least zero, e.g. ``"gdp / pop"``.
    weights : str, optional
        A column or expression above zero, e.g. ``"pop"``; without, regions count once each.
    groups : register or mapping, optional
        A curve for each group (of two regions or more) besides that of all regions.

    Returns
    -------
    LorenzCurves

    Raises
    ------
    DataError
        Missing cells, negative values (named by region and period), a mean of zero; a group of one region or of zeros only.
    InputError, FormulaError
        Groups that are no division of the regions; an expression that cannot be read.

    References
    ----------
    Lorenz (1905), Publications of the American Statistical Association 9, 209-219; Gastwirth (1971), Econometrica 39, 1037-1039.

    Examples
    --------
    >>> import toolkit as tk
    >>> curves = tk.lorenz(tk.load("mexico"), "pcgdp")
    >>> curves.tidy().columns.tolist()
    ['time', 'group', 'rank', 'weight', 'amount']
    """
    amounts = observe_amounts(panel, variable, weights)
    why = "the curve would fall below zero"
    refuse_below(amounts.values, repr(amounts.name), amounts.times, panel, zero=True, why=why)
    refuse_mean(amounts)
    chosen = {"all": np.ones(panel.N, bool)}
    labels_zh = {"all": "全部"}
    if groups is not None:
        division = grouping(panel, groups)
        for k, label in enumerate(division.labels):
            _refuse_group(amounts, division.codes == k, label)
            chosen[label] = division.codes == k
            labels_zh[label] = division.labels_zh[k]
    points, coefficients = {}, {}
    for label, at in chosen.items():
        curve = lorenz_points(amounts.values[:, at], amounts.shares[:, at])
        points[label] = frozen(curve[0]), frozen(curve[1])
        coefficients[label] = frozen(gini(amounts.values[:, at], amounts.shares[:, at]))
    return LorenzCurves(
        times=amounts.times,
        points=MappingProxyType(points),
        gini=MappingProxyType(coefficients),
        labels_zh=MappingProxyType(labels_zh),
        variable=amounts.name,
        labels=amounts.labels,
        weights=amounts.weights,
        n=panel.N,
        panel=panel.name,
        panel_hash=panel.hash,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class LorenzCurves:
    """Lorenz curves by group and period.

    Attributes
    ----------
    times : tuple, length T
    points : mapping
        Group ("all" first) -> cumulated shares of weight and of the amount, two arrays of shape (T, n + 1).
    gini : mapping
        Group -> Gini coefficients, shape (T,): twice the area between the curve and the diagonal.
    labels_zh : mapping
        Group -> Chinese label.
    variable, labels, weights, n, panel, panel_hash
        What they were computed from.
    """

    times: tuple[object, ...]
    points: Mapping[str, tuple[np.ndarray, np.ndarray]]
    gini: Mapping[str, np.ndarray]
    labels_zh: Mapping[str, str]
    variable: str
    labels: Mapping[str, tuple[str, str, str]]
    weights: str
    n: int
    panel: str
    panel_hash: str

    def tidy(self) -> pd.DataFrame:
        """One row a period, group and point from the origin up: time group rank weight amount (both cumulated shares)."""
        import pandas as pd

        frames = [
            pd.DataFrame({"time": time, "group": group, "rank": np.arange(p.shape[1]), "weight": p[t], "amount": q[t]})
            for group, (p, q) in self.points.items()
            for t, time in enumerate(self.times)
        ]
        return pd.concat(frames, ignore_index=True)

    def glance(self) -> pd.DataFrame:
        """One row: variable, n, periods, groups, weights, Gini coefficient of all regions in the first and last period."""
        import pandas as pd

        row = {"variable": self.variable, "n": self.n, "periods": len(self.times), "groups": ", ".join(self.points)}
        ends = {"first": self.gini["all"][0], "last": self.gini["all"][-1]}
        return pd.DataFrame([row | {"weights": self.weights} | ends])

    def __repr__(self) -> str:
        import pandas as pd

        head = f"Lorenz curves of {self.variable}, {self.n} regions, {weighting(self.weights)}; Gini coefficients"
        return f"{head}\n{pd.DataFrame(dict(self.gini), index=list(self.times)).to_string(float_format='%.4f')}"

    def _repr_html_(self) -> str:
        import pandas as pd

        return pd.DataFrame(dict(self.gini), index=list(self.times)).to_html(float_format="%.4f")


def _refuse_group(amounts, at: np.ndarray, label: str) -> None:
    if at.sum() < 2 or (amounts.values[:, at].sum(axis=1) <= 0).any():
        raise DataError(
            f"Group {label!r} has {at.sum()} regions or only zeros in some period: it has no Lorenz curve.",
            fix="join it to another group, or leave out groups=",
        )
