"""The keys of a panel: ids of one type, times that sort, no cell twice, none left out."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import DataError, InputError, listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_ids", "as_times", "check_balance", "check_present", "check_unique", "id_kind"]

_ID_WAYS = 'ids="text" reads every id as text, ids="int" as a whole number'


def check_present(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse rows whose entity or time is missing, listing them."""
    for column in columns:
        rows = frame.index[frame[column].isna()]
        if len(rows):
            raise DataError(
                f"Column {column!r} is empty in {len(rows)} of {len(frame)} rows: row {listing(rows)}.",
                fix=f"fill in {column!r}, or remove these rows before making the panel",
            )


def as_ids(values: pd.Series | pd.Index, how: str | None, what: str = "the table") -> pd.Index:
    """Region ids of one type: all text or all whole numbers.

    Parameters
    ----------
    values : Series or Index
        Without missing values.
    how : {None, "text", "int"}
        None takes ids as they are and refuses a mixture; ``"text"`` writes whole numbers without
        decimals and strips blanks; ``"int"`` reads digits as numbers (leading zeros are lost).
    what : str
        What holds the ids, for messages.

    Raises
    ------
    DataError
        Text and numbers mixed, numbers with decimals, surrounding blanks, other types.

    Examples
    --------
    >>> import pandas as pd
    >>> list(as_ids(pd.Index([110000, "120000", 130000.0], dtype=object), "text"))
    ['110000', '120000', '130000']
    """
    import pandas as pd

    if how not in (None, "text", "int"):
        raise InputError(f"ids={how!r} is not a way to read ids.", allowed='"text", "int", or None: as they are')
    cells = [v.item() if isinstance(v, np.generic) else v for v in values]
    strange = [v for v in cells if isinstance(v, bool) or not isinstance(v, str | Integral | Real)]
    if strange:
        kinds = listing(sorted({type(v).__name__ for v in strange}))
        raise DataError(f"Ids in {what} are neither text nor whole numbers, but {kinds}: {listing(strange)}.")
    if how == "text":
        return pd.Index([_as_text(v, what) for v in cells], dtype="str")
    if how == "int":
        return pd.Index([_as_int(v, what) for v in cells], dtype="int64")
    return pd.Index(cells, dtype=_one_kind(cells, what))


def id_kind(ids: Iterable[Hashable]) -> str:
    """In words, what the ids are: ``text such as '110000'``."""
    first = next(iter(ids), None)
    return f"text such as {first!r}" if isinstance(first, str) else f"whole numbers such as {first!r}"


def as_times(values: pd.Series) -> pd.Series:
    """Times of one sortable type; whole numbers stored as decimals (Stata, Excel) become integers."""
    import pandas as pd

    name = values.name
    kinds = {("number" if isinstance(v, Real) else type(v).__name__) for v in values}
    if len(kinds) > 1:
        examples = [values[[type(v) is t for v in values]].iloc[0] for t in dict.fromkeys(type(v) for v in values)]
        raise DataError(
            f"Column {name!r} mixes types ({listing(sorted(kinds))}), e.g. {listing(map(repr, examples))}: it has no order.",
            fix=f"make it one type first, e.g. df[{name!r}] = df[{name!r}].astype(int)",
        )
    if kinds == {"str"}:
        if all(v.strip().lstrip("-").isdigit() for v in values):
            raise DataError(
                f"Column {name!r} holds numbers written as text, e.g. {values.iloc[0]!r}.",
                fix=f"turn them into numbers first: df[{name!r}] = df[{name!r}].astype(int)",
            )
        return values.astype("str")
    if kinds == {"number"}:
        numbers = values.astype("float64")
        return numbers.astype("int64") if (numbers == np.floor(numbers)).all() else numbers
    try:
        values.sort_values()
    except TypeError as cause:
        raise DataError(
            f"Column {name!r} cannot be sorted: {cause}.", fix="use years as whole numbers, or dates"
        ) from None
    return pd.Series(values)


def check_unique(frame: pd.DataFrame, keys: Sequence[str]) -> None:
    """Refuse a key that occurs more than once, listing the rows."""
    twice = frame.duplicated(list(keys), keep=False)
    if not twice.any():
        return
    groups = frame[twice].groupby(list(keys), sort=True)
    shown = [f"({', '.join(map(str, key))}) in rows {listing(rows.index)}" for key, rows in groups]
    fix = "keep one row for each, or aggregate them first: df.groupby([...]).sum()"
    if len(keys) == 1:
        fix += '; if the table has several periods, name the column with time="year"'
    raise DataError(
        f"{len(shown)} {' x '.join(keys)} cells occur more than once: "
        f"{'; '.join(shown[:10])}{'; ...' if len(shown) > 10 else ''}.",
        fix=fix,
    )


def check_balance(frame: pd.DataFrame, entity: str, time: str) -> None:
    """Refuse unequal years, listing which regions lack which."""
    import pandas as pd

    present = pd.crosstab(frame[entity], frame[time]).astype(bool)
    if present.to_numpy().all():
        return
    gaps = present[~present.all(axis=1)]
    shown = [f"{region} lacks {listing(row.index[~row], 6)}" for region, row in gaps.iterrows()]
    raise DataError(
        f"Unequal years: {len(gaps)} of {len(present)} regions lack some of the {present.shape[1]} periods: "
        f"{'; '.join(shown[:10])}{'; ...' if len(shown) > 10 else ''}.",
        allowed='a balanced table, or unbalanced="keep" to keep the gaps (most estimators then refuse the panel)',
        fix="complete the table, remove these regions, or shorten the period",
    )


def _one_kind(cells: list, what: str) -> str:
    text = [v for v in cells if isinstance(v, str)]
    decimal = [v for v in cells if isinstance(v, float)]
    if text and len(text) < len(cells):
        number = next(v for v in cells if not isinstance(v, str))
        raise DataError(
            f"Ids in {what} mix text and numbers: {len(text)} text such as {text[0]!r}, "
            f"{len(cells) - len(text)} numbers such as {number!r}. They would not match one another.",
            fix=_ID_WAYS,
        )
    if decimal:
        raise DataError(
            f"Ids in {what} are decimal numbers such as {decimal[0]!r}; codes are text or whole numbers "
            "(a spreadsheet or an empty cell turns 110000 into 110000.0).",
            fix=_ID_WAYS,
        )
    padded = list(dict.fromkeys(v for v in text if v != v.strip()))
    if padded:
        raise DataError(
            f"Ids in {what} have blanks around them: {listing(map(repr, padded))}.",
            fix='ids="text" strips them, or correct the table',
        )
    return "str" if text else "int64"


def _as_text(value: str | float, what: str) -> str:
    if isinstance(value, str):
        return value.strip()
    return str(_as_int(value, what))


def _as_int(value: str | float, what: str) -> int:
    try:
        number = float(value)
        if number == int(number):
            return int(value) if isinstance(value, str) and value.strip().lstrip("-").isdigit() else int(number)
    except (ValueError, OverflowError):
        pass
    raise DataError(f"The id {value!r} in {what} is not a whole number.", fix='ids="text" keeps ids that are names')
