"""Bump chart: the rank of every region over time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.report.figure import PaperFigure, new_figure
from toolkit.report.words import phrase

__all__ = ["rank_paths"]

#: Colour and dash of regions that climbed, that fell, and of those asked for.
_STYLES = {
    "climbed": ("#0b4f8a", "-"),
    "fell": ("#c1570a", (0, (4, 1.5))),
    "highlighted": ("#0b4f8a", "-"),
}


def rank_paths(
    record,
    highlight: str | Iterable[object] = "movers",
    *,
    ends_only: bool = False,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Ranks of all regions over time, rank 1 on top, names at both ends.

    Parameters
    ----------
    record : RankMobilityTable
        From `tk.rank_mobility`.
    highlight : "movers" or list of regions
        Regions drawn in colour, by id or name: by default the three that gained and the three that lost most places.
    ends_only : bool
        A slope chart: first and last period only.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another kind of record, or an unknown region.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.charts.rank_paths(tk.rank_mobility(tk.load("mexico"), "pcgdp", permutations=0))
    >>> len(figure.axes[0].lines)
    32
    """
    if not (hasattr(record, "ranks") and hasattr(record, "changes")):
        raise InputError(
            f"rank_paths cannot draw a {type(record).__name__}.", allowed="the record made by tk.rank_mobility"
        )
    rows = [0, len(record.times) - 1] if ends_only else list(range(len(record.times)))
    ranks = record.ranks[rows]
    chosen = _chosen(record, highlight)
    names = record.names_zh if lang == "zh" else record.names
    n = ranks.shape[1]
    figure = new_figure(width, 0.118 * n + 0.75, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        x = np.arange(len(rows))
        for i in np.argsort([i in chosen for i in range(n)], kind="stable"):
            color, dash = _STYLES[chosen[i]] if i in chosen else ("#c8c8c8", "-")
            axes.plot(x, ranks[:, i], color=color, linestyle=dash, linewidth=1.4 if i in chosen else 0.8)
        for side, row in ((axes, ranks[0]), (axes.secondary_yaxis("right"), ranks[-1])):
            _names(side, row, names, chosen)
        axes.set(xlim=(0, len(rows) - 1), ylim=(n + 0.6, 0.4))
        axes.spines["left"].set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.set_title(record.label_zh if lang == "zh" and record.label_zh else record.label, fontweight="normal")
        _legend(figure, axes, chosen, lang)
        _periods(figure, axes, [str(record.times[row]) for row in rows])
    return figure


def _periods(figure: PaperFigure, axes, times: list[str]) -> None:
    """As many periods as have room between the names, the first and the last among them."""
    figure.draw_without_rendering()  # the names decide how wide the axes are
    inches = axes.get_window_extent().width / figure.dpi
    most = max(2, 1 + int(inches / (0.1 + 0.065 * max(map(len, times)))))
    ticks = sorted({int(t) for t in np.linspace(0, len(times) - 1, min(most, 6, len(times))).round()})
    axes.set_xticks(ticks, [times[t] for t in ticks])


def _names(side, ranks: np.ndarray, names, chosen: dict[int, str]) -> None:
    """Rank and name beside each line; tied regions stand one below the other."""
    order = np.argsort(ranks, kind="stable")
    side.set_yticks(range(1, len(order) + 1), [f"{ranks[i]:g}  {names[i]}" for i in order], fontsize=6)
    side.tick_params(axis="y", length=0, pad=3)
    for i, text in zip(order, side.get_yticklabels(), strict=True):
        if i in chosen:
            text.set(color=_STYLES[chosen[i]][0], fontweight="bold")
    for spine in getattr(side, "spines", {}).values():
        spine.set_visible(False)


def _chosen(record, highlight) -> dict[int, str]:
    """Position of a highlighted region -> why."""
    if isinstance(highlight, str) and highlight == "movers":
        gain = record.ranks[0] - record.ranks[-1]
        order = np.argsort(-gain, kind="stable")
        up = {int(i): "climbed" for i in order[:3] if gain[i] > 0}
        return up | {int(i): "fell" for i in order[::-1][:3] if gain[i] < 0}
    wanted = [highlight] if isinstance(highlight, str) or not isinstance(highlight, Iterable) else list(highlight)
    out = {}
    for region in wanted:
        found = [
            i
            for i, known in enumerate(zip(record.regions, record.names, record.names_zh, strict=True))
            if region in known
        ]
        if not found:
            raise InputError(
                f"highlight={region!r} is no region of the record.",
                allowed=f'"movers", or of {listing(record.names, 40)}',
            )
        out[found[0]] = "highlighted"
    return out


def _legend(figure: PaperFigure, axes, chosen: dict[int, str], lang: str) -> None:
    from matplotlib.lines import Line2D

    kinds = [k for k in ("climbed", "fell") if k in chosen.values()]
    if kinds:
        handles = [
            Line2D([], [], color=_STYLES[k][0], linestyle=_STYLES[k][1], linewidth=1.4, label=phrase(k, lang))
            for k in kinds
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=2)
