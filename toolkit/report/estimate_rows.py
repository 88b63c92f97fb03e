"""Rows of estimates with intervals, for one or several models: what coefficient and impact plots share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np

from toolkit.errors import InputError
from toolkit.report.figure import GREY, LINES, PaperFigure
from toolkit.report.tables.columns import Column
from toolkit.report.tables.layout import Layout
from toolkit.report.tables.terms import canonical, term_label
from toolkit.report.tables.words import Words
from toolkit.report.words import phrase, wrapped

__all__ = [
    "Row",
    "draw_intervals",
    "labeller",
    "layout_of",
    "legend_of_models",
    "level_words",
    "models_and_titles",
    "names_of",
    "row_axis",
    "row_places",
]

#: Inches of a row, of what every further model adds to it, and of a heading.
_ROW, _MODEL, _HEAD = 0.17, 0.075, 0.2


@dataclass(frozen=True)
class Row:
    """One term: its block, its label, and for every model an estimate with (low, high) by level, or None."""

    block: str
    text: str
    values: tuple[tuple[float, tuple[tuple[float, float], ...]] | None, ...]


def level_words(levels: tuple[float, ...], lang: str) -> str:
    """What the axis of estimates says of their intervals."""
    if len(levels) == 1:
        return phrase("interval", lang, level=100 * levels[0])
    return phrase("intervals", lang, low=100 * levels[1], high=100 * levels[0])


def layout_of(labels, keep, drop, order, lang: str) -> Layout:
    """What the user asks for, checked as a table checks it."""
    rest = {"effects": None, "stars": None, "below": None, "level": 0.95, "digits": 3, "stats": None, "notes": None}
    return Layout.check(labels=labels, keep=keep, drop=drop, order=order, lang=lang, caption="", label="", **rest)


def models_and_titles(
    models: object, titles: Sequence[str] | None, chart: str
) -> tuple[list[object], list[str | None]]:
    """The models in order with the titles the user gave."""
    if isinstance(models, Mapping):
        items, names = list(models.values()), [str(key) for key in models]
    else:
        items = list(models) if isinstance(models, (list, tuple)) else [models]
        names = [None] * len(items)
    if not 1 <= len(items) <= len(LINES):
        raise InputError(
            f"{chart} was given {len(items)} models.",
            allowed=f"1 to {len(LINES)}, which can be told apart",
            fix="draw fewer, or use tk.table" if items else None,
        )
    if titles is not None:
        if isinstance(titles, str) or len(titles) != len(items):
            raise InputError(f"titles={titles!r} for {len(items)} models.", allowed="a list, one for each model")
        names = [str(text) for text in titles]
    return items, names


def names_of(names: list[str | None], columns: list[Column]) -> list[str]:
    """A title for every model; equal names are numbered."""
    own = [column.name if name is None else name for name, column in zip(names, columns, strict=True)]
    return [f"({i + 1}) {text}" if own.count(text) > 1 else text for i, text in enumerate(own)]


def labeller(columns: list[Column], layout: Layout) -> Callable[[str, str], str]:
    """Label of a term in a block: the user's labels before the models' own; a label given for a variable counts in every term."""
    carried = {
        key: text for column in reversed(columns) for key, text in column.labels.items() if not key.startswith("W ")
    }
    given = dict(layout.labels) | {canonical(key): text for key, text in layout.labels.items()}
    variables = {key: text for key, text in carried.items() if key.isidentifier()}
    constant = layout.words["Intercept"]

    def label(term: str, block: str) -> str:
        theirs = term_label(term, given, block, constant) != term_label(term, {}, block, constant)
        return _upright(term_label(term, (variables if theirs else carried) | given, block, constant))

    return label


def _upright(text: str) -> str:
    """Mathematical italics as plain letters: faces for figures lack them."""
    return "".join(normalize("NFKC", c) if "\U0001d400" <= c <= "\U0001d7ff" else c for c in text)


def _folded(text: str, inches: float) -> str:
    """A label in lines; the sign of a product stays with what follows."""
    return wrapped(text, inches).replace("×\n", "× ")


def row_places(rows: list[Row], models: int, heads: bool, inches: float) -> tuple[list[float], dict[str, float], float]:
    """Inches from the top of every row and heading, and the height of all."""
    at, headings, y, before = [], {}, 0.0, None
    for row in rows:
        if heads and row.block != before:
            headings[row.block] = y + 0.55 * _HEAD
            y += _HEAD
        tall = max(_ROW + _MODEL * (models - 1), 0.06 + 0.118 * (1 + _folded(row.text, inches).count("\n")))
        at.append(y + tall / 2)
        y, before = y + tall, row.block
    return at, headings, y


def draw_intervals(axes, rows: list[Row], models: int) -> None:
    """Points and lines of every model, shifted so that they do not cover one another; y is set by `_row_axis`."""
    axes.axvline(0, color=GREY, linewidth=0.7, zorder=1)
    for m, (color, marker, _) in zip(range(models), LINES, strict=False):
        gid = f"model-{m}"
        for i, row in enumerate(rows):
            value = row.values[m]
            if value is None:
                continue
            estimate, limits = value
            for j, (low, high) in enumerate(limits):
                axes.plot([low, high], [i, i], color=color, linewidth=0.9 if j == 0 else 2.4, gid=gid,
                          solid_capstyle="butt", zorder=3)  # fmt: skip
            face = color if m % 2 == 0 else "white"
            axes.plot([estimate], [i], marker, color=color, markerfacecolor=face, markeredgewidth=0.9, markersize=3.8,
                      gid=gid, zorder=4)  # fmt: skip


def row_axis(axes, rows: list[Row], models: int, heads: bool, inches: float, words: Words) -> None:
    """Labels of the rows, headings of the blocks, and every mark at its place."""
    at, headings, end = row_places(rows, models, heads, inches)
    spread = (np.arange(models) - (models - 1) / 2) * _MODEL * 1.15
    for line in axes.lines:
        if line.get_gid():
            i, m = int(line.get_ydata()[0]), int(line.get_gid().removeprefix("model-"))
            line.set_ydata(np.full(len(line.get_xdata()), at[i] + spread[m]))
    for y in at:
        axes.axhline(y, color="#ededed", linewidth=0.6, zorder=0)
    for block, y in headings.items():
        axes.text(-0.02, y, words[f"block:{block}"], transform=axes.get_yaxis_transform(), ha="right", va="center",
                  fontweight="bold", fontsize=7)  # fmt: skip
    axes.set_yticks(at, [_folded(row.text, inches) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(end, 0)
    axes.spines["left"].set_visible(False)


def legend_of_models(figure: PaperFigure, names: list[str]) -> None:
    """Colour and marker of every model, where there are several."""
    from matplotlib.lines import Line2D

    if len(names) < 2:
        return
    handles = [
        Line2D([], [], color=color, marker=marker, linewidth=0.9, label=name, markerfacecolor=color if m % 2 == 0 else "white")
        for m, (name, (color, marker, _)) in enumerate(zip(names, LINES, strict=False))
    ]  # fmt: skip
    fits = figure.get_figwidth() / (0.45 + 0.065 * max(map(len, names)))
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, min(len(names), int(fits))))
