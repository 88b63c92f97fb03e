"""What a chart of a record is asked for, checked: the record itself, a period, a language."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing

__all__ = ["fold", "need", "position", "title", "words_in", "year_axis", "years"]


def fold(labels: list[str], inches: float, short: list[str] | None = None) -> tuple[list[str], int]:
    """Labels broken into lines of at most `inches`, and the most lines one of them takes.

    A label that needs more than three lines gives way to its `short` form, the name of the variable.
    """
    chinese = any("\u4e00" <= c <= "\u9fff" for text in labels for c in text)
    letters = max(int(inches / (0.1 if chinese else 0.062)), 4)
    lines = [wrap(text, letters) or [""] for text in labels]
    if short is not None:
        lines = [parts if len(parts) <= 3 else wrap(text, letters) for parts, text in zip(lines, short, strict=True)]
    return ["\n".join(parts) for parts in lines], max(len(parts) for parts in lines)


def words_in(words: dict[str, dict[str, str]], lang: str) -> dict[str, str]:
    """The words of a family of charts in a language."""
    if lang not in words:
        raise InputError(f"lang={lang!r} is not known.", allowed=listing(words))
    return words[lang]


def need(record, parts: tuple[str, ...], chart: str, source: str) -> None:
    """Refuse a record that lacks one of `parts`, naming the function that makes the right one."""
    if not all(hasattr(record, p) for p in parts):
        raise InputError(f"{chart} cannot draw a {type(record).__name__}.", allowed=f"the record made by {source}")


def position(times: tuple, time: object) -> int:
    """Where `time` stands among the periods of a record; the last one for None."""
    if time is None:
        return len(times) - 1
    if time not in times:
        raise InputError(f"The record has no period {time!r}.", allowed=listing(times, 40))
    return times.index(time)


def title(axes, times: tuple, at: int) -> None:
    """The period as a title, where there are several."""
    if len(times) > 1:
        axes.set_title(str(times[at]), fontweight="normal")


def years(times: tuple, chart: str) -> tuple[np.ndarray, list | None]:
    """Positions of the periods, and their names where they are no numbers."""
    if len(times) < 2:
        raise InputError(f"{chart} draws a line over time and needs at least two periods.")
    if all(isinstance(t, (int, float, np.integer, np.floating)) for t in times):
        return np.array(times, float), None
    return np.arange(len(times), dtype=float), [str(t) for t in times]


def year_axis(axes, x, ticks, label: str) -> None:
    """An axis of years, or of periods by name."""
    if ticks is None:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.set_xlabel(label)
    else:
        axes.set_xticks(x, ticks, rotation=45 if len(ticks) > 6 else 0)
    axes.margins(x=0.01)
