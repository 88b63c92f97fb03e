"""Charts of records: Moran scatter plots and Moran's I by year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, INK, PALE, PaperFigure, inches_of, new_figure
from toolkit.report.gaps import gap_by_year
from toolkit.report.inequality import decomposition_by_year, inequality_by_year, lorenz_curves
from toolkit.report.labels import place_labels
from toolkit.report.poles import gini_spatial_by_year, polarisation_by_year
from toolkit.report.specification_curve import specification_curve
from toolkit.report.words import phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "decomposition_by_year",
    "gap_by_year",
    "gini_spatial_by_year",
    "inequality_by_year",
    "lorenz_curves",
    "moran_by_year",
    "moran_scatter",
    "polarisation_by_year",
    "specification_curve",
]


def moran_scatter(
    record,
    time: object = None,
    *,
    variable: str | None = None,
    label: str | Iterable[object] | None = "outliers",
    name: str | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Moran scatter plot: the standardised variable against its spatial lag, with slope I.

    Parameters
    ----------
    record : MoranTable
        From `tk.moran`.
    time : optional
        A period, or a list of periods for small multiples on one scale. The last period by default.
    variable : str, optional
        Which of the record's variables; the first by default.
    label : {"outliers", "all", None} or list of regions
        Regions to name. Outliers lie outside the 95 percent ellipse of two uncorrelated normal
        variables, the eight farthest at most.
    name : str, optional
        Name of the variable on the axes; the codebook's label by default.
    width : {"one", "two"} or float, optional
        Journal columns or inches; one column for one panel, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        The record has no such period, variable or region.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> len(tk.charts.moran_scatter(record, [1970, 1986]).axes)
    2
    """
    table = _table(record, "scatter", "moran_scatter", "tk.moran")
    variable = table["variable"].iloc[0] if variable is None else variable
    rows = table[table["variable"] == variable]
    if rows.empty:
        raise InputError(f"The record has no variable {variable!r}.", allowed=listing(table["variable"].unique()))
    times = _periods(time, list(rows["time"]))
    shown = name or record.labels[variable][lang == "zh"]
    points = [record.scatter(t, variable) for t in times]
    chosen = [_chosen(frame, label) for frame in points]
    columns = min(len(times), 3)
    lines = -(-len(times) // columns)
    width = width or ("one" if len(times) == 1 else "two")
    figure = new_figure(width, 0.92 * inches_of(width) / columns * lines + 0.1, lang=lang)
    with figure.styled():
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(times) :]:
            axes.remove()
        for axes, frame, t in zip(grid.flat, points, times, strict=False):
            row = rows[rows["time"] == t].iloc[0]
            _scatter_panel(axes, frame, row, title=str(t) if len(rows) > 1 else "")
        _pad(grid.flat[0], points)
        xlabel, ylabel = phrase("standardised", lang, x=shown), phrase("lag_short", lang)
        if len(times) == 1:
            grid[0, 0].set(xlabel=xlabel, ylabel=ylabel)
        else:
            figure.supxlabel(xlabel, fontsize=7.5)
            figure.supylabel(ylabel, fontsize=7.5)
        for axes in grid.flat[: len(times)]:
            _quadrants(axes)
        for axes, frame, rank in zip(grid.flat, points, chosen, strict=False):
            cloud = frame[["z", "lag"]].to_numpy()
            place_labels(axes, cloud[rank], [frame["name"].iloc[i] for i in rank], avoid=cloud)
    return figure


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
    table = _table(record, "scatter", "moran_by_year", "tk.moran")
    known = list(dict.fromkeys(table["variable"]))
    names = known if variable is None else [variable] if isinstance(variable, str) else list(variable)
    missing = [v for v in names if v not in known]
    if missing or not 1 <= len(names) <= len(_LINES):
        raise InputError(
            f"variable={variable!r}: {len(names)} to draw, unknown: {listing(missing) or 'none'}.",
            allowed=f"one to {len(_LINES)} of {listing(known)}",
        )
    if table.groupby("variable", sort=False).size().loc[names].min() < 2:
        raise InputError("A line over time needs at least two periods.", fix="use tk.charts.moran_scatter")
    order = list(dict.fromkeys(table["time"]))
    numeric = all(isinstance(t, (int, float, np.integer, np.floating)) for t in order)
    figure = new_figure(width, min(0.62 * inches_of(width), 2.9), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        for v, (color, marker, dash) in zip(names, _LINES, strict=False):
            rows = table[table["variable"] == v]
            x = rows["time"].to_numpy(float) if numeric else np.array([order.index(t) for t in rows["time"]], float)
            _line(axes, x, rows, color, marker, dash, record, level)
        axes.axhline(record.expected, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
        _by_year_axes(axes, order, numeric, lang)
        _by_year_legend(figure, axes, names, record, level, lang)
    return figure


#: Colour, marker and dash of up to six lines; told apart without colour.
_LINES = (
    ("#0b4f8a", "o", "-"),
    ("#c1570a", "s", (0, (5, 1.5))),
    ("#3b7d23", "^", (0, (1, 1))),
    ("#7b3294", "D", (0, (5, 1, 1, 1))),
    ("#1a1a1a", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#8c6d31", "P", (0, (8, 2))),
)


def _table(record, method: str, chart: str, source: str):
    if not (hasattr(record, "tidy") and hasattr(record, method)):
        raise InputError(f"{chart} cannot draw a {type(record).__name__}.", allowed=f"the record made by {source}")
    return record.tidy()


def _periods(time: object, known: list) -> list:
    """The periods asked for, checked; a list stays a list."""
    asked = (
        [known[-1]] if time is None else list(time) if isinstance(time, (list, tuple, range, np.ndarray)) else [time]
    )
    unknown = [t for t in asked if t not in known]
    if unknown or not asked:
        raise InputError(
            f"The record has no period {listing(unknown) or 'in an empty list'}.", allowed=listing(known, 40)
        )
    return asked


def _chosen(frame, label) -> list[int]:
    """Positions of the regions to name."""
    if label is None:
        return []
    if isinstance(label, str):
        if label == "all":
            return list(range(len(frame)))
        if label == "outliers":
            lag = (frame["lag"] - frame["lag"].mean()) / frame["lag"].std(ddof=0)
            distance = (frame["z"] ** 2 + lag**2).to_numpy()
            return [int(i) for i in np.argsort(-distance)[:8] if distance[i] > 5.991]  # chi2(2), 95 percent
        label = [label]
    ids, names = list(frame["region"]), list(frame["name"])
    out = []
    for wanted in label:
        if wanted not in ids and wanted not in names:
            raise InputError(
                f"label={wanted!r} is no region of the record.",
                allowed='"outliers", "all", None, or ids or names of regions',
            )
        out.append(ids.index(wanted) if wanted in ids else names.index(wanted))
    return out


def _scatter_panel(axes: Axes, frame, row, title: str) -> None:
    z, lag = frame["z"].to_numpy(), frame["lag"].to_numpy()
    axes.axhline(0, color=PALE, linewidth=0.6, zorder=1)
    axes.axvline(0, color=PALE, linewidth=0.6, zorder=1)
    axes.scatter(z, lag, s=11, facecolor="#6baed6", edgecolor="#08306b", linewidth=0.5, zorder=3)
    ends = np.array([z.min(), z.max()])
    axes.plot(ends, lag.mean() + row["statistic"] * (ends - z.mean()), color="#a50f15", linewidth=1.2, zorder=4)
    p = row["p_perm"] if row["permutations"] else row["p_value"]
    value = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    head = f"I = {row['statistic']:.3f}, {value}".replace("-", "−")
    axes.set_title(f"{title}:  {head}" if title else head, fontweight="normal")


def _pad(axes: Axes, frames: list) -> None:
    """Common limits of all panels, with room for names at the rim."""
    z = np.concatenate([f["z"] for f in frames])
    lag = np.concatenate([f["lag"] for f in frames])
    for values, setter in ((z, axes.set_xlim), (lag, axes.set_ylim)):
        low, high = min(values.min(), 0), max(values.max(), 0)
        setter(low - 0.12 * (high - low), high + 0.12 * (high - low))


def _quadrants(axes: Axes) -> None:
    for x, y, ha, va, text in (
        (0.985, 0.985, "right", "top", "HH"),
        (0.015, 0.985, "left", "top", "LH"),
        (0.015, 0.015, "left", "bottom", "LL"),
        (0.985, 0.015, "right", "bottom", "HL"),
    ):
        axes.text(x, y, text, transform=axes.transAxes, ha=ha, va=va, color="#8c8c8c", fontsize=7, zorder=2)


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


def _by_year_axes(axes: Axes, order: list, numeric: bool, lang: str) -> None:
    axes.set_ylabel(phrase("moran", lang))
    if numeric:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
        axes.set_xlabel(phrase("year", lang))
    else:
        axes.set_xticks(range(len(order)), [str(t) for t in order], rotation=45 if len(order) > 6 else 0)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, 0), max(high, 0))
    axes.margins(x=0.02)


def _by_year_legend(figure: PaperFigure, axes: Axes, names: list, record, level: float, lang: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    labels = [record.labels[v][lang == "zh"] for v in names]
    lines = []
    if len(names) == 1:
        axes.set_title(labels[0], fontweight="normal")
    else:
        styles = zip(labels, _LINES, strict=False)
        lines = [Line2D([], [], color=c, marker=m, linestyle=d, label=text) for text, (c, m, d) in styles]
    marker, color = _LINES[0][1], (_LINES[0][0] if len(names) == 1 else INK)
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
    figure.legend(handles=[*lines, full, hollow, centre, band], loc="outside lower center", ncols=columns)
