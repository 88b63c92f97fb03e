"""Coefficient plots: estimates with their intervals, one or several models; impacts side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np

from toolkit.contracts import BLOCKS, Impacts
from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, LINES, PaperFigure, inches_of, new_figure
from toolkit.report.tables.columns import Column, extract, impact_parts
from toolkit.report.tables.layout import Layout, check_patterns, select
from toolkit.report.tables.terms import INTERCEPT, canonical, term_label
from toolkit.report.tables.words import Words
from toolkit.report.words import phrase, wrapped

__all__ = ["coefficients", "impacts"]

_EFFECTS = ("direct", "indirect", "total")
#: Inches of a row, of what every further model adds to it, and of a heading.
_ROW, _MODEL, _HEAD = 0.17, 0.075, 0.2


def coefficients(
    models: object,
    *,
    level: float | Sequence[float] = 0.95,
    keep: Sequence[str] | str | None = None,
    drop: Sequence[str] | str | None = None,
    order: Sequence[str] | str | None = None,
    labels: Mapping[str, str] | None = None,
    titles: Sequence[str] | None = None,
    blocks: bool = True,
    title: str | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Estimates of one or several models with their confidence intervals, a row for each term.

    Parameters
    ----------
    models : result, list of results, or mapping of title to result
        Whatever `tk.table` reads: fits of this toolkit, of linearmodels, statsmodels, pyfixest and spreg, in any mix.
        At most seven.
    level : float or two floats
        Confidence level; of two the lower is drawn as a thicker line.
    keep, drop, order : list of str, optional
        Terms by name or label, as in `tk.table`; ``*`` stands for anything. Without `keep`, the constant and variance
        parameters are left out.
    labels : mapping of str to str, optional
        Text by variable or term, before the labels the models carry.
    titles : list of str, optional
        One for each model, in the legend; by default the model's name, numbered where it is not unique.
    blocks : bool
        Headings over regressors, their spatial lags, dynamics and spatial parameters, where there are several.
    title : str, optional
        Over the figure; by default the dependent variable, where all models share one.
    width : {"one", "two"} or float
        Journal columns or inches.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        A result of an unknown class, a name no model has, too many models, nothing left to draw.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> fit = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, tk.weights.queen(panel), model="sdm", effects="twoway")
    >>> figure = tk.charts.coefficients(fit, level=(0.9, 0.99), width="two")
    >>> figure.axes[0].get_xlabel()
    'Estimate, 90% and 99% confidence intervals'
    """
    levels = _levels(level)
    layout = _layout(labels, keep, drop, order, lang)
    items, names = _models(models, titles, "coefficients")
    columns = [[extract(item, each) for each in levels] for item in items]
    if any(column[0].parts[0].effect for column in columns):
        raise InputError("coefficients draws fits, and impacts were given.", fix="draw them by tk.charts.impacts")
    namer = _namer([column[0] for column in columns], layout)
    terms = _terms(columns, namer, layout)
    if not terms:
        raise InputError("There is no term left to draw.", fix="name it in keep=, which also brings back the constant")
    rows = [_row(block, term, namer, columns) for block, term in terms]
    names = _named(names, [column[0] for column in columns])
    depvars = {column[0].depvar for column in columns}
    if title is None and len(depvars) == 1 and (only := depvars.pop()):
        title = f"{layout.words['depvar']}{layout.words['colon']}{namer(only, 'X')}"
    heads = blocks and len({row.block for row in rows}) > 1
    inches = inches_of(width)
    text = wrapped(title, inches - 0.2) if title else ""
    height = _places(rows, len(items), heads, 0.4 * inches)[2] + 0.55 + 0.13 * text.count("\n") + 0.18 * bool(text)
    figure = new_figure(width, height + (0.25 if len(items) > 1 else 0), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        _intervals(axes, rows, len(items))
        _row_axis(axes, rows, len(items), heads, 0.4 * inches, layout.words)
        axes.set_xlabel(wrapped(_level_words(levels, lang), 0.6 * inches))
        if text:
            figure.suptitle(text, fontsize=7.5, x=0.02, ha="left")
        _legend(figure, names)
    return figure


def impacts(
    records: object,
    *,
    effects: Sequence[str] | str = _EFFECTS,
    keep: Sequence[str] | str | None = None,
    drop: Sequence[str] | str | None = None,
    order: Sequence[str] | str | None = None,
    labels: Mapping[str, str] | None = None,
    titles: Sequence[str] | None = None,
    title: str | None = None,
    width: str | float = "two",
    lang: str = "en",
) -> PaperFigure:
    """Direct, indirect and total impacts side by side with their confidence intervals; short and long run one below the other.

    All panels of a horizon share one scale, so that lengths can be compared.

    Parameters
    ----------
    records : Impacts, list of Impacts, or mapping of title to Impacts
        From `tk.impacts`; intervals are at the level of the record. At most seven.
    effects : list of str
        Of ``"direct"``, ``"indirect"``, ``"total"``, in the order wanted.
    keep, drop, order, labels, titles, title, width, lang
        As for `coefficients`.

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Something that is no impacts, records of different levels, an unknown effect or term.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> fit = tk.fit("log(gsp) ~ log(pcap) + unemp", panel, tk.weights.queen(panel), model="sdm", effects="twoway")
    >>> figure = tk.charts.impacts(tk.impacts(fit))
    >>> [axes.get_title("left") for axes in figure.axes]
    ['Direct impact', 'Indirect impact', 'Total impact']
    """
    items, names = _models(records, titles, "impacts")
    wrong = [type(item).__name__ for item in items if not isinstance(item, Impacts)]
    if wrong:
        raise InputError(
            f"impacts cannot draw a {wrong[0]}.", allowed="records of tk.impacts", fix="pass tk.impacts(fit)"
        )
    effects = [effects] if isinstance(effects, str) else list(effects)
    if not effects or not set(effects) <= set(_EFFECTS):
        raise InputError(f"effects={effects!r} has an unknown effect.", allowed=listing(_EFFECTS))
    levels = sorted({item.level for item in items})
    if len(levels) > 1:
        raise InputError(
            f"The records have intervals at different levels: {listing(levels)}.", fix="give tk.impacts one level="
        )
    layout = _layout(labels, keep, drop, order, lang)
    columns = [extract(item) for item in items]
    namer = _namer(columns, layout)
    parts = [{(part.horizon, part.effect): part.estimates for part in impact_parts(item)} for item in items]
    horizons = list(dict.fromkeys(horizon for each in parts for horizon, _ in each))
    known = list(dict.fromkeys(t for each in parts for frame in each.values() for t in frame["term"]))
    check_patterns(known, lambda t: namer(t, "X"), layout)
    terms = select(known, lambda t: namer(t, "X"), layout)
    if not terms:
        raise InputError("There is no variable left to draw.", allowed=listing(known, 40))
    rows = {
        (h, e): [Row("X", namer(t, "X"), tuple(_impact(each.get((h, e)), t) for each in parts)) for t in terms]
        for h in horizons
        for e in effects
    }
    names = _named(names, columns)
    depvars = {column.depvar for column in columns}
    if title is None and len(depvars) == 1 and (only := depvars.pop()):
        title = f"{layout.words['depvar']}{layout.words['colon']}{namer(only, 'X')}"
    inches = inches_of(width)
    one = _places(rows[horizons[0], effects[0]], len(items), False, 0.3 * inches)[2]
    height = (
        len(horizons) * (one + (0.45 if inches > 5 else 0.6))
        + 0.24
        + (0.25 if len(items) > 1 else 0)
        + (0.2 if title else 0)
    )
    figure = new_figure(width, height, lang=lang)
    with figure.styled():
        grid = figure.subplots(len(horizons), len(effects), sharex="row", sharey=True, squeeze=False)
        for i, horizon in enumerate(horizons):
            for j, effect in enumerate(effects):
                axes = grid[i, j]
                _intervals(axes, rows[horizon, effect], len(items))
                head = phrase(f"effect_{effect}", lang)
                when = layout.words[f"horizon:{horizon}"] if len(horizons) > 1 else ""
                axes.set_title(wrapped(f"{head}{layout.words['comma']}{when.lower()}" if when else head, inches / 4))
                axes.xaxis.get_major_locator().set_params(nbins=max(3, int(1.1 * inches / len(effects))))
                _row_axis(axes, rows[horizon, effect], len(items), False, 0.3 * inches, layout.words)
                axes.tick_params(labelleft=j == 0)
        middle = grid[-1, len(effects) // 2 if len(effects) != 2 else 0]
        middle.set_xlabel(wrapped(_level_words(tuple(levels), lang), inches - 0.4))
        if title:
            figure.suptitle(wrapped(title, inches - 0.2), fontsize=7.5, x=0.02, ha="left")
        _legend(figure, names)
    return figure


@dataclass(frozen=True)
class Row:
    """One term: its block, its label, and for every model an estimate with (low, high) by level, or None."""

    block: str
    text: str
    values: tuple[tuple[float, tuple[tuple[float, float], ...]] | None, ...]


def _levels(level: object) -> tuple[float, ...]:
    """One or two confidence levels, the wider interval first."""
    given = [level] if isinstance(level, (int, float)) else list(level) if isinstance(level, Sequence) else []
    if not 1 <= len(given) <= 2 or not all(isinstance(x, (int, float)) and 0 < x < 1 for x in given):
        raise InputError(f"level={level!r} is not one or two levels.", allowed="e.g. 0.95 or (0.9, 0.95)")
    return tuple(sorted(map(float, given), reverse=True))


def _level_words(levels: tuple[float, ...], lang: str) -> str:
    if len(levels) == 1:
        return phrase("interval", lang, level=100 * levels[0])
    return phrase("intervals", lang, low=100 * levels[1], high=100 * levels[0])


def _layout(labels, keep, drop, order, lang: str) -> Layout:
    """What the user asks for, checked as a table checks it."""
    rest = {"effects": None, "stars": None, "below": None, "level": 0.95, "digits": 3, "stats": None, "notes": None}
    return Layout.check(labels=labels, keep=keep, drop=drop, order=order, lang=lang, caption="", label="", **rest)


def _models(models: object, titles: Sequence[str] | None, chart: str) -> tuple[list[object], list[str | None]]:
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


def _named(names: list[str | None], columns: list[Column]) -> list[str]:
    """A title for every model; equal names are numbered."""
    own = [column.name if name is None else name for name, column in zip(names, columns, strict=True)]
    return [f"({i + 1}) {text}" if own.count(text) > 1 else text for i, text in enumerate(own)]


def _namer(columns: list[Column], layout: Layout) -> Callable[[str, str], str]:
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


def _terms(columns: list[list[Column]], namer, layout: Layout) -> list[tuple[str, str]]:
    """(block, term) in drawing order."""
    frames = [column[0].parts[0].estimates for column in columns]
    keys = list(dict.fromkeys(k for f in frames for k in zip(f["block"], f["term"], strict=True)))
    block_of = {term: block for block, term in keys}
    check_patterns(list(block_of), lambda t: namer(t, block_of[t]), layout)
    known = [*BLOCKS, *dict.fromkeys(b for b, _ in keys if b not in BLOCKS)]
    own = [t for b, t in keys if b == "X"]
    out = []
    for block in known:
        terms = [t for b, t in keys if b == block]
        if block != "X":  # lags in the order of their variables
            terms.sort(key=lambda t: own.index(b) if (b := t.removeprefix("W ")) in own else len(own))
        if layout.keep is None:
            terms = [t for t in terms if block != "variance" and t != INTERCEPT]
        out += [(block, t) for t in select(terms, lambda t, block=block: namer(t, block), layout)]
    return out


def _row(block: str, term: str, namer, columns: list[list[Column]]) -> Row:
    values = []
    for column in columns:
        found = []
        for each in column:
            frame = each.parts[0].estimates
            hit = frame[(frame["block"] == block) & (frame["term"] == term)]
            found += hit[["estimate", "conf_low", "conf_high"]].to_numpy(float).tolist()[:1]
        values.append((found[0][0], tuple((low, high) for _, low, high in found)) if found else None)
    return Row(block, namer(term, block), tuple(values))


def _impact(frame, term: str):
    """Estimate and limits of one variable; None where a record does not have it."""
    hit = None if frame is None else frame[frame["term"] == term]
    if hit is None or hit.empty or not np.isfinite(hit["estimate"].iloc[0]):
        return None
    estimate, low, high = hit[["estimate", "conf_low", "conf_high"]].to_numpy(float)[0]
    return estimate, ((low, high),)


def _folded(text: str, inches: float) -> str:
    """A label in lines; the sign of a product stays with what follows."""
    return wrapped(text, inches).replace("×\n", "× ")


def _places(rows: list[Row], models: int, heads: bool, inches: float) -> tuple[list[float], dict[str, float], float]:
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


def _intervals(axes, rows: list[Row], models: int) -> None:
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


def _row_axis(axes, rows: list[Row], models: int, heads: bool, inches: float, words: Words) -> None:
    """Labels of the rows, headings of the blocks, and every mark at its place."""
    at, headings, end = _places(rows, models, heads, inches)
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


def _legend(figure: PaperFigure, names: list[str]) -> None:
    from matplotlib.lines import Line2D

    if len(names) < 2:
        return
    handles = [
        Line2D([], [], color=color, marker=marker, linewidth=0.9, label=name, markerfacecolor=color if m % 2 == 0 else "white")
        for m, (name, (color, marker, _)) in enumerate(zip(names, LINES, strict=False))
    ]  # fmt: skip
    fits = figure.get_figwidth() / (0.45 + 0.065 * max(map(len, names)))
    figure.legend(handles=handles, loc="outside lower center", ncols=max(1, min(len(names), int(fits))))
