"""Coefficient plot: estimates of one or several models with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.contracts import BLOCKS
from toolkit.errors import InputError
from toolkit.report.estimate_rows import (
    Row,
    draw_intervals,
    labeller,
    layout_of,
    legend_of_models,
    level_words,
    models_and_titles,
    names_of,
    row_axis,
    row_places,
)
from toolkit.report.figure import PaperFigure, inches_of, new_figure
from toolkit.report.tables.columns import Column, extract
from toolkit.report.tables.layout import Layout, check_patterns, select
from toolkit.report.tables.terms import INTERCEPT
from toolkit.report.words import wrapped

__all__ = ["coefficients"]


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
    layout = layout_of(labels, keep, drop, order, lang)
    items, names = models_and_titles(models, titles, "coefficients")
    columns = [[extract(item, each) for each in levels] for item in items]
    if any(column[0].parts[0].effect for column in columns):
        raise InputError("coefficients draws fits, and impacts were given.", fix="draw them by tk.charts.impacts")
    namer = labeller([column[0] for column in columns], layout)
    terms = _terms(columns, namer, layout)
    if not terms:
        raise InputError("There is no term left to draw.", fix="name it in keep=, which also brings back the constant")
    rows = [_row(block, term, namer, columns) for block, term in terms]
    names = names_of(names, [column[0] for column in columns])
    depvars = {column[0].depvar for column in columns}
    if title is None and len(depvars) == 1 and (only := depvars.pop()):
        title = f"{layout.words['depvar']}{layout.words['colon']}{namer(only, 'X')}"
    heads = blocks and len({row.block for row in rows}) > 1
    inches = inches_of(width)
    text = wrapped(title, inches - 0.2) if title else ""
    height = row_places(rows, len(items), heads, 0.4 * inches)[2] + 0.55 + 0.13 * text.count("\n") + 0.18 * bool(text)
    figure = new_figure(width, height + (0.25 if len(items) > 1 else 0), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        draw_intervals(axes, rows, len(items))
        row_axis(axes, rows, len(items), heads, 0.4 * inches, layout.words)
        axes.set_xlabel(wrapped(level_words(levels, lang), 0.6 * inches))
        if text:
            figure.suptitle(text, fontsize=7.5, x=0.02, ha="left")
        legend_of_models(figure, names)
    return figure


def _levels(level: object) -> tuple[float, ...]:
    """One or two confidence levels, the wider interval first."""
    given = [level] if isinstance(level, (int, float)) else list(level) if isinstance(level, Sequence) else []
    if not 1 <= len(given) <= 2 or not all(isinstance(x, (int, float)) and 0 < x < 1 for x in given):
        raise InputError(f"level={level!r} is not one or two levels.", allowed="e.g. 0.95 or (0.9, 0.95)")
    return tuple(sorted(map(float, given), reverse=True))


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
