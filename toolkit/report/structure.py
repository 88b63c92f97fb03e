"""Charts of industrial structure: location quotients, similarity, shift-share, complexity."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, PercentFormatter

from toolkit.report.chart_requests import fold, need, position, words_in
from toolkit.report.figure import GREY, INK, PaperFigure, inches_of, new_figure

__all__ = ["location_quotients", "shift_share_bars", "similarity_map"]

_WORDS = {
    "en": {
        "lq": "Location quotient",
        "absent": "no such industry",
        "similarity": "{kind} similarity",
        "jaccard": "Jaccard",
        "cosine": "Cosine",
        "krugman": "Krugman",
        "change": "change in all",
        "national": "national growth",
        "industry_mix": "industry mix",
        "regional": "regional (competitive)",
        "allocation": "allocation",
        "rate": "Percent of the level in {first}",
        "level": "Change, {first} to {last}",
    },
    "zh": {
        "lq": "区位熵",
        "absent": "无该产业",
        "similarity": "{kind}相似度",
        "jaccard": "Jaccard",
        "cosine": "余弦",
        "krugman": "克鲁格曼",
        "change": "总变化",
        "national": "全国增长分量",
        "industry_mix": "产业结构分量",
        "regional": "区域竞争力分量",
        "allocation": "配置分量",
        "rate": "占{first}年水平的百分比",
        "level": "{first}—{last}年变化",
    },
}
#: Fills of the parts, told apart in grey print by lightness and hatch.
_PARTS = {
    "national": ("#d9d9d9", None),
    "industry_mix": ("#9ec9e2", "//////"),
    "regional": ("#1f5a8c", None),
    "allocation": ("#f7c08a", "......"),
}
#: Cells of industries a region does not have.
_ABSENT = {"facecolor": "#ffffff", "hatch": "//////", "edgecolor": "#b8b8b8"}
#: Blue (below 1), white, brown (above 1); both ends dark.
_DIVERGING = LinearSegmentedColormap.from_list("lq", ["#08306b", "#6baed6", "#ffffff", "#f4a259", "#7f2704"])
_SEQUENTIAL = LinearSegmentedColormap.from_list("similar", ["#f7fbff", "#9ec9e2", "#1f5a8c", "#08204a"])


def location_quotients(
    record, time: object = None, *, width: str | float | None = None, lang: str = "en"
) -> PaperFigure:
    """Heat map of location quotients: brown above 1, blue below, by equal steps of the logarithm.

    Regions are ordered by their most special industry (that with the highest quotient), industries as in the record.

    Parameters
    ----------
    record : LocationQuotients
        From `tk.location_quotient`.
    time : optional
        The last period by default.
    width : {"one", "two"} or float, optional
        One column for up to eight industries, else two.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame({"steel": [30, 10], "tea": [10, 50]}, index=["a", "b"])
    >>> len(tk.charts.location_quotients(tk.location_quotient(table)).axes)  # with the scale
    2
    """
    words = words_in(_WORDS, lang)
    need(record, ("values", "shares"), "location_quotients", "tk.location_quotient")
    at = position(record.times, time)
    x = record.values[at]
    order = np.lexsort((-x.max(axis=1), x.argmax(axis=1)))
    labels = [record.labels[i][lang == "zh"] for i in record.industries]
    names = record.names_zh if lang == "zh" else record.names
    width = width or ("one" if len(labels) <= 8 else "two")
    with np.errstate(divide="ignore"):
        logs = np.log2(x[order])
    reach = float(np.clip(np.abs(logs[np.isfinite(logs)]).max(), 0.5, 3))
    headings, upright, below = _headings(labels, inches_of(width))
    figure = new_figure(width, max(1.45, 0.5 + 0.135 * len(order) + below), lang=lang)  # the scale has a name
    with figure.styled():
        axes = figure.subplots()
        norm = TwoSlopeNorm(0, -reach, reach)
        shown = np.where(np.isfinite(logs), np.clip(logs, -reach, reach), np.nan)
        axes.patch.set(**_ABSENT, linewidth=0)  # shows through where there is no such industry
        image = axes.imshow(shown, cmap=_DIVERGING, norm=norm, aspect="auto")
        _grid(axes, len(order), len(labels))
        axes.set_yticks(range(len(order)), [names[k] for k in order], fontsize=6.5)
        axes.set_xticks(range(len(labels)), headings, rotation=90 if upright else 0, fontsize=6.5)
        if x.size <= 320 and inches_of(width) / len(labels) > 0.3:
            for (r, i), value in np.ndenumerate(x[order]):
                if value == 0:
                    continue
                dark = abs(np.clip(logs[r, i], -reach, reach)) > 0.62 * reach
                text = f"{value:.2f}" if value < 9.995 else f"{value:.0f}"
                axes.text(i, r, text, ha="center", va="center", fontsize=5.8, color="white" if dark else INK)
        bar = figure.colorbar(image, ax=axes, shrink=0.5 if len(order) > 16 else 0.95, aspect=22, pad=0.02)
        steps = np.arange(-np.floor(reach), np.floor(reach) + 1) if reach >= 1 else np.array([-reach, 0, reach])
        bar.set_ticks(steps, labels=[_quotient(2.0**s, s, reach) for s in steps])
        bar.set_label(words["lq"])
        if not np.isfinite(logs).all():
            absent = Patch(**_ABSENT, linewidth=0.4, label=words["absent"])
            figure.legend(handles=[absent], loc="outside lower center")
        bar.outline.set_linewidth(0.4)
        if len(record.times) > 1:
            axes.set_title(str(record.times[at]), fontweight="normal")
    return figure


def similarity_map(record, time: object = None, *, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Heat map of the similarity of regions; from a test, regions stand by group, with frames around the groups.

    Parameters
    ----------
    record : SimilarityMatrix or HomogeneityTest
        From `tk.similarity` or `tk.homogeneity_test`.
    time : optional
        The last period by default.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> table = pd.DataFrame({"steel": [30, 10, 9], "tea": [10, 50, 8]}, index=["a", "b", "c"])
    >>> len(tk.charts.similarity_map(tk.similarity(table)).axes)  # with the scale
    2
    """
    words = words_in(_WORDS, lang)
    matrix, groups = getattr(record, "similarity", record), getattr(record, "groups", None)
    need(matrix, ("values", "kind", "regions"), "similarity_map", "tk.similarity or tk.homogeneity_test")
    at = position(matrix.times, time)
    count = len(matrix.regions)
    kinds = list(dict.fromkeys(groups)) if groups else []
    order = sorted(range(count), key=lambda k: kinds.index(groups[k])) if groups else list(range(count))
    x = matrix.values[at][np.ix_(order, order)].copy()
    np.fill_diagonal(x, np.nan)
    names = matrix.names_zh if lang == "zh" else matrix.names
    figure = new_figure(width, 0.92 * inches_of(width), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        image = axes.imshow(x, cmap=_SEQUENTIAL, aspect="equal")
        _grid(axes, count, count)
        size = min(6.5, 43 * inches_of(width) / count)
        axes.set_yticks(range(count), [names[k] for k in order], fontsize=size)
        axes.set_xticks(range(count), [names[k] for k in order], fontsize=size, rotation=90 if count > 6 else 0)
        axes.tick_params(length=0)
        if count <= 12:
            middle = (np.nanmin(x) + np.nanmax(x)) / 2
            for (r, q), value in np.ndenumerate(x):
                if np.isfinite(value):
                    color = "white" if value > middle else INK
                    axes.text(
                        q,
                        r,
                        f"{value:.2f}"[1:] if value < 0.995 else "1",
                        ha="center",
                        va="center",
                        fontsize=5.5,
                        color=color,
                    )
        start = 0
        for group in kinds:
            size = groups.count(group)
            axes.add_patch(_frame(start - 0.5, size))
            axes.annotate(
                group,
                (start + size / 2 - 0.5, 1.01),
                xycoords=axes.get_xaxis_transform(),
                ha="center",
                va="bottom",
                fontsize=6.5,
            )
            start += size
        bar = figure.colorbar(image, ax=axes, shrink=0.6, aspect=22, pad=0.02)
        bar.set_label(words["similarity"].format(kind=words[matrix.kind]))
        bar.outline.set_linewidth(0.4)
    return figure


def shift_share_bars(record, *, rates: bool = True, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Parts of the growth of every region as stacked bars, with a mark for their sum; the fastest region on top.

    Parameters
    ----------
    record : ShiftShare
        From `tk.shift_share`.
    rates : bool
        In percent of the level at the start; otherwise in the units of the table.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> a = pd.DataFrame({"steel": [30, 10], "tea": [10, 50]}, index=["a", "b"])
    >>> b = pd.DataFrame({"steel": [33, 15], "tea": [12, 60]}, index=["a", "b"])
    >>> [t.get_text() for t in tk.charts.shift_share_bars(tk.shift_share({2000: a, 2010: b})).axes[0].get_yticklabels()]
    ['b', 'a']
    """
    words = words_in(_WORDS, lang)
    need(record, ("parts", "part_names", "by_region"), "shift_share_bars", "tk.shift_share")
    table = record.by_region(rates=rates)
    names = record.names_zh if lang == "zh" else record.names
    order = np.argsort(-table["change"].to_numpy(), kind="stable")
    y = np.arange(len(order))
    figure = new_figure(width, 0.85 + 0.14 * len(order), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        above, below = np.zeros(len(order)), np.zeros(len(order))
        handles = []
        for part in record.part_names:
            value = table[part].to_numpy()[order]
            left = np.where(value >= 0, above, below)
            face, hatch = _PARTS[part]
            handles.append(
                axes.barh(y, value, left=left, height=0.74, facecolor=face, hatch=hatch, edgecolor=GREY, linewidth=0.4)
            )
            above, below = above + np.maximum(value, 0), below + np.minimum(value, 0)
        (mark,) = axes.plot(
            table["change"].to_numpy()[order],
            y,
            "D",
            color="white",
            markeredgecolor=INK,
            markersize=3.2,
            markeredgewidth=0.8,
        )
        axes.axvline(0, color=INK, linewidth=0.6)
        axes.set_yticks(y, [names[k] for k in order], fontsize=6.5)
        axes.set_ylim(len(order) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        if rates:
            axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
        else:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.6g}"))
        form = words["rate"] if rates else words["level"]
        axes.set_xlabel(form.format(first=record.first, last=record.last))
        axes.set_title(f"{record.first}–{record.last}", fontweight="normal")
        labels = [words[p] for p in record.part_names]
        figure.legend([*handles, mark], [*labels, words["change"]], loc="outside lower center", ncols=2)
    return figure


def _grid(axes, rows: int, columns: int) -> None:
    """White lines between the cells."""
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _headings(labels: list[str], inches: float) -> tuple[list[str], bool, float]:
    """Names of the columns, wrapped where they have room, else upright; whether upright; the height they need."""
    room = 0.6 * inches / len(labels)
    if room >= 0.5:
        folded, lines = fold(labels, room)
        return folded, False, 0.11 * lines
    folded, _ = fold(labels, 2.0)
    chinese = any("\u4e00" <= c <= "\u9fff" for text in labels for c in text)
    longest = max(len(line) for text in folded for line in text.split("\n"))
    return folded, True, (0.1 if chinese else 0.062) * longest


def _quotient(value: float, step: float, reach: float) -> str:
    text = f"{value:.3g}"
    if reach >= 3 and abs(step) == 3:
        return f"≥{text}" if step > 0 else f"≤{text}"
    return text


def _frame(start: float, size: int):
    return Rectangle((start, start), size, size, fill=False, edgecolor=INK, linewidth=1.3, zorder=5, clip_on=False)
