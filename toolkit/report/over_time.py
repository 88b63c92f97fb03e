"""What charts over time share: lines told apart without colour, the axis of time, and the headline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.report.figure import PaperFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LINES", "headline", "inches_wide", "time_axis", "wrapped"]

#: Colour, marker and dash of up to six lines; told apart without colour.
LINES = (
    ("#0b4f8a", "o", "-"),
    ("#c1570a", "s", (0, (5, 1.5))),
    ("#3b7d23", "^", (0, (1, 1))),
    ("#7b3294", "D", (0, (5, 1, 1, 1))),
    ("#1a1a1a", "v", (0, (3, 1, 1, 1, 1, 1))),
    ("#8c6d31", "P", (0, (8, 2))),
)


def time_axis(axes: Axes, times: Sequence[object]) -> np.ndarray:
    """Set up the axis of time; positions of `times` on it, shape (T,)."""
    if not all(isinstance(t, (int, float, np.integer, np.floating)) for t in times):
        axes.set_xticks(range(len(times)), [str(t) for t in times], rotation=45 if len(times) > 6 else 0)
        return np.arange(len(times), dtype=float)
    if len(times) <= 7:
        axes.set_xticks([float(t) for t in times], [str(t) for t in times])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    return np.array(times, float)


def headline(
    figure: PaperFigure, record, name: str | None, lang: str, *, more: str = "", weighted: bool = True
) -> None:
    """What the figure is of, above it: the variable and its weights."""
    variable = getattr(record, "variable", None) or record.total
    text = name or record.labels[variable][lang == "zh"]
    weights = getattr(record, "weights", "")
    if weights and weighted and name is None:
        said = record.labels[weights][lang == "zh"]
        text = f"{text}（按{said}加权）" if lang == "zh" else f"{text}; weights: {said}"
    text = ", ".join(t for t in (text, more) if t) if lang == "en" else "，".join(t for t in (text, more) if t)
    width = figure.get_figwidth()
    figure.suptitle(wrapped(text, width - 0.1), x=0.02, ha="left", fontsize=7.5)


def inches_wide(text: str) -> float:
    """About how wide a text is at 7 points; Chinese characters are twice as wide.

    Examples
    --------
    >>> inches_wide("基尼") > inches_wide("Gi")
    True
    """
    return sum(0.1 if ord(c) > 0x2E80 else 0.056 for c in text)


def wrapped(text: str, inches: float) -> str:
    """The text in lines of about this width, broken at spaces, or anywhere between Chinese characters.

    Examples
    --------
    >>> wrapped("Gross regional product", 1.0).splitlines()
    ['Gross regional', 'product']
    """
    words = re.findall(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+", text)
    lines = [""]
    for word in words:
        if lines[-1] and inches_wide(lines[-1] + word.rstrip()) > inches:
            lines.append("")
        lines[-1] += word
    return "\n".join(line.rstrip() for line in lines)
