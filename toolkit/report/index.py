"""Charts of composite indices: weights, scores by year, ranks with their intervals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing
from toolkit.report.chart_requests import fold, need, position, title, words_in, year_axis, years
from toolkit.report.figure import GREY, INK, LINES, PaperFigure, inches_of, new_figure

__all__ = ["index_by_year", "index_ranks", "index_weights"]

_WORDS = {
    "en": {
        "weight": "Weight",
        "rank": "Rank",
        "as_made": "as made",
        "median": "median over draws",
        "interval": "{level:.0%} interval",
        "score": "Score",
        "year": "Year",
        "mean": "mean",
        "negative": "less is better",
    },
    "zh": {
        "weight": "权重",
        "rank": "位次",
        "as_made": "原指数",
        "median": "模拟中位数",
        "interval": "{level:.0%}区间",
        "score": "得分",
        "year": "年份",
        "mean": "均值",
        "negative": "负向指标",
    },
}

#: Fills of dimensions, told apart in grey print by lightness and hatch.
_FILLS = (
    ("#1f5a8c", None),
    ("#9ec9e2", None),
    ("#f2f2f2", "//////"),
    ("#c1570a", None),
    ("#f7c08a", "......"),
    ("#6e6e6e", None),
    ("#d9d9d9", "xxxx"),
    ("#3b7d23", None),
)


def index_weights(record, time: object = None, *, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Weights of the indicators of a composite index, by dimension, the largest first within each.

    Indicators are named by their label; by their expression where the label is too long. Set ``label`` and ``label_zh`` in
    the system of indicators to choose the names.

    Parameters
    ----------
    record : CompositeIndex
        From `tk.composite_index`.
    time : optional
        A period, where weights differ by period; the last by default.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> tk.charts.index_weights(index).axes[0].get_xlabel()
    'Weight'
    """
    words = words_in(_WORDS, lang)
    need(record, ("weights_table", "dimension_scores"), "index_weights", "tk.composite_index")
    at = position(record.times, time)
    labels = record.labels_zh if lang == "zh" else record.labels
    system = record.system
    order = [
        k
        for d in system.dimensions
        for k in sorted((k for k, s in enumerate(system.systems) if s == d), key=lambda k: -record.weights[at, k])
    ]
    several = len(system.dimensions) > 1
    signs = [" (−)" if system.directions[k] == "-" else "" for k in order]
    shown, lines = fold(
        [labels[k] + sign for k, sign in zip(order, signs, strict=True)],
        0.4 * inches_of(width),
        [system.names[k] + sign for k, sign in zip(order, signs, strict=True)],
    )
    figure = new_figure(width, 0.5 + (0.1 + 0.1 * lines) * len(order) + (0.2 if several else 0), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        used = {}
        for y, k in enumerate(order):
            face, hatch = _FILLS[system.dimensions.index(system.systems[k]) % len(_FILLS)]
            value = record.weights[at, k]
            bar = axes.barh(y, value, height=0.7, facecolor=face, hatch=hatch, edgecolor=GREY, linewidth=0.4)
            used.setdefault(system.systems[k], bar)
            axes.annotate(f"{value:.3f}", (value, y), (2, 0), textcoords="offset points", va="center", fontsize=6.5)
        axes.set_yticks(range(len(order)), shown)
        axes.set_ylim(len(order) - 0.5, -0.5)
        axes.set_xlim(0, 1.15 * record.weights[at].max())
        axes.set_xlabel(words["weight"])
        axes.tick_params(axis="y", length=0)
        if "-" in system.directions:
            axes.text(
                1,
                -0.5,
                f"(−) {words['negative']}",
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="bottom",
                fontsize=6.5,
                color=GREY,
            )
        if several:
            figure.legend(used.values(), used.keys(), loc="outside lower center", ncols=min(len(used), 3))
    return figure


def index_ranks(record, time: object = None, *, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Rank of every region with its interval over the draws, the first region on top.

    Parameters
    ----------
    record : IndexUncertainty
        From `tk.index_uncertainty`.
    time : optional
        The last period by default.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> tk.charts.index_ranks(tk.index_uncertainty(index, 50, seed=1)).axes[0].get_xlabel()
    'Rank'
    """
    words = words_in(_WORDS, lang)
    need(record, ("low", "high", "median", "rank"), "index_ranks", "tk.index_uncertainty")
    at = position(record.times, time)
    names = record.names_zh if lang == "zh" else record.names
    order = np.argsort(record.rank[at], kind="stable")
    y = np.arange(len(order))
    figure = new_figure(width, 0.75 + 0.125 * len(order), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        for row in y[::2]:
            axes.axhspan(row - 0.5, row + 0.5, color="#f5f5f5", linewidth=0, zorder=0)
        span = axes.hlines(y, record.low[at, order], record.high[at, order], color="#9ec9e2", linewidth=3.2, zorder=2)
        (median,) = axes.plot(record.median[at, order], y, "|", color=INK, markersize=5, markeredgewidth=1, zorder=3)
        (made,) = axes.plot(record.rank[at, order], y, "o", color="#0b4f8a", markersize=3, zorder=4)
        axes.set_yticks(y, [names[k] for k in order], fontsize=6.5)
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, len(order) + 1)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
        axes.set_xlabel(words["rank"])
        title(axes, record.times, at)
        labels = [words["as_made"], words["median"], words["interval"].format(level=record.level)]
        figure.legend([made, median, span], labels, loc="outside lower center", ncols=3, handletextpad=0.4)
    return figure


def index_by_year(
    record, regions: Iterable[object] | None = None, *, width: str | float = "one", lang: str = "en"
) -> PaperFigure:
    """Scores over time: all regions in grey, chosen ones named, and the mean.

    Parameters
    ----------
    record : CompositeIndex
        From `tk.composite_index`, at least two periods.
    regions : iterable, optional
        Ids or names, at most six; by default the first two and the last of the last period.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        One period only, unknown regions, or more than six.

    Examples
    --------
    >>> import toolkit as tk
    >>> index = tk.composite_index(tk.load("munnell"), {"gsp / emp": "+", "pcap / emp": "+", "unemp": "-"})
    >>> tk.charts.index_by_year(index, ["Ohio"]).axes[0].get_ylabel()
    'Score'
    """
    words = words_in(_WORDS, lang)
    need(record, ("weights_table", "scores"), "index_by_year", "tk.composite_index")
    x, ticks = years(record.times, "index_by_year")
    names = record.names_zh if lang == "zh" else record.names
    if regions is None:
        order = np.argsort(record.ranks[-1], kind="stable")
        chosen = list(dict.fromkeys([*order[:2], order[-1]]))
    else:
        chosen = _find(regions, record)
    figure = new_figure(width, 0.68 * inches_of(width), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        axes.plot(x, record.scores, color="#dcdcdc", linewidth=0.6, zorder=1)
        axes.plot(x, record.scores.mean(axis=1), color=INK, linewidth=1.8, zorder=3)
        for k, (color, _, dash) in zip(chosen, LINES, strict=False):
            axes.plot(x, record.scores[:, k], color=color, linestyle=dash, zorder=4)
        ends = [(record.scores[-1, k], names[k], LINES[n][0]) for n, k in enumerate(chosen)]
        _name_ends(axes, x[-1], [*ends, (record.scores[-1].mean(), words["mean"], INK)])
        year_axis(axes, x, ticks, words["year"])
        axes.set_ylabel(words["score"])
    return figure


def _find(regions: Iterable[object], record) -> list[int]:
    wanted = [regions] if isinstance(regions, str) else list(regions)
    known = [list(record.regions), list(record.names), list(record.names_zh)]
    out = []
    for region in wanted:
        place = next((k.index(region) for k in known if region in k), None)
        if place is None:
            raise InputError(f"{region!r} is no region of the record.", allowed=listing(record.names, 60))
        out.append(place)
    if not 1 <= len(out) <= len(LINES):
        raise InputError(f"{len(out)} regions to name.", allowed=f"one to {len(LINES)}")
    return out


def _name_ends(axes, x: float, ends: list[tuple[float, str, str]]) -> None:
    """Names right of the ends of lines, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    step = 0.055 * (high - low)
    ends = sorted(ends)
    heights = np.array([e[0] for e in ends])
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + step)
    heights -= max(0.0, heights[-1] - high)
    for height, (_, name, color) in zip(heights, ends, strict=True):
        axes.annotate(name, (1.01, height), xycoords=axes.get_yaxis_transform(), color=color, va="center", fontsize=6.5)
