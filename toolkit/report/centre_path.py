"""Map of the path of a centre of gravity with its ellipses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from toolkit.errors import DataError, InputError, listing
from toolkit.report.figure import GREY, INK, PaperFigure, inches_of, new_figure
from toolkit.report.labels import place_labels
from toolkit.report.map_page import draw_map, scale_bar
from toolkit.report.projection import Sheet, sheet
from toolkit.report.words import phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.data.panel import Panel

__all__ = ["centre_path"]

#: Colour and dash of the ellipses, first to last; told apart without colour.
_ELLIPSES = (("#4f9bd0", (0, (4, 2))), ("#7b3294", (0, (1, 1))), ("#3b7d23", (0, (5, 1, 1, 1))), ("#a50f15", "-"))
_LAND = {"facecolor": "#f2f2f2"}


def centre_path(
    panel: Panel,
    record,
    ellipses=None,
    *,
    labels: int = 8,
    projection: str | None = None,
    inset: bool | None = None,
    width: str | float = "two",
    lang: str = "en",
) -> PaperFigure:
    """The ellipses on the map of the country, and the path of the centre enlarged beside it.

    Parameters
    ----------
    panel : Panel
        With the map of the regions of the record.
    record : CentreTable
        From `tk.centre_of_gravity`, at least two periods.
    ellipses : sequence of periods, optional
        Whose ellipses to draw, at most four; the first and the last by default.
    labels : int
        Number of years named along the path, first and last among them.
    projection, inset, width, lang
        As for `tk.maps.choropleth`; a projection is needed, so not ``"keep"`` without a reference system.

    Returns
    -------
    PaperFigure

    Raises
    ------
    DataError, InputError
        Another kind of record, other regions, one period only, no map, or an unknown period.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> len(tk.charts.centre_path(panel, tk.centre_of_gravity(panel, "gsp")).axes)
    2
    """
    if not (hasattr(record, "centre") and hasattr(record, "outline")):
        raise InputError(
            f"centre_path cannot draw a {type(record).__name__}.", allowed="the record made by tk.centre_of_gravity"
        )
    if set(record.regions) != set(panel.entities):
        raise DataError(
            f"The record has {len(record.regions)} regions, the panel {panel.N}, and they are not the same.",
            fix="use the panel the record was made from",
        )
    known = list(record.times)
    if len(known) < 2:
        raise InputError("A path needs at least two periods.")
    if isinstance(labels, bool) or not isinstance(labels, int) or labels < 2:
        raise InputError(f"labels={labels!r} is not a number of years to name.", allowed="a whole number >= 2")
    wanted = [known[0], known[-1]] if ellipses is None else list(ellipses)
    unknown = [t for t in wanted if t not in known]
    if unknown or not 1 <= len(wanted) <= 4:
        raise InputError(
            f"ellipses={wanted!r}: unknown {listing(unknown) or 'none'}.",
            allowed=f"one to four of {listing(known, 40)}",
        )
    page = sheet(panel, projection, inset)
    project = _projector(page)
    path = project(record.centre)
    near = replace(page, view=_window(path, 1.5 * page.aspect), inset=None)
    figure = new_figure(width, 0.58 * inches_of(width) * page.aspect + 0.75, lang=lang)
    with figure.styled():
        left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
        label = record.label_zh if lang == "zh" and record.label_zh else record.label
        figure.suptitle(label, fontsize=8, x=0.01, ha="left")
        draw_map(left, page, [_LAND] * panel.N, "")
        scale_bar(left, page, lang)
        styles = [_ELLIPSES[0], *_ELLIPSES[1 : len(wanted) - 1], _ELLIPSES[-1]][: len(wanted)]
        for time, (color, dash) in zip(wanted, styles, strict=True):
            left.plot(*project(record.outline(time)).T, color=color, linestyle=dash, linewidth=1.3, zorder=5)
        left.plot(*project(np.array([record.unweighted])).T, "+", color=GREY, markersize=6, zorder=6)
        x0, y0, x1, y1 = near.view
        if x1 - x0 > 0.05 * (page.view[2] - page.view[0]):
            left.plot(*path.T, color=INK, linewidth=0.8, zorder=6)
            left.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=INK, linewidth=0.6, zorder=6))
        else:
            left.plot((x0 + x1) / 2, (y0 + y1) / 2, "s", markerfacecolor="none", color=INK, markersize=5, zorder=6)
        _path(right, near, path, known, labels, panel.N, lang)
        _legend(figure, wanted, styles, lang)
    return figure


def _projector(page: Sheet):
    """Function from longitude and latitude (M, 2) to the sheet."""
    from pyproj import Transformer

    if page.shapes.crs is None:
        raise DataError("The map has no coordinate reference system, so the centre cannot be placed on it.")
    change = Transformer.from_crs("EPSG:4326", page.shapes.crs, always_xy=True)
    return lambda degrees: np.column_stack(change.transform(*np.asarray(degrees, float).T))


def _window(path: np.ndarray, aspect: float) -> tuple[float, float, float, float]:
    """A window about the path with this height over width, with room for names."""
    low, high = path.min(axis=0), path.max(axis=0)
    middle, (x, y) = (low + high) / 2, 1.35 * (high - low) / 2
    x = max(x, y / aspect, 1.0)
    half = np.array([x, x * aspect])
    return (*(middle - half), *(middle + half))


def _path(axes: Axes, page: Sheet, path: np.ndarray, times: list, labels: int, n: int, lang: str) -> None:
    from matplotlib import colormaps

    draw_map(axes, page, [{"facecolor": "#fafafa"}] * n, "")
    axes.set_title(phrase("path_zoom", lang), fontweight="normal", pad=3)
    axes.axis("on")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=INK, linewidth=0.6)
    scale_bar(axes, page, lang)
    shade = colormaps["YlGnBu"](np.linspace(0.25, 1, len(path)))
    axes.plot(*path.T, color=GREY, linewidth=0.8, zorder=3)
    shown = sorted({int(r) for r in np.linspace(0, len(path) - 1, min(labels, len(path))).round()})
    size = np.where(np.isin(np.arange(len(path)), shown), 26, 6)  # years that are named stand out
    axes.scatter(*path.T, c=shade, s=size, edgecolor=INK, linewidth=0.5, zorder=4)
    place_labels(axes, path[shown], [str(times[r]) for r in shown], avoid=path)


def _legend(figure: PaperFigure, wanted: list, styles: list, lang: str) -> None:
    handles = [
        Line2D([], [], color=c, linestyle=d, linewidth=1.3, label=phrase("ellipse", lang, time=t))
        for t, (c, d) in zip(wanted, styles, strict=True)
    ]
    handles.append(
        Line2D([], [], color=INK, linestyle="", marker="s", markerfacecolor="none", label=phrase("centre", lang))
    )
    handles.append(Line2D([], [], color=GREY, linestyle="", marker="+", label=phrase("unweighted_centre", lang)))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
