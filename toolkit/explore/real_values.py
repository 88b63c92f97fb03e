"""From current to constant prices, by a price level or a chained index."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.amounts import observe_amounts, refuse_below

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["to_real"]


def to_real(panel: Panel, deflator: str | None, chained: bool, prices: object, times: tuple) -> tuple:
    """What nominal values are multiplied by, shape (T, N), a sentence on it, and the period of the prices."""
    if deflator is None:
        if prices is not None or chained:
            raise InputError("prices= and chained= belong to a deflator, and none is given.", fix="give deflator=")
        return None, "", None
    _refuse_unit(panel, deflator, chained)
    prices = times[0] if prices is None else prices
    if prices not in times:
        raise InputError(f"prices={prices!r} is no period of the variable.", allowed=listing(times, 40))
    index = observe_amounts(panel, deflator)
    refuse_below(index.values, f"deflator={deflator!r}", index.times, panel, zero=False, why="prices are positive")
    needed = times[1:] if chained else times  # what led to the first period does not matter
    absent = [t for t in needed if t not in index.times]
    if absent:
        raise DataError(
            f"deflator={deflator!r} does not exist in {listing(absent)}.", fix="use panel.between(first, last)"
        )
    level = index.values[[index.times.index(t) for t in needed]]
    if chained:
        if not all(b - a == 1 for a, b in pairwise(times)):
            raise DataError(f"The years {listing(times, 40)} are not consecutive: {deflator!r} cannot be chained.")
        level = np.vstack([np.ones(panel.N), np.cumprod(level / 100, axis=0)])
    kind = "chained (previous year = 100)" if chained else "a price level"
    said = f"Real: prices of {prices} in every region, deflator {deflator} {kind}"
    return level[times.index(prices)] / level, said, prices


def _refuse_unit(panel: Panel, deflator: str, chained: bool) -> None:
    """Refuse a column whose codebook says that it is a volume index, or an index of another base."""
    unit = panel.unit(deflator) if deflator in panel.variables else ""
    if "constant prices" in unit:
        raise DataError(
            f"{deflator!r} is an index of volume, not of prices ({unit}).",
            fix=f'the implied deflator of x is "10000 * x / lag(x) / {deflator}", with chained=True',
        )
    if "previous year = 100" in unit and not chained:
        raise DataError(f"{deflator!r} has the previous year as 100 ({unit}).", fix="give chained=True")
