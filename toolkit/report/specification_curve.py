"""The specification curve: every estimate of one number, sorted, over the choices that made it.

References
----------
Simonsohn, U., Simmons, J. and Nelson, L. (2020). Specification curve analysis. Nature Human Behaviour 4, 1208-1214.
"""

from __future__ import annotations

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, INK, PALE, PaperFigure, inches_of, new_figure

__all__ = ["specification_curve"]

CHOICES = ("model", "weights", "effects", "sample", "covariates")
_WORDS = {
    "en": {
        "model": "Model",
        "weights": "W",
        "effects": "Effects",
        "sample": "Sample",
        "covariates": "Covariates",
        "x": "Specifications, sorted by estimate",
        "y": "{effect} of {term}",
        "sure": "p < {level:g}",
        "unsure": "p ≥ {level:g}",
        "median": "median",
    },
    "zh": {
        "model": "模型",
        "weights": "W",
        "effects": "固定效应",
        "sample": "样本",
        "covariates": "控制变量",
        "x": "设定（按估计值排序）",
        "y": "{term} 的{effect}",
        "sure": "p < {level:g}",
        "unsure": "p ≥ {level:g}",
        "median": "中位数",
    },
}
_EFFECTS = {
    "en": {
        "direct": "Direct impact",
        "indirect": "Indirect impact",
        "total": "Total impact",
        "coefficient": "Coefficient",
    },
    "zh": {"direct": "直接效应", "indirect": "间接效应", "total": "总效应", "coefficient": "系数"},
}


def specification_curve(
    record,
    term: str,
    effect: str = "total",
    *,
    level: float = 0.05,
    name: str | None = None,
    width: str | float = "two",
    lang: str = "en",
) -> PaperFigure:
    """Estimates of `term` over all specifications with their 95 percent intervals, and below them who made which choice.

    Filled markers are significant, open ones are not; the dashed line is the median. Choices made once only (one sample,
    one set of effects) are left out.

    Parameters
    ----------
    record : Grid
        From `tk.grid`; anything with its ``tidy()``.
    term : str
    effect : str
        ``"direct"``, ``"indirect"``, ``"total"``, ``"coefficient"``, or one with a horizon: ``"total (long)"``.
    level : float
        Of significance.
    name : str, optional
        Name of the variable on the axis, with its unit.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        If the record has no such term or effect.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("columbus")
    >>> W = {"queen": tk.weights.queen(panel), "rook": tk.weights.rook(panel)}
    >>> g = tk.grid("CRIME ~ INC + HOVAL", panel, W, models=["sar", "sdm"], effects=["none"])
    >>> len(tk.charts.specification_curve(g, "INC").axes)
    2
    """
    if lang not in _WORDS:
        raise InputError(f"lang={lang!r} is not known.", allowed="en, zh")
    table = record.tidy()
    lacking = [
        c for c in (*CHOICES, "term", "effect", "estimate", "conf_low", "conf_high", "p_value") if c not in table
    ]
    if lacking:
        raise InputError(f"The record lacks {listing(lacking)}.", allowed="a Grid from tk.grid")
    rows = table[(table["term"] == term) & (table["effect"] == effect)]
    if rows.empty:
        known = listing(sorted(set(table["term"])), 40)
        raise InputError(
            f"The record has no {effect!r} of {term!r}.",
            allowed=f"effects {listing(sorted(set(table['effect'])))}; terms {known}",
        )
    rows = rows.sort_values("estimate", kind="stable").reset_index(drop=True)
    words, at = _WORDS[lang], np.arange(1, len(rows) + 1)
    used = [c for c in CHOICES if table[c].nunique() > 1]
    lines = [(c, v) for c in used for v in dict.fromkeys(rows[c])]
    inches = inches_of(width)
    top, row = 0.38 * inches, 0.155
    height = top + row * (len(lines) + 0.8 * len(used)) + 0.45
    figure = new_figure(width, height, lang=lang)
    with figure.styled():
        ratios = [top, max(row * (len(lines) + 0.8 * len(used)), 0.3)]
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=ratios)
        _estimates(upper, rows, at, level, words)
        kind = _EFFECTS[lang].get(effect, effect)
        upper.set_ylabel(words["y"].format(effect=kind, term=name or term))
        _choices(lower, rows, at, used, level, words)
        lower.set_xlabel(words["x"])
    return figure


def _estimates(axes, rows, at, level: float, words) -> None:
    low, high = rows["conf_low"].to_numpy(), rows["conf_high"].to_numpy()
    value, sure = rows["estimate"].to_numpy(), (rows["p_value"] < level).to_numpy()
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.axhline(np.median(value), color=GREY, linewidth=0.6, linestyle=(0, (4, 3)))
    axes.vlines(at, low, high, color=PALE, linewidth=min(2.0, 160 / max(len(at), 1)))
    size = float(np.clip(900 / len(at), 4, 18))
    for mask, face, label in ((sure, INK, words["sure"]), (~sure, "white", words["unsure"])):
        if mask.any():
            axes.scatter(
                at[mask],
                value[mask],
                s=size,
                facecolor=face,
                edgecolor=INK,
                linewidth=0.6,
                zorder=3,
                label=label.format(level=level),
            )
    axes.plot([], [], color=GREY, linewidth=0.6, linestyle=(0, (4, 3)), label=words["median"])
    axes.legend(loc="upper left", ncols=3, handletextpad=0.3, columnspacing=1.0)
    # room for the legend above the intervals
    reach = float(np.nanmax(high) - min(np.nanmin(low), 0))
    axes.set_ylim(min(np.nanmin(low), 0) - 0.05 * reach, max(np.nanmax(high), 0) + 0.2 * reach)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _choices(axes, rows, at, used, level: float, words) -> None:
    ticks, labels, height = [], [], 0.0
    sure = (rows["p_value"] < level).to_numpy()
    for choice in used:
        axes.text(
            -0.012,
            height - 0.1,
            words[choice],
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontweight="bold",
        )
        height += 0.9
        for value in dict.fromkeys(rows[choice]):
            mask = (rows[choice] == value).to_numpy()
            axes.axhline(height, color="#ededed", linewidth=0.5, zorder=0)
            size = float(np.clip(700 / len(at), 3, 12))
            for part, face in ((mask & sure, INK), (mask & ~sure, "white")):
                axes.scatter(
                    at[part],
                    np.full(part.sum(), height),
                    s=size,
                    marker="s",
                    facecolor=face,
                    edgecolor=INK,
                    linewidth=0.5,
                )
            ticks.append(height)
            labels.append(str(value))
            height += 1.0
        height += 0.1
    axes.set_yticks(ticks, labels)
    axes.set_ylim(height - 0.3, -0.6)
    axes.set_xlim(0.2, len(at) + 0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
