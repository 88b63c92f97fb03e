"""Charts of polarisation and of the spatial Gini coefficient by year."""

from __future__ import annotations

import numpy as np

from toolkit.errors import InputError
from toolkit.report.figure import GREY, LINES, PaperFigure, inches_of, new_figure
from toolkit.report.over_time import headline, time_axis
from toolkit.report.words import wrapped

__all__ = ["gini_spatial_by_year", "polarisation_by_year"]

_WORDS = {
    "wolfson": ("Wolfson index", "沃尔夫森指数"),
    "esteban-ray": ("Esteban–Ray index", "ER极化指数"),
    "zhang-kanbur": ("Zhang–Kanbur index", "ZK极化指数"),
    "other": ("Gini between non-neighbours", "基尼系数：非邻接地区间部分"),
    "band": ("{level:g}% range of random maps", "随机排列的{level:g}%区间"),
    "expected": ("Expected on random maps", "随机排列的期望值"),
    "sure": ("p < {level:g}", "p < {level:g}"),
    "unsure": ("p ≥ {level:g}", "p ≥ {level:g}"),
}


def polarisation_by_year(
    *records, name: str | None = None, width: str | float | None = None, lang: str = "en"
) -> PaperFigure:
    """Measures of polarisation over time, one panel each, every axis from zero.

    Parameters
    ----------
    *records : PolarisationTable
        From `tk.polarisation`, of one variable, at least two periods.
    name : str, optional
        Name of the variable above the figure; the codebook's label by default.
    width : {"one", "two"} or float, optional
        One column for one record, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        No or another record, records of several variables, or one period only.

    Examples
    --------
    >>> import toolkit as tk
    >>> len(tk.charts.polarisation_by_year(tk.polarisation(tk.load("mexico"), "pcgdp")).axes)
    1
    """
    alike = records and all(hasattr(r, "measure") and hasattr(r, "parameter") for r in records)
    if not alike or len({r.variable for r in records}) > 1:
        raise InputError("There are no records of one variable to draw.", allowed="records made by tk.polarisation")
    if min(len(r.times) for r in records) < 2:
        raise InputError("A line over time needs at least two periods.", fix="print the record")
    columns = min(len(records), 3)
    rows = -(-len(records) // columns)
    width = width or ("one" if len(records) == 1 else "two")
    figure = new_figure(width, rows * (0.62 * inches_of(width) / columns + 0.25) + 0.2, lang=lang)
    with figure.styled():
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes in grid.flat[len(records) :]:
            axes.remove()
        for axes, record in zip(grid.flat, records, strict=False):
            axes.plot(time_axis(axes, record.times), record.estimate, color=LINES[0][0], marker="o", markersize=2.5)
            axes.set_ylim(bottom=0)
            axes.margins(x=0.02)
            said = ", ".join(t for t in (record.parameter, record.groups.replace("_", " ")) if t)
            title = _say(record.measure, lang) + (f" ({said})" if said else "")
            axes.set_title(wrapped(title, inches_of(width) / columns - 0.4), fontweight="normal")
        headline(figure, records[0], name, lang)
    return figure


def gini_spatial_by_year(
    record, *, level: float = 0.05, name: str | None = None, width: str | float = "one", lang: str = "en"
) -> PaperFigure:
    """The part of the Gini coefficient between non-neighbours over time, against what random maps would give.

    The band is the expectation over the permutations plus and minus the normal quantile of `level` times their standard
    deviation; markers are full where the permutation p-value is below `level`. Above the band neighbours are alike.

    Parameters
    ----------
    record : SpatialGiniTable
        From `tk.gini_spatial` with permutations, at least two periods.
    level : float
        Significance level.
    name : str, optional
        Name of the variable above the figure; the codebook's label by default.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another record, one without permutations, one period only, or a level outside (0, 1).

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("mexico")
    >>> record = tk.gini_spatial(panel, "pcgdp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> len(tk.charts.gini_spatial_by_year(record).axes)
    1
    """
    if not (hasattr(record, "polarization") and hasattr(record, "neighbour")):
        raise InputError(
            f"gini_spatial_by_year cannot draw a {type(record).__name__}.", allowed="the record made by tk.gini_spatial"
        )
    if len(record.times) < 2 or not record.permutations:
        raise InputError("The chart needs at least two periods and permutations.", fix="give permutations=999")
    if not 0 < level < 1:
        raise InputError(f"level={level!r} is not a significance level.", allowed="a number between 0 and 1, e.g. 0.05")
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch
    from scipy.stats import norm

    half = norm.isf(level / 2) * record.sd
    figure = new_figure(width, min(0.72 * inches_of(width), 3.2), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        x = time_axis(axes, record.times)
        color = LINES[0][0]
        axes.fill_between(x, record.expected - half, record.expected + half, color="#e6e6e6", linewidth=0, zorder=0)
        axes.plot(x, record.expected, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
        axes.plot(x, record.other, color=color, zorder=2)
        sure = record.p_perm < level
        look = {"linestyle": "", "marker": "o", "markersize": 3.5, "color": color}
        axes.plot(x[sure], record.other[sure], zorder=3, **look)
        axes.plot(x[~sure], record.other[~sure], zorder=3, markerfacecolor="white", **look)
        axes.set_ylim(0, 1.08 * np.maximum(record.other, record.expected + half).max())
        axes.margins(x=0.02)
        axes.set_ylabel(wrapped(_say("other", lang), 0.55 * inches_of(width)))
        marks = [
            Line2D([], [], label=_say("sure", lang, level=level), **look),
            Line2D([], [], markerfacecolor="white", label=_say("unsure", lang, level=level), **look),
            Line2D([], [], color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), label=_say("expected", lang)),
            Patch(facecolor="#e6e6e6", label=_say("band", lang, level=100 * (1 - level))),
        ]
        figure.legend(handles=marks, loc="outside lower center", ncols=2)
        # the weights of this record are neighbours, not the size of regions
        headline(figure, record, name, lang, weighted=False)
    return figure


def _say(key: str, lang: str, **values: object) -> str:
    return _WORDS[key][lang == "zh"].format(**values)
