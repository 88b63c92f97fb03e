"""An interactive map of a panel, with the series of every region beside it, as one file that needs no network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import InputError
from toolkit.report.files import check_target, write_atomic
from toolkit.report.interactive.layers import cluster_layer, periods, value_layers
from toolkit.report.interactive.page import MOST_REGIONS, page_html
from toolkit.report.interactive.shapes import outlines

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["InteractiveMap", "explore", "interactive_page"]


@dataclass(frozen=True, eq=False)
class InteractiveMap:
    """An interactive map; a notebook shows it, `save` writes it.

    Attributes
    ----------
    html : str
        The whole page, with everything it needs: no network, no server.
    labels : tuple of str
        What the page can show, in the order of its list.
    regions, periods : int
        How many.
    """

    html: str = field(repr=False)
    labels: tuple[str, ...]
    regions: int
    periods: int

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the page as .html, whole or not at all.

        Parameters
        ----------
        path : path
            Ends in ``.html`` or ``.htm``; the folder must exist.
        overwrite : bool
            False refuses an existing file.

        Raises
        ------
        OutputError
            Another suffix, an existing file, or a folder that is missing or cannot be written.
        """
        target = check_target(path, suffixes=(".html", ".htm"), overwrite=overwrite)
        return write_atomic(target, self.html.encode("utf-8"), overwrite=overwrite)

    def _repr_html_(self) -> str:
        page = escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" title="{escape(self.labels[0])}" width="100%" height="820" style="border:0"></iframe>'


def explore(
    panel: Panel,
    variables: str | Sequence[str] | Mapping[str, str] | None = None,
    time: Iterable | None = None,
    *,
    scheme: str | Iterable[float] | Mapping[str, str | Iterable[float]] = "quantiles",
    k: int = 5,
    clusters: object = None,
    unit: str | Mapping[str, str] | None = None,
    title: str = "",
    projection: str | None = None,
    inset: bool | None = None,
    lang: str = "en",
) -> InteractiveMap:
    """Map with a year slider, a legend, a tooltip, and the series of every region, as one HTML file.

    The page works offline and on a phone. Everything but pointing at the map can be done by keyboard: variable, year,
    play and region are lists, a slider and a button, and a table has all values of the year shown.

    Parameters
    ----------
    panel : Panel
        With a map: polygons, or points.
    variables : str, list of str or mapping of str to str, optional
        Variables, or expressions such as ``"log(gdp / emp)"``; a mapping gives each its label. The first is shown
        first. May be left out when `clusters` is given.
    time : list of periods, optional
        Periods of the slider; all by default. The last one is shown first.
    scheme : {"quantiles", "equal", "natural"}, list of cut points, or mapping of variable to one of these
        Classes are cut once over all periods shown, so that colours mean the same in every year.
    k : int
        Number of classes, 2 to 9.
    clusters : LocalTable or list of LocalTable, optional
        Records of `tk.local_moran`, `tk.getis_ord` and other local statistics of this panel: further entries of the
        list of variables, drawn in the colours of `tk.maps.clusters`.
    unit : str or mapping of variable to str, optional
        By default the codebook's; an expression has none.
    title : str
        Over the page.
    projection, inset
        As for `tk.maps.choropleth`.
    lang : {"en", "zh"}

    Returns
    -------
    InteractiveMap
        Shows itself in a notebook; ``.save("map.html")``; ``.html`` is the page.

    Raises
    ------
    DataError
        No map, no coordinate reference system, shapes that are neither all polygons nor all points, text instead of
        numbers, nothing to show, or a record of other regions.
    FormulaError
        An expression that cannot be read, or a variable that is not there.
    InputError
        An unknown option or period, or more than 5,000 regions.

    Notes
    -----
    Borders are simplified together, so neighbours stay neighbours; to about half a pixel on a wide screen.

    Examples
    --------
    >>> import toolkit as tk
    >>> tk.load("munnell").explore(["unemp", "log(gsp / emp)"])
    InteractiveMap(labels=('Unemployment rate', 'log(Gross state product / Non-agricultural payroll employment)'), regions=48, periods=17)
    """
    if panel.N > MOST_REGIONS:
        raise InputError(
            f"{panel.N:,} regions are too many for an interactive page: it would be slow to draw and large to send.",
            allowed=f"up to {MOST_REGIONS:,} regions",
            fix="take a part by panel.select(entities=...), join regions to larger ones, or draw tk.maps.choropleth",
        )
    times = periods(panel, time)
    layers = value_layers(panel, variables, times, scheme=scheme, k=k, unit=unit, lang=lang)
    records = [] if clusters is None else list(clusters) if isinstance(clusters, (list, tuple)) else [clusters]
    layers += [cluster_layer(panel, record, times, lang) for record in records]
    if not layers:
        raise InputError(
            "There is nothing to show.",
            fix='name a variable, panel.explore("gdp"), or give clusters=tk.local_moran(...)',
        )
    drawn = outlines(panel, projection, inset)
    html = page_html(panel, layers, times, drawn, title=title, lang=lang)
    return InteractiveMap(html, tuple(layer.label for layer in layers), panel.N, len(times))


def interactive_page(panel: Panel, variables: str | Sequence[str] | Mapping[str, str] | None = None, **options) -> str:
    """The page of `explore` as a string; same arguments.

    Examples
    --------
    >>> import toolkit as tk
    >>> interactive_page(tk.load("munnell"), "unemp")[:15]
    '<!doctype html>'
    """
    return explore(panel, variables, **options).html
