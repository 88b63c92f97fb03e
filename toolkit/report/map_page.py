"""The page of a map: polygons in panels, scale bar, inset, callouts of small units, legend."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from toolkit.errors import InputError
from toolkit.report.callouts import Callout, draw_callouts, place_callouts, small_units
from toolkit.report.figure import GREY, INK, PaperFigure, inches_of, new_figure
from toolkit.report.projection import Sheet
from toolkit.report.words import phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["EDGE", "draw_map", "map_figure", "scale_bar"]

#: Borders of regions.
EDGE = {"edgecolor": "#4d4d4d", "linewidth": 0.3}


def map_figure(
    page: Sheet,
    styles: list,
    titles: list[str],
    handles: list,
    heading: str,
    width,
    lang: str,
    *,
    columns: int | None = None,
    callouts: Sequence[tuple[int, str]] | bool = False,
    names: Sequence[str] = (),
) -> PaperFigure:
    """Small multiples of one sheet with one legend.

    Parameters
    ----------
    page : Sheet
    styles : list of lists
        For every panel the look of every region.
    titles, handles, heading, width, lang
        Over each panel; of the legend; over the legend; of the figure.
    columns : int, optional
        Panels in a line: up to three for nine panels, four for sixteen, else five.
    callouts : list of (position, name), or bool
        Regions shown once more beside the map; True picks those too small to be seen and takes their `names`.
    """
    columns = _columns(len(styles), columns)
    lines = -(-len(styles) // columns)
    width = width or ("one" if len(styles) == 1 else "two")
    cell = inches_of(width) / columns
    if callouts is True:
        callouts = small_units(page, cell, names)
    placed: list[Callout] = []
    if callouts:
        page, placed = place_callouts(page, callouts, cell)
    wordy = max(len(h.get_label()) for h in handles) > 18
    across = 2 if inches_of(width) < 5 else 3 if wordy else 6
    longest = max(sum(2 if "\u2e80" <= c <= "\uffef" else 1 for c in h.get_label()) for h in handles)
    across = max(1, min(across, int(inches_of(width) / (0.42 + 0.062 * longest))))
    rows_of_legend = -(-len(handles) // across)
    across = -(-len(handles) // rows_of_legend)  # lines of one length
    height = lines * (cell * page.aspect + 0.22) + 0.2 * rows_of_legend + 0.22 * (1 + heading.count("\n"))
    figure = new_figure(width, height, lang=lang)
    with figure.styled():
        grid = figure.subplots(lines, columns, squeeze=False)
        for axes in grid.flat[len(styles) :]:
            axes.remove()
        for axes, style, title in zip(grid.flat, styles, titles, strict=False):
            draw_map(axes, page, style, title)
            draw_callouts(axes, placed, style)
        scale_bar(grid.flat[0], page, lang)
        legend = figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=across,
            title=heading,
            handlelength=1.6,
            handleheight=1.1,
        )
        legend.get_title().set_multialignment("center")
    return figure


def _columns(panels: int, asked: int | None) -> int:
    if asked is None:
        return min(panels, 3 if panels <= 9 else 4 if panels <= 16 else 5)
    if isinstance(asked, bool) or not isinstance(asked, Integral) or not 1 <= asked <= 12:
        raise InputError(f"columns={asked!r} is no number of maps in a line.", allowed="1 to 12")
    return min(panels, int(asked))


def draw_map(axes: Axes, page: Sheet, styles: list, title: str) -> None:
    _polygons(axes, page, styles)
    left, bottom, right, top = page.view
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    axes.set_title(title, pad=2, y=1.0)  # a fixed y: otherwise it is moved beyond ticks that are not drawn
    if page.inset is None:
        return
    west, south, east, north = page.inset
    tall = 0.19 * (top - bottom)
    wide = tall * (east - west) / (north - south)
    box = axes.inset_axes(
        [0.995 - wide / (right - left), 0.0, wide / (right - left), tall / (top - bottom)], transform=axes.transAxes
    )
    _polygons(box, page, styles)
    box.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    for spine in box.spines.values():
        spine.set(visible=True, color=GREY, linewidth=0.5)


def _polygons(axes: Axes, page: Sheet, styles: list) -> None:
    by_hatch: dict[str | None, tuple[list, list]] = {}
    for shape, style in zip(page.shapes, styles, strict=True):
        if shape is None or shape.is_empty:
            continue
        patches, faces = by_hatch.setdefault(style.get("hatch"), ([], []))
        for part in getattr(shape, "geoms", [shape]):
            if part.geom_type != "Polygon":
                continue
            rings = [part.exterior, *part.interiors]
            path = Path.make_compound_path(*(Path(np.asarray(r.coords)[:, :2], closed=True) for r in rings))
            patches.append(PathPatch(path))
            faces.append(style["facecolor"])
    _places(axes, page, styles)
    for hatch, (patches, faces) in by_hatch.items():
        if patches:
            axes.add_collection(PatchCollection(patches, facecolors=faces, hatch=hatch, **EDGE), autolim=False)


def _places(axes: Axes, page: Sheet, styles: list) -> None:
    """Regions known by a place only, as points; smaller the more there are."""
    at = [
        i
        for i, shape in enumerate(page.shapes)
        if shape is not None and shape.geom_type == "Point" and not shape.is_empty
    ]
    for hatch in dict.fromkeys(styles[i].get("hatch") for i in at):
        some = [i for i in at if styles[i].get("hatch") == hatch]
        xy = np.array([(page.shapes.iloc[i].x, page.shapes.iloc[i].y) for i in some])
        axes.scatter(*xy.T, s=float(np.clip(4000 / len(at), 2, 16)), facecolor=[styles[i]["facecolor"] for i in some],
                     hatch=hatch, **EDGE)  # fmt: skip


def scale_bar(axes: Axes, page: Sheet, lang: str) -> None:
    """A bar of a round length, about a fifth of the frame; none where the scale is not known."""
    if page.metres is None:
        return
    left, bottom, right, top = page.view
    target = 0.2 * (right - left) * page.metres / 1000
    power = 10 ** np.floor(np.log10(target))
    length = max(step * power for step in (1, 2, 5) if step * power <= target)
    units = length * 1000 / page.metres
    x, y = left + 0.02 * (right - left), bottom + 0.03 * (top - bottom)
    axes.add_patch(Rectangle((x, y), units, 0.008 * (top - bottom), facecolor=INK, linewidth=0))
    axes.text(
        x + units / 2, y + 0.02 * (top - bottom), phrase("km", lang, x=length), ha="center", va="bottom", fontsize=6.5
    )
