"""Moran scatter plots, of one variable and of two."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import InputError, listing
from toolkit.report.figure import PALE, PaperFigure, inches_of, new_figure
from toolkit.report.labels import place_labels
from toolkit.report.words import phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["moran_bivariate_scatter", "moran_scatter"]


def moran_scatter(
    record,
    time: object = None,
    *,
    variable: str | None = None,
    label: str | Iterable[object] | None = "outliers",
    name: str | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Moran scatter plot: the standardised variable against its spatial lag, with slope I.

    Parameters
    ----------
    record : MoranTable
        From `tk.moran`.
    time : optional
        A period, or a list of periods for small multiples on one scale. The last period by default.
    variable : str, optional
        Which of the record's variables; the first by default.
    label : {"outliers", "all", None} or list of regions
        Regions to name. Outliers lie outside the 95 percent ellipse of two uncorrelated normal
        variables, the eight farthest at most.
    name : str, optional
        Name of the variable on the axes; the codebook's label by default.
    width : {"one", "two"} or float, optional
        Journal columns or inches; one column for one panel, two for several.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        The record has no such period, variable or region.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran(panel, "unemp", tk.weights.queen(panel), permutations=99, seed=1)
    >>> len(tk.charts.moran_scatter(record, [1970, 1986]).axes)
    2
    """
    if not (hasattr(record, "tidy") and hasattr(record, "scatter") and hasattr(record, "variables")):
        raise InputError(f"moran_scatter cannot draw a {type(record).__name__}.", allowed="the record made by tk.moran")
    table = record.tidy()
    variable = table["variable"].iloc[0] if variable is None else variable
    rows = table[table["variable"] == variable]
    if rows.empty:
        raise InputError(f"The record has no variable {variable!r}.", allowed=listing(table["variable"].unique()))
    times = _periods(time, list(rows["time"]))
    xlabel = phrase("standardised", lang, x=name or record.labels[variable][lang == "zh"])
    points = [record.scatter(t, variable) for t in times]
    return _draw(rows, times, points, xlabel, phrase("lag_short", lang), label, width, lang, record)


