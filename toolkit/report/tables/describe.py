"""Descriptive statistics of the variables of a panel or a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.errors import InputError, listing
from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, integer, number
from toolkit.report.tables.layout import Layout
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table
from toolkit.report.tables.variables import Variables, groups_of, layout_of, read_variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STATISTICS", "describe_table", "described"]

#: What can be said about a variable; the standard deviations between and within regions need a panel.
STATISTICS = ("n", "missing", "mean", "sd", "sd_between", "sd_within", "min", "p25", "median", "p75", "max")
_COUNTS = ("n", "missing")


def describe_table(
    data: object,
    variables: Sequence[str] | Mapping[str, Sequence[str]] | str | None = None,
    *,
    statistics: Sequence[str] | None = None,
    by: str | None = None,
    **options: object,
) -> Table:
    """Descriptive statistics, one row a variable.

    Parameters
    ----------
    data : Panel or DataFrame
        A panel gives labels and units from its codebook, and the variation between and within regions.
    variables : list of str, or mapping of heading to list of str, optional
        In printing order; all numeric ones if left out. Of a panel also expressions: ``"log(gdp / pop)"``.
    statistics : list of str, optional
        From ``n missing mean sd sd_between sd_within min p25 median p75 max``. By default n, mean, sd, min, median,
        max; of a panel with several periods the two parts of the standard deviation instead of the median; by groups
        n, mean and sd.
    by : str, optional
        A column, or a register of the panel's regions (``"blocks"``): the statistics of each group side by side.
    **options
        ``labels digits notes caption label lang journal`` as in `toolkit.table`.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        An unknown variable, statistic or group; variables that are not numeric.

    Notes
    -----
    ``sd_between`` is the standard deviation of the regions' means and ``sd_within`` that of the deviations from them,
    both with divisor count - 1, as Stata's ``xtsum`` reports them.

    Examples
    --------
    >>> import toolkit as tk
    >>> print(tk.describe_table(tk.load("munnell"), ["gsp", "unemp"], digits=1, notes=False))
    ----------------------------------------------------------------------------------------------------------------
                                                  N      Mean    Std. dev.   Between   Within     Min.      Max.
    ----------------------------------------------------------------------------------------------------------------
    Gross state product (million 1982 dollars)   816   61,014.3   69,973.9  69,484.4  12,769.3  4,354.0  464,550.0
    Unemployment rate (percent)                  816      6.6       2.2        1.3       1.8      2.8       18.0
    ----------------------------------------------------------------------------------------------------------------
    """
    layout = layout_of(options)
    return described(read_variables(data, variables, layout, by), statistics, layout)


def described(what: Variables, statistics: Sequence[str] | None, layout: Layout) -> Table:
    """The table of `describe_table` from variables that have been read."""
    import pandas as pd

    keys = _statistics(what, statistics)
    words = layout.words
    groups = [("", None)] if what.by is None else [(str(g), what.by == g) for g in groups_of(what.by)]
    found = {name: [_numbers(what, name, rows, keys) for _, rows in groups] for name in what.names}
    blocks = []
    for heading, names in what.blocks:
        rows = [
            Row(
                what.labels[name],
                tuple(Cell(_shown(k, part[k], layout)) for part in found[name] for k in keys),
            )
            for name in names
        ]
        blocks.append(Block(tuple(rows), heading))
    head = [HeadLine(tuple(Head(words[f"describe:{k}"]) for _ in groups for k in keys))]
    if what.by is not None:
        head.insert(0, HeadLine(tuple(Head(g, len(keys)) for g, _ in groups), "group", what.by_label))
    tidy = [
        {"group": group, "variable": name, "label": what.labels[name], **part}
        for name, parts in found.items()
        for (group, _), part in zip(groups, parts, strict=True)
    ]
    notes = [words["describe:note"]] if any(k.startswith("sd") for k in keys) else []
    notes += [what.by_note] if what.by_note else []
    notes += [words["describe:parts"]] if {"sd_between", "sd_within"} & set(keys) else []
    cells = [cell.text for block in blocks for row in block.rows for cell in row.cells]
    notes += [words["undefined"]] if DASH in cells else []
    frame = pd.DataFrame(tidy)
    return finish(head, blocks, notes, layout, frame if what.by is not None else frame.drop(columns="group"))


def _statistics(what: Variables, given: Sequence[str] | None) -> tuple[str, ...]:
    panel = what.entity is not None and what.periods > 1
    if given is None:
        if what.by is not None:
            return ("n", "mean", "sd")
        return (
            ("n", "mean", "sd", "sd_between", "sd_within", "min", "max")
            if panel
            else ("n", "mean", "sd", "min", "median", "max")
        )
    keys = (given,) if isinstance(given, str) else tuple(given)
    unknown = [key for key in keys if key not in STATISTICS]
    if unknown or not keys:
        raise InputError(f"statistics={given!r} are not all known.", allowed=listing(STATISTICS, 20))
    if not panel and {"sd_between", "sd_within"} & set(keys):
        raise InputError(
            "Variation between and within regions needs a panel of several periods.",
            fix="leave out sd_between, sd_within",
        )
    return keys


def _numbers(what: Variables, name: str, rows: pd.Series | None, keys: Sequence[str]) -> dict[str, float]:
    """Statistics of one variable, of all rows or of a group's."""
    y = what.frame[name] if rows is None else what.frame[name][rows]
    out: dict[str, float] = {"n": int(y.count()), "missing": int(y.isna().sum()), "mean": y.mean(), "sd": y.std(ddof=1)}
    out |= {"min": y.min(), "median": y.median(), "max": y.max(), "p25": y.quantile(0.25), "p75": y.quantile(0.75)}
    if what.entity is not None:
        entity = what.entity.loc[y.index]
        out["sd_between"] = y.groupby(entity).mean().std(ddof=1)
        out["sd_within"] = (y - y.groupby(entity).transform("mean")).std(ddof=1)
    return {key: out[key] for key in keys}


def _shown(key: str, value: float, layout: Layout) -> str:
    return integer(value) if key in _COUNTS else number(value, layout.digits)
