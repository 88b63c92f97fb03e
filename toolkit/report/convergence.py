"""Figures of convergence: growth on the initial level, dispersion over time, transition paths of clubs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from toolkit.errors import InputError, listing
from toolkit.report.figure import GREY, INK, LINES, PALE, PaperFigure, new_figure
from toolkit.report.labels import place_labels
from toolkit.report.words import phrase, wrapped

__all__ = ["convergence_scatter", "dispersion", "regional_unit_roots", "transition_paths"]


def convergence_scatter(
    record,
    *,
    effect: str = "coefficient",
    label: str | Sequence[object] | None = "outliers",
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Mean annual growth against the log of the initial level, with the fitted slope, speed and half-life.

    Parameters
    ----------
    record : BetaConvergence
        From `tk.beta_convergence`.
    effect : {"coefficient", "direct", "total"}
        Whose slope is drawn: through the means of both axes, so that controls and neighbours are at theirs. With effects
        both axes are less the means of periods, regions or both.
    label : {"outliers", "all", None} or list of regions
        Regions to name, for one span only. Outliers: the eight farthest from the line and the two ends.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    InputError
        Another record, or an effect or region it does not have.

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.beta_convergence(tk.load("us_income"), "income", first=1929, last=1994)
    >>> tk.charts.convergence_scatter(record).axes[0].get_ylabel()
    'Mean annual growth, %'
    """
    if not (hasattr(record, "points") and hasattr(record, "speeds")):
        raise InputError(
            f"convergence_scatter cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.beta_convergence",
        )
    if effect not in record.speeds:
        raise InputError(f"effect={effect!r} is not of this model.", allowed=listing(record.speeds))
    speed, points = record.speeds[effect], record.points()
    within = "_within" if record.effects != "none" else ""
    x, y = points[f"initial{within}"].to_numpy(), 100 * points[f"growth{within}"].to_numpy()
    figure = new_figure(width, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        if y.min() <= 0 <= y.max():
            axes.axhline(0, color=PALE, linewidth=0.6, zorder=1)
        many = len(points) > len(record.regions)
        axes.scatter(
            x,
            y,
            s=6 if many else 12,
            facecolor="#6baed6",
            edgecolor="#08306b",
            linewidth=0.3 if many else 0.5,
            zorder=3,
        )
        ends = np.array([x.min(), x.max()])
        axes.plot(ends, y.mean() + 100 * speed.q * (ends - x.mean()), color="#a50f15", zorder=4)
        shown = record.label_zh if lang == "zh" and record.label_zh else record.label
        start = str(record.first) if not many else phrase("span_start", lang)
        less = phrase(f"less_{record.effects}", lang) if within else ""
        axes.set_xlabel(wrapped(phrase("log_initial", lang, x=shown, start=start) + less, figure.get_figwidth() - 0.6))
        axes.set_ylabel(phrase("growth", lang) + less)
        axes.set_title(_heading(speed, effect, lang), fontweight="normal")
        axes.margins(0.08)
        if not many:
            chosen = _named(points, y - (y.mean() + 100 * speed.q * (x - x.mean())), label)
            cloud = np.column_stack([x, y])
            names = record.names_zh if lang == "zh" and record.names_zh else record.names
            place_labels(axes, cloud[chosen], [names[i] for i in chosen], avoid=cloud)
    return figure


def dispersion(record, *, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Dispersion between regions by year, a line for each group, with its linear trend.

    Parameters
    ----------
    record : SigmaConvergence
        From `tk.sigma_convergence`.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.sigma_convergence(tk.load("us_income"), "income")
    >>> len(tk.charts.dispersion(record).axes)
    1
    """
    if not (hasattr(record, "dispersion") and hasattr(record, "slopes")):
        raise InputError(
            f"dispersion cannot draw a {type(record).__name__}.", allowed="the record made by tk.sigma_convergence"
        )
    if len(record.groups) > len(LINES):
        raise InputError(f"{len(record.groups)} groups are too many for one chart.", allowed=f"up to {len(LINES)}")
    numeric = all(isinstance(t, (int, float, np.number)) for t in record.times)
    x = np.asarray(record.times, float) if numeric else np.arange(len(record.times))
    figure = new_figure(width, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        for group, y, (color, marker, dash) in zip(record.groups, record.dispersion, LINES, strict=False):
            axes.plot(
                x,
                y,
                color=color,
                linestyle=dash,
                marker=marker,
                markersize=2.5,
                label=_group(group, record, lang),
                zorder=3,
            )
            slope, _ = record.slopes[group]
            axes.plot(x, np.mean(y) + slope * (x - x.mean()), color=color, linewidth=0.6, zorder=2)
        axes.set_ylabel(phrase(f"measure_{record.measure}", lang))
        axes.set_ylim(bottom=0)
        if numeric:
            axes.set_xlabel(phrase("year", lang))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
        else:
            axes.set_xticks(x, [str(t) for t in record.times])
        label = record.label_zh if lang == "zh" and record.label_zh else record.label
        axes.set_title(wrapped(label, figure.get_figwidth() - 0.5), fontweight="normal")
        handles = axes.get_legend_handles_labels()[0] if len(record.groups) > 1 else []
        handles.append(Line2D([], [], color=GREY, linewidth=0.6, label=phrase("trend", lang)))
        figure.legend(handles=handles, loc="outside lower center", ncols=min(3, len(handles)))
    return figure


def transition_paths(record, *, regions: bool = True, width: str | float = "one", lang: str = "en") -> PaperFigure:
    """Relative transition paths: the mean of each club, and its regions as thin lines.

    Parameters
    ----------
    record : Clubs
        From `tk.convergence_clubs`.
    regions : bool
        Draw the paths of the regions too.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> clubs = tk.convergence_clubs(tk.load("us_income").between(1960, 2009), "log(income)")
    >>> tk.charts.transition_paths(clubs).axes[0].get_xlabel()
    'Year'
    """
    if not hasattr(record, "transition_paths"):
        raise InputError(
            f"transition_paths cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.convergence_clubs",
        )
    numeric = all(isinstance(t, (int, float, np.number)) for t in record.times)
    x = np.asarray(record.times, float) if numeric else np.arange(len(record.times))
    numbers = [*range(1, len(record.tests) + 1), *([0] if (record.club == 0).any() else [])]
    figure = new_figure(width, lang=lang)
    with figure.styled():
        axes = figure.subplots()
        axes.axhline(1, color=PALE, linewidth=0.6, zorder=1)
        for rank, number in enumerate(numbers):
            color, _, dash = LINES[rank % len(LINES)] if number else (GREY, "", (0, (1, 2)))
            inside = record.paths[:, record.club == number]
            if regions:
                axes.plot(x, inside, color=color, linewidth=0.35, alpha=0.45, zorder=2)
            key = "club" if number else "no_club"
            text = phrase(key, lang, i=number, n=inside.shape[1])
            axes.plot(x, inside.mean(axis=1), color=color, linestyle=dash, linewidth=1.8, label=text, zorder=4)
        if numeric:
            axes.set_xlabel(phrase("year", lang))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
        else:
            axes.set_xticks(x, [str(t) for t in record.times])
        axes.set_ylabel(phrase("relative_path", lang))
        label = record.label_zh if lang == "zh" and record.label_zh else record.label
        axes.set_title(wrapped(label, figure.get_figwidth() - 0.5), fontweight="normal")
        axes.margins(x=0.02)
        figure.legend(loc="outside lower center", ncols=2 if figure.get_figwidth() < 5 else 4)
    return figure


def regional_unit_roots(
    record, *, test: str = "IPS", level: str = "5%", width: str | float = "one", lang: str = "en"
) -> PaperFigure:
    """Each region's Dickey-Fuller t, in order, with their mean and its critical value.

    Parameters
    ----------
    record : StochasticConvergence
        From `tk.stochastic_convergence`.
    test : {"IPS", "CIPS"}
    level : {"1%", "5%", "10%"}
        Of the critical value of the mean.
    width : {"one", "two"} or float
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Examples
    --------
    >>> import toolkit as tk
    >>> record = tk.stochastic_convergence(tk.load("mexico"), "log(pcgdp)", lags=0, deterministic="none", draws=99, seed=1)
    >>> len(tk.charts.regional_unit_roots(record).axes)
    1
    """
    if not (hasattr(record, "ips_t") and hasattr(record, "critical")):
        raise InputError(
            f"regional_unit_roots cannot draw a {type(record).__name__}.",
            allowed="the record made by tk.stochastic_convergence",
        )
    for name, given, known in (("test", test, record.tests), ("level", level, record.critical["IPS"])):
        if given not in known:
            raise InputError(f"{name}={given!r} is unknown.", allowed=listing(known))
    t = record.ips_t if test == "IPS" else record.cips_t
    order = np.argsort(-t)
    figure = new_figure(width, max(2.2, 0.11 * len(t) + 0.9), lang=lang)
    with figure.styled():
        axes = figure.subplots()
        axes.plot(t[order], np.arange(len(t)), "o", color="#2171b5", markersize=2.5, zorder=3)
        mean, critical = record.tests[test].statistic, record.critical[test][level]
        axes.axvline(mean, color=INK, linewidth=1.0, label=phrase("mean_t", lang, t=f"{mean:.2f}".replace("-", "−")))
        text = phrase("critical_mean", lang, level=level, t=f"{critical:.2f}".replace("-", "−"))
        axes.axvline(critical, color="#a50f15", linewidth=1.0, linestyle=(0, (4, 2)), label=text)
        names = record.names_zh if lang == "zh" and record.names_zh else record.names
        axes.set_yticks(np.arange(len(t)), [names[i] for i in order], fontsize=5.5)
        axes.set_ylim(-0.8, len(t) - 0.2)
        axes.set_xlabel(phrase("regional_t", lang, test=test))
        label = record.label_zh if lang == "zh" and record.label_zh else record.label
        p = record.tests[test].p_value
        axes.set_title(wrapped(f"{label}: {test}, p = {p:.3f}", figure.get_figwidth() - 1.2), fontweight="normal")
        figure.legend(loc="outside lower center", ncols=1 if figure.get_figwidth() < 5 else 2)
    return figure


def _heading(speed, effect: str, lang: str) -> str:
    what = phrase(f"effect_{effect}", lang)
    if np.isnan(speed.speed):
        return phrase("speed_undefined", lang, effect=what)
    se = "" if np.isnan(speed.speed_se) else f" ({100 * speed.speed_se:.2f})"
    text = phrase("speed", lang, effect=what, speed=f"{100 * speed.speed:.2f}{se}".replace("-", "−"))
    return text + (phrase("half_life", lang, years=f"{speed.half_life:.0f}") if np.isfinite(speed.half_life) else "")


def _group(group: str, record, lang: str) -> str:
    return (
        phrase("all_regions", lang)
        if group == "all"
        else record.group_labels.get(group, group)
        if lang == "zh"
        else group
    )


def _named(points, gap: np.ndarray, label) -> list[int]:
    if label is None:
        return []
    ids, names = list(points["region"]), list(points["name"])
    if isinstance(label, str):
        if label == "all":
            return list(range(len(points)))
        if label == "outliers":
            initial = points["initial"].to_numpy()
            far = list(np.argsort(-np.abs(gap))[:8])
            return list(dict.fromkeys([int(i) for i in [*far, int(initial.argmin()), int(initial.argmax())]]))
        label = [label]
    unknown = [r for r in label if r not in ids and r not in names]
    if unknown:
        raise InputError(
            f"label names no region of the record: {listing(map(str, unknown))}.",
            allowed='"outliers", "all", None, or ids or names of regions',
        )
    return [ids.index(r) if r in ids else names.index(r) for r in label]
