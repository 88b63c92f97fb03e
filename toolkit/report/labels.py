"""Names beside points, placed where they cover least."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["place_labels"]

#: Where a name may stand: shift in points, and alignment.
_PLACES = (
    ((4, 2), "left", "bottom"),
    ((4, -2), "left", "top"),
    ((-4, 2), "right", "bottom"),
    ((-4, -2), "right", "top"),
    ((0, 5), "center", "bottom"),
    ((0, -5), "center", "top"),
)


def place_labels(
    axes: Axes, points: np.ndarray, names: Sequence[str], avoid: np.ndarray, size: float = 6.5, ink: str = "#333333"
) -> None:
    """Write `names` beside `points` (M, 2), each at the place that hides fewest other names and points of `avoid` (K, 2).

    Names are placed greedily in the order given; ties go to the upper right. Nothing is moved or left out.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    cloud = axes.transData.transform(np.asarray(avoid, float)) if len(avoid) else np.zeros((0, 2))
    frame = axes.get_window_extent(renderer)
    taken = []
    for point, name in zip(points, names, strict=True):
        best = None
        for shift, ha, va in _PLACES:
            text = axes.annotate(
                name, point, xytext=shift, textcoords="offset points", ha=ha, va=va, fontsize=size, color=ink, zorder=5
            )
            box = text.get_window_extent(renderer)
            inside = (cloud > [box.x0, box.y0]).all(1) & (cloud < [box.x1, box.y1]).all(1)
            outside = box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1
            cost = inside.sum() + 4 * sum(box.overlaps(other) for other in taken) + 6 * outside
            if best is None or cost < best[0]:
                if best is not None:
                    best[1].remove()
                best = (cost, text, box)
            else:
                text.remove()
        taken.append(best[2])
