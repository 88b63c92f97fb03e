"""Marginal effects over a moderator, with their band and where the moderator was observed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.report.chart_requests import need
from toolkit.report.figure import GREY, LINES, PaperFigure, inches_of, new_figure
from toolkit.report.tables.terms import term_label
from toolkit.report.words import phrase, wrapped

__all__ = ["marginal_effects"]

_EFFECTS = ("direct", "indirect", "total")
_SHOWN = ("rug", "histogram")
#: More marks than this run into one another; a histogram says more.
_RUG = 300


def marginal_effects(
    record,
    *,
    effects: Sequence[str] | str | None = None,
    horizon: str | None = None,
    observed: str | None = "auto",
    labels: tuple[str, str] | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """The effect of a variable over the values of a moderator or of itself, with its pointwise confidence band.

    Parameters
    ----------
    record : MarginalEffects
        From `tk.marginal_effects`.
    effects : list of {"direct", "indirect", "total"}, optional
        Panels, on one scale; by default all three for a model with spillovers, one effect otherwise.
    horizon : {"short", "long"}, optional
        For dynamic models; short by default.
    observed : {"auto", "rug", "histogram", None}
        How the distribution of the moderator is shown at the foot: by default a rug up to 300 observations, then a histogram.
    labels : (str, str), optional
        Names of the variable and the moderator; by default those of the codebook.
    width : {"one", "two"} or float, optional
        One column for one panel, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another record, an unknown effect, horizon or way to show what was observed, or a single value.

    Examples
    --------
    >>> import toolkit as tk
    >>> fit = tk.fit("CRIME ~ INC * HOVAL", tk.load("columbus"))
    >>> figure = tk.charts.marginal_effects(tk.marginal_effects(fit, "INC", by="HOVAL"))
    >>> len(figure.axes)
    1
    """
    need(record, ("table", "observed", "spatial", "by"), "marginal_effects", "tk.marginal_effects")
    table = _of_horizon(record.table, horizon)
    effects = _panels(record, effects)
    if table["value"].nunique() < 2:
        raise InputError(
            "marginal_effects draws a line and needs at least two values.", fix="tk.marginal_effects(values=)"
        )
    if observed not in ("auto", None, *_SHOWN):
        raise InputError(f"observed={observed!r} is unknown.", allowed=f'"auto", {listing(_SHOWN)}, None')
    if observed == "auto":
        observed = "rug" if len(record.observed) <= _RUG else "histogram"
    known = record.labels_zh if lang == "zh" else record.labels
    names = labels or tuple(term_label(v, known) for v in (record.variable, record.by))
    unit = f" ({record.unit})" if record.unit and labels is None else ""
    width = width or ("one" if len(effects) == 1 else "two")
    inches = inches_of(width)
    figure = new_figure(width, min(0.65 * inches / len(effects) + 0.35, 3.0) + 0.35, lang=lang)
    with figure.styled():
        grid = figure.subplots(1, len(effects), sharey=True, squeeze=False)[0]
        for axes, effect in zip(grid, effects, strict=True):
            _curve(axes, table[table["effect"] == effect].sort_values("value"))
            if len(effects) > 1:
                axes.set_title(phrase(f"effect_{effect}", lang))
            axes.set_xlabel(wrapped(names[1] + unit, 0.8 * inches / len(effects)))
        _room_at_foot(grid, observed)
        for axes in grid:
            _distribution(axes, record.observed, observed)
        depvar = term_label(record.depvar, known)
        text = phrase("marginal", lang, x=names[0], y=depvar, level=100 * record.level)
        grid[0].set_ylabel(wrapped(text, 0.62 * figure.get_figheight()))
    return figure


def _of_horizon(table, horizon: str | None):
    if "horizon" not in table:
        if horizon is not None:
            raise InputError(f"horizon={horizon!r}: the model is not dynamic.", allowed="None")
        return table
    horizon = horizon or "short"
    found = table[table["horizon"] == horizon]
    if found.empty:
        raise InputError(f"horizon={horizon!r} is unknown.", allowed='"short", "long"')
    return found


def _panels(record, effects) -> list[str]:
    if effects is None:
        return list(_EFFECTS) if record.spatial else ["total"]
    effects = [effects] if isinstance(effects, str) else list(effects)
    if not effects or not set(effects) <= set(_EFFECTS):
        raise InputError(f"effects={effects!r} has an unknown effect.", allowed=listing(_EFFECTS))
    return effects


def _curve(axes, rows) -> None:
    color = LINES[0][0]
    x, y, low, high = (rows[c].to_numpy(float) for c in ("value", "estimate", "conf_low", "conf_high"))
    axes.axhline(0, color=GREY, linewidth=0.7, zorder=1)
    axes.fill_between(x, low, high, color="#c6dbef", linewidth=0, zorder=2)
    for limit in (low, high):
        axes.plot(x, limit, color=color, linewidth=0.4, zorder=3)
    axes.plot(x, y, color=color, zorder=4)
    axes.margins(x=0.02)


def _room_at_foot(grid, how: str | None) -> None:
    """Common limits of all panels, with zero among them and room for what is shown at the foot."""
    limits = np.array([axes.dataLim.intervaly for axes in grid])
    low, high = min(limits.min(), 0), max(limits.max(), 0)
    room = {None: 0.04, "rug": 0.1, "histogram": 0.24}[how]
    grid[0].set_ylim(low - room * (high - low), high + 0.05 * (high - low))


def _distribution(axes, observed: np.ndarray, how: str | None) -> None:
    """Where the moderator was observed, at the foot of the panel; values beyond the curve are left out."""
    if how is None:
        return
    left, right = axes.get_xlim()
    axes.set_xlim(left, right)
    inside = observed[(observed >= left) & (observed <= right)]
    foot = axes.get_xaxis_transform()
    if how == "rug":
        axes.vlines(inside, 0, 0.04, transform=foot, color="#404040", linewidth=0.35, zorder=5)
        return
    counts, edges = np.histogram(inside, bins=min(40, max(10, int(np.sqrt(inside.size)))))
    axes.bar(edges[:-1], 0.15 * counts / counts.max(), np.diff(edges), align="edge", transform=foot, color="#bdbdbd",
             edgecolor="white", linewidth=0.3, zorder=1)  # fmt: skip
