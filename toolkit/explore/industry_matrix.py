"""Regions by industries: what the statistics of industrial structure are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import frozen, refuse_gaps

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

    Table: TypeAlias = pd.DataFrame | Mapping[object, pd.DataFrame] | Panel

__all__ = ["IndustryMatrix", "cells", "groups_of", "industry_matrix", "presence", "quotients", "refuse_empty"]


@dataclass(frozen=True, eq=False)
class IndustryMatrix:
    """Output, employment or presence of I industries in R regions and T periods.

    Attributes
    ----------
    values : ndarray, shape (T, R, I)
        Never negative.
    times, regions, names, names_zh, industries : tuple
    labels : mapping
        Industry -> (English label, Chinese label).
    """

    values: np.ndarray
    times: tuple[object, ...]
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    @property
    def places(self) -> dict:
        """Where and when, as the records of this family hold it."""
        fields = ("times", "regions", "names", "names_zh", "industries", "labels")
        return {f: getattr(self, f) for f in fields}

    def shares(self) -> np.ndarray:
        """Shares of the industries in each region, shape (T, R, I)."""
        return self.values / self.values.sum(axis=2, keepdims=True)


def industry_matrix(data: Table, industries: Sequence[str] | None = None, *, empty: str = "error") -> IndustryMatrix:
    """Read a table of regions by industries.

    Parameters
    ----------
    data : DataFrame, mapping of period to DataFrame, or Panel
        A DataFrame has a row a region (the index) and a column an industry. Tables of several periods are matched by
        region and industry. A Panel has a column for each industry.
    industries : sequence of str, optional
        Columns to take; needed for a Panel, all by default otherwise.
    empty : {"error", "keep"}
        What to do with a region or industry that is zero throughout a period.

    Raises
    ------
    DataError
        Values that are missing, negative or no numbers (located), labels that are double or differ between periods, fewer
        than two regions or industries, an empty region or industry.
    InputError
        Not such a table.
    """
    if hasattr(data, "entities") and hasattr(data, "values") and not hasattr(data, "columns"):
        found = _from_panel(data, industries)
    elif hasattr(data, "columns"):
        found = _from_frames({0: data}, industries)
    elif isinstance(data, Mapping) and data and all(hasattr(v, "columns") for v in data.values()):
        found = _from_frames(data, industries)
    else:
        raise InputError(
            f"data is a {type(data).__name__}.",
            allowed="a DataFrame (regions x industries), a mapping of period to DataFrame, or a Panel with industries=",
        )
    _check(found, empty)
    return found


def presence(matrix: IndustryMatrix, rule: str | None) -> tuple[np.ndarray, str]:
    """Which region has which industry, 0 or 1, shape (T, R, I), and the rule in use.

    ``lq``: location quotient of at least 1 (Balassa's revealed comparative advantage); ``positive``: a value above zero;
    None: ``positive`` for a table of zeros and ones, ``lq`` for any other.
    """
    if rule is None:
        rule = "positive" if np.isin(matrix.values, (0, 1)).all() else "lq"
    if rule == "positive":
        return (matrix.values > 0).astype(float), rule
    if rule == "lq":
        return (quotients(matrix.values) >= 1 - 1e-12).astype(float), rule
    raise InputError(f"presence={rule!r} is unknown.", allowed='"lq", "positive", None')


def quotients(x: np.ndarray) -> np.ndarray:
    """Location quotients (x_ri / x_r) / (x_i / x) of arrays (T, R, I)."""
    regions, industries = x.sum(axis=2, keepdims=True), x.sum(axis=1, keepdims=True)
    return x * x.sum(axis=(1, 2), keepdims=True) / (regions * industries)


def groups_of(data: Table, matrix: IndustryMatrix, groups: str | Mapping | pd.Series) -> tuple[str, ...]:
    """Group of every region, from a mapping or Series by region, or the name of a register of the Panel.

    Raises
    ------
    InputError
        A region without a group, or fewer than two groups.
    """
    if isinstance(groups, str):
        if not hasattr(data, "register"):
            raise InputError(f"groups={groups!r} names a register, and the table has none.", allowed="a mapping")
        groups = data.register(groups)
    if not hasattr(groups, "items"):
        raise InputError(f"groups is a {type(groups).__name__}.", allowed="a mapping or Series of region to group")
    found = dict(groups.items())
    lacking = [r for r in matrix.regions if r not in found]
    if lacking:
        raise InputError(f"These regions have no group: {listing(lacking)}.", allowed=listing(found, 40))
    labels = tuple(str(found[r]) for r in matrix.regions)
    if len(set(labels)) < 2:
        raise InputError(f"All regions are in one group, {labels[0]!r}.", fix="give at least two groups")
    return labels


def _from_panel(panel: Panel, industries: Sequence[str] | None) -> IndustryMatrix:
    if industries is None or isinstance(industries, str):
        raise InputError(
            "A panel needs industries=, one column for each.", allowed=f"some of {listing(panel.variables, 40)}"
        )
    names = tuple(industries)
    values = []
    for name in names:
        column = np.asarray(panel.values(name), float)
        refuse_gaps(name, column, panel.times, panel)
        values.append(column)
    english, chinese = panel.names_in("en"), panel.names_in("zh")
    return IndustryMatrix(
        values=frozen(np.stack(values, axis=2)),
        times=tuple(panel.times),
        regions=tuple(panel.entities),
        names=tuple(str(english[r]) for r in panel.entities),
        names_zh=tuple(str(chinese[r]) for r in panel.entities),
        industries=names,
        labels=MappingProxyType({n: (panel.label(n, lang="en"), panel.label(n, lang="zh")) for n in names}),
    )


def _from_frames(frames: Mapping, industries: Sequence[str] | None) -> IndustryMatrix:
    times = tuple(sorted(frames))
    first = frames[times[0]]
    regions = list(first.index)
    columns = list(first.columns) if industries is None else list(industries)
    if len(set(regions)) < len(regions) or len(set(columns)) < len(columns):
        raise DataError("A region or an industry stands in the table twice.", fix="add the double rows or columns up")
    tables = []
    for t in times:
        frame = frames[t]
        odd = set(regions) ^ set(frame.index), set(columns) - set(frame.columns)
        if any(odd) or len(frame.index) != len(regions):
            raise DataError(
                f"The table of {t} differs: {listing(odd[0] | odd[1]) or 'double rows'}.",
                allowed="the same regions and industries in every period",
            )
        try:
            tables.append(frame.loc[regions, columns].to_numpy(dtype=float))
        except (TypeError, ValueError) as cause:
            raise DataError(f"The table of {t} holds text: {cause}.", fix="make regions the index") from None
    names = tuple(str(r) for r in regions)
    return IndustryMatrix(
        values=frozen(np.stack(tables)),
        times=times,
        regions=tuple(regions),
        names=names,
        names_zh=names,
        industries=tuple(str(c) for c in columns),
        labels=MappingProxyType({str(c): (str(c), str(c)) for c in columns}),
    )


def _check(matrix: IndustryMatrix, empty: str) -> None:
    values = matrix.values
    if values.shape[1] < 2 or values.shape[2] < 2 or len(set(matrix.industries)) < len(matrix.industries):
        raise DataError(
            f"The table has {values.shape[1]} regions and {values.shape[2]} industries.",
            allowed="at least two of each, each once",
        )

    def where(bad: np.ndarray) -> str:
        several = len(matrix.times) > 1
        cells = (
            f"{matrix.industries[i]} of {matrix.names[r]}" + (f" {matrix.times[t]}" if several else "")
            for t, r, i in np.argwhere(bad)
        )
        return listing(cells, 6)

    if not np.isfinite(values).all():
        raise DataError(f"Missing or infinite: {where(~np.isfinite(values))}.", fix="write 0 where there is none")
    if (values < 0).any():
        raise DataError(f"Negative: {where(values < 0)}.", allowed="values >= 0")
    if empty == "error":
        refuse_empty(matrix)


def refuse_empty(matrix: IndustryMatrix, period: int | slice = slice(None), axes: tuple[int, ...] = (2, 1)) -> None:
    """Refuse regions (sums over axis 2) and industries (over axis 1) that are zero throughout one of the periods."""
    for axis, what, known in ((2, "regions", matrix.names), (1, "industries", matrix.industries)):
        flat = np.atleast_2d(matrix.values.sum(axis=axis)[period]) == 0
        if axis in axes and flat.any():
            found = dict.fromkeys(known[k] for _, k in np.argwhere(flat))
            raise DataError(
                f"These {what} are zero throughout a period: {listing(found)}.",
                fix="leave them out: shares of nothing are not defined",
            )


def cells(record) -> pd.DataFrame:
    """Time region name industry of every cell (T, R, I)."""
    import pandas as pd

    t, r, i = len(record.times), len(record.regions), len(record.industries)
    return pd.DataFrame(
        {
            "time": [time for time in record.times for _ in range(r * i)],
            "region": [region for region in record.regions for _ in range(i)] * t,
            "name": [name for name in record.names for _ in range(i)] * t,
            "industry": list(record.industries) * (t * r),
        }
    )
