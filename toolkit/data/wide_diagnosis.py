"""Tables with the years in their columns, one row a region: seen, and how to turn them round is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolkit.data.findings import Finding
from toolkit.data.summary import spans
from toolkit.errors import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["diagnose_wide"]

_YEAR = r"(?P<year>(?:1[5-9]|20|21)\d\d)"
#: gdp2001, gdp_2001, 2001, 2001年, 2001 [YR2001], X2001, 2001_gdp, 2001.0
_ENDS = re.compile(rf"(?P<stem>.*?)(?P<mark>[\s_.\-]*){_YEAR}(?P<after>年|\.0|\s*\[YR(?P=year)\])?")
_BEGINS = re.compile(rf"{_YEAR}(?P<after>年)?(?P<mark>[\s_.\-]*)(?P<stem>\D+)")
#: the fewest years of one variable that make a table wide: where periods are asked for, and where they are not
_FEWEST, _FEWEST_UNASKED = 2, 3


def diagnose_wide(frame: pd.DataFrame, entity: str, time: str | None) -> list[Finding]:
    """Say that the years of a variable stand in columns, and how to bring them into rows.

    Parameters
    ----------
    frame : DataFrame
    entity, time : str
        Columns with ids and periods as given; a table that has the column `time` is not wide.

    Returns
    -------
    list of Finding
        At most one: an error where periods were asked for, a warning where the table may be meant as a cross-section.

    Examples
    --------
    >>> import pandas as pd
    >>> wide = pd.DataFrame({"code": ["A", "B"], "gdp2000": [1, 2], "gdp2001": [1, 3], "gdp2002": [2, 3]})
    >>> print(diagnose_wide(wide, "code", "year")[0].fix)
    Reshape it, e.g. long = pd.wide_to_long(df, ['gdp'], i='code', j='year').reset_index(); in Stata: reshape long gdp, i(code) j(year)
    """
    columns = [str(c) for c in frame.columns]
    if time in columns:
        return []
    fewest = _FEWEST if time is not None else _FEWEST_UNASKED
    years = {stem: cells for stem, cells in _years(columns, entity).items() if len(cells) >= fewest}
    if not years:
        return []
    seen = sorted({year for cells in years.values() for year in cells})
    first = next(iter(next(iter(years.values())).values()))
    whose = "" if set(years) == {""} else f" of {listing((s for s in years if s), 8)}"
    return [
        Finding(
            "error" if time is not None else "warning", "wide", "table",
            f"The table is wide: the years{whose} stand in columns ({spans(seen)}, the first is {first!r}), one row a region.",
            "A panel has one row for each region and period, and a column that says which period."
            if time is not None else "As it is, it is a cross-section: each year counts as a variable of its own.",
            f"Reshape it, e.g. {_reshape(years, entity, time or 'year', columns)}",
        )
    ]  # fmt: skip


def _years(columns: Sequence[str], entity: str) -> dict[str, dict[int, str]]:
    """Columns by variable and year; the variable is empty where names are years and nothing else."""
    out: dict[str, dict[int, str]] = {}
    for column in columns:
        match = _ENDS.fullmatch(column.strip()) or _BEGINS.fullmatch(column.strip())
        if match and column != entity:
            stem = match["stem"].strip()
            out.setdefault("" if stem in ("X", "x", "Y", "y", "YR", "yr", "_") else stem, {})[int(match["year"])] = (
                column
            )
    return out


def _reshape(years: dict[str, dict[int, str]], entity: str, time: str, columns: Sequence[str]) -> str:
    """Commands that make the table long."""
    ends = [m for cells in years.values() for c in cells.values() if (m := _ENDS.fullmatch(c)) and not m["after"]]
    marks = {m["mark"] for m in ends}
    if "" not in years and len(ends) == sum(map(len, years.values())) and len(marks) == 1:
        mark = marks.pop()
        stems = list(years)
        said = f", sep={mark!r}" if mark else ""
        pandas = f"long = pd.wide_to_long(df, {stems!r}, i={entity!r}, j={time!r}{said}).reset_index()"
        if not all(re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) for name in (*stems, entity, time)):
            return pandas
        return f"{pandas}; in Stata: reshape long {' '.join(s + mark for s in stems)}, i({entity}) j({time})"
    used = {c for cells in years.values() for c in cells.values()}
    kept = [c for c in columns if c not in used]
    ids = entity if kept == [entity] else kept
    pandas = f"long = df.melt({ids!r}, var_name={time!r}, value_name='value')"
    return f"{pandas}; long[{time!r}] = long[{time!r}].astype(str).str.extract(r'(\\d{{4}})')[0].astype(int)" + (
        "" if set(years) == {""} else "; then one column a variable by pivot"
    )
