"""Charts of distributions over time: ridges, a surface, and stochastic kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, INK, PaperFigure, inches_of, new_figure
from toolkit.report.words import phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["density_surface", "kernel_contour", "ridges"]


def ridges(
    record,
    years=None,
    *,
    overlap: float = 1.6,
    name: str | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Densities of several years, one above the other on one scale, the earliest on top.

    Parameters
    ----------
    record : DensityTable
        From `tk.densities`.
    years : sequence of periods, optional
        Twelve at most by default, evenly spread, first and last among them.
    overlap : float
        Height of the highest peak in rows; above 1 the ridges overlap.
    name : str, optional
        Name of the variable on the axis.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another kind of record, an unknown year, or an overlap that is not positive.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.charts.ridges(tk.densities(tk.load("us_income"), "income"))
    >>> len(figure.axes[0].get_yticks())
    12
    """
    _check(record, "by_year", "ridges", "tk.densities")
    if isinstance(overlap, bool) or not isinstance(overlap, int | float) or not 0 < overlap <= 10:
        raise InputError(f"overlap={overlap!r} cannot be used.", allowed="a number above 0, at most 10")
    rows = _years(record, years, 12)
    x, f = _trimmed(record, rows)
    f = f / f.max() * overlap
    figure = new_figure(width, 0.24 * (len(rows) + overlap) + 0.55, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        if record.relative:
            axes.axvline(1, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0.5)
        for i, curve in enumerate(f):
            base = -i
            axes.fill_between(x, base, base + curve, facecolor="#9ecae1", alpha=0.85, linewidth=0, zorder=1 + i)
            axes.plot(x, base + curve, color="#08306b", linewidth=0.8, zorder=1.4 + i)
        axes.set_yticks([-i for i in range(len(rows))], [str(record.times[r]) for r in rows])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set(xlim=(x[0], x[-1]), ylim=(-len(rows) + 0.85, overlap + 0.05), xlabel=_named(record, name, lang))
    return figure


def density_surface(
    record,
    *,
    elevation: float = 32,
    azimuth: float = -62,
    name: str | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Densities of all years as a surface over the variable and time, with lines for twelve years at most.

    A surface shows the sweep; heights are better read off `ridges`.

    Parameters
    ----------
    record : DensityTable
        From `tk.densities`, at least two years.
    elevation, azimuth : float
        Point of view in degrees.
    name, width, lang
        As for `ridges`.

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another kind of record, or one year only.

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.charts.density_surface(tk.densities(tk.load("mexico"), "pcgdp")).axes[0].name
    '3d'
    """
    import mpl_toolkits.mplot3d  # noqa: F401  registers the projection

    _check(record, "by_year", "density_surface", "tk.densities")
    if len(record.times) < 2:
        raise InputError("A surface needs at least two years.", fix="use tk.charts.ridges")
    x, f = _trimmed(record, list(range(len(record.times))))
    numeric = all(isinstance(t, (int, float, np.integer, np.floating)) for t in record.times)
    t = np.array(record.times, float) if numeric else np.arange(len(record.times), dtype=float)
    figure = new_figure(width, 0.95 * inches_of(width), lang=lang)
    with figure.styled():
        axes = figure.add_subplot(projection="3d", computed_zorder=False)
        _strips(axes, x, t, f, set(_years(record, None, 12)), azimuth)
        axes.view_init(elev=elevation, azim=azimuth)
        axes.set_box_aspect((1.1, 1.2, 0.7), zoom=0.86)
        axes.set_xlabel(_named(record, name, lang), labelpad=-4)
        axes.set_ylabel(phrase("year", lang), labelpad=1)
        axes.zaxis.set_rotate_label(False)
        axes.set_zlabel(phrase("density", lang), labelpad=-6, rotation=90)
        axes.tick_params(labelsize=6, pad=-3)
        if numeric:
            axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        else:
            axes.set_yticks(t, [str(v) for v in record.times])
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.zaxis.set_major_locator(MaxNLocator(4))
        for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
            axis.pane.set(facecolor="white", edgecolor="#d9d9d9")
            axis._axinfo["grid"].update(color="#e6e6e6", linewidth=0.4)
    return figure


def _strips(axes: Axes, x: np.ndarray, t: np.ndarray, f: np.ndarray, lined: set[int], azimuth: float) -> None:
    """The surface in strips between years, farthest first, so that nearer ones hide lines behind them."""
    from matplotlib import colormaps

    colors = colormaps["YlGnBu"](0.9 * f / f.max())
    order = range(len(t) - 2, -1, -1) if np.sin(np.radians(azimuth)) < 0 else range(len(t) - 1)
    step = max(1, len(x) // 90)
    for depth, r in enumerate(order):
        far, near = (r + 1, r) if order.step < 0 else (r, r + 1)
        if depth == 0:
            axes.plot(x, np.full_like(x, t[far]), f[far], color=INK, linewidth=0.5, zorder=2.5)
        both = slice(r, r + 2)
        axes.plot_surface(
            *np.meshgrid(x, t[both]),
            f[both],
            facecolors=colors[both],
            rstride=1,
            cstride=step,
            linewidth=0,
            antialiased=False,
            shade=False,
            zorder=2 + 2 * depth,
        )
        if near in lined:
            axes.plot(
                x, np.full_like(x, t[near]), f[near], color=INK, linewidth=0.5, zorder=4.5 + 2 * depth
            )  # over the next strip


def kernel_contour(
    record, *, levels: int = 9, name: str | None = None, width: str | float | None = None, lang: str = "en"
) -> PaperFigure:
    """Contours of a stochastic kernel with the 45-degree line, and the ergodic density beside it.

    Drawn where there are observations of x. Mass along the 45-degree line means persistence, along a
    horizontal line convergence; the dashed line is the conditional mean.

    Parameters
    ----------
    record : KernelTable
        From `tk.stochastic_kernel`.
    levels : int
        Number of contours.
    name : str, optional
        Name of the variable.
    width : {"one", "two"} or float, optional
        Two columns by default; one for a kernel given the neighbours, which has no ergodic density.
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another kind of record, or fewer than three levels.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.charts.kernel_contour(tk.stochastic_kernel(tk.load("us_income"), "income", lag=10))
    >>> figure.axes[0].get_xlabel()
    'Personal income per head (mean = 1), t'
    """
    _check(record, "marginals", "kernel_contour", "tk.stochastic_kernel")
    if isinstance(levels, bool) or not isinstance(levels, int) or not 3 <= levels <= 40:
        raise InputError(f"levels={levels!r} is not a number of contours.", allowed="3 to 40")
    ergodic = bool(np.isfinite(record.ergodic).all())
    width = width or ("two" if ergodic else "one")
    shown = _named(record, name, lang)
    inches = inches_of(width)
    figure = new_figure(width, inches * (0.52 if ergodic else 1.0), lang=lang)
    with figure.styled():
        if ergodic:
            left, right = figure.subplots(1, 2, width_ratios=(1.12, 1))
            _marginal(right, record, shown, lang)
        else:
            left = figure.subplots()
        drawn = _contours(left, record, levels)
        bar = figure.colorbar(drawn, ax=left, shrink=0.85, pad=0.02, aspect=28)
        bar.set_label(phrase("conditional_density", lang), fontsize=7)
        bar.outline.set_linewidth(0.4)
        bar.ax.tick_params(labelsize=6.5)
        key = "of_neighbours" if record.weights else "at_t"
        later = phrase("at_later", lang, x=shown, lag=record.lag) if record.lag else phrase("at_t", lang, x=shown)
        left.set(xlabel=phrase(key, lang, x=shown), ylabel=later)
        _contour_legend(left, lang)
    return figure


def _contours(axes: Axes, record, levels: int):
    g = record.grid
    inside = (g >= record.x.min()) & (g <= record.x.max())
    tall = (g >= min(record.x.min(), record.y.min())) & (g <= max(record.x.max(), record.y.max()))
    z = record.density[np.ix_(inside, tall)].T
    # the density rises steeply at sparse ends: colours end at the 99.5th percentile of the cells
    top = np.quantile(z, 0.995)
    steps = MaxNLocator(levels).tick_values(0, top)
    steps = steps[(steps > 0) & (steps <= top * 1.02)]
    drawn = axes.contourf(g[inside], g[tall], z, levels=steps, cmap="YlGnBu", extend="max")
    axes.contour(g[inside], g[tall], z, levels=steps, colors="#3a4a5a", linewidths=0.35)
    ends = np.array([g[tall][0], g[tall][-1]])
    halo = {"path_effects": [withStroke(linewidth=2.2, foreground="white")], "zorder": 4}  # seen on dark colours too
    axes.plot(ends, ends, color="#a50f15", linewidth=0.9, **halo)
    axes.plot(g[inside], record.conditional_mean[inside], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), **halo)
    axes.set(xlim=(g[inside][0], g[inside][-1]), ylim=ends, aspect="equal" if not record.weights else "auto")
    return drawn


def _contour_legend(axes: Axes, lang: str) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color="#a50f15", linewidth=0.9, label=phrase("diagonal", lang)),
        Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2)), label=phrase("conditional_mean", lang)),
    ]
    axes.legend(handles=handles, loc="upper left", fontsize=6.5)


def _marginal(axes: Axes, record, shown: str, lang: str) -> None:
    g, step = record.grid, {"color": "#a50f15", "linewidth": 1.3, "label": phrase("ergodic_density", lang)}
    axes.fill_between(g, record.density_x, facecolor="#dcdcdc", linewidth=0, label=phrase("density_start", lang))
    axes.plot(g, record.density_x, color=GREY, linewidth=0.7)
    axes.plot(g, record.ergodic, **step)
    if record.relative:
        axes.axvline(1, color=GREY, linewidth=0.6, linestyle=(0, (3, 2)))
    axes.set(xlabel=shown, ylabel=phrase("density", lang), xlim=(g[0], g[-1]))
    axes.set_ylim(0, 1.22 * max(record.density_x.max(), record.ergodic.max()))
    axes.legend(loc="upper right", fontsize=6.5)


def _check(record, method: str, chart: str, source: str) -> None:
    if not (hasattr(record, "grid") and hasattr(record, "density") and hasattr(record, method)):
        raise InputError(f"{chart} cannot draw a {type(record).__name__}.", allowed=f"the record made by {source}")


def _named(record, name: str | None, lang: str) -> str:
    if name is not None:
        return name
    label = record.label_zh if lang == "zh" and record.label_zh else record.label
    if record.relative:
        return phrase("relative", lang, x=label)
    return f"{label} ({record.unit})" if record.unit else label


def _years(record, years, most: int) -> list[int]:
    known = list(record.times)
    if years is None:
        return sorted({int(r) for r in np.linspace(0, len(known) - 1, min(most, len(known))).round()})
    asked = list(years) if isinstance(years, (list, tuple, range, np.ndarray)) else [years]
    unknown = [t for t in asked if t not in known]
    if unknown or not asked:
        raise InputError(
            f"The record has no year {listing(unknown) or 'in an empty list'}.", allowed=listing(known, 40)
        )
    return sorted({known.index(t) for t in asked})


def _trimmed(record, rows: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Grid and densities without the flat tails of all these years."""
    f = record.density[rows]
    seen = np.flatnonzero((f > 0.004 * f.max()).any(axis=0))
    cut = slice(max(seen[0] - 1, 0), seen[-1] + 2)
    return record.grid[cut], f[:, cut]
