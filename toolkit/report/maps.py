"""Maps of a panel: choropleths by year and clusters of local statistics, equal-area, readable in grey print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Patch

from toolkit.errors import DataError, InputError, listing
from toolkit.report.classes import classify
from toolkit.report.figure import CLUSTER_STYLE, NO_DATA, PaperFigure, inches_of
from toolkit.report.map_page import EDGE, map_figure
from toolkit.report.projection import sheet
from toolkit.report.weights_map import weights
from toolkit.report.words import phrase, wrapped

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["choropleth", "clusters", "groups", "lisa", "weights"]

#: light to dark in even steps of lightness, safe for colour-blind readers (ColorBrewer YlGnBu)
_RAMP = "YlGnBu"
#: brown to green through white (ColorBrewer BrBG), told apart by red-green blind readers; the lower half is dotted for grey print
_DIVERGING = "BrBG"
#: Groups, told apart by lightness and hatching, so that grey print is enough.
_GROUPS = (
    ("#08519c", None),
    ("#f7d488", None),
    ("#6baed6", "//////"),
    ("#d95f0e", None),
    ("#e5e5e5", "......"),
    ("#74a063", "||||"),
    ("#c9b3d5", "xxxx"),
    ("#ffffff", "\\\\\\"),
)


def choropleth(
    panel: Panel,
    variable: str,
    time: object = None,
    *,
    scheme: str | Iterable[float] = "quantiles",
    k: int = 5,
    center: float | None = None,
    callouts: bool | Iterable[object] = False,
    columns: int | None = None,
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
    center : float, optional
        A value to diverge from (0 for growth, 1 for a ratio): brown and dotted below it, green above, pale next to it.
    callouts : bool or list of regions
        Small regions shown once more beside the map, with a line to where they are: True picks those smaller than a tenth
        of an inch, a list names them by id or name.
    columns : int, optional
        Maps in a line; by default up to three for nine periods, four for sixteen, else five.
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
    times = _periods(time, list(panel.times))
    values, name, unit_known = _values(panel, variable, times, lang)
    classes = classify(values, scheme, k, center)
    codes = classes.codes(values)
    looks = ramp(classes.k, classes.below, center is not None)
    styles = [[looks[c] if c >= 0 else NO_DATA for c in row] for row in np.asarray(codes).reshape(len(times), -1)]
    handles = [Patch(label=text, **look, **EDGE) for look, text in zip(looks, classes.labels(), strict=True)]
    if (codes < 0).any():
        handles.append(Patch(label=phrase("no_data", lang), linewidth=0.3, **NO_DATA))
    unit = unit_known if unit is None else unit
    heading = (title or name) + (f" ({unit})" if unit else "")
    titles = [str(t) if panel.time is not None else "" for t in times]
    heading = "\n".join(wrapped(line, inches_of(width or ("one" if len(times) == 1 else "two"))) for line in [heading])
    shown = _callouts(panel, callouts, lang)
    return map_figure(
        sheet(panel, projection, inset), styles, titles, handles, heading, width, lang, columns=columns, **shown
    )


def lisa(
    panel: Panel,
    record,
    time: object = None,
    *,
    callouts: bool | Iterable[object] = False,
    columns: int | None = None,
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
    time, callouts, columns, projection, inset, width, lang
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
    >>> panel = tk.load("us_income").select(times=[1929, 2009])
    >>> record = tk.local_moran(panel, "income", tk.weights.queen(panel), permutations=999, seed=1)
    >>> len(tk.maps.lisa(panel, record, 1929).axes)
    1
    """
    if not (hasattr(record, "cluster") and hasattr(record, "quadrant")):
        raise InputError(f"lisa cannot draw a {type(record).__name__}.", allowed="the record made by tk.local_moran")
    options = {"callouts": callouts, "columns": columns, "projection": projection, "inset": inset}
    return clusters(panel, record, time, width=width, lang=lang, **options)


def clusters(
    panel: Panel,
    record,
    time: object = None,
    *,
    title: str | None = None,
    callouts: bool | Iterable[object] = False,
    columns: int | None = None,
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
    time, callouts, columns, projection, inset, width, lang
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
    >>> panel = tk.load("us_income").select(times=[1929, 2009])
    >>> record = tk.getis_ord(panel, "income", tk.weights.queen(panel), permutations=999, seed=1)
    >>> len(tk.maps.clusters(panel, record, [1929, 2009]).axes)
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
            **EDGE,
        )
        for key, number in counts.items()
        if key != "island" or any(number)
    ]
    width = width or ("one" if len(times) == 1 else "two")
    heading = f"{wrapped(title or _cluster_title(record, lang), inches_of(width))}\n{_rule(record, lang)}"
    titles = [str(t) if len(record.times) > 1 else "" for t in times]
    shown = _callouts(panel, callouts, lang)
    return map_figure(
        sheet(panel, projection, inset), styles, titles, handles, heading, width, lang, columns=columns, **shown
    )


def groups(
    panel: Panel,
    division,
    *,
    title: str | None = None,
    callouts: bool | Iterable[object] = False,
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
    callouts, projection, inset, width, lang
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
    handles = [Patch(label=g, **look, **EDGE) for g, look in looks.items()]
    heading = wrapped(label, inches_of(width) - 0.4)
    shown = _callouts(panel, callouts, lang)
    return map_figure(sheet(panel, projection, inset), styles, [""], handles, heading, width, lang, **shown)


def ramp(k: int, below: int = 0, diverging: bool = False) -> list[dict]:
    """Looks of k ordered classes: light to dark, or (diverging) dark to pale to dark with the first `below` dotted."""
    from matplotlib import colormaps

    if not diverging:
        return [{"facecolor": c} for c in colormaps[_RAMP](np.linspace(0.06, 0.95, k))]
    above = k - below
    low = colormaps[_DIVERGING](np.linspace(0.2, 0.42, below)) if below > 1 else colormaps[_DIVERGING]([0.25] * below)
    high = colormaps[_DIVERGING](np.linspace(0.58, 0.94, above)) if above > 1 else colormaps[_DIVERGING]([0.75] * above)
    return [{"facecolor": c, "hatch": "....."} for c in low] + [{"facecolor": c, "hatch": None} for c in high]


def _callouts(panel: Panel, asked: bool | Iterable[object], lang: str) -> dict:
    """What `map_figure` is told of callouts: positions and names of the regions wanted, or that it shall choose."""
    names = [str(n) for n in panel.names_in(lang)]
    if isinstance(asked, bool):
        return {"callouts": asked, "names": names}
    wanted = [panel.find_id(r) for r in ([asked] if isinstance(asked, (str, int)) else asked)]
    order = list(panel.entities)
    return {"callouts": [(order.index(r), names[order.index(r)]) for r in wanted]}


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
    rows = [list(panel.times).index(t) for t in times]
    if variable in panel.variables:
        return panel.values(variable)[rows], panel.label(variable, lang), panel.unit(variable, lang)
    from toolkit.data.expressions import evaluate_with_gaps

    # of the whole panel: a lag or a growth rate reaches beyond the periods shown
    return evaluate_with_gaps(variable, panel)[rows], panel.label(variable, lang), ""
