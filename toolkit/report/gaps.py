"""Charts of a gap account: the gap in absolute terms beside the gap in relative terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, LINES, PaperFigure, inches_of, new_figure
from toolkit.report.over_time import headline, inches_wide, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["gap_by_year"]

_WORDS = {
    "difference": ("Difference", "绝对差距"),
    "ratio": ("Ratio", "相对差距（比值）"),
    "pair": ("{group} − {base}", "{group} − {base}"),
    "over": ("{group} / {base}", "{group} / {base}"),
    "nominal": ("nominal", "名义"),
    "real": ("real ({t} prices)", "实际（{t}年价格）"),
    "simple": ("mean of regions", "简单平均"),
    "weighted": ("weights: {x}", "按{x}加权"),
    "refused": (
        "No ratio in {n} of {all} values (near-zero base or signs)",
        "{all}个数值中{n}个不计算比值（基数近零或异号）",
    ),
    "all": ("all regions", "全部地区"),
}


def gap_by_year(
    record,
    group: str | None = None,
    base: str | None = None,
    *,
    name: str | None = None,
    width: str | float = "two",
    lang: str = "en",
) -> PaperFigure:
    """One gap of the account over time: differences on the left, ratios on the right, a line for each variant.

    Both belong together: a gap often widens in absolute and narrows in relative terms. Where the account refuses a ratio
    the line is broken, and a note below says how often.

    Parameters
    ----------
    record : GapAccount
        From `tk.gap_account`, at least two periods.
    group, base : str, optional
        Which pair; the first of the account by default.
    name : str, optional
        Name of the variable above the figure; the codebook's label by default.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another record, one period only, or a pair that is not in the account.

    Examples
    --------
    >>> import toolkit as tk
    >>> account = tk.gap_account(tk.load("china"), "gdp / pop", "blocks", base="West", weights="pop")
    >>> [axes.get_ylabel() for axes in tk.charts.gap_by_year(account, "East").axes]
    ['Difference', 'Ratio']
    """
    if not (hasattr(record, "variants") and hasattr(record, "changes")):
        raise InputError(
            f"gap_by_year cannot draw a {type(record).__name__}.", allowed="the record made by tk.gap_account"
        )
    if len(record.times) < 2:
        raise InputError("A line over time needs at least two periods.", fix="print the record")
    group, base = _pair(record, group, base)
    table = record.tidy()
    table = table[(table["group"] == group) & (table["base"] == base)]
    names = (
        dict(zip(record.names, (*record.division.labels_zh, _say("all", lang)), strict=True)) if lang == "zh" else {}
    )
    names.setdefault("all", _say("all", lang))
    shown = {"group": names.get(group, group), "base": names.get(base, base)}
    figure = new_figure(width, 0.46 * inches_of(width) if inches_of(width) >= 5 else 1.5 * inches_of(width), lang=lang)
    refused = int(table["ratio"].isna().sum())
    with figure.styled():
        shape = (1, 2) if inches_of(width) >= 5 else (2, 1)
        left, right = figure.subplots(*shape, sharex=True).ravel()
        for (basis, weighting), look in zip(record.variants, LINES, strict=False):
            rows = table[(table["basis"] == basis) & (table["weighting"] == weighting)]
            text = _variant(record, basis, weighting, lang)
            _line(left, rows["difference"], record.times, look, text)
            _line(right, rows["ratio"], record.times, look, text)
        left.axhline(0, color=GREY, linewidth=0.7, zorder=1)
        right.axhline(1, color=GREY, linewidth=0.7, zorder=1)
        unit = record.labels[record.variable][2] if lang == "en" else ""
        left.set_ylabel(_say("difference", lang) + (f", {unit}" if unit else ""))
        right.set_ylabel(_say("ratio", lang))
        left.set_title(_say("pair", lang, **shown), fontweight="normal")
        right.set_title(_say("over", lang, **shown), fontweight="normal")
        handles, texts = left.get_legend_handles_labels()
        if refused:
            from matplotlib.lines import Line2D

            handles.append(Line2D([], [], linestyle=""))
            texts.append(_say("refused", lang, n=refused, all=len(table)))
        if len(texts) > 1 or refused:
            ncols = 2 if 2 * (max(inches_wide(t) for t in texts) + 0.45) <= inches_of(width) else 1
            figure.legend(handles, texts, loc="outside lower center", ncols=ncols)
        headline(figure, record, name, lang)
    return figure


def _line(axes: Axes, values, times, look, text: str) -> None:
    color, marker, dash = look
    x = time_axis(axes, times)
    axes.plot(
        x, values.to_numpy(float), color=color, linestyle=dash, marker=marker, markersize=2.5, label=text, zorder=3
    )
    axes.margins(x=0.02)


def _variant(record, basis: str, weighting: str, lang: str) -> str:
    """What tells this line from the others: prices, weighting, or both."""
    if weighting == "simple":
        weight = _say("simple", lang)
    else:
        weights = weighting.removeprefix("weighted by ")
        weight = _say("weighted", lang, x=record.labels[weights][lang == "zh"])
    if len({b for b, _ in record.variants}) == 1:
        return weight
    return (
        f"{_say(basis, lang, t=record.price_period)}, {weight}"
        if lang == "en"
        else f"{_say(basis, lang, t=record.price_period)}，{weight}"
    )


def _pair(record, group: str | None, base: str | None) -> tuple[str, str]:
    pairs = [(record.names[j], record.names[h]) for j, h in record.pairs]
    zh = dict(zip(record.division.labels_zh, record.division.labels, strict=True))
    group, base = zh.get(group, group), zh.get(base, base)
    for a, b in pairs:
        if group in (None, a) and base in (None, b):
            return a, b
    raise InputError(
        f"The account has no gap of {group!r} to {base!r}.", allowed=listing((f"{a} - {b}" for a, b in pairs), 20)
    )


def _say(key: str, lang: str, **values: object) -> str:
    return _WORDS[key][lang == "zh"].format(**values)
