"""Charts of spatial autocorrelation: the correlogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, PaperFigure, inches_of, new_figure
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["correlogram"]

_BLUE, _BAND = "#0b4f8a", "#e6e6e6"


def correlogram(
    record,
    time: object = None,
    *,
    level: float = 0.05,
    name: str | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Correlogram: autocorrelation by distance or order, full markers where it is significant, and its range by chance.

    A marker is at the mean distance of the pairs of its band, a bar shows the band's limits, and the numbers along the
    top are pairs of regions.

    Parameters
    ----------
    record : CorrelogramTable
        From `tk.correlogram`.
    time : optional
        A period, or a list of periods for small multiples; the last period by default.
    level : float
        Of the markers, by `p_adjusted`.
    name : str, optional
        Name of the variable; the codebook's label by default.
    width : {"one", "two"} or float, optional
        One column for one panel, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        No such record or period.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.correlogram(panel, "unemp", 6, permutations=99, seed=1)
    >>> tk.charts.correlogram(record, 1986).axes[0].get_xlabel()
    'Distance between regions, km'
    """
    if not (hasattr(record, "bands") and hasattr(record, "at")):
        raise InputError(
            f"correlogram cannot draw a {type(record).__name__}.", allowed="the record made by tk.correlogram"
        )
    times = list(time) if isinstance(time, (list, tuple, range, np.ndarray)) else [time]
    times = [record.times[-1] if t is None else t for t in times]
    unknown = [t for t in times if t not in record.times]
    if unknown or not times:
        raise InputError(f"The record has no period {listing(unknown)}.", allowed=listing(record.times, 40))
    columns = min(len(times), 3)
    lines = -(-len(times) // columns)
    width = width or ("one" if len(times) == 1 else "two")
    figure = new_figure(width, 0.68 * inches_of(width) / columns * lines + 0.55, lang=lang)
    with figure.styled():
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(times) :]:
            axes.set_visible(False)
        for axes, t in zip(grid.flat, times, strict=False):
            _panel(axes, record, record.at(t), level)
            axes.set_title(str(t) if len(record.times) > 1 else "", pad=11)
        low, high = grid[0, 0].get_ylim()
        grid[0, 0].set_ylim(low, high + 0.02 * (high - low))
        for axes in grid.flat[: len(times)]:
            _pairs(axes, record)
        for axes in grid[-1]:
            axes.set_xlabel(phrase(record.by, lang))
        for axes in grid[:, 0]:
            axes.set_ylabel(phrase(record.kind, lang))
            axes.annotate(
                phrase("pairs", lang),
                (0.0, 1.0),
                xycoords="axes fraction",
                xytext=(-4, 2),
                textcoords="offset points",
                ha="right",
                va="bottom",
                fontsize=6,
                color=GREY,
            )
        _legend(figure, name or record.labels[lang == "zh"], record, level, lang)
    return figure


def _positions(record) -> np.ndarray:
    return record.mean if record.by == "distance" else record.upper


def _panel(axes: Axes, record, rows, level: float) -> None:
    x, y = _positions(record), rows["statistic"].to_numpy()
    full = (rows["p_adjusted"] < level).to_numpy()
    axes.fill_between(x, rows["low"], rows["high"], color=_BAND, linewidth=0, zorder=0)
    axes.axhline(record.expected, color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    if record.by == "distance":
        axes.hlines(y, rows["lower"], rows["upper"], color=_BLUE, linewidth=0.6, alpha=0.6, zorder=2)
        axes.set_xlim(left=min(0.0, record.lower[0]))
    else:
        axes.set_xticks(x, record.bands)
        axes.margins(x=0.08)
    axes.plot(x, y, color=_BLUE, zorder=3)
    axes.plot(x[full], y[full], "o", color=_BLUE, zorder=4)
    axes.plot(x[~full], y[~full], "o", color=_BLUE, markerfacecolor="white", markeredgewidth=0.8, zorder=4)


def _pairs(axes: Axes, record) -> None:
    for x, number in zip(_positions(record), record.pairs, strict=True):
        axes.annotate(
            f"{number:,}",
            (x, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=6,
            color=GREY,
        )


def _legend(figure: PaperFigure, label: str, record, level: float, lang: str) -> None:
    style = {"linestyle": "", "marker": "o", "color": _BLUE}
    handles = [
        Line2D([], [], **style, label=phrase("significant", lang, level=level)),
        Line2D([], [], **style, markerfacecolor="white", label=phrase("insignificant", lang, level=level)),
        Line2D([], [], color=GREY, linewidth=0.7, linestyle=(0, (4, 2)), label=phrase("expected", lang)),
        Patch(facecolor=_BAND, label=phrase("drawn" if record.permutations else "band", lang)),
    ]
    columns = 2 if figure.get_figwidth() < 5 else 4
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=columns, title=wrapped(label, figure.get_figwidth())
    )
    legend.get_title().set_multialignment("center")
