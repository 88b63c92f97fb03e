"""Shapes of regions as short lists of coordinates: projected, simplified together, rounded, in kilometres."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, listing
from toolkit.report.projection import Sheet, sheet

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["Outlines", "outlines"]

#: The frame is this many units of simplification wide: about half a pixel of a wide screen.
_FINENESS = 2000

Rings = list[list[list[list[float]]]]  # region, polygon, ring, coordinate


@dataclass(frozen=True, eq=False)
class Outlines:
    """Shapes of N regions in the order of the panel; the lower left corner of the frame is (0, 0).

    Attributes
    ----------
    xs, ys : list
        By region, polygon and ring (the outer one first) for polygons; empty for points.
    inset_xs, inset_ys : list
        The same for what stands in the inset, already moved and scaled to its box; empty without one.
    box : tuple of float or None
        left, bottom, right, top of the inset.
    anchors : ndarray, shape (N, 2)
        A point within each region.
    points : bool
        Whether the regions are points.
    width, height : float
        Of the frame, in kilometres on the ground at the centre of the map where `km`, else in units of the map.
    km : bool
    """

    xs: Rings
    ys: Rings
    inset_xs: Rings
    inset_ys: Rings
    box: tuple[float, float, float, float] | None
    anchors: np.ndarray
    points: bool
    width: float
    height: float
    km: bool


def outlines(panel: Panel, projection: str | None = None, inset: bool | None = None) -> Outlines:
    """Outlines of a panel's regions; errors as for `toolkit.report.projection.sheet`.

    Raises
    ------
    DataError
        Shapes of several kinds, or neither polygons nor points.
    """
    points = _are_points(panel)
    page = sheet(panel, projection, False if points else inset)
    left, bottom, right, top = page.view
    if points:  # marks have a size of their own
        pad = 0.04 * max(right - left, top - bottom)
        left, bottom, right, top = left - pad, bottom - pad, right + pad, top + pad
    scale = 1.0 if page.metres is None else page.metres / 1000
    width, height = (right - left) * scale, (top - bottom) * scale
    digits = max(0, ceil(-log10(width / (2 * _FINENESS))))

    def placed(shapes):
        moved = shapes.translate(-left, -bottom)
        return moved.scale(scale, scale, origin=(0, 0))

    whole = placed(page.shapes)
    inside = whole.representative_point()
    anchors = np.column_stack([inside.x, inside.y]).round(digits)
    frame = (width, height)
    if points:
        return Outlines([], [], [], [], None, anchors, True, *frame, page.metres is not None)
    simple = whole.simplify_coverage(width / _FINENESS)
    xs, ys = _rings(simple, digits)
    if page.inset is None:
        return Outlines(xs, ys, [], [], None, anchors, False, *frame, page.metres is not None)
    box, held = _inset(page, placed, frame)
    return Outlines(xs, ys, *_rings(held, digits), box, anchors, False, *frame, True)


def _are_points(panel: Panel) -> bool:
    if panel.geometry is None:
        return False  # `sheet` says so
    kinds = panel.geometry.geometry.geom_type
    if kinds.isin(["Point"]).all():
        return True
    odd = ~kinds.isin(["Polygon", "MultiPolygon"])
    if odd.any():
        raise DataError(
            f"These regions are not polygons: {listing(f'{r} ({kinds[r]})' for r in kinds.index[odd])}.",
            allowed="all polygons, or all points",
        )
    return False


def _inset(page: Sheet, placed, frame: tuple[float, float]):
    """Box of the inset in the lower right corner, and what is in it."""
    west, south, east, north = page.inset
    width, height = frame
    tall = 0.19 * height
    wide = tall * (east - west) / (north - south)
    box = (0.995 * width - wide, 0.005 * height, 0.995 * width, 0.005 * height + tall)
    corners = placed(type(page.shapes).from_xy([west], [south], crs=page.shapes.crs))
    held = placed(page.shapes.clip_by_rect(west, south, east, north))
    factor = tall / ((north - south) * width / (page.view[2] - page.view[0]))
    held = held.translate(-corners.x[0], -corners.y[0]).scale(factor, factor, origin=(0, 0)).translate(box[0], box[1])
    return box, held.simplify(width / _FINENESS / 2)


def _rings(shapes, digits: int) -> tuple[Rings, Rings]:
    """Coordinates by region, polygon and ring; rings that rounding has collapsed are left out."""
    xs, ys = [], []
    for shape in shapes:
        x, y = [], []
        for part in getattr(shape, "geoms", [shape]):
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            rings = [_rounded(r, digits) for r in (part.exterior, *part.interiors)]
            if len(rings[0]) < 3:
                continue
            kept = [r for r in rings if len(r) >= 3]
            x.append([r[:, 0].tolist() for r in kept])
            y.append([r[:, 1].tolist() for r in kept])
        xs.append(x)
        ys.append(y)
    return xs, ys


def _rounded(ring, digits: int) -> np.ndarray:
    """Coordinates (M, 2) without the closing one and without repetitions; whole numbers as such."""
    xy = np.asarray(ring.coords)[:-1, :2].round(digits)
    xy = xy[np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]] if len(xy) else xy
    return xy.astype(int) if digits == 0 else xy
