"""Charts of inequality: measures by year with their intervals, decompositions by year, Lorenz curves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.ticker import FuncFormatter

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, LINES, PALE, PaperFigure, inches_of, new_figure
from toolkit.report.over_time import headline, inches_wide, time_axis
from toolkit.report.words import wrapped

__all__ = ["decomposition_by_year", "inequality_by_year", "lorenz_curves"]

#: Fill and hatch of stacked parts, dark to light: told apart in grey print.
_FILLS = (
    ("#0b4f8a", ""),
    ("#6baed6", ""),
    ("#dce9f5", "////"),
    ("#f4c58d", ""),
    ("#fbeee0", "...."),
    ("#bdbdbd", "\\\\"),
)
_WORDS = {
    "gini": ("Gini coefficient", "基尼系数"),
    "theil_t": ("Theil's T", "泰尔指数 T"),
    "theil_l": ("Theil's L (mean log deviation)", "泰尔指数 L（平均对数离差）"),
    "atkinson": ("Atkinson (ε = {epsilon:g})", "阿特金森指数（ε = {epsilon:g}）"),
    "cv": ("Coefficient of variation", "变异系数"),
    "hoover": ("Hoover index", "胡佛指数"),
    "band": ("{level:g}% bootstrap interval", "{level:g}%自助法置信区间"),
    "within": ("Within groups", "组内差异"),
    "net between": ("Net between groups", "组间净差异"),
    "transvariation": ("Transvariation", "超变密度"),
    "between": ("Between {coarse}", "{coarse}之间"),
    "between_in": ("Between {fine}, within {coarse}", "{coarse}内{fine}之间"),
    "within_of": ("Within {fine}", "{fine}内部"),
    "share": ("Share of the total, %", "占总体比重（%）"),
    "weight": ("Cumulative share of {weights}", "{weights}累计比重"),
    "regions": ("regions", "地区"),
    "amount": ("Cumulative share of the variable", "变量累计比重"),
    "equality": ("Equality", "绝对平等线"),
    "all": ("All", "全部"),
    "parts": ("Between groups", "组间差异"),
}


def inequality_by_year(
    record,
    measure: str | Sequence[str] | None = None,
    *,
    name: str | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Measures of inequality over time, one panel each, with bootstrap intervals where the record has them.

    Every axis starts at zero, so that a fall by half looks like one.

    Parameters
    ----------
    record : InequalityTable
        From `tk.inequality`, at least two periods.
    measure : str or sequence of str, optional
        Which of the record's measures; all by default.
    name : str, optional
        Name of the variable above the figure; the codebook's label by default.
    width : {"one", "two"} or float, optional
        Journal columns or inches; one column for one measure, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another record, one period only, or an unknown measure.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.inequality(tk.load("mexico"), "pcgdp", ["gini", "cv"], bootstrap=99, seed=1)
    >>> len(tk.charts.inequality_by_year(record).axes)
    2
    """
    _accept(record, ("series", "bootstrap"), "inequality_by_year", "tk.inequality")
    names = list(record.measures) if measure is None else [measure] if isinstance(measure, str) else list(measure)
    unknown = [m for m in names if m not in record.measures]
    if unknown or not names:
        raise InputError(f"The record has no measure {listing(unknown)}.", allowed=listing(record.measures))
    _refuse_single(record.times)
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    width = width or ("one" if len(names) == 1 else "two")
    figure = new_figure(width, rows * (0.62 * inches_of(width) / columns + 0.25) + 0.25, lang=lang)
    with figure.styled():
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes in grid.flat[len(names) :]:
            axes.remove()
        for axes, measured in zip(grid.flat, names, strict=False):
            x, m = time_axis(axes, record.times), record.measures.index(measured)
            if record.bootstrap:
                axes.fill_between(x, record.conf_low[m], record.conf_high[m], color="#d6e4f0", linewidth=0, zorder=1)
            axes.plot(x, record.estimate[m], color=LINES[0][0], marker="o", markersize=2.5, zorder=3)
            top = float(np.nanmax(record.conf_high[m] if record.bootstrap else record.estimate[m]))
            axes.set_ylim(0, 1.08 * top)
            axes.margins(x=0.02)
            axes.set_title(_say(measured, lang, epsilon=record.epsilon), fontweight="normal")
        headline(figure, record, name, lang)
        if record.bootstrap:
            from matplotlib.patches import Patch

            text = _say("band", lang, level=100 * record.level)
            figure.legend(handles=[Patch(facecolor="#d6e4f0", label=text)], loc="outside lower center")
    return figure


