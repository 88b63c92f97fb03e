"""Callouts: units too small to be seen, shown once more beside the map with a line to where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.patches import Rectangle

from toolkit.errors import InputError
from toolkit.report.figure import INK
from toolkit.report.projection import Sheet

__all__ = ["Callout", "draw_callouts", "place_callouts", "small_units"]

#: Inches: side of a swatch, space to the map, side of a square that can be seen, width of a map that has room for names.
_SWATCH, _SPACE, _SEEN, _NAMED = 0.13, 0.1, 0.1, 2.8
_MOST = 8


@dataclass(frozen=True)
class Callout:
    """A region at (x, y), its swatch with lower left corner (left, bottom) and a side, in units of the sheet."""

    region: int
    name: str
    x: float
    y: float
    left: float
    bottom: float
    side: float
    eastward: bool


def small_units(page: Sheet, cell: float, names: Sequence[str]) -> list[tuple[int, str]]:
    """Position and name of the regions smaller than a tenth of an inch on a map `cell` inches wide, eight at most."""
    left, _, right, _ = page.view
    sides = np.sqrt(page.shapes.area.to_numpy(float)) * cell / (right - left)
    small = [int(i) for i in np.argsort(sides, kind="stable") if 0 < sides[i] < _SEEN]
    if len(small) > _MOST:
        raise InputError(
            f"{len(small)} regions are too small to be seen at this width; {_MOST} can be called out.",
            fix="name the ones that matter: callouts=[...]",
        )
    return [(i, names[i]) for i in small]


def place_callouts(page: Sheet, regions: Sequence[tuple[int, str]], cell: float) -> tuple[Sheet, list[Callout]]:
    """The sheet with room at the sides, and a swatch for every region at the nearer side, one above the other."""
    left, bottom, right, top = page.view
    points = {i: _place(page.shapes.iloc[i]) for i, _ in regions}
    sides: dict[bool, list] = {True: [], False: []}
    for i, name in regions:
        sides[points[i].x >= (left + right) / 2].append((i, name if cell >= _NAMED else ""))
    room = {
        side: _SPACE + _SWATCH + max(0.058 * _letters(name) + 0.05 * bool(name) for _, name in group) if group else 0.0
        for side, group in sides.items()
    }
    unit = (right - left) / max(cell - sum(room.values()), 0.4 * cell)  # of the sheet, for an inch
    placed = []
    for east, group in sides.items():
        group.sort(key=lambda pair: points[pair[0]].y)
        floor = bottom + (0.22 * (top - bottom) if east and page.inset is not None else 0)
        rows = _spread(np.array([points[i].y for i, _ in group]), 1.35 * _SWATCH * unit, floor, top)
        x = right + _SPACE * unit if east else left - (_SPACE + _SWATCH) * unit
        for (i, name), y in zip(group, rows, strict=True):
            side = _SWATCH * unit
            placed.append(Callout(i, name, points[i].x, points[i].y, x, y - side / 2, side, east))
    return replace(page, view=(left - room[False] * unit, bottom, right + room[True] * unit, top)), placed


def draw_callouts(axes, placed: Sequence[Callout], styles: Sequence[dict]) -> None:
    """Swatches in the look of their region, with lines and, where there is room, names."""
    for one in placed:
        edge = one.left if one.eastward else one.left + one.side
        middle = one.bottom + one.side / 2
        axes.plot([one.x, edge], [one.y, middle], color=INK, linewidth=0.5, zorder=5, gid="callout")
        look = styles[one.region]
        axes.add_patch(
            Rectangle((one.left, one.bottom), one.side, one.side, facecolor=look["facecolor"], hatch=look.get("hatch"),
                      edgecolor=look.get("edgecolor", INK), linewidth=0.5, zorder=6)
        )  # fmt: skip
        if one.name:
            gap = 0.35 * one.side
            x, side = (one.left + one.side + gap, "left") if one.eastward else (one.left - gap, "right")
            axes.text(x, middle, one.name, ha=side, va="center", fontsize=6.5)


def _place(shape):
    """A point inside the largest part of a region."""
    return max(getattr(shape, "geoms", [shape]), key=lambda part: part.area).representative_point()


def _letters(text: str) -> int:
    return sum(2 if "\u2e80" <= c <= "\uffef" else 1 for c in text)


def _spread(wanted: np.ndarray, step: float, low: float, high: float) -> np.ndarray:
    """Heights in ascending order at least `step` apart, close to those wanted, within the frame if they fit."""
    at = np.array(wanted, float)
    for i in range(1, at.size):
        at[i] = max(at[i], at[i - 1] + step)
    at += (wanted - at).mean() if at.size else 0
    if at.size:
        at += max(low + step / 2 - at[0], 0)
        at -= max(at[-1] - (high - step / 2), 0)
    return at
