"""What charts over time share: the axis of time, and the headline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.report.figure import PaperFigure
from toolkit.report.words import wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["headline", "inches_wide", "time_axis"]


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
