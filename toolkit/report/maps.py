"""Maps of a panel: choropleths by year and clusters of local statistics, equal-area, readable in grey print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from toolkit.errors import DataError, InputError, listing
from toolkit.report.classes import classify
from toolkit.report.figure import CLUSTER_STYLE, GREY, INK, NO_DATA, PaperFigure, inches_of, new_figure
from toolkit.report.projection import Sheet, sheet
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.data.panel import Panel

__all__ = ["choropleth", "clusters", "groups", "lisa"]

#: light to dark in even steps of lightness, safe for colour-blind readers (ColorBrewer YlGnBu)
_RAMP = "YlGnBu"
#: Groups, told apart by lightness and hatching, so that grey print is enough.
_GROUPS = (
    ("#08519c", None),
    ("#f7d488", None),
    ("#6baed6", "//////"),
    ("#d95f0e", None),
    ("#e5e5e5", "......"),
    ("#74a063", None),
    ("#c9b3d5", "xxxx"),
    ("#ffffff", "\\\\\\"),
)
_EDGE = {"edgecolor": "#4d4d4d", "linewidth": 0.3}


def choropleth(
    panel: Panel,
    variable: str,
    time: object = None,
    *,
    scheme: str | Iterable[float] = "quantiles",
    k: int = 5,
    title: str | None = None,
    unit: str | None = None,
    projection: str | None = None,
    inset: bool | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Map of one variable in one or several periods, all on one scale.

    Parameters
    ----------
    panel : Panel
        With a map.
    variable : str
        A variable, or an expression such as ``"gdp / pop"``.
    time : period or list of periods, optional
        The last period by default; a list makes small multiples.
    scheme : {"quantiles", "equal", "natural"} or list of cut points
    k : int
        Number of classes, 2 to 9.
    title, unit : str, optional
        Over the legend; by default the codebook's label and unit.
    projection : str, optional
        See `toolkit.report.projection.sheet`: equal-area by default; ``"keep"`` for maps without a reference system.
    inset : bool, optional
        Islets of the South China Sea in an inset; by default where they are.
    width : {"one", "two"} or float, optional
    lang : {"en", "zh"}

    Returns
    -------
    PaperFigure

    Raises
    ------
    DataError, InputError
        No map, no such variable or period, nothing to map, or an unknown option.

    Examples
    --------
    >>> import toolkit as tk
    >>> figure = tk.maps.choropleth(tk.load("munnell"), "unemp", [1970, 1986])
    >>> [axes.get_title("left") for axes in figure.axes]
    ['1970', '1986']
    """
    from matplotlib import colormaps

    times = _periods(time, list(panel.times))
    values, name, unit_known = _values(panel, variable, times, lang)
    classes = classify(values, scheme, k)
    codes = classes.codes(values)
    colors = colormaps[_RAMP](np.linspace(0.06, 0.95, classes.k))
    styles = [
        [{"facecolor": colors[c]} if c >= 0 else NO_DATA for c in row]
        for row in np.asarray(codes).reshape(len(times), -1)
    ]
    handles = [Patch(facecolor=c, label=text, **_EDGE) for c, text in zip(colors, classes.labels(), strict=True)]
    if (codes < 0).any():
        handles.append(Patch(label=phrase("no_data", lang), linewidth=0.3, **NO_DATA))
    unit = unit_known if unit is None else unit
    heading = (title or name) + (f" ({unit})" if unit else "")
    titles = [str(t) if panel.time is not None else "" for t in times]
    return _map_figure(sheet(panel, projection, inset), styles, titles, handles, heading, width, lang)


