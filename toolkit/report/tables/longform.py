"""The numbers of a regression table in full precision, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.report.tables.columns import Column
    from toolkit.report.tables.regression import Leaf

__all__ = ["long_form"]

_FIELDS = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")


def long_form(columns: list[Column], leaves: list[Leaf], labels: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Coefficients, impacts, statistics, effects and tests of all models.

    Returns
    -------
    DataFrame
        Columns: model (position, from 1), name, depvar, block, effect, horizon, term, label, estimate, std_error,
        statistic, p_value, conf_low, conf_high, text. A fit statistic has its value in `estimate`, or in
        `text` if it is not a number; a test has `statistic` and `p_value`.
    """
    import pandas as pd

    rows = []
    for leaf in leaves:
        for (block, term), row in leaf.estimates.items():
            kind, horizon, effect = block.split(":") if ":" in block else (block, leaf.part.horizon, leaf.part.effect)
            kind = "impact" if effect else kind
            here = {"block": kind, "effect": effect, "horizon": horizon, "term": term, "label": labels[block, term]}
            rows.append(_model(columns, leaf.column) | here | {f: row[f] for f in _FIELDS})
    for i, column in enumerate(columns):
        for key, value in column.stats.items():
            cell = {"text": value} if isinstance(value, str) else {"estimate": float(value)}
            rows.append(_model(columns, i) | {"block": "stats", "term": key} | cell)
        for kind, names in (("fixed", column.fixed_effects), ("random", column.random_effects)):
            rows += [_model(columns, i) | {"block": "effects", "term": name, "text": kind} for name in names]
        for test in column.tests:
            cell = {"statistic": test.statistic, "p_value": test.p_value, "text": test.null}
            rows.append(_model(columns, i) | {"block": "tests", "term": test.name} | cell)
    order = ["model", "name", "depvar", "block", "effect", "horizon", "term", "label", *_FIELDS, "text"]
    frame = pd.DataFrame(rows).reindex(columns=order)
    text = ["effect", "horizon", "term", "label", "text"]
    frame[text] = frame[text].astype(object).where(frame[text].notna(), "")
    return frame


def _model(columns: list[Column], i: int) -> dict[str, object]:
    return {"model": i + 1, "name": columns[i].name, "depvar": columns[i].depvar}
