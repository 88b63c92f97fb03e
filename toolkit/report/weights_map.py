"""W drawn on the map: who is whose neighbour, how much, who is a hub and who has no one."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from toolkit.errors import DataError, InputError, listing
from toolkit.report.figure import INK, PaperFigure, inches_of, new_figure
from toolkit.report.map_page import draw_map, scale_bar
from toolkit.report.projection import sheet
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["weights"]

_LAND = {"facecolor": "#f0f0f0"}
#: Mutual links, links of one direction, regions, and regions without a neighbour.
_MUTUAL, _ONE_WAY, _HUB, _ISOLATE = "#0b4f8a", "#c1570a", "#1a1a1a", "#a50f15"


def weights(
    panel: Panel,
    W,
    *,
    histogram: bool = False,
    most: int = 20_000,
    title: str | None = None,
    projection: str | None = None,
    inset: bool | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Spatial weights on the map: a line between the centres of two neighbours, thicker and darker the greater the weight.

    Links that go one way only, as those to the k nearest regions often do, are drawn in another colour and dashed from the
    region to its neighbour with a gap before the neighbour. The size of a point is the number of regions that have it as a
    neighbour; regions without a neighbour are crossed out in red.

    Parameters
    ----------
    panel : Panel
        With a map: polygons, or points.
    W : SpatialWeights
        Of the regions of the panel, in any order.
    histogram : bool
        Add the distribution of the number of neighbours below the map.
    most : int
        At most so many links are drawn, the strongest; the legend says so. For dense W.
    title : str, optional
        By default the description of W.
    projection, inset, width, lang
        As for `toolkit.report.maps.choropleth`.

    Returns
    -------
    PaperFigure

    Raises
    ------
    DataError
        No map, a region without a place on it, or weights of other regions.
    InputError
        Something that is no weights.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> figure = tk.maps.weights(panel, tk.weights.knn(panel, k=4), histogram=True)
    >>> figure.axes[1].get_xlabel()
    'Number of neighbours'
    """
    if not (hasattr(W, "sparse") and hasattr(W, "ids")):
        raise InputError(f"weights cannot draw a {type(W).__name__}.", allowed="weights made by tk.weights")
    if isinstance(most, bool) or not isinstance(most, Integral) or most < 1:
        raise InputError(f"most={most!r} is no number of links.", allowed="1 or more")
    order = _order(panel, W)
    matrix = W.sparse[order][:, order].tocoo()
    links = _links(matrix.row, matrix.col, matrix.data, int(most))
    page = sheet(panel, projection, inset)
    points = _centres(page, panel)
    inches = inches_of(width)
    n = len(order)
    chosen = np.bincount(matrix.col, minlength=n)
    has = np.bincount(matrix.row, minlength=n)
    handles = _handles(links, has, lang)
    heading = wrapped(title or phrase("weights_of", lang, x=W.description, n=n), inches)
    tall = inches * page.aspect
    across = 1 if inches < 4.5 and max(len(h.get_label()) for h in handles) > 22 else 2
    height = tall + 0.2 * -(-len(handles) // across) + 0.25 + 0.14 * heading.count("\n") + (0.95 if histogram else 0)
    figure = new_figure(width, height, lang=lang)
    with figure.styled():
        ratios = [tall, 0.75] if histogram else [1]
        axes = figure.subplots(len(ratios), 1, height_ratios=ratios, squeeze=False)[:, 0]
        draw_map(axes[0], page, [_LAND] * n, "")
        _draw_links(axes[0], points, links, n)
        _draw_regions(axes[0], points, chosen, has)
        scale_bar(axes[0], page, lang)
        if histogram:
            _histogram(axes[1], has, lang)
        figure.suptitle(heading, fontsize=7.5, x=0.02, ha="left")
        figure.legend(handles=handles, loc="outside lower center", ncols=across)
    return figure


@dataclass(frozen=True, eq=False)
class Links:
    """Links from region `start` to its neighbour `end`; mutual ones once, with the mean of both weights."""

    start: np.ndarray
    end: np.ndarray
    weight: np.ndarray
    mutual: np.ndarray
    total: int


def _links(row: np.ndarray, col: np.ndarray, weight: np.ndarray, most: int) -> Links:
    """The strongest `most` links, the weakest first so that the strong lie on top."""
    low, high = np.minimum(row, col), np.maximum(row, col)
    order = np.lexsort((high, low))
    low, high, row, col, weight = (a[order] for a in (low, high, row, col, weight))
    first = np.flatnonzero(np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)]) if low.size else np.empty(0, int)
    number = np.diff(np.r_[first, low.size])
    mean = np.add.reduceat(weight, first) / number if first.size else np.empty(0)
    keep = np.argsort(mean, kind="stable")[-most:]
    return Links(row[first][keep], col[first][keep], mean[keep], number[keep] == 2, first.size)