def decomposition_by_year(
    record,
    *,
    share: bool = False,
    name: str | None = None,
    parts: Sequence[str] | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """The parts of an index of inequality over time, stacked: groups by Dagum or Theil, or income sources.

    Parameters
    ----------
    record : DagumTable, TheilTable or SourcesTable
        From `tk.dagum`, `tk.theil` or `tk.gini_sources`.
    share : bool
        Parts in percent of the total instead of their level.
    name : str, optional
        Name of the variable above the figure; the codebook's label by default.
    parts : sequence of str, optional
        Names of the parts in the legend, where those of registers or of the codebook do not suit.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another record, more than six parts, or another number of names for them.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.charts.decomposition_by_year(tk.dagum(tk.load("china"), "gdp / pop", "blocks"))
    >>> figure.axes[0].get_ylabel()
    'Gini coefficient'
    """
    total, rows, labels, index = _parts_of(record, lang)
    labels = labels if parts is None else list(parts)
    if len(rows) > len(_FILLS) or len(labels) != len(rows):
        raise InputError(
            f"There are {len(rows)} parts and {len(labels)} names to draw.",
            allowed=f"at most {len(_FILLS)} parts, each with a name",
        )
    values = 100 * rows / total if share else rows
    figure = new_figure(width, min(0.72 * inches_of(width), 3.2) + 0.12 * len(rows), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        x = time_axis(axes, record.times)
        thick = 0.8 * (np.diff(x).min() if len(x) > 1 else 1)
        above, below = np.zeros(len(x)), np.zeros(len(x))
        for part, label, (color, hatch) in zip(values, labels, _FILLS, strict=False):
            start = np.where(part >= 0, above, below)  # negative parts hang below zero
            look = {"facecolor": color, "hatch": hatch, "edgecolor": GREY if hatch else "white", "linewidth": 0.4}
            axes.bar(x, part, thick, bottom=start, label=wrapped(label, inches_of(width) - 0.5), **look)
            above, below = above + np.maximum(part, 0), below + np.minimum(part, 0)
        axes.axhline(0, color=GREY, linewidth=0.6)
        axes.set_ylabel(_say("share", lang) if share else index)
        axes.margins(x=0.02)
        if share and below.min() > -1e-9:
            axes.set_ylim(0, 100)
        widest = max(inches_wide(label) for label in labels) + 0.45
        ncols = int(np.clip(inches_of(width) // widest, 1, len(labels)))
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=ncols)
        headline(figure, record, name, lang)
    return figure


def lorenz_curves(
    record,
    time: object = None,
    *,
    group: str | Sequence[str] | None = None,
    name: str | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Lorenz curves against the line of equality: one period with its groups, or several periods of one group.

    Parameters
    ----------
    record : LorenzCurves
        From `tk.lorenz`.
    time : optional
        A period or a list of periods; the last one by default.
    group : str or sequence of str, optional
        Which groups ("all": every region); "all" alone for several periods, every group for one.
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
        Another record, an unknown period or group, or more than six curves.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.charts.lorenz_curves(tk.lorenz(tk.load("mexico"), "pcgdp"), [1940, 2000])
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['1940 (G = 0.354)', '2000 (G = 0.258)', 'Equality']
    """
    _accept(record, ("points", "gini"), "lorenz_curves", "tk.lorenz")
    many = isinstance(time, (list, tuple, range, np.ndarray))
    times = [record.times[-1]] if time is None else list(time) if many else [time]
    groups = (
        (["all"] if many else list(record.points))
        if group is None
        else [group]
        if isinstance(group, str)
        else list(group)
    )
    unknown = [k for k in times if k not in record.times] + [g for g in groups if g not in record.points]
    if unknown or not 1 <= len(times) * len(groups) <= len(LINES):
        raise InputError(
            f"{len(times) * len(groups)} curves to draw; unknown: {listing(unknown) or 'none'}.",
            allowed=f"one to {len(LINES)} curves; groups {listing(record.points)}; periods {listing(record.times, 40)}",
        )
    figure = new_figure(width, inches_of(width) * 1.12, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        chosen = [(t, g) for t in times for g in groups]
        for (t, g), (color, _, dash) in zip(chosen, LINES, strict=False):
            at = record.times.index(t)
            weight, amount = (points[at] for points in record.points[g])
            said = [str(t)] if len(times) > 1 else []
            said += [_group(record, g, lang)] if len(groups) > 1 or not said else []
            label = f"{' '.join(said)} (G = {record.gini[g][at]:.3f})"
            axes.plot(weight, amount, color=color, linestyle=dash, label=label, zorder=3)
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.7, label=_say("equality", lang), zorder=1)
        percent = FuncFormatter(lambda v, _: f"{100 * v:.0f}%")
        axes.xaxis.set_major_formatter(percent)
        axes.yaxis.set_major_formatter(percent)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axes.grid(color=PALE, linewidth=0.3)
        weights = record.labels[record.weights][lang == "zh"] if record.weights else _say("regions", lang)
        axes.set_xlabel(wrapped(_say("weight", lang, weights=weights), inches_of(width) - 0.6))
        axes.set_ylabel(_say("amount", lang))
        when = str(times[0]) if len(times) == 1 and len(record.times) > 1 else ""
        headline(figure, record, name, lang, more=when, weighted=False)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _parts_of(record, lang: str) -> tuple[np.ndarray, np.ndarray, list[str], str]:
    """Total (T,), parts (K, T), their names, and the name of the index."""
    if hasattr(record, "affluence"):
        names = [_say(k, lang) for k in ("within", "net between", "transvariation")]
        return record.total, record.parts, names, _say("gini", lang)
    if hasattr(record, "by_group"):
        index = _say(f"theil_{record.index.lower()}", lang)
        levels = [g.name.replace("_", " ") for g in record.levels]
        if len(levels) == 1:
            return record.total, record.parts, [_say("parts", lang), _say("within", lang)], index
        names = [_say("between", lang, coarse=levels[0])]
        names += [_say("between_in", lang, coarse=a, fine=b) for a, b in pairwise(levels)]
        names += [_say("within_of", lang, fine=levels[-1])]
        return record.total, record.parts, names, index
    if hasattr(record, "own_gini"):
        names = [record.labels[s][lang == "zh"] for s in record.sources]
        return record.gini, record.contribution, names, _say("gini", lang)
    raise InputError(
        f"decomposition_by_year cannot draw a {type(record).__name__}.",
        allowed="the record made by tk.dagum, tk.theil or tk.gini_sources",
    )


def _group(record, group: str, lang: str) -> str:
    if group == "all":
        return _say("all", lang)
    return record.labels_zh[group] if lang == "zh" else group


def _accept(record, needed: tuple[str, ...], chart: str, source: str) -> None:
    if not all(hasattr(record, name) for name in needed):
        raise InputError(f"{chart} cannot draw a {type(record).__name__}.", allowed=f"the record made by {source}")


def _refuse_single(times: Sequence[object]) -> None:
    if len(times) < 2:
        raise InputError(
            "A line over time needs at least two periods.", fix="print the record, it has one row a measure"
        )


def _say(key: str, lang: str, **values: object) -> str:
    return _WORDS[key][lang == "zh"].format(**values)
