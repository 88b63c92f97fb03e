"""Sankey diagram of mobility: how many regions move from class to class between periods."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from toolkit.errors import InputError, listing
from toolkit.report.figure import INK, PaperFigure, inches_of, new_figure
from toolkit.report.words import phrase, wrapped

__all__ = ["mobility_sankey"]

#: Share of the height left free between classes, and inches of a node and of the names beside it.
_GAP, _NODE, _BESIDE = 0.035, 0.18, 0.55


def mobility_sankey(
    record,
    times: Sequence[object] | None = None,
    *,
    k: int = 4,
    counts: bool = True,
    labels: Sequence[str] | None = None,
    title: str | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Regions by class in two or more periods, with a band for every group that moves together; highest class on top.

    Bands have the shade of the class they leave, light for the lowest and dark for the highest, so that grey print is enough.

    Parameters
    ----------
    record : MarkovTable, SpatialMarkovTable or RankMobilityTable
        From `tk.markov` or `tk.spatial_markov` (their classes), or `tk.rank_mobility` (equal parts of the ranking).
    times : sequence of periods, optional
        In ascending order; by default the first and the last.
    k : int
        Parts of the ranking, for a record of `tk.rank_mobility` only.
    counts : bool
        Write the number of regions on the bands, where there is room; nodes always have it.
    labels : sequence of str, optional
        Names of the classes, lowest first.
    title : str, optional
        The label of the variable by default.
    width : {"one", "two"} or float, optional
        One column for up to three periods, two for more.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another kind of record, unknown or unordered periods, or labels that do not fit.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.markov(tk.load("us_income"), "income", k=4)
    >>> figure = tk.charts.mobility_sankey(record, [1929, 1969, 2009])
    >>> [text.get_text() for text in figure.axes[0].get_xticklabels()]
    ['1929', '1969', '2009']
    """
    codes, states = _classes(record, k, lang)
    if labels is not None:
        if isinstance(labels, str) or len(labels) != len(states):
            raise InputError(f"labels={labels!r} for {len(states)} classes.", allowed="a list, one for each class")
        states = [str(text) for text in labels]
    rows = _rows(record.times, times)
    codes = codes[rows]
    width = width or ("one" if len(rows) <= 3 else "two")
    inches = inches_of(width)
    figure = new_figure(width, max(2.4, min(0.72 * inches, 3.8)), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        shades = _shades(len(states))
        node = _NODE / max((inches - 2 * _BESIDE) / (len(rows) - 1), 0.3)  # in units of the distance between periods
        sizes = np.stack([np.bincount(row, minlength=len(states)) for row in codes])
        bottoms = _bottoms(sizes)
        for step in range(len(rows) - 1):
            _bands(axes, step, codes[step], codes[step + 1], bottoms[step : step + 2], shades, node, counts)
        for step, (size, low) in enumerate(zip(sizes, bottoms, strict=True)):
            _nodes(axes, step, size, low, shades, node)
        _names(axes, states, sizes, bottoms, 0.3 * inches)
        axes.set_xticks(range(len(rows)), [str(record.times[r]) for r in rows])
        axes.xaxis.set_tick_params(length=0)
        axes.set(xlim=(-0.6 * node, len(rows) - 1 + 0.6 * node), ylim=(-0.01, 1.01))
        axes.spines[["left", "bottom"]].set_visible(False)
        heading = title or (record.label_zh if lang == "zh" and record.label_zh else record.label)
        if getattr(record, "relative", False) and title is None:
            heading = phrase("relative", lang, x=heading)
        figure.suptitle(wrapped(heading, inches - 0.2), fontsize=7.5, x=0.02, ha="left")
    return figure


def _classes(record, k: int, lang: str) -> tuple[np.ndarray, list[str]]:
    """Class of every region and period (T, N), and the names of the classes, lowest first."""
    classes = getattr(record, "classes", None)
    if hasattr(classes, "codes") and hasattr(record, "times"):
        codes = np.asarray(classes.codes)
        states = getattr(getattr(record, "chain", None), "states", None) or classes.labels
        return codes, list(states)
    if not (hasattr(record, "ranks") and hasattr(record, "times")):
        raise InputError(
            f"mobility_sankey cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.markov, tk.spatial_markov or tk.rank_mobility",
        )
    ranks = np.asarray(record.ranks, float)
    n = ranks.shape[1]
    if isinstance(k, bool) or not isinstance(k, Integral) or not 2 <= k <= min(n, 9):
        raise InputError(f"k={k!r} is no number of classes.", allowed=f"2 to {min(n, 9)}")
    codes = k - 1 - np.floor((ranks - 0.5) * k / n).astype(int)  # rank 1 is the highest
    return np.clip(codes, 0, k - 1), [phrase("part_of_ranking", lang, i=i + 1, k=k) for i in range(k)]


def _rows(known: tuple, times) -> list[int]:
    asked = [known[0], known[-1]] if times is None else times
    if isinstance(asked, str) or not isinstance(asked, (Sequence, range, np.ndarray)):
        raise InputError(f"times={times!r} is no list of periods.", allowed=listing(known, 40))
    unknown = [t for t in asked if t not in known]
    rows = [known.index(t) for t in asked if t in known]
    if unknown or len(rows) < 2 or sorted(set(rows)) != rows:
        raise InputError(
            f"times={list(asked)!r} cannot be drawn.", allowed=f"two or more of these, in order: {listing(known, 40)}"
        )
    return rows


def _shades(k: int) -> np.ndarray:
    from matplotlib import colormaps

    return colormaps["YlGnBu"](np.linspace(0.06, 0.95, k))


def _bottoms(sizes: np.ndarray) -> np.ndarray:
    """Lower end of every node, (periods, k); heights are shares of the regions, with gaps between nodes."""
    k, scale = sizes.shape[1], _scale(sizes.shape[1]) / sizes[0].sum()
    below = np.cumsum(sizes, axis=1) - sizes
    return below * scale + _GAP * np.arange(k)


def _scale(k: int) -> float:
    return 1 - _GAP * (k - 1)


def _bands(axes, step: int, start, end, bottoms, shades, node: float, counts: bool) -> None:
    """A Bezier band for every pair of classes, stacked so that bands of a node do not cross inside it."""
    k = len(shades)
    moves = np.bincount(start * k + end, minlength=k * k).reshape(k, k)
    scale = _scale(k) / moves.sum()
    leave = bottoms[0][:, None] + scale * (np.cumsum(moves, axis=1) - moves)
    enter = bottoms[1][None, :] + scale * (np.cumsum(moves, axis=0) - moves)
    left, right = step + node / 2, step + 1 - node / 2
    middle = (left + right) / 2
    for i, j in zip(*np.nonzero(moves), strict=True):
        tall, a, b = scale * moves[i, j], leave[i, j], enter[i, j]
        points = [(left, a), (middle, a), (middle, b), (right, b), (right, b + tall), (middle, b + tall),
                  (middle, a + tall), (left, a + tall), (left, a)]  # fmt: skip
        codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        band = PathPatch(
            Path(points, codes), facecolor=shades[i], alpha=0.72 if i != j else 0.42, linewidth=0, zorder=2
        )
        edge = PathPatch(Path(points, codes), facecolor="none", edgecolor=INK, linewidth=0.35, zorder=3)
        band.set_gid(f"band-{step}-{i}-{j}-{moves[i, j]}")
        axes.add_patch(band)
        axes.add_patch(edge)
        if counts and tall * axes.figure.get_figheight() > 0.13:
            ink = _ink(shades[i]) if i != j else INK
            axes.text(left + 0.2 * node, a + tall / 2, str(moves[i, j]), ha="left", va="center", fontsize=6, color=ink,
                      zorder=5)  # fmt: skip


def _nodes(axes, step: int, sizes, bottoms, shades, node: float) -> None:
    scale = _scale(len(sizes)) / sizes.sum()
    for size, low, shade in zip(sizes, bottoms, shades, strict=True):
        axes.add_patch(
            Rectangle(
                (step - node / 2, low), node, size * scale, facecolor=shade, edgecolor=INK, linewidth=0.6, zorder=4
            )
        )
        if size:
            axes.text(step, low + size * scale / 2, str(size), ha="center", va="center", fontsize=6.5, color=_ink(shade),
                      zorder=6)  # fmt: skip


def _ink(shade) -> str:
    """White on dark shades, else the usual ink."""
    return "white" if shade[:3] @ (0.299, 0.587, 0.114) < 0.4 else INK


def _names(axes, states: list[str], sizes, bottoms, inches: float) -> None:
    """Names of the classes beside the first and the last period; a class without regions has none there."""
    scale = _scale(len(states)) / sizes[0].sum()
    right = axes.secondary_yaxis("right")
    for side, row in ((axes, 0), (right, -1)):
        shown = [i for i in range(len(states)) if sizes[row, i]]
        side.set_yticks(
            [bottoms[row, i] + sizes[row, i] * scale / 2 for i in shown], [wrapped(states[i], inches) for i in shown]
        )
        side.tick_params(axis="y", length=0)
    right.spines["right"].set_visible(False)
