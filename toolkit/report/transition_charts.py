"""Heat maps of transition matrices: one chain, or one for each class of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Rectangle

from toolkit.errors import InputError
from toolkit.report.figure import GREY, INK, NO_DATA, PaperFigure, inches_of, new_figure
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["transitions"]

_SHOW = ("both", "probability", "count")


def transitions(
    record, *, show: str | None = None, title: str | None = None, width: str | float | None = None, lang: str = "en"
) -> PaperFigure:
    """Transition matrix as a heat map, its ergodic distribution below; small multiples by class of
    neighbours (spatial Markov chain) or group of regions.

    Rows are classes at the start with their number of moves; darker is more probable. Hatched: rows without moves, and an
    ergodic distribution that is not unique or not known.

    Parameters
    ----------
    record : MarkovTable, SpatialMarkovTable or LisaMarkovTable
        From `tk.markov`, `tk.spatial_markov` or `tk.lisa_markov`.
    show : {"both", "probability", "count"}, optional
        What is written in the cells: ``both`` by default, ``probability`` in small multiples.
    title : str, optional
        The label of the variable by default.
    width : {"one", "two"} or float, optional
        Journal columns or inches; one column for one matrix, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another kind of record, or an unknown option.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.charts.transitions(tk.markov(tk.load("us_income"), "income"))
    >>> figure.axes[0].get_ylabel()
    'Class in t'
    """
    if not (hasattr(record, "matrices") and hasattr(record, "lag")):
        raise InputError(
            f"transitions cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.markov, tk.spatial_markov or tk.lisa_markov",
        )
    blocks = record.matrices()
    show = ("both" if len(blocks) == 1 else "probability") if show is None else show
    if show not in _SHOW:
        raise InputError(f"show={show!r} is unknown.", allowed=", ".join(_SHOW))
    width = width or ("one" if len(blocks) == 1 else "two")
    columns = min(len(blocks), 3)
    lines = -(-len(blocks) // columns)
    k = blocks[0][1].k
    # room for labels beside the first column, and for counts beside the others
    beside = 0.3 + 0.058 * max(len(s) + 8 for s in blocks[0][1].states)
    cell = (inches_of(width) - beside - 0.38 * (columns - 1)) / columns / k
    figure = new_figure(width, lines * (cell * (k + 1.3) + 0.2) + (1.0 if len(blocks) > 1 else 0.72), lang=lang)
    with figure.styled():
        grid = figure.subplots(lines, columns, squeeze=False)
        for axes in grid.flat[len(blocks) :]:
            axes.remove()
        for i, (axes, (name, chain)) in enumerate(zip(grid.flat, blocks, strict=False)):
            states = [phrase("ns", lang) if s == "ns" else s for s in chain.states]
            _matrix(axes, chain, show, min(7.0, 13 * cell), lang)
            last = i + columns >= len(blocks)
            wordy = max(len(s) for s in states) > 3
            axes.set_xticks(
                range(k), states if last else [], rotation=40 if wordy else 0, ha="right" if wordy else "center"
            )
            axes.xaxis.set_tick_params(length=0)
            axes.set_yticks(*_rows(chain, states if i % columns == 0 else [""] * k, i % columns == 0, lang))
            axes.yaxis.set_tick_params(length=0)
            if len(blocks) > 1:
                label = _block(record, name, lang)
                axes.set_title(f"{label} (n = {chain.counts.sum():,})", fontweight="normal", fontsize=7, pad=3)
        xlabel = phrase("end_class", lang, lag=record.lag)
        ylabel = phrase("start_class", lang)
        heading = title or (record.label_zh if lang == "zh" and record.label_zh else record.label)
        if getattr(record, "relative", False) and title is None:
            heading = phrase("relative", lang, x=heading)
        if len(blocks) == 1:
            grid[0, 0].set(xlabel=xlabel, ylabel=ylabel)
            grid[0, 0].set_title(wrapped(heading, 0.6 * figure.get_figwidth()), fontweight="normal", pad=4)
        else:
            figure.supxlabel(xlabel, fontsize=7.5)
            figure.supylabel(ylabel, fontsize=7.5)
            figure.suptitle(wrapped(heading, figure.get_figwidth() - 0.1), fontsize=8, x=0.02, ha="left")
    return figure


def _block(record, name: str, lang: str) -> str:
    """Title of one of several matrices: a class of neighbours, or a group of regions."""
    if name == "all":
        return phrase("all_regions", lang)
    if hasattr(record, "lag_states"):
        return phrase("neighbours_class", lang, x=name)
    return record.group_labels_zh.get(name, name) if lang == "zh" else name


def _rows(chain, states: list[str], first: bool, lang: str) -> tuple[list[float], list[str]]:
    """Places and labels of the rows: classes, and the ergodic distribution below a gap."""
    labels = [f"{s}  ({n:,})" if s else f"({n:,})" for s, n in zip(states, chain.starts, strict=True)]
    return [*range(chain.k), chain.k + 0.3], [*labels, phrase("ergodic", lang) if first else ""]


def _matrix(axes: Axes, chain, show: str, size: float, lang: str) -> None:
    from matplotlib import colormaps

    shade, k = colormaps["Blues"], chain.k
    rows = [*chain.probabilities, chain.ergodic]
    for i, row in enumerate(rows):
        y = i if i < k else k + 0.3
        for j, p in enumerate(row):
            box = (j - 0.5, y - 0.5)
            if not np.isfinite(p):
                axes.add_patch(Rectangle(box, 1, 1, linewidth=0.3, **NO_DATA))
                continue
            axes.add_patch(Rectangle(box, 1, 1, facecolor=shade(0.02 + 0.88 * p), edgecolor="white", linewidth=0.8))
            n = chain.counts[i, j] if i < k else None
            ink = "white" if p > 0.55 else INK if p > 0 else GREY
            digits = "0" if p == 0 else f"{p:.3f}" if k <= 5 else f"{p:.2f}"
            text = digits if i == k or show == "probability" else f"{n:,}" if show == "count" else f"{digits}\n({n:,})"
            axes.text(j, y, text, ha="center", va="center", fontsize=size, color=ink, linespacing=1.15)
    if not np.isfinite(chain.ergodic).all():
        axes.text((k - 1) / 2, k + 0.3, phrase("no_ergodic", lang), ha="center", va="center", fontsize=size, color=INK,
                  bbox={"facecolor": "white", "linewidth": 0, "pad": 1.5})  # fmt: skip
    axes.set(xlim=(-0.5, k - 0.5), ylim=(k + 0.8, -0.5), aspect="equal")
    for spine in axes.spines.values():
        spine.set_visible(False)
