"""What a panel looks like: one line, one table, years covered, variation between and within regions."""

from __future__ import annotations

import html as markup
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

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


def describe(panel: Panel, lang: str = "en") -> pd.DataFrame:
    """See `Panel.describe`.

    ``sd_between`` is the standard deviation of the regions' means, ``sd_within`` that of the
    deviations from them (both with divisor count - 1), as Stata's ``xtsum`` reports them.
    """
    rows = {}
    for name in panel._chosen(None):
        y = panel.values(name)
        seen = y[~np.isnan(y)]
        count = np.maximum((~np.isnan(y)).sum(axis=0), 1)
        means = np.where(np.isnan(y).all(axis=0), np.nan, np.nansum(y, axis=0) / count)
        rows[name] = {
            "label": panel.label(name, lang),
            "unit": panel.unit(name, lang),
            "n": seen.size,
            "missing": y.size - seen.size,
            "mean": seen.mean() if seen.size else np.nan,
            "sd": _sd(seen),
            "sd_between": _sd(means[~np.isnan(means)]),
            "sd_within": _sd((y - means)[~np.isnan(y)]) if panel.T > 1 else np.nan,
            "min": seen.min() if seen.size else np.nan,
            "max": seen.max() if seen.size else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variable")


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