def moran_bivariate_scatter(
    record,
    time: object = None,
    *,
    label: str | Iterable[object] | None = "outliers",
    names: tuple[str, str] | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Bivariate Moran scatter plot: a variable against the spatial lag of another, with slope I.

    Parameters
    ----------
    record : BivariateMoranTable
        From `tk.moran_bivariate`.
    time, label, width, lang
        As for `moran_scatter`.
    names : (str, str), optional
        Names of the variable and of the lagged one on the axes; the codebook's labels by default.

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        The record has no such period or region, or is no such record.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.moran_bivariate(panel, "unemp", "log(gsp / emp)", tk.weights.queen(panel), permutations=99, seed=1)
    >>> len(tk.charts.moran_bivariate_scatter(record, 1986).axes)
    1
    """
    if not (hasattr(record, "scatter") and hasattr(record, "lagged")):
        raise InputError(
            f"moran_bivariate_scatter cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.moran_bivariate",
        )
    rows = record.tidy()
    times = _periods(time, list(rows["time"]))
    x, y = names or (record.labels[lang == "zh"], record.lagged_labels[lang == "zh"])
    points = [record.scatter(t) for t in times]
    words = phrase("standardised", lang, x=x), phrase("lag", lang, x=y)
    return _draw(rows, times, points, *words, label, width, lang, record)


def _draw(rows, times: list, points: list, xlabel: str, ylabel: str, label, width, lang: str, record) -> PaperFigure:
    names = record.names_zh if lang == "zh" and record.names_zh else record.names
    chosen = [_chosen(frame, label) for frame in points]
    columns = min(len(times), 3)
    lines = -(-len(times) // columns)
    width = width or ("one" if len(times) == 1 else "two")
    figure = new_figure(width, 0.92 * inches_of(width) / columns * lines + 0.1, lang=lang)
    with figure.styled():
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes in grid.flat[len(times) :]:
            axes.remove()
        for axes, frame, t in zip(grid.flat, points, times, strict=False):
            row = rows[rows["time"] == t].iloc[0]
            _scatter_panel(axes, frame, row, title=str(t) if len(rows) > 1 else "")
        _pad(grid.flat[0], points)
        if len(times) == 1:
            grid[0, 0].set(xlabel=xlabel, ylabel=ylabel)
        else:
            figure.supxlabel(xlabel, fontsize=7.5)
            figure.supylabel(ylabel, fontsize=7.5)
        for axes in grid.flat[: len(times)]:
            _quadrants(axes)
        for axes, frame, rank in zip(grid.flat, points, chosen, strict=False):
            cloud = frame[["z", "lag"]].to_numpy()
            place_labels(axes, cloud[rank], [names[i] for i in rank], avoid=cloud)
    return figure


def _periods(time: object, known: list) -> list:
    """The periods asked for, checked; a list stays a list."""
    asked = (
        [known[-1]] if time is None else list(time) if isinstance(time, (list, tuple, range, np.ndarray)) else [time]
    )
    unknown = [t for t in asked if t not in known]
    if unknown or not asked:
        raise InputError(
            f"The record has no period {listing(unknown) or 'in an empty list'}.", allowed=listing(known, 40)
        )
    return asked


def _chosen(frame, label) -> list[int]:
    """Positions of the regions to name."""
    if label is None:
        return []
    if isinstance(label, str):
        if label == "all":
            return list(range(len(frame)))
        if label == "outliers":
            lag = (frame["lag"] - frame["lag"].mean()) / frame["lag"].std(ddof=0)
            distance = (frame["z"] ** 2 + lag**2).to_numpy()
            return [int(i) for i in np.argsort(-distance)[:8] if distance[i] > 5.991]  # chi2(2), 95 percent
        label = [label]
    ids, names = list(frame["region"]), list(frame["name"])
    out = []
    for wanted in label:
        if wanted not in ids and wanted not in names:
            raise InputError(
                f"label={wanted!r} is no region of the record.",
                allowed='"outliers", "all", None, or ids or names of regions',
            )
        out.append(ids.index(wanted) if wanted in ids else names.index(wanted))
    return out


def _scatter_panel(axes: Axes, frame, row, title: str) -> None:
    z, lag = frame["z"].to_numpy(), frame["lag"].to_numpy()
    axes.axhline(0, color=PALE, linewidth=0.6, zorder=1)
    axes.axvline(0, color=PALE, linewidth=0.6, zorder=1)
    axes.scatter(z, lag, s=11, facecolor="#6baed6", edgecolor="#08306b", linewidth=0.5, zorder=3)
    ends = np.array([z.min(), z.max()])
    axes.plot(ends, lag.mean() + row["statistic"] * (ends - z.mean()), color="#a50f15", linewidth=1.2, zorder=4)
    p = row["p_perm"] if row["permutations"] else row["p_value"]
    value = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    head = f"I = {row['statistic']:.3f}, {value}".replace("-", "−")
    axes.set_title(f"{title}:  {head}" if title else head, fontweight="normal")


def _pad(axes: Axes, frames: list) -> None:
    """Common limits of all panels, with room for names at the rim."""
    z = np.concatenate([f["z"] for f in frames])
    lag = np.concatenate([f["lag"] for f in frames])
    for values, setter in ((z, axes.set_xlim), (lag, axes.set_ylim)):
        low, high = min(values.min(), 0), max(values.max(), 0)
        setter(low - 0.12 * (high - low), high + 0.12 * (high - low))


def _quadrants(axes: Axes) -> None:
    for x, y, ha, va, text in (
        (0.985, 0.985, "right", "top", "HH"),
        (0.015, 0.985, "left", "top", "LH"),
        (0.015, 0.015, "left", "bottom", "LL"),
        (0.985, 0.015, "right", "bottom", "HL"),
    ):
        axes.text(x, y, text, transform=axes.transAxes, ha=ha, va=va, color="#8c8c8c", fontsize=7, zorder=2)
