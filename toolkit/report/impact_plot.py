"""Impact plot: direct, indirect and total impacts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from toolkit.contracts import Impacts
from toolkit.errors import InputError, listing
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
from toolkit.report.tables.columns import extract, impact_parts
from toolkit.report.tables.layout import check_patterns, select
from toolkit.report.words import phrase, wrapped

__all__ = ["impacts"]

_EFFECTS = ("direct", "indirect", "total")


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
        As for `toolkit.report.coefficient_plot.coefficients`.

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
    items, names = models_and_titles(records, titles, "impacts")
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
    layout = layout_of(labels, keep, drop, order, lang)
    columns = [extract(item) for item in items]
    namer = labeller(columns, layout)
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
    names = names_of(names, columns)
    depvars = {column.depvar for column in columns}
    if title is None and len(depvars) == 1 and (only := depvars.pop()):
        title = f"{layout.words['depvar']}{layout.words['colon']}{namer(only, 'X')}"
    inches = inches_of(width)
    one = row_places(rows[horizons[0], effects[0]], len(items), False, 0.3 * inches)[2]
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
                draw_intervals(axes, rows[horizon, effect], len(items))
                head = phrase(f"effect_{effect}", lang)
                when = layout.words[f"horizon:{horizon}"] if len(horizons) > 1 else ""
                axes.set_title(wrapped(f"{head}{layout.words['comma']}{when.lower()}" if when else head, inches / 4))
                axes.xaxis.get_major_locator().set_params(nbins=max(3, int(1.1 * inches / len(effects))))
                row_axis(axes, rows[horizon, effect], len(items), False, 0.3 * inches, layout.words)
                axes.tick_params(labelleft=j == 0)
        middle = grid[-1, len(effects) // 2 if len(effects) != 2 else 0]
        middle.set_xlabel(wrapped(level_words(tuple(levels), lang), inches - 0.4))
        if title:
            figure.suptitle(wrapped(title, inches - 0.2), fontsize=7.5, x=0.02, ha="left")
        legend_of_models(figure, names)
    return figure


def _impact(frame, term: str):
    """Estimate and limits of one variable; None where a record does not have it."""
    hit = None if frame is None else frame[frame["term"] == term]
    if hit is None or hit.empty or not np.isfinite(hit["estimate"].iloc[0]):
        return None
    estimate, low, high = hit[["estimate", "conf_low", "conf_high"]].to_numpy(float)[0]
    return estimate, ((low, high),)
