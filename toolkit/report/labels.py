"""Names beside points, placed where they cover least."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["place_labels"]

#: Where a name may stand: the way from the point (right, up), each -1, 0 or 1. Ties go to the first.
_WAYS = ((1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
#: How far from the point, in points of print; from the second on a thin line leads to it.
_NEAR, *_FAR = 4.0, 11.0, 18.0
#: What it costs to hide a point or a piece of a line, another name, to leave the frame, and to stand farther away.
_POINT, _NAME, _FRAME, _STEP = 1.5, 4.0, 6.0, 0.6


def place_labels(
    axes: Axes, points: np.ndarray, names: Sequence[str], avoid: np.ndarray, size: float = 6.5, ink: str = "#333333"
) -> None:
    """Write `names` beside `points` (M, 2), each where it hides least: other names, the lines drawn, points of `avoid` (K, 2).

    Names are placed greedily in the order given; one without room beside its point stands farther off, with a thin line to it.
    None is left out.
    """
    figure = axes.figure
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    pixels = figure.dpi / 72
    cloud = axes.transData.transform(np.asarray(avoid, float)) if len(avoid) else np.zeros((0, 2))
    lines = _on_lines(axes, step=2 * pixels)
    frame = axes.get_window_extent(renderer).extents
    taken = np.zeros((0, 4))
    for point, name in zip(points, names, strict=True):
        text = axes.annotate(name, point, xytext=(0, 0), textcoords="offset points", fontsize=size, color=ink, zorder=5)
        extent = text.get_window_extent(renderer)
        places = [(way, far) for far in (_NEAR, *_FAR) for way in _WAYS]
        boxes = _boxes(axes.transData.transform(point), places, extent.width, extent.height, pixels)
        room = boxes + 2 * pixels * np.array([-1, -1, 1, 1])  # markers are wider than their place
        cost = _POINT * (_inside(room, cloud) + (_inside(boxes, lines) > 0))
        cost = cost + _NAME * _overlapping(boxes, taken)
        cost = cost + _FRAME * ((boxes[:, :2] < frame[:2]) | (boxes[:, 2:] > frame[2:])).any(axis=1)
        cost = cost + _STEP * np.array([(_NEAR, *_FAR).index(far) for _, far in places])
        best = int(np.argmin(cost))
        (right, up), far = places[best]
        shift = far * np.array([right, up if right == 0 or far > _NEAR else up / 2])
        text.set_position(shift)
        text.set(ha=("right", "center", "left")[right + 1], va=("top", "center", "bottom")[up + 1])
        if far > _NEAR:
            axes.annotate(
                "", point, xytext=shift, textcoords="offset points", zorder=2,
                arrowprops={"arrowstyle": "-", "color": "#8c8c8c", "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2},
            )  # fmt: skip
        taken = np.vstack([taken, boxes[best]])


def _boxes(at: np.ndarray, places, wide: float, tall: float, pixels: float) -> np.ndarray:
    """Left, bottom, right, top of a name at each of the places, in pixels: (places, 4)."""
    out = []
    for (right, up), far in places:
        x = at[0] + pixels * far * right + wide * (right - 1) / 2
        y = at[1] + pixels * far * up * (0.5 if right and far == _NEAR else 1) + tall * (up - 1) / 2
        out.append((x, y, x + wide, y + tall))
    return np.array(out)


def _inside(boxes: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """How many points of the cloud lie in each box."""
    x, y = cloud[:, 0], cloud[:, 1]
    left, bottom, right, top = boxes.T[:, :, None]
    return ((x > left) & (x < right) & (y > bottom) & (y < top)).sum(axis=1)


def _overlapping(boxes: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """How many of the names already written each box meets."""
    a, b = boxes[:, None], taken[None]
    return ((a[..., :2] < b[..., 2:]) & (a[..., 2:] > b[..., :2])).all(axis=-1).sum(axis=1)


def _on_lines(axes: Axes, step: float) -> np.ndarray:
    """Points along the lines drawn in data coordinates, `step` pixels apart."""
    found = [np.zeros((0, 2))]
    for line in axes.lines:
        if line.get_transform() == axes.transData and line.get_linestyle() not in ("None", " ", ""):
            corners = axes.transData.transform(np.asarray(line.get_xydata(), float))
            for start, end in itertools.pairwise(corners):
                number = 2 + int(np.nan_to_num(np.hypot(*(end - start))) / step)
                found.append(start + (end - start) * np.linspace(0, 1, number)[:, None])
    return np.vstack(found)