def lisa(
    panel: Panel,
    record,
    time: object = None,
    *,
    projection: str | None = None,
    inset: bool | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Map of LISA clusters: high-high, low-low and the two kinds of outliers.

    Parameters
    ----------
    panel : Panel
        With the map of the regions of the record.
    record : LocalMoranTable
        From `tk.local_moran`.
    time, projection, inset, width, lang
        As for `choropleth`.

    Returns
    -------
    PaperFigure

    Raises
    ------
    DataError, InputError
        The record is of other regions, or is no such record.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.local_moran(panel, "unemp", tk.weights.queen(panel), permutations=999, seed=1)
    >>> len(tk.maps.lisa(panel, record, 1986).axes)
    1
    """
    if not (hasattr(record, "cluster") and hasattr(record, "quadrant")):
        raise InputError(f"lisa cannot draw a {type(record).__name__}.", allowed="the record made by tk.local_moran")
    return clusters(panel, record, time, projection=projection, inset=inset, width=width, lang=lang)


def clusters(
    panel: Panel,
    record,
    time: object = None,
    *,
    title: str | None = None,
    projection: str | None = None,
    inset: bool | None = None,
    width: str | float | None = None,
    lang: str = "en",
) -> PaperFigure:
    """Map of the clusters of any local statistic, with the number of regions in each by period.

    Parameters
    ----------
    panel : Panel
        With the map of the regions of the record.
    record : LocalTable
        From `tk.local_moran`, `tk.local_moran_bivariate`, `tk.getis_ord`, `tk.local_geary` or `tk.local_join_count`.
    time, projection, inset, width, lang
        As for `choropleth`.
    title : str, optional
        Over the legend; by default the statistic and the codebook's label.

    Returns
    -------
    PaperFigure

    Raises
    ------
    DataError, InputError
        The record is of other regions, or is no such record.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("munnell")
    >>> record = tk.getis_ord(panel, "unemp", tk.weights.queen(panel), permutations=999, seed=1)
    >>> len(tk.maps.clusters(panel, record, [1970, 1986]).axes)
    2
    """
    if not (hasattr(record, "cluster") and hasattr(record, "categories")):
        raise InputError(
            f"clusters cannot draw a {type(record).__name__}.",
            allowed="the record of a local statistic, e.g. by tk.local_moran or tk.getis_ord",
        )
    if set(record.regions) != set(panel.entities):
        raise DataError(
            f"The record has {len(record.regions)} regions, the panel {panel.N}, and they are not the same.",
            fix="use the panel the record was made from",
        )
    times = _periods(time, list(record.times))
    found = [record.at(t).set_index("region")["cluster"].reindex(panel.entities) for t in times]
    styles = [[CLUSTER_STYLE[c] for c in each] for each in found]
    counts = {key: [int((each == key).sum()) for each in found] for key in record.categories}
    handles = [
        Patch(
            label=f"{phrase(key, lang)}: {', '.join(map(str, number))}",
            facecolor=CLUSTER_STYLE[key]["facecolor"],
            hatch=CLUSTER_STYLE[key]["hatch"],
            **_EDGE,
        )
        for key, number in counts.items()
        if key != "island" or any(number)
    ]
    width = width or ("one" if len(times) == 1 else "two")
    heading = f"{wrapped(title or _cluster_title(record, lang), inches_of(width))}\n{_rule(record, lang)}"
    titles = [str(t) if len(record.times) > 1 else "" for t in times]
    return _map_figure(sheet(panel, projection, inset), styles, titles, handles, heading, width, lang)


def groups(
    panel: Panel,
    division,
    *,
    title: str | None = None,
    projection: str | None = None,
    inset: bool | None = None,
    width: str | float = "one",
    lang: str = "en",
) -> PaperFigure:
    """Map of a division of the regions: convergence clubs, a register, or any mapping from region to group.

    Parameters
    ----------
    panel : Panel
        With a map.
    division : Clubs, str or mapping
        The record of `tk.convergence_clubs`, the name of a register, or region id -> label.
    title : str, optional
        Over the legend.
    projection, inset, width, lang
        As for `choropleth`.

    Returns
    -------
    PaperFigure

    Raises
    ------
    DataError, InputError
        No map, regions without a group, or more than eight groups.

    Examples
    --------
    >>> import toolkit as tk
    >>> panel = tk.load("us_income").between(1960, 2009)
    >>> len(tk.maps.groups(panel, tk.convergence_clubs(panel, "log(income)")).axes)
    1
    """
    label = title or ""
    if isinstance(division, str):
        found = panel.register(division, lang).to_dict()
        order = list(dict.fromkeys(found.values()))
        label = title or panel.register_info(division).title
    elif hasattr(division, "club"):
        counts = {int(c): int((division.club == c).sum()) for c in division.club}
        words = {c: phrase("club" if c else "no_club", lang, i=c, n=n) for c, n in counts.items()}
        found = {r: words[int(c)] for r, c in zip(division.regions, division.club, strict=True)}
        order = [words[c] for c in sorted(words, key=lambda c: (c == 0, c))]
        label = title or (division.label_zh if lang == "zh" and division.label_zh else division.label)
    elif hasattr(division, "items"):
        found = {k: str(v) for k, v in dict(division).items()}
        order = list(dict.fromkeys(found.values()))
    else:
        raise InputError(
            f"groups cannot draw a {type(division).__name__}.",
            allowed="the record of tk.convergence_clubs, a register, or a mapping from region to group",
        )
    absent = [r for r in panel.entities if r not in found]
    if absent:
        raise DataError(
            f"These regions have no group: {listing(absent)}.", fix="give every region of the panel a group"
        )
    if len(order) > len(_GROUPS):
        raise InputError(f"{len(order)} groups are too many to tell apart.", allowed=f"up to {len(_GROUPS)}")
    looks = {g: {"facecolor": f, "hatch": h} for g, (f, h) in zip(order, _GROUPS, strict=False)}
    styles = [[looks[found[r]] for r in panel.entities]]
    handles = [Patch(label=g, **look, **_EDGE) for g, look in looks.items()]
    heading = wrapped(label, inches_of(width) - 0.4)
    return _map_figure(sheet(panel, projection, inset), styles, [""], handles, heading, width, lang)


def _cluster_title(record, lang: str) -> str:
    label = record.label_zh if lang == "zh" and record.label_zh else record.label
    if record.title == "Local Moran's I":
        return label
    return phrase(record.title, lang) + ("：" if lang == "zh" else ": ") + label


def _rule(record, lang: str) -> str:
    """What counts as significant, in words."""
    normal = getattr(record, "inference", "permutation") == "normal"
    if lang == "zh":
        adjusted = {"fdr": "FDR 校正", "bonferroni": "Bonferroni 校正", None: "未校正"}[record.p_adjust]
        return f"p ≤ {record.level:g}（{adjusted}，{'正态近似' if normal else f'{record.permutations:,} 次置换'}）"
    adjusted = {"fdr": "FDR", "bonferroni": "Bonferroni", None: "unadjusted"}[record.p_adjust]
    basis = "normal approximation" if normal else f"{record.permutations:,} permutations"
    return f"p ≤ {record.level:g} ({adjusted}, {basis})"


def _periods(time: object, known: list) -> list:
    asked = (
        [known[-1]] if time is None else list(time) if isinstance(time, (list, tuple, range, np.ndarray)) else [time]
    )
    unknown = [t for t in asked if t not in known]
    if unknown or not asked:
        raise InputError(f"There is no period {listing(unknown) or 'in an empty list'}.", allowed=listing(known, 40))
    return asked


def _values(panel: Panel, variable: str, times: list, lang: str) -> tuple[np.ndarray, str, str]:
    """Values (len(times), N), label and unit; gaps stay gaps for a plain variable."""
    if variable in panel.variables:
        rows = [list(panel.times).index(t) for t in times]
        return panel.values(variable)[rows], panel.label(variable, lang), panel.unit(variable, lang)
    from toolkit.data.expressions import evaluate

    result = evaluate(variable, panel.select(times=times) if panel.time is not None else panel)
    return np.asarray(result.values), panel.label(variable, lang), ""


def _map_figure(page: Sheet, styles: list, titles: list[str], handles: list, heading: str, width, lang) -> PaperFigure:
    columns = min(len(styles), 3)
    lines = -(-len(styles) // columns)
    width = width or ("one" if len(styles) == 1 else "two")
    cell = inches_of(width) / columns
    wordy = max(len(h.get_label()) for h in handles) > 18
    across = 2 if inches_of(width) < 5 else 3 if wordy else 6
    rows_of_legend = -(-len(handles) // across)
    height = lines * (cell * page.aspect + 0.22) + 0.2 * rows_of_legend + 0.22 * (1 + heading.count("\n"))
    figure = new_figure(width, height, lang=lang)
    with figure.styled():
        grid = figure.subplots(lines, columns, squeeze=False)
        for axes in grid.flat[len(styles) :]:
            axes.remove()
        for axes, style, title in zip(grid.flat, styles, titles, strict=False):
            _draw(axes, page, style, title)
        _scale_bar(grid.flat[0], page, lang)
        legend = figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=across,
            title=heading,
            handlelength=1.6,
            handleheight=1.1,
        )
        legend.get_title().set_multialignment("center")
    return figure


def _draw(axes: Axes, page: Sheet, styles: list, title: str) -> None:
    _polygons(axes, page, styles)
    left, bottom, right, top = page.view
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.axis("off")
    axes.set_title(title, pad=2, y=1.0)  # a fixed y: otherwise it is moved beyond ticks that are not drawn
    if page.inset is None:
        return
    west, south, east, north = page.inset
    tall = 0.19 * (top - bottom)
    wide = tall * (east - west) / (north - south)
    box = axes.inset_axes(
        [0.995 - wide / (right - left), 0.0, wide / (right - left), tall / (top - bottom)], transform=axes.transAxes
    )
    _polygons(box, page, styles)
    box.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    for spine in box.spines.values():
        spine.set(visible=True, color=GREY, linewidth=0.5)


def _polygons(axes: Axes, page: Sheet, styles: list) -> None:
    by_hatch: dict[str | None, tuple[list, list]] = {}
    for shape, style in zip(page.shapes, styles, strict=True):
        if shape is None or shape.is_empty:
            continue
        patches, faces = by_hatch.setdefault(style.get("hatch"), ([], []))
        for part in getattr(shape, "geoms", [shape]):
            if part.geom_type != "Polygon":
                continue
            rings = [part.exterior, *part.interiors]
            path = Path.make_compound_path(*(Path(np.asarray(r.coords)[:, :2], closed=True) for r in rings))
            patches.append(PathPatch(path))
            faces.append(style["facecolor"])
    for hatch, (patches, faces) in by_hatch.items():
        axes.add_collection(PatchCollection(patches, facecolors=faces, hatch=hatch, **_EDGE), autolim=False)


def _scale_bar(axes: Axes, page: Sheet, lang: str) -> None:
    """A bar of a round length, about a fifth of the frame; none where the scale is not known."""
    if page.metres is None:
        return
    left, bottom, right, top = page.view
    target = 0.2 * (right - left) * page.metres / 1000
    power = 10 ** np.floor(np.log10(target))
    length = max(step * power for step in (1, 2, 5) if step * power <= target)
    units = length * 1000 / page.metres
    x, y = left + 0.02 * (right - left), bottom + 0.03 * (top - bottom)
    axes.add_patch(Rectangle((x, y), units, 0.008 * (top - bottom), facecolor=INK, linewidth=0))
    axes.text(
        x + units / 2, y + 0.02 * (top - bottom), phrase("km", lang, x=length), ha="center", va="bottom", fontsize=6.5
    )
