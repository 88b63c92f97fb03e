"""What a panel looks like: one line, one table, years covered, variation between and within regions."""

from __future__ import annotations

import html as markup
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.data.cells import check_unknown
from toolkit.errors import DataError

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["coverage", "describe", "html", "is_numeric", "spans", "text"]


def spans(times: Iterable[object]) -> str:
    """Periods in short: runs of years as first-last.

    Examples
    --------
    >>> spans([2000, 2001, 2002, 2005])
    '2000-2002, 2005'
    >>> spans([])
    'none'
    """
    values = list(times)
    if not values:
        return "none"
    if not all(isinstance(t, int | np.integer) for t in values):
        return str(values[0]) if len(values) == 1 else f"{values[0]} ... {values[-1]} ({len(values)} periods)"
    runs: list[list[int]] = []
    for t in values:
        if runs and t == runs[-1][1] + 1:
            runs[-1][1] = t
        else:
            runs.append([t, t])
    return ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in runs)


def is_numeric(column: pd.Series) -> bool:
    """Whether a column holds numbers (or truth values)."""
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def describe(
    panel: Panel, lang: str = "en", variables: str | Sequence[str] | None = None, by: str | None = None
) -> pd.DataFrame:
    """See `Panel.describe`.

    ``sd_between`` is the standard deviation of the regions' means, ``sd_within`` that of the
    deviations from them (both with divisor count - 1), as Stata's ``xtsum`` reports them.
    """
    names = panel._chosen(variables)
    if by is None:
        rows = {name: _described(panel, name, panel.values(name), lang) for name in names}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")
    groups = _groups(panel, by, lang)
    rows = {}
    for group in pd.unique(groups[~pd.isna(groups)].ravel()):
        inside = groups == group
        for name in (n for n in names if n != by):
            rows[group, name] = _described(panel, name, np.where(inside, panel.values(name), np.nan), lang, inside)
    index = pd.MultiIndex.from_tuples(list(rows), names=[by, "variable"])
    return pd.DataFrame(list(rows.values()), index=index).sort_index(level=0, sort_remaining=False)


def _described(panel: Panel, name: str, y: np.ndarray, lang: str, inside: np.ndarray | None = None) -> dict:
    """One row of `describe` for values y (T, N), NaN outside a group."""
    seen = y[~np.isnan(y)]
    count = np.maximum((~np.isnan(y)).sum(axis=0), 1)
    means = np.where(np.isnan(y).all(axis=0), np.nan, np.nansum(y, axis=0) / count)
    return {
        "label": panel.label(name, lang),
        "unit": panel.unit(name, lang),
        "n": seen.size,
        "missing": (y.size if inside is None else int(inside.sum())) - seen.size,
        "mean": seen.mean() if seen.size else np.nan,
        "sd": _sd(seen),
        "sd_between": _sd(means[~np.isnan(means)]),
        "sd_within": _sd((y - means)[~np.isnan(y)]) if panel.T > 1 else np.nan,
        "min": seen.min() if seen.size else np.nan,
        "max": seen.max() if seen.size else np.nan,
    }


def _groups(panel: Panel, by: str, lang: str) -> np.ndarray:
    """Group of every cell, shape (T, N): from a column, a register, or the periods; None where there is no row."""
    if by == panel.time:
        return np.repeat(np.asarray(panel.times, dtype=object)[:, None], panel.N, axis=1)
    if by in panel.registers:
        return np.repeat(panel.register(by, lang).to_numpy(dtype=object)[None, :], panel.T, axis=0)
    check_unknown([by], [*panel.variables, *panel.registers, *([panel.time] if panel.time else [])], "group")
    out = np.full((panel.T, panel.N), None, dtype=object)
    cells = panel._frame[by]
    out[panel._periods, panel.entities.get_indexer(panel._frame[panel.entity])] = cells.where(cells.notna(), None)
    kinds = len(set(out.ravel()) - {None})
    if kinds > 50:
        raise DataError(
            f"{by!r} has {kinds} different values: that is no grouping.",
            allowed="a variable with up to 50 values, or a register",
        )
    return out


def coverage(panel: Panel) -> pd.DataFrame:
    """See `Panel.coverage`."""
    rows = {}
    for name in panel._chosen(None):
        gaps = np.isnan(panel.values(name))
        some, full = panel.times[~gaps.all(axis=1)], panel.times[~gaps.any(axis=1)]
        rows[name] = {
            "first": some[0] if len(some) else None,
            "last": some[-1] if len(some) else None,
            "complete_periods": len(full),
            "complete": spans(full),
            "missing": int(gaps.sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")


def text(panel: Panel) -> str:
    """One line; a second for what was left out."""
    names = panel.variables
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    notes = "".join(f"\n  {note}" for note in panel.notes)
    return f"{_head(panel)}; {len(names)} variable{'s' * (len(names) != 1)}: {shown}{notes}"


def html(panel: Panel) -> str:
    """Head line, notes and the table of variables."""
    table = describe(panel)
    notes = "".join(f"<br>{markup.escape(note)}" for note in panel.notes)
    body = table.to_html(float_format=lambda v: f"{v:.4g}", na_rep="", border=0)
    return f"<p><strong>{markup.escape(_head(panel))}</strong>{notes}</p>{body}"


def _head(panel: Panel) -> str:
    name = f" {panel.name!r}" if panel.name else ""
    if panel.time is None:
        size = f"{panel.N} regions, cross-section"
    else:
        size = f"{panel.N} regions x {panel.T} periods ({spans(panel.times)}), "
        size += "balanced" if panel.balanced else f"unbalanced ({len(panel._frame)} rows)"
    return f"Panel{name}: {size}{', with map' if panel._shapes is not None else ''}"


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else float("nan")
