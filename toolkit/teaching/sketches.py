"""The figures the widgets show: a response on the map, links on the map."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba_array
from matplotlib.patches import Patch, Rectangle

from toolkit.report.figure import GREY, INK, LINES, PALE, PaperFigure, new_figure
from toolkit.teaching.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.report.projection import Sheet
    from toolkit.teaching.spread import Spread
    from toolkit.weights.spatial_weights import SpatialWeights

__all__ = ["MOST_LINKS", "links_figure", "spread_figure"]

#: More lines than this are a blot; the strongest are drawn and the figure says so.
MOST_LINKS = 2000
#: Responses are shown as shares of the shock on one scale for every rho, so that colours can be compared.
_CUTS = (0.0005, 0.002, 0.01, 0.05, 0.2)
_BLUES = ("#f7f7f7", "#d3e6f5", "#9ecae1", "#5aa2cf", "#2171b5", "#08306b")
_REDS = ("#f7f7f7", "#fee0d2", "#fcbba1", "#fb8a6a", "#de2d26", "#67000d")


def spread_figure(page: Sheet, spread: Spread, lang: str = "en") -> PaperFigure:
    """A response on the map, and what each order of neighbours adds.

    Parameters
    ----------
    page : Sheet
        Shapes in the order of ``spread.regions``.
    spread : Spread
    lang : {"en", "zh"}
    """
    figure = new_figure(8.2, 3.9, lang=lang)
    with figure.styled():
        axes = figure.subplots(1, 2, width_ratios=[3, 2])
        size = np.digitize(np.abs(spread.response), _CUTS)
        ramp = [_BLUES if r >= 0 else _REDS for r in spread.response]
        _shapes(axes[0], page, [r[s] for r, s in zip(ramp, size, strict=True)])
        at = spread.regions.index(spread.region)
        page.shapes.iloc[[at]].plot(ax=axes[0], facecolor="none", edgecolor=LINES[1][0], linewidth=1.8, aspect=None)
        handles = [Patch(facecolor=c, edgecolor=GREY, linewidth=0.3, label=t) for c, t in _scale(spread)]
        axes[0].legend(
            handles=handles, title=say("response", lang), loc="upper center", bbox_to_anchor=(0.5, 0.02), ncols=3
        )
        _orders(axes[1], spread, lang)
    return figure


def _scale(spread: Spread) -> list[tuple[str, str]]:
    """Colours and words of the legend, negative ones only where there are any."""
    edges = [f"{100 * c:g}" for c in _CUTS]
    words = [f"< {edges[0]} %", *(f"{a}–{b} %" for a, b in pairwise(edges)), f"≥ {edges[-1]} %"]
    found = list(zip(_BLUES, words, strict=True))
    if (spread.response < -_CUTS[0]).any():
        found += [
            (c, "−(" + w.removeprefix("≥ ") + ")" if "–" in w else "≤ −" + w[2:])
            for c, w in zip(_REDS[1:], words[1:], strict=True)
        ]
    return found


def _orders(axes: Axes, spread: Spread, lang: str) -> None:
    own, others = spread.by_order.T
    x = np.arange(len(own))
    axes.bar(x - 0.2, own, 0.4, color=LINES[0][0], label=say("own", lang))
    axes.bar(
        x + 0.2, others, 0.4, color="#f7d488", edgecolor=INK, linewidth=0.4, hatch="////", label=say("others", lang)
    )
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_xticks(x, [str(k) for k in x])
    axes.set_xlabel(say("order", lang))
    axes.set_ylabel(say("share", lang))
    axes.legend(loc="upper right")


def links_figure(page: Sheet, W: SpatialWeights, record, lang: str = "en") -> PaperFigure:
    """Links of W on the map, the number of neighbours, and the Moran scatter plot.

    Parameters
    ----------
    page : Sheet
        Shapes in the order of W.
    W : SpatialWeights
    record : MoranTable
        Of one variable and period; its regions are those of W.
    lang : {"en", "zh"}
    """
    figure = new_figure(8.2, 4.0, lang=lang)
    with figure.styled():
        grid = figure.add_gridspec(2, 2, width_ratios=[3, 2])
        _links(figure.add_subplot(grid[:, 0]), page, W, lang)
        _neighbours(figure.add_subplot(grid[0, 1]), W, lang)
        _scatter(figure.add_subplot(grid[1, 1]), record, lang)
    return figure


def _links(axes: Axes, page: Sheet, W: SpatialWeights, lang: str) -> None:
    _shapes(axes, page, ["#f2f2f2"] * W.N)
    inside = page.shapes.representative_point()
    place = np.column_stack([inside.x, inside.y])
    links = W.sparse.tocoo()
    order = np.argsort(-links.data, kind="stable")[:MOST_LINKS]
    i, j, w = links.row[order], links.col[order], links.data[order]
    strength = w / w.max() if len(w) else w
    lines = np.stack([place[i], place[j]], axis=1)
    colors = to_rgba_array(LINES[0][0], 0.1 + 0.6 * strength)
    axes.add_collection(LineCollection(lines, colors=colors, linewidths=0.3 + 1.2 * strength))
    axes.plot(*place.T, "o", color=INK, markersize=2)
    alone = W.cardinalities == 0
    axes.plot(*place[alone].T, "s", color=LINES[1][0], markersize=5, label=say("island", lang))
    if alone.any():
        axes.legend(loc="lower left")
    if links.nnz > MOST_LINKS:
        axes.set_title(say("strongest", lang, shown=MOST_LINKS, all=links.nnz))


def _neighbours(axes: Axes, W: SpatialWeights, lang: str) -> None:
    values, counts = np.unique(W.cardinalities, return_counts=True)
    axes.bar(values, counts, 0.8, color="#6baed6", edgecolor=INK, linewidth=0.4)
    axes.set_xlim(-0.6, max(values.max(), 1) + 0.6)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel=say("neighbours", lang), ylabel=say("regions", lang))


def _scatter(axes: Axes, record, lang: str) -> None:
    z, lag = record.z[0], record.lag[0]
    axes.axhline(0, color=PALE, linewidth=0.6)
    axes.axvline(0, color=PALE, linewidth=0.6)
    axes.plot(z, lag, "o", color=LINES[0][0], markersize=3)
    ends = np.array([z.min(), z.max()])
    axes.plot(ends, record.statistic[0] * ends, color=LINES[1][0], linestyle=LINES[1][2])
    axes.set(xlabel=say("z", lang), ylabel=say("lag", lang))


def _shapes(axes: Axes, page: Sheet, colors: list) -> None:
    points = page.shapes.geom_type.isin(["Point", "MultiPoint"]).all()
    look = {"markersize": 40} if points else {}
    page.shapes.plot(ax=axes, color=colors, edgecolor="#4d4d4d", linewidth=0.3, aspect=None, **look)
    left, bottom, right, top = page.view
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, visible=False))
