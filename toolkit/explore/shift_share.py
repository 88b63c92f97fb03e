"""Shift-share analysis: growth of a region split into national, industry and regional parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.industry_matrix import IndustryMatrix, cells, industry_matrix
from toolkit.explore.observations import frozen

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.explore.industry_matrix import Table

__all__ = ["PARTS", "ShiftShare", "shift_share"]

#: Parts of each method, in the order in which they are added.
PARTS = {
    "classic": ("national", "industry_mix", "regional"),
    "esteban-marquillas": ("national", "industry_mix", "regional", "allocation"),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class ShiftShare:
    """Parts of the change of every industry in every region.

    Attributes
    ----------
    parts : ndarray, shape (P, R, I)
        They add up to `change`.
    part_names : tuple of str, length P
    start, change : ndarray, shape (R, I)
        Level at the start, and level at the end less that.
    method : str
    dynamic : bool
    first, last : object
        Periods compared.
    regions, names, names_zh, industries : tuple
    labels : mapping
    """

    parts: np.ndarray
    part_names: tuple[str, ...]
    start: np.ndarray
    change: np.ndarray
    method: str
    dynamic: bool
    first: object
    last: object
    regions: tuple[object, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    industries: tuple[str, ...]
    labels: Mapping[str, tuple[str, str]]

    @property
    def times(self) -> tuple[object]:
        """The last period, under which the change is filed."""
        return (self.last,)

    def tidy(self) -> pd.DataFrame:
        """One row a region and industry: region name industry start change, and a column for each part."""
        frame = cells(self).drop(columns="time").assign(start=self.start.ravel(), change=self.change.ravel())
        return frame.assign(**{p: v.ravel() for p, v in zip(self.part_names, self.parts, strict=True)})

    def by_region(self, rates: bool = False) -> pd.DataFrame:
        """Sums over industries: region name start change and parts; `rates` divides by the start."""
        columns = ["start", "change", *self.part_names]
        frame = self.tidy().groupby(["region", "name"], sort=False)[columns].sum().reset_index()
        if rates:
            frame[columns[1:]] = frame[columns[1:]].div(frame["start"], axis=0)
        return frame

    def by_industry(self) -> pd.DataFrame:
        """Sums over regions: industry start change and parts; the regional part of an industry is zero."""
        columns = ["start", "change", *self.part_names]
        return self.tidy().groupby("industry", sort=False)[columns].sum().reset_index()

    def glance(self) -> pd.DataFrame:
        """One row: method, dynamic, first, last, regions, industries, growth of all regions together."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "method": self.method,
                    "dynamic": self.dynamic,
                    "first": self.first,
                    "last": self.last,
                    "regions": len(self.regions),
                    "industries": len(self.industries),
                    "growth": self.change.sum() / self.start.sum(),
                }
            ]
        )

    def __repr__(self) -> str:
        kind = f"{'dynamic ' if self.dynamic else ''}{self.method} shift-share"
        table = self.by_region().drop(columns="region").to_string(index=False, float_format="%.4g", max_rows=40)
        return f"{kind}, {self.first} to {self.last}\n{table}"

    def _repr_html_(self) -> str:
        return self.by_region().to_html(index=False, float_format="%.4g")


