"""Global statistics over time: Moran's I and Geary's c by year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, INK, LINES, PaperFigure, inches_of, new_figure
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["by_year", "geary_by_year", "moran_by_year"]


def moran_by_year(
    record,
    *,
    variable: str | Sequence[str] | None = None,
    level: float = 0.05,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Moran's I over time, full markers where it is significant, with its expected value and 95 percent range.

    Significance is by permutation where the record has permutations, else by the normal approximation. The range is
    the normal one around the expected value -1 / (N - 1) under the assumption of the record.

    Parameters
    ----------
    record : MoranTable
        From `tk.moran`, at least two periods.
    variable : str or sequence of str, optional
        Which of the record's variables; all by default, at most six.
    level : float
        Significance level of the markers.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        One period only, an unknown variable, or more than six.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> tk.charts.moran_by_year(record).axes[0].get_ylabel()
    "Moran's I"
    """
    return by_year(record, "moran", variable=variable, level=level, width=width, lang=lang)


def geary_by_year(
    record,
    *,
    variable: str | Sequence[str] | None = None,
    level: float = 0.05,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Geary's c over time, full markers where it is significant, with its expected value 1 and 95 percent range.

    Below the line neighbours are alike, above it they differ.

    Parameters
    ----------
    record : GearyTable
        From `tk.geary`, at least two periods.
    variable, level, width, lang
        As for `moran_by_year`.

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        As `moran_by_year`.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.geary(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> tk.charts.geary_by_year(record).axes[0].get_ylabel()
    "Geary's c"
    """
    return by_year(record, "geary", variable=variable, level=level, width=width, lang=lang)


def by_year(
    record, statistic: str, *, variable: str | Sequence[str] | None, level: float, width: str | float, lang: str
) -> PaperFigure:
    """The figure of `moran_by_year` and `geary_by_year`."""
    source = f"tk.{statistic}"
    if type(record).__name__ != {"moran": "MoranTable", "geary": "GearyTable"}[statistic]:
        raise InputError(
            f"{statistic}_by_year cannot draw a {type(record).__name__}.", allowed=f"the record made by {source}"
        )
    table = record.tidy()
    known = list(dict.fromkeys(table["variable"]))
    names = known if variable is None else [variable] if isinstance(variable, str) else list(variable)
    missing = [v for v in names if v not in known]
    if missing or not 1 <= len(names) <= len(LINES):
        raise InputError(
            f"variable={variable!r}: {len(names)} to draw, unknown: {listing(missing) or 'none'}.",
            allowed=f"one to {len(LINES)} of {listing(known)}",
        )
    if table.groupby("variable", sort=False).size().loc[names].min() < 2:
        raise InputError(
            "A line over time needs at least two periods.",
            fix="use tk.charts.moran_scatter for one period" if statistic == "moran" else None,
        )
    order = list(dict.fromkeys(table["time"]))
    numeric = all(isinstance(t, (int, float, np.integer, np.floating)) for t in order)
    labels = [wrapped(record.labels[v][lang == "zh"], inches_of(width) - 0.3) for v in names]
    above = len(names) > 1 and any(len(text) > 28 for text in labels)  # too long for columns
    room = 0.14 * sum(text.count("\n") + 1 for text in labels) if above or len(names) == 1 else 0
    figure = new_figure(width, min(0.62 * inches_of(width), 2.9) + room, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        for v, (color, marker, dash) in zip(names, LINES, strict=False):
            rows = table[table["variable"] == v]
            x = rows["time"].to_numpy(float) if numeric else np.array([order.index(t) for t in rows["time"]], float)
            _line(axes, x, rows, color, marker, dash, record, level)
        axes.axhline(record.expected, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
        _by_year_axes(axes, order, numeric, statistic, lang)
        _by_year_legend(figure, axes, labels, above, level, lang)
    return figure


def _line(axes: Axes, x, rows, color, marker, dash, record, level: float) -> None:
    p = rows["p_perm"] if record.permutations else rows["p_value"]
    variance = rows[f"variance_{record.assumption}"].to_numpy()
    y, full = rows["statistic"].to_numpy(), (p < level).to_numpy()
    half = 1.959964 * np.sqrt(variance)
    axes.fill_between(x, record.expected - half, record.expected + half, color="#e6e6e6", linewidth=0, zorder=0)
    axes.plot(x, y, color=color, linestyle=dash, zorder=3)
    axes.plot(x[full], y[full], marker, color=color, markersize=4, zorder=4)
    axes.plot(
        x[~full], y[~full], marker, color=color, markerfacecolor="white", markeredgewidth=0.8, markersize=4, zorder=4
    )


def _by_year_axes(axes: Axes, order: list, numeric: bool, statistic: str, lang: str) -> None:
    axes.set_ylabel(phrase(statistic, lang))
    if numeric:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
        axes.set_xlabel(phrase("year", lang))
    else:
        axes.set_xticks(range(len(order)), [str(t) for t in order], rotation=45 if len(order) > 6 else 0)
    low, high = axes.get_ylim()
    centre = 0 if statistic == "moran" else 1
    axes.set_ylim(min(low, centre), max(high, centre))
    axes.margins(x=0.02)


def _by_year_legend(figure: PaperFigure, axes: Axes, labels: list, above: bool, level: float, lang: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    lines = []
    if len(labels) == 1:
        axes.set_title(labels[0], fontweight="normal")
    else:
        styles = zip(labels, LINES, strict=False)
        lines = [Line2D([], [], color=c, marker=m, linestyle=d, label=text) for text, (c, m, d) in styles]
    marker, color = LINES[0][1], (LINES[0][0] if len(labels) == 1 else INK)
    full = Line2D([], [], linestyle="", marker=marker, color=color, label=phrase("significant", lang, level=level))
    hollow = Line2D(
        [],
        [],
        linestyle="",
        marker=marker,
        color=color,
        markerfacecolor="white",
        label=phrase("insignificant", lang, level=level),
    )
    centre = Line2D([], [], color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), label=phrase("expected", lang))
    band = Patch(facecolor="#e6e6e6", label=phrase("band", lang))
    columns = 2 if figure.get_figwidth() < 5 else 4
    if above:
        figure.legend(handles=lines, loc="outside upper left", ncols=1)
        lines = []
    figure.legend(handles=[*lines, full, hollow, centre, band], loc="outside lower center", ncols=columns)
