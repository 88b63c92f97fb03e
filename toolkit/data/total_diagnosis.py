"""Rows that are no region but all of them together: a nation, a total."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.findings import Finding
from toolkit.data.key_diagnosis import Keys
from toolkit.errors import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["diagnose_totals"]

_NAMES = re.compile(
    r"(grand )?total|sum|all( regions| states| provinces)?|nation(al|wide)?( total)?|whole country|全国|全国总计|总计|合计|总和|小计",
    re.IGNORECASE,
)
#: how near to the sum of the others a total is, and the fewest regions for it to be told from chance
_NEAR, _FEWEST = 1e-3, 4


def diagnose_totals(values: pd.DataFrame, keys: Keys) -> list[Finding]:
    """Regions that are called a total, or are the sum of all others in every period.

    Parameters
    ----------
    values : DataFrame of float
        Indexed by row, with the rows of `keys`.
    keys : Keys

    Examples
    --------
    >>> import pandas as pd
    >>> ids = pd.Series(["A", "B", "C", "D", "UK"])
    >>> values = pd.DataFrame({"gdp": [10.0, 20.0, 30.0, 45.0, 105.0]})
    >>> diagnose_totals(values, Keys(ids, ids.map(lambda _: 0), True))[0].found
    'UK is the sum of all other regions (gdp).'
    """
    found: dict[str, str] = {}
    for name in values.columns:
        column = values[name]
        if not (column > 0).any() or (column < 0).any():
            continue
        if keys.ids.nunique() > _FEWEST and (whole := _whole(column, keys)) is not None:
            found.setdefault(whole, f"{whole} is the sum of all other regions ({name}).")
    for region in keys.ids.unique():
        if _NAMES.fullmatch(region.strip()):
            found.setdefault(region, f"{region!r} is a total by its name.")
    rows = tuple(keys.ids.index[keys.ids.isin(list(found))])
    if not found:
        return []
    return [
        Finding(
            "error", "total", "ids", " ".join(found.values()),
            "Counted as a region it enters every mean, effect and measure of inequality a second time, and has no place on the map.",
            f"Leave out {listing(map(repr, found))}.", rows,
        )
    ]  # fmt: skip


def _whole(column: pd.Series, keys: Keys) -> str | None:
    """The region whose value is the sum of the others', in every period in which more than a few are known."""
    seen = column.dropna()
    ids, times = keys.ids.loc[seen.index], keys.times.loc[seen.index]
    largest = seen.groupby(times).idxmax()
    region = ids.loc[largest].unique()
    if len(region) != 1 or (seen.groupby(times).size() <= _FEWEST).any():
        return None
    sums, tops = seen.groupby(times).sum(), seen.groupby(times).max()
    others = sums - tops
    return str(region[0]) if np.allclose(tops, others, rtol=_NEAR, atol=0) and (others > 0).all() else None
