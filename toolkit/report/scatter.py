"""Moran scatter plots, of one variable and of two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from toolkit.errors import DataError, InputError, listing
from toolkit.report.figure import CLUSTER_STYLE, INK, PALE, PaperFigure, inches_of, new_figure
from toolkit.report.labels import place_labels
from toolkit.report.map_page import EDGE, draw_map, scale_bar
from toolkit.report.projection import sheet
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.data.panel import Panel

__all__ = ["moran_bivariate_scatter", "moran_scatter"]

#: Markers of the quadrants, so that points are told apart in grey print.
_MARKERS = {"HH": "o", "LL": "s", "HL": "^", "LH": "v", "ns": "o"}


def moran_scatter(
    record,
    time: object = None,
    *,
    variable: str | None = None,
    label: str | Iterable[object] | None = "outliers",
    name: str | None = None,
    map: Panel | None = None,
    clusters=None,
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
    map : Panel, optional
        Panel with the map of the regions: adds the map of the quadrants in the colours of the points, to the right in two
        columns and below in one. For one period.
    clusters : LocalMoranTable, optional
        From `tk.local_moran`, of the same variable: points and map then show the significant clusters only, the rest in grey.
    width : {"one", "two"} or float, optional
        Journal columns or inches; one column for one panel, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        The record has no such period, variable or region; a map of several periods; clusters of another variable.
    DataError
        A map without the regions of the record.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> len(tk.charts.moran_scatter(record, [1970, 1986]).axes)
    2
    """
    if not (hasattr(record, "tidy") and hasattr(record, "scatter") and hasattr(record, "variables")):
        raise InputError(f"moran_scatter cannot draw a {type(record).__name__}.", allowed="the record made by tk.moran")
    table = record.tidy()
    variable = table["variable"].iloc[0] if variable is None else variable
    rows = table[table["variable"] == variable]
    if rows.empty:
        raise InputError(f"The record has no variable {variable!r}.", allowed=listing(table["variable"].unique()))
    times = _periods(time, list(rows["time"]))
    columns = min(len(times), 3) if map is None else 1 + (inches_of(width or "two") >= 5)
    room = inches_of(width or ("one" if len(times) == 1 and map is None else "two")) / (
        columns if len(times) == 1 else 1
    )
    xlabel = wrapped(phrase("standardised", lang, x=name or record.labels[variable][lang == "zh"]), room - 0.7)
    points = [record.scatter(t, variable) for t in times]
    if clusters is not None:
        points = [_with_clusters(frame, clusters, t, variable) for frame, t in zip(points, times, strict=True)]
    elif map is not None:
        points = [frame.assign(cluster=_quadrant(frame)) for frame in points]
    if map is not None:
        if len(times) > 1:
            raise InputError(
                "The map is of one period, and several were asked for.", fix="name one period, or leave map= out"
            )
        return _with_map(rows, times[0], points[0], xlabel, label, width, lang, record, map, clusters)
    return _draw(rows, times, points, xlabel, phrase("lag_short", lang), label, width, lang, record)


