"""Categories of regions: a column of text or whole numbers, a register, or an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing
from toolkit.explore.observations import observe

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["MOST", "read_categories"]

#: Most categories; their pairs are rows of a table.
MOST = 12


def read_categories(panel: Panel, variable: str) -> tuple[np.ndarray, list[str], list, tuple[str, str]]:
    """Codes (T, N) of the categories, their names, the periods, and the English and Chinese label.

    Raises
    ------
    DataError
        Gaps (located), values that are not whole, one category only in a period, more than `MOST`.
    InputError, FormulaError
        What is no text, or no expression.
    """
    import pandas as pd

    if not isinstance(variable, str) or not variable.strip():
        raise InputError(f"variable={variable!r} is not a name or an expression.", allowed="text")
    name = variable.strip()
    text = name in panel.variables and not pd.api.types.is_numeric_dtype(panel.frame[name])
    if name in panel.registers and name not in panel.variables:
        info = panel.register_info(name)
        table = pd.DataFrame([panel.register(name)], index=["all"])
        labels = (info.title or name, info.title or name)
    elif text:
        frame = panel.frame
        if panel.time is None:
            table = pd.DataFrame([frame.set_index(panel.entity)[name].reindex(panel.entities)], index=list(panel.times))
        else:
            table = frame.pivot(index=panel.time, columns=panel.entity, values=name).reindex(columns=panel.entities)
        labels = (panel.label(name, lang="en"), panel.label(name, lang="zh"))
    else:
        x = observe(panel, name)
        if (x.values != np.round(x.values)).any():
            raise DataError(
                f"{name!r} has values that are not whole numbers, so no categories.",
                fix='make categories by a comparison, e.g. "gdp / pop > 5"',
            )
        table = pd.DataFrame(x.values.astype(int), index=x.times, columns=panel.entities)
        labels = (x.label, x.label_zh)
    gaps = table.isna()
    if gaps.to_numpy().any():
        where = listing((f"{panel.names[c]} {t}" for t, row in gaps.iterrows() for c, lost in row.items() if lost), 6)
        raise DataError(f"{name!r} has no category for {where}.", fix="choose complete periods or regions")
    values = table.to_numpy()
    found = sorted(set(values.ravel().tolist()))
    single = [t for t, row in zip(table.index, values, strict=True) if len(set(row.tolist())) < 2]
    if single or len(found) > MOST:
        raise DataError(
            f"{name!r} has {len(found)} categories ({listing(found)})"
            + (f", and one only in {listing(single)}." if single else "."),
            allowed=f"two to {MOST} categories, at least two in every period",
            fix="choose other periods by panel.select(times=...), or merge categories",
        )
    place = {c: m for m, c in enumerate(found)}
    codes = np.array([[place[v] for v in row] for row in values.tolist()])
    return codes, [str(c) for c in found], list(table.index), labels