def _order(panel: Panel, W) -> list[int]:
    """Positions in W of the regions of the panel: by id, never by position."""
    position = {region: i for i, region in enumerate(W.ids)}
    absent = [r for r in panel.entities if r not in position]
    extra = sorted(set(W.ids) - set(panel.entities), key=str)
    if absent or extra:
        raise DataError(
            f"The weights are of other regions: without {listing(absent) or 'none'} of the panel, with {listing(extra) or 'none'} more.",
            fix="build the weights from this panel, or take W.subset(panel.entities)",
        )
    return [position[r] for r in panel.entities]


def _centres(page, panel: Panel) -> np.ndarray:
    """Centroid of the largest part of every region, shape (N, 2)."""
    empty = [r for r, s in zip(panel.entities, page.shapes, strict=True) if s is None or s.is_empty]
    if empty:
        raise DataError(
            f"These regions have no place on the map: {listing(empty)}.", fix="leave them out, or complete the map"
        )
    largest = (max(getattr(s, "geoms", [s]), key=lambda part: part.area).centroid for s in page.shapes)
    return np.array([(p.x, p.y) for p in largest])


def _draw_links(axes, points: np.ndarray, links: Links, n: int) -> None:
    """Lines with width and opacity by weight; thinner where there are many regions."""
    if not links.weight.size:
        return
    thick = float(np.clip(1.5 * (40 / n) ** 0.4, 0.25, 1.5))
    share = links.weight / links.weight.max()
    for mutual, color, dash in ((True, _MUTUAL, "-"), (False, _ONE_WAY, (0, (3, 1)))):
        use = links.mutual == mutual
        if not use.any():
            continue
        a, b = points[links.start[use]], points[links.end[use]]
        if not mutual:
            b = a + 0.82 * (b - a)
        segments = LineCollection(np.stack([a, b], axis=1), colors=color, linestyles=[dash], zorder=3)
        segments.set(linewidths=thick * (0.25 + 0.75 * share[use]), alpha=0.35 + 0.6 * share[use])
        segments.set_gid("mutual" if mutual else "one-way")
        axes.add_collection(segments, autolim=False)


def _draw_regions(axes, points: np.ndarray, chosen: np.ndarray, has: np.ndarray) -> None:
    unit = float(np.clip(3000 / len(points), 1.5, 26.0))  # area of the largest point
    some = has > 0
    sizes = unit * (0.1 + 0.9 * chosen / max(chosen.max(), 1))
    axes.scatter(*points[some].T, s=sizes[some], facecolor=_HUB, edgecolor="white", linewidth=0.2, zorder=4)
    if (~some).any():
        axes.scatter(*points[~some].T, s=max(2 * unit, 10), marker="x", color=_ISOLATE, linewidth=1.1, zorder=5)


def _handles(links: Links, has: np.ndarray, lang: str) -> list:
    """What the marks mean, with how many there are of each."""
    shown, mutual = links.weight.size, int(links.mutual.sum())
    out = []
    if mutual:
        out.append(Line2D([], [], color=_MUTUAL, linewidth=1.4, label=phrase("links_mutual", lang, n=mutual)))
    if shown - mutual:
        text = phrase("links_one_way", lang, n=shown - mutual)
        out.append(Line2D([], [], color=_ONE_WAY, linewidth=1.4, linestyle=(0, (3, 1)), label=text))
    if shown < links.total:
        out.append(Line2D([], [], linestyle="", label=phrase("links_strongest", lang, n=shown, total=links.total)))
    out.append(Line2D([], [], linestyle="", marker="o", color=_HUB, markersize=3.5, label=phrase("hub_size", lang)))
    isolates = int((has == 0).sum())
    if isolates:
        text = f"{phrase('island', lang)}: {isolates}"
        out.append(Line2D([], [], linestyle="", marker="x", color=_ISOLATE, markersize=4, label=text))
    return out


def _histogram(axes, has: np.ndarray, lang: str) -> None:
    values, counts = np.unique(has, return_counts=True)
    if values.size > 40:
        axes.hist(has, bins=30, color="#8aa9c9", edgecolor="white", linewidth=0.3)
    else:
        axes.bar(values, counts, color="#8aa9c9", edgecolor=INK, linewidth=0.3)
        axes.set_xlim(min(values.min() - 0.8, 0), values.max() + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
    axes.set_xlabel(phrase("neighbours_number", lang))
    axes.set_ylabel(phrase("regions_number", lang))
