"""How wide a table will be in print, and what to do if that is too much."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.report.tables.record import Table
from toolkit.report.tables.render.symbols import has_cjk

__all__ = ["Fit", "fit", "text_width"]

_NARROW, _WIDE, _LONGEST_STUB = set("iljtfr.,:;'|!()[] −-"), set("mwMW—"), 175.0


@dataclass(frozen=True)
class Fit:
    """How a table is set so that it fits.

    Attributes
    ----------
    natural : float
        Width in points at the ordinary size of print (10 pt).
    stub : float
        Width in points of the column of labels if these are broken into lines, else 0.
    font : str
        LaTeX size, empty for the ordinary one.
    separation : float
        Space beside a column in points, 0 for the usual 6.
    landscape, shrink : bool
        On a landscape page; scaled down to that.
    """

    natural: float
    stub: float = 0.0
    font: str = ""
    separation: float = 0.0
    landscape: bool = False
    shrink: bool = False


def text_width(text: str) -> float:
    """Estimated width in points at 10 pt, a little on the safe side.

    Examples
    --------
    >>> text_width("0.123")
    23.0
    """
    return sum(
        10.0
        if has_cjk(c)
        else 3.0
        if c in _NARROW
        else 8.5
        if c in _WIDE
        else 7.2
        if c.isupper() or ord(c) > 0xFFFF
        else 5.0
        for c in text
    )


def fit(table: Table, line: float) -> Fit:
    """The mildest of: as it is, small print, landscape, landscape in small print, landscape scaled down.

    Parameters
    ----------
    table : Table
    line : float
        Width of the text on an upright page in points; a landscape page is taken to be 1.5 times as wide.
    """
    labels = [text_width(row.label) for row in table.rows] + [text_width(head.stub) for head in table.head]
    stub = max(labels, default=0.0)
    broken = _LONGEST_STUB if stub > 1.15 * _LONGEST_STUB else 0.0
    columns = _columns(table)

    def total(separation: float, stub_width: float) -> float:
        return stub_width + separation + sum(columns) + separation * (2 * len(columns) - 1)

    natural = total(6, stub)
    tries = [
        (1.0, 6, False, ""), (0.9, 4, False, "small"), (0.8, 3, False, "footnotesize"),
        (1.0, 6, True, ""), (0.9, 4, True, "small"), (0.8, 3, True, "footnotesize"),
    ]  # fmt: skip
    for scale, separation, landscape, font in tries:
        width = broken or stub
        have = (1.5 if landscape else 1.0) * line
        if scale * (total(0, width)) + separation * 2 * len(columns) <= have:
            return Fit(natural, width * scale if broken else 0.0, font, separation if font else 0.0, landscape)
    return Fit(natural, broken * 0.8, "footnotesize", 3, True, True)


def _columns(table: Table) -> list[float]:
    """Width of each column: the decimal point is in the middle, so the longer side counts twice."""
    n = table.n_columns
    widths = [0.0] * n
    for row in table.rows:
        for j, cell in enumerate(row.cells):
            for text, stars in ((cell.text, cell.stars), (cell.below, "")):
                left, dot, right = text.partition(".")
                marks = 4.0 * len(stars)
                aligned = bool(dot) and ", " not in text
                width = (
                    2 * max(text_width(left), text_width(right) + marks) + 3 if aligned else text_width(text) + marks
                )
                widths[j] = max(widths[j], width)
    for line in table.head:
        start = 0
        for head in line.heads:
            own, wanted = sum(widths[start : start + head.span]), text_width(head.text)
            if wanted > own:
                for j in range(start, start + head.span):
                    widths[j] += (wanted - own) / head.span
            start += head.span
    return widths
