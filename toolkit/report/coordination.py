"""Charts of what holds regions back: coupling coordination by year, obstacle degrees."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import PercentFormatter

from toolkit.errors import InputError
from toolkit.report.chart_requests import fold, need, position, title, words_in, year_axis, years
from toolkit.report.figure import GREY, INK, PALE, PaperFigure, inches_of, new_figure

__all__ = ["coupling_by_year", "obstacle_degrees"]

_WORDS = {
    "en": {
        "year": "Year",
        "degree": "Obstacle degree, mean of regions",
        "quartiles": "middle half of regions",
        "coordination": "Coordination degree D",
        "range": "lowest to highest region",
        "median_region": "median region",
    },
    "zh": {
        "year": "年份",
        "degree": "障碍度（地区均值）",
        "quartiles": "中间一半地区",
        "coordination": "耦合协调度 D",
        "range": "最低至最高地区",
        "median_region": "中位地区",
    },
}
_CLASSES = {
    "en": (
        "extreme disorder",
        "serious disorder",
        "moderate disorder",
        "mild disorder",
        "near disorder",
        "bare",
        "primary",
        "intermediate",
        "good",
        "quality",
    ),
    "zh": (
        "极度失调",
        "严重失调",
        "中度失调",
        "轻度失调",
        "濒临失调",
        "勉强协调",
        "初级协调",
        "中级协调",
        "良好协调",
        "优质协调",
    ),
}


def coupling_by_year(record, *, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Coordination degree over time: the median region, the middle half and all regions, over the limits of the classes.

    Parameters
    ----------
    record : CouplingCoordination
        From `tk.coupling_coordination`, at least two periods.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> one = {"direction": "+", "system": "output"}
    >>> two = {"direction": "+", "system": "capital"}
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": one, "gsp / pc": one, "pcap / emp": two})
    >>> tk.charts.coupling_by_year(tk.coupling_coordination(index)).axes[0].get_ylabel()
    'Coordination degree D'
    """
    words = words_in(_WORDS, lang)
    need(record, ("coordination", "by_class"), "coupling_by_year", "tk.coupling_coordination")
    x, ticks = years(record.times, "coupling_by_year")
    low, q1, median, q3, high = np.quantile(record.coordination, [0, 0.25, 0.5, 0.75, 1], axis=1)
    figure = new_figure(width, 0.78 * inches_of(width), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        wide = axes.fill_between(x, low, high, color="#e3edf5", linewidth=0, zorder=1)
        half = axes.fill_between(x, q1, q3, color="#9ec9e2", linewidth=0, zorder=2)
        (line,) = axes.plot(x, median, color="#08306b", zorder=3)
        bottom, top = np.floor(low.min() * 10) / 10, min(np.ceil(high.max() * 10) / 10, 1)
        axes.set_ylim(bottom, max(top, bottom + 0.1))
        limits = np.arange(round(bottom * 10), round(max(top, bottom + 0.1) * 10))
        known = _CLASSES[lang]
        for limit in limits:
            axes.axhline(limit / 10, color=PALE, linewidth=0.4, linestyle=(0, (2, 2)), zorder=2.5)
            axes.text(
                1.015,
                limit / 10 + 0.05,
                known[limit],
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=6.2,
                color=GREY,
            )
        axes.set_yticks(np.append(limits, limits[-1] + 1) / 10)
        year_axis(axes, x, ticks, words["year"])
        axes.set_xlim(x[0], x[-1])
        axes.set_ylabel(words["coordination"])
        names = [words["median_region"], words["quartiles"], words["range"]]
        figure.legend(
            [line, half, wide], names, loc="outside lower center", ncols=3 if lang == "zh" else 2, handletextpad=0.4
        )
    return figure


def obstacle_degrees(
    record, time: object = None, *, most: int = 10, width: str | float = "one", lang: str = "en"
) -> PaperFigure:
    """Main obstacles of one period: mean degree of each indicator, with the middle half of the regions.

    Parameters
    ----------
    record : ObstacleDegree
        From `tk.obstacle_degree`.
    time : optional
        The last period by default.
    most : int
        How many indicators to draw.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> len(tk.charts.obstacle_degrees(tk.obstacle_degree(index)).axes[0].patches)
    3
    """
    words = words_in(_WORDS, lang)
    need(record, ("degrees", "main"), "obstacle_degrees", "tk.obstacle_degree")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise InputError(f"most={most!r} is no number of indicators.", allowed="a whole number >= 1")
    at = position(record.times, time)
    values = record.degrees[:, at]
    mean = np.nanmean(values, axis=1)
    order = np.argsort(-mean, kind="stable")[:most]
    q1, q3 = np.nanquantile(values[order], [0.25, 0.75], axis=1)
    y = np.arange(len(order))
    labels = [record.labels[record.indicators[k]][lang == "zh"] for k in order]
    shown, lines = fold(labels, 0.4 * inches_of(width), [record.indicators[k] for k in order])
    figure = new_figure(width, 0.8 + (0.1 + 0.1 * lines) * len(order), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        axes.barh(y, mean[order], height=0.7, facecolor="#9ec9e2", edgecolor=GREY, linewidth=0.4)
        middle = axes.hlines(y, q1, q3, color=INK, linewidth=1.2)
        axes.set_yticks(y, shown)
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel(words["degree"])
        title(axes, record.times, at)
        figure.legend([middle], [words["quartiles"]], loc="outside lower center")
    return figure
