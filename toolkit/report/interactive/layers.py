"""What an interactive map can show: values in classes, or clusters of a local statistic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, ToolkitError, listing
from toolkit.report.classes import classify
from toolkit.report.figure import CLUSTER_STYLE
from toolkit.report.words import phrase

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["Layer", "Swatch", "cluster_layer", "periods", "value_layers"]

#: Patterns of matplotlib, as bokeh names them.
_HATCHES = {
    "/": "right_diagonal_line",
    "\\": "left_diagonal_line",
    ".": "dot",
    "x": "diagonal_cross",
    "-": "horizontal_line",
}


@dataclass(frozen=True)
class Swatch:
    """One entry of a legend: its words, colour, pattern (a name of bokeh's, or nothing); shown only where it occurs if rare."""

    label: str
    color: str
    hatch: str = ""
    rare: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One thing a map can show.

    Attributes
    ----------
    label, unit, source, note : str
        Heading, and what stands at the foot.
    values : ndarray, shape (T, N)
        NaN where there is none.
    codes : ndarray of int, shape (T, N)
        Position in `swatches`; -1 for no data.
    swatches : tuple of Swatch
    p_value : ndarray, shape (T, N), or None
        For clusters: adjusted p-values. Without them regions are ranked by value.
    """

    label: str
    unit: str = ""
    source: str = ""
    note: str = ""
    values: np.ndarray
    codes: np.ndarray
    swatches: tuple[Swatch, ...]
    p_value: np.ndarray | None = None


def periods(panel: Panel, time: Iterable | None) -> list:
    """The periods asked for, in the panel's order; all for None."""
    known = list(panel.times)
    if time is None:
        return known
    asked = list(time) if isinstance(time, (list, tuple, range, np.ndarray)) else [time]
    unknown = [t for t in asked if t not in known]
    if unknown or not asked:
        raise InputError(f"There is no period {listing(unknown) or 'in an empty list'}.", allowed=listing(known, 40))
    return [t for t in known if t in asked]


def value_layers(panel: Panel, variables, times: list, *, scheme, k: int, unit, lang: str) -> list[Layer]:
    """A layer for each variable or expression; arguments as for `explore`."""
    labels = dict(variables) if isinstance(variables, Mapping) else {}
    names = [variables] if isinstance(variables, str) else list(variables or ())
    if not all(isinstance(v, str) and v.strip() for v in names) or len(set(names)) < len(names):
        raise InputError(
            f"variables={variables!r} is not a list of variables.",
            allowed='names or expressions in quotes, each once, e.g. ["gdp", "log(gdp / emp)"]',
        )
    for option, given in (("scheme", scheme), ("unit", unit)):
        if isinstance(given, Mapping) and (stray := [v for v in given if v not in names]):
            raise InputError(f"{option}= names what is not shown: {listing(stray)}.", allowed=listing(names))
    if isinstance(unit, str) and len(names) > 1:
        raise InputError(
            f"unit={unit!r} cannot be the unit of {len(names)} variables.", allowed="{variable: unit, ...}"
        )
    rows = [list(panel.times).index(t) for t in times]
    return [
        _value_layer(
            panel,
            name,
            rows,
            label=labels.get(name),
            unit=unit.get(name) if isinstance(unit, Mapping) else unit,
            scheme=scheme.get(name, "quantiles") if isinstance(scheme, Mapping) else scheme,
            k=k,
            lang=lang,
        )
        for name in names
    ]


def _value_layer(panel: Panel, name: str, rows: list[int], *, label, unit, scheme, k: int, lang: str) -> Layer:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    from toolkit.report.maps import _RAMP

    values = _values(panel, name)[rows]
    try:
        classes = classify(values, scheme if isinstance(scheme, str) else list(scheme), k)
    except ToolkitError as error:
        raise type(error)(f"{name}: {error.problem}", allowed=error.allowed, fix=error.fix) from None
    colors = [to_hex(c) for c in colormaps[_RAMP](np.linspace(0.06, 0.95, classes.k))]
    entry = panel.codebook.get(name)
    return Layer(
        label=label or panel.label(name, lang),
        unit=panel.unit(name, lang) if unit is None else unit,
        source="" if entry is None else entry.source,
        values=values,
        codes=classes.codes(values).astype(int),
        swatches=tuple(Swatch(text, color) for text, color in zip(classes.labels(), colors, strict=True)),
    )


def _values(panel: Panel, name: str) -> np.ndarray:
    """Values (T, N) of a variable or expression; gaps stay gaps."""
    if name in panel.variables:
        return np.asarray(panel.values(name), float)
    from toolkit.data.expressions import evaluate_with_gaps

    return np.broadcast_to(np.asarray(evaluate_with_gaps(name, panel), float), (panel.T, panel.N))


def cluster_layer(panel: Panel, record, times: list, lang: str) -> Layer:
    """A layer of the record of a local statistic; periods it does not have are without data."""
    from toolkit.report.maps import _cluster_title, _rule

    if not all(hasattr(record, part) for part in ("cluster", "categories", "statistic", "p_adjusted")):
        raise InputError(
            f"clusters={type(record).__name__} cannot be drawn.",
            allowed="the record of a local statistic, e.g. by tk.local_moran or tk.getis_ord",
        )
    if set(record.regions) != set(panel.entities):
        raise DataError(
            f"The record has {len(record.regions)} regions, the panel {panel.N}, and they are not the same.",
            fix="use the panel the record was made from",
        )
    found = [t for t in times if t in record.times]
    if not found:
        raise DataError("The record has none of the periods shown.", allowed=listing(record.times, 40))
    to, origin = [times.index(t) for t in found], [list(record.times).index(t) for t in found]
    order = [list(record.regions).index(r) for r in panel.entities]
    shape = (len(times), panel.N)
    values, p_value, codes = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, -1)
    positions = {c: i for i, c in enumerate(record.categories)}
    values[to] = np.asarray(record.statistic)[np.ix_(origin, order)]
    p_value[to] = np.asarray(record.p_adjusted)[np.ix_(origin, order)]
    codes[to] = np.vectorize(positions.__getitem__)(np.asarray(record.cluster)[np.ix_(origin, order)])
    title = _cluster_title(record, lang)
    statistic = phrase(record.title, lang)
    return Layer(
        label=title if title.startswith(statistic) else statistic + ("：" if lang == "zh" else ": ") + title,
        note=_rule(record, lang),
        values=values,
        codes=codes,
        p_value=p_value,
        swatches=tuple(
            Swatch(
                phrase(c, lang),
                CLUSTER_STYLE[c]["facecolor"],
                _HATCHES.get((CLUSTER_STYLE[c]["hatch"] or " ")[0], ""),
                rare=c == "island",
            )
            for c in record.categories
        ),
    )
