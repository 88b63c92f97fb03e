"""How large a table will be in print, and what to do if that is too much."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from toolkit.errors import ToolkitWarning
from toolkit.report.tables.record import Table
from toolkit.report.tables.render.symbols import has_cjk, is_number

__all__ = ["Fit", "Room", "column_widths", "fit", "rooms", "split_label", "text_width", "warn_too_large"]

# widths in points at 10 pt, a little on the safe side
_WIDTHS = {
    char: width
    for chars, width in (
        ("ijl.,:;'|! []", 3.0), ("frst()*-", 4.0), ("bdhknpquvxy", 5.6), ("mw—", 8.4), ("MW", 10.3),
        ("−", 8.0), ("×", 12.6), ("⁻", 7.0),
    )
    for char in chars
}  # fmt: skip
_PIECE = re.compile(r"[（《“‘]*(?:[A-Za-z0-9.%]+|.)[，。、；：）》”’—…\s]*")
_LINE = 12.0  # height of a line in points
_STUB = 125.0  # width to which long labels are broken
_PAGE = 24.7  # height of the text on an upright page in cm
#: LaTeX size -> how much smaller it prints: small type is cut relatively wide.
_SIZES = {"": (1.0, 1.0), "small": (0.93, 0.92), "footnotesize": (0.85, 0.8)}  # (width, height)
_SEPARATION = {"": 6.0, "small": 4.0, "footnotesize": 3.0}


@dataclass(frozen=True)
class Fit:
    """How a table is set so that it fits.

    Attributes
    ----------
    width, height : float
        Of the table as it is set, in points, before it is scaled down.
    stub : float
        Width in points of the column of labels if these are broken into lines, else 0.
    font : str
        LaTeX size, empty for the ordinary one.
    separation : float
        Space beside a column in points, 0 for the usual 6.
    tight : bool
        Whether columns get only the room their numbers need, instead of the decimal point in the middle.
    landscape, shrink : bool
        On a landscape page; scaled down to the page.
    """

    width: float
    height: float
    stub: float = 0.0
    font: str = ""
    separation: float = 0.0
    tight: bool = False
    landscape: bool = False
    shrink: bool = False

    @property
    def label(self) -> float:
        """Room for a label as `text_width` counts it, 0 for as much as it takes."""
        return self.stub / _SIZES[self.font][0]


def text_width(text: str) -> float:
    """Estimated width in points at 10 pt.

    Examples
    --------
    >>> text_width("0.123")
    23.0
    """
    return sum(map(_character, text))


@dataclass(frozen=True)
class Room:
    """What the numbers of a column need left and right of the decimal point, in points; 0, 0 without numbers.

    `centred` puts the point in the middle of the column, as is usual for estimates; large numbers would waste room.
    """

    left: float
    right: float
    centred: bool

    @property
    def total(self) -> float:
        """Width of the column."""
        return 3 + (
            2 * max(self.left, self.right) if self.centred else 5 * (ceil(self.left / 5) + ceil(self.right / 5))
        )


def rooms(table: Table, tight: bool) -> list[Room | None]:
    """For each column what its aligned numbers need, None for a column without decimal points.

    Statistics and tests (blocks below a rule) are centred, not aligned: a log-likelihood would make every column wide.
    """
    out: list[Room | None] = []
    aligned = [row for block in table.blocks if not block.rule for row in block.rows]
    for j in range(table.n_columns):
        cells = [row.cells[j] for row in aligned]
        parts = [_sides(t, s) for c in cells for t, s in ((c.text, c.stars), (c.below, "")) if is_number(t)]
        left, right = (max((part[i] for part in parts), default=0.0) for i in (0, 1))
        out.append(Room(left, right, not tight and left <= right + 5) if parts else None)
    return out


def split_label(label: str, width: float) -> tuple[str, str]:
    """A label too long for one line as two: the second stands beside what is below the estimate.

    Examples
    --------
    >>> split_label("Non-agricultural payroll employment", 120)
    ('Non-agricultural payroll', 'employment')
    """
    if not width or text_width(label) <= width:
        return label, ""
    # Chinese breaks anywhere but in a number or word, after an opening and before a closing sign
    pieces = _PIECE.findall(label) if has_cjk(label) else re.findall(r"\S+\s*", label)
    first = ""
    for i, piece in enumerate(pieces):
        if first and text_width((first + piece).rstrip()) > width:
            return first.rstrip(), "".join(pieces[i:])
        first += piece
    return label, ""


def fit(table: Table, line: float, portrait: bool = False) -> Fit:
    """The mildest that fits: as it is, tight columns, small print, labels in lines, a landscape page, scaled down.

    Parameters
    ----------
    table : Table
    line : float
        Width of the text on an upright page in points; on a landscape page it is that page's height.
    portrait : bool
        Never on a landscape page.
    """
    upright, long = line, _PAGE * 28.4528
    tries = [
        ("", False, False, False), ("", True, False, False), ("small", True, False, False),
        ("footnotesize", True, False, False), ("small", True, True, False), ("footnotesize", True, True, False),
        ("", True, False, True), ("small", True, False, True), ("footnotesize", True, True, True),
    ]  # fmt: skip
    measure = _measure(table)
    for font, tight, broken, landscape in tries:
        if landscape and portrait:
            continue
        tried = measure(font, tight, broken, landscape)
        have = (long, upright) if landscape else (upright, long)
        if tried.width <= 0.98 * have[0] and tried.height <= have[1]:
            return tried
    flat, tall = measure("footnotesize", True, True, True), measure("footnotesize", True, True, False)
    scales = [min(1, w / f.width, h / f.height) for f, w, h in ((flat, long, upright), (tall, upright, long))]
    best = flat if scales[0] > scales[1] and not portrait else tall
    return replace(best, shrink=True)


def warn_too_large(size: Fit, outcome: str) -> None:
    """Say how large the table is, what becomes of it, and what to do about it."""
    tall = f" and {size.height / 28.4528:.0f} cm high" if size.height else ""
    warnings.warn(
        f"The table is about {size.width / 28.4528:.0f} cm wide{tall}, too large for a page of 16 by {_PAGE} cm: "
        f"{outcome}; print fewer columns (fewer models, or impacts in a table of their own), nothing under the estimates "
        "(below=None), fewer statistics, shorter labels, or two tables.",
        ToolkitWarning,
        stacklevel=5,
    )


def _measure(table: Table) -> Callable[[str, bool, bool, bool], Fit]:
    """A function that says how large the table is when set in a certain way."""
    labels = [(text_width(row.label), 1 + row.has_below) for row in table.rows]
    labels += [(text_width(line.stub), 1) for line in table.head]
    longest = max(width for width, _ in labels)
    loose, narrow = (column_widths(table, tight) for tight in (False, True))
    between = 6 * len(table.blocks) + 2 * sum(row.has_below for row in table.rows)
    headings = sum(bool(block.heading) for block in table.blocks)
    caption, note = text_width(table.caption), 0.85 * text_width(table.note)

    def measure(font: str, tight: bool, broken: bool, landscape: bool) -> Fit:
        wide, high = _SIZES[font]
        stub = _STUB if (broken and longest > _STUB) or longest > 250 else 0.0
        columns = narrow if tight else loose
        width = wide * ((stub or longest) + sum(columns)) + 2 * _SEPARATION[font] * len(columns)
        lines = headings + sum(max(ceil(label / stub) if stub else 1, least) for label, least in labels)
        lines += ceil(wide * caption / width) if caption else 0
        height = high * _LINE * lines + between + 0.8 * _LINE * ceil(note / width) + 20
        separation = _SEPARATION[font] if font else 0.0
        return Fit(width, height, stub * wide, font, separation, tight, landscape)

    return measure


def column_widths(table: Table, tight: bool) -> list[float]:
    """Width of each column in points at 10 pt, without the space between columns."""
    widths = [0.0 if room is None else room.total for room in rooms(table, tight)]
    for row in table.rows:
        for j, cell in enumerate(row.cells):
            for text, stars in ((cell.text, cell.stars), (cell.below, "")):
                widths[j] = max(widths[j], text_width(text) + 4.0 * len(stars))
    for line in table.head:
        start = 0
        for head in line.heads:
            own, wanted = sum(widths[start : start + head.span]), text_width(head.text)
            if wanted > own:
                for j in range(start, start + head.span):
                    widths[j] += (wanted - own) / head.span
            start += head.span
    return widths


def _sides(text: str, stars: str = "") -> tuple[float, float]:
    left, _, right = text.partition(".")
    return text_width(left), text_width(right) + 4.0 * len(stars)


def _character(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    if has_cjk(char):
        return 10.0
    return 7.4 if char.isupper() or ord(char) > 0xFFFF else 5.0