def shift_share(
    data: Table,
    industries: Sequence[str] | None = None,
    *,
    first: object = None,
    last: object = None,
    method: str = "classic",
    dynamic: bool = False,
) -> ShiftShare:
    """Split the change x1 - x0 of every industry in every region into parts that add up exactly.

    With growth rates g of all, g_i of the industry in all regions together and g_ri of the industry in the region:
    national x0 g; industry_mix x0 (g_i - g); regional (or competitive) x0 (g_ri - g_i). ``esteban-marquillas`` splits the
    last by the homothetic level h = x0_r x0_i / x0: regional h (g_ri - g_i), allocation (x0 - h) (g_ri - g_i).

    Parameters
    ----------
    data : mapping of period to DataFrame, or Panel
        At least two periods; see `toolkit.explore.industry_matrix.industry_matrix`. Values in constant prices, or
        persons: in current prices inflation is in every part.
    industries : sequence of str, optional
    first, last : optional
        Periods to compare; the first and the last by default.
    method : {"classic", "esteban-marquillas"}
    dynamic : bool
        Compare each period with the one before and add the parts up (Barff and Knight 1988).

    Returns
    -------
    ShiftShare

    Raises
    ------
    DataError
        One period only; an industry that is zero everywhere at a start; with ``esteban-marquillas`` an industry that
        enters a region from zero (its growth rate is not defined).
    InputError
        Unknown periods or method.

    Notes
    -----
    The regional part is computed as x1 - x0 (1 + g_i), so that an industry that enters a region from zero is regional in
    full. An industry absent at both ends has no parts.

    References
    ----------
    Dunn (1960), Papers of the Regional Science Association 6, 97-112; Esteban-Marquillas (1972), Regional and Urban
    Economics 2, 249-261; Barff and Knight (1988), Growth and Change 19, 1-10.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> tables = {
    ...     2000: pd.DataFrame({"steel": [30, 10], "tea": [10, 50]}, index=["a", "b"]),
    ...     2010: pd.DataFrame({"steel": [33, 15], "tea": [12, 60]}, index=["a", "b"]),
    ... }
    >>> tk.shift_share(tables).by_region()[["change", "national", "industry_mix", "regional"]].round(3).values.tolist()
    [[5.0, 8.0, 0.0, -3.0], [15.0, 12.0, 0.0, 3.0]]
    """
    if method not in PARTS:
        raise InputError(f"method={method!r} is unknown.", allowed=listing(PARTS))
    matrix = industry_matrix(data, industries, empty="keep")
    times = matrix.times
    first, last = times[0] if first is None else first, times[-1] if last is None else last
    unknown = [t for t in (first, last) if t not in times]
    if unknown:
        raise InputError(f"There is no period {listing(unknown)}.", allowed=listing(times, 40))
    a, b = times.index(first), times.index(last)
    if a >= b:
        raise DataError(
            f"There is no change from {first} to {last}.",
            allowed="a first period before the last one",
            fix="give a panel or a mapping of period to DataFrame with at least two periods",
        )
    steps = list(range(a, b + 1)) if dynamic else [a, b]
    parts = sum(_parts(matrix, start, end, method) for start, end in pairwise(steps))
    places = {k: v for k, v in matrix.places.items() if k != "times"}
    return ShiftShare(
        parts=frozen(parts),
        part_names=PARTS[method],
        start=matrix.values[a],
        change=frozen(matrix.values[b] - matrix.values[a]),
        method=method,
        dynamic=bool(dynamic),
        first=first,
        last=last,
        **places,
    )


def _parts(matrix: IndustryMatrix, start: int, end: int, method: str) -> np.ndarray:
    """Parts (P, R, I) of the change between two periods."""
    x0, x1 = matrix.values[start], matrix.values[end]
    total = x0.sum(axis=0)
    if (total == 0).any():
        names = listing(i for i, none in zip(matrix.industries, total == 0, strict=True) if none)
        raise DataError(
            f"These industries are zero in all regions in {matrix.times[start]}: {names}.",
            fix="leave them out, or join them with others: they have no growth rate",
        )
    g_i = x1.sum(axis=0) / total - 1
    g = x1.sum() / x0.sum() - 1
    national, industry, regional = x0 * g, x0 * (g_i - g), x1 - x0 * (1 + g_i)
    if method == "classic":
        return np.stack([national, industry, regional])
    entered = np.argwhere((x0 == 0) & (x1 > 0))
    if len(entered):
        where = listing((f"{matrix.industries[i]} of {matrix.names[r]}" for r, i in entered), 6)
        raise DataError(
            f"From zero in {matrix.times[start]}: {where}; such industries have no growth rate.",
            fix='use method="classic", or join industries',
        )
    homothetic = np.outer(x0.sum(axis=1), total) / x0.sum()
    lead = np.divide(regional, x0, out=np.zeros_like(x0), where=x0 > 0)
    return np.stack([national, industry, homothetic * lead, regional - homothetic * lead])