def moran_bivariate_scatter(
    record,
    time: object = None,
    *,
    label: str | Iterable[object] | None = "outliers",
    names: tuple[str, str] | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Bivariate Moran scatter plot: a variable against the spatial lag of another, with slope I.

    Parameters
    ----------
    record : BivariateMoranTable
        From `tk.moran_bivariate`.
    time, label, width, lang
        As for `moran_scatter`.
    names : (str, str), optional
        Names of the variable and of the lagged one on the axes; the codebook's labels by default.

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        The record has no such period or region, or is no such record.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran_bivariate(panel, "unemp", "log(gsp / emp)", tk.weights.queen(panel), permutations=99, seed=1)
    >>> len(tk.charts.moran_bivariate_scatter(record, 1986).axes)
    1
    """
    if not (hasattr(record, "scatter") and hasattr(record, "lagged")):
        raise InputError(
            f"moran_bivariate_scatter cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.moran_bivariate",
        )
    rows = record.tidy()
    times = _periods(time, list(rows["time"]))
    x, y = names or (record.labels[lang == "zh"], record.lagged_labels[lang == "zh"])
    points = [record.scatter(t) for t in times]
    room = inches_of(width or ("one" if len(times) == 1 else "two")) - 0.7
    words = wrapped(phrase("standardised", lang, x=x), room), wrapped(phrase("lag", lang, x=y), room)
    return _draw(rows, times, points, *words, label, width, lang, record)


def _draw(rows, times: list, points: list, xlabel: str, ylabel: str, label, width, lang: str, record) -> PaperFigure:
    names = record.names_zh if lang == "zh" and record.names_zh else record.names
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
        if len(times) == 1:
            grid[0, 0].set(xlabel=xlabel, ylabel=ylabel)
        else:
            figure.supxlabel(xlabel, fontsize=7.5)
            figure.supylabel(ylabel, fontsize=7.5)
        for axes in grid.flat[: len(times)]:
            _quadrants(axes)
        for axes, frame, rank in zip(grid.flat, points, chosen, strict=False):
            cloud = frame[["z", "lag"]].to_numpy()
            place_labels(axes, cloud[rank], [names[i] for i in rank], avoid=cloud)
    return figure


def _with_map(rows, time, frame, xlabel: str, label, width, lang: str, record, panel: Panel, clusters) -> PaperFigure:
    """Scatter and map of one period, one legend for both."""
    absent = [r for r in frame["region"] if r not in set(panel.entities)]
    if absent or len(frame) != panel.N:
        raise DataError(
            "The map is not of the regions of the record.", fix="give map= the panel the record was made from"
        )
    inches = inches_of(width or "two")
    side = inches >= 5
    found = frame.set_index("region")["cluster"].reindex(panel.entities)
    page = sheet(panel)
    kinds = [k for k in ("HH", "LL", "HL", "LH", "ns") if k != "ns" or clusters is not None]
    handles = [
        Patch(label=f"{phrase(k, lang)}: {int((found == k).sum())}", hatch=CLUSTER_STYLE[k]["hatch"],
              facecolor=CLUSTER_STYLE[k]["facecolor"], **EDGE)
        for k in kinds
    ]  # fmt: skip
    left = 0.46 * inches if side else inches
    below = 0.25 if side else 0.55
    height = (left * 0.92 if side else left * 0.85 + inches * page.aspect) + below
    figure = new_figure(inches, height, lang=lang)
    with figure.styled():
        grid = figure.subplots(
            *((1, 2) if side else (2, 1)),
            **({"width_ratios": [0.46, 0.54]} if side else {"height_ratios": [0.85, page.aspect]}),
        )
        row = rows[rows["time"] == time].iloc[0]
        _scatter_panel(grid[0], frame, row, title=str(time) if len(rows) > 1 else "")
        _pad(grid[0], [frame])
        grid[0].set(xlabel=xlabel, ylabel=phrase("lag_short", lang))
        _quadrants(grid[0])
        draw_map(grid[1], page, [CLUSTER_STYLE[k] for k in found], "")
        scale_bar(grid[1], page, lang)
        title = None
        if clusters is not None:
            title = f"p ≤ {clusters.level:g}" + (f" ({clusters.p_adjust})" if clusters.p_adjust else "")
        figure.legend(handles=handles, loc="outside lower center", ncols=5 if side else 2, title=title)
        names = record.names_zh if lang == "zh" and record.names_zh else record.names
        cloud, rank = frame[["z", "lag"]].to_numpy(), _chosen(frame, label)
        place_labels(grid[0], cloud[rank], [names[i] for i in rank], avoid=cloud)
    return figure


def _quadrant(frame) -> list[str]:
    """High or low, among high or low, of every region."""
    return [
        ("H" if z > 0 else "L") + ("H" if lag > 0 else "L") for z, lag in zip(frame["z"], frame["lag"], strict=True)
    ]


def _with_clusters(frame, clusters, time: object, variable: str):
    """The points with the cluster of each region in a period of a record of local statistics."""
    if not (hasattr(clusters, "cluster") and hasattr(clusters, "quadrant")):
        raise InputError(
            f"clusters= cannot be a {type(clusters).__name__}.", allowed="the record made by tk.local_moran"
        )
    if clusters.variable != variable or time not in clusters.times or set(clusters.regions) != set(frame["region"]):
        raise InputError(
            f"clusters= is of {clusters.variable!r}, and has not this variable, period and these regions.",
            fix=f"tk.local_moran(panel, {variable!r}, W) of the same panel",
        )
    found = clusters.at(time).set_index("region")["cluster"]
    kept = ["ns" if c in ("ns", "island") else c for c in found.reindex(frame["region"])]
    return frame.assign(cluster=kept)


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
    if "cluster" in frame:
        for kind, part in frame.groupby("cluster"):
            axes.scatter(part["z"], part["lag"], s=14, linewidth=0.5, zorder=3, marker=_MARKERS[kind],
                         facecolor=CLUSTER_STYLE[kind]["facecolor"], edgecolor=INK, gid=kind)  # fmt: skip
    else:
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
