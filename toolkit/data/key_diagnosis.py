"""What is wrong with the keys of a table: ids, times, duplicates, gaps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from toolkit.data.cell_kinds import number_of
from toolkit.data.findings import Finding
from toolkit.errors import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Keys", "diagnose_keys"]


@dataclass(frozen=True, eq=False)
class Keys:
    """Ids and times as they would be read: the rows of the table that have both.

    Attributes
    ----------
    ids : Series of str
        Spelled alike: blanks removed, 110000.0 as 110000; indexed by row.
    times : Series
        Whole numbers, or text where the column is neither; all 0 for a cross-section.
    clean : bool
        Whether every region is there once in every period.
    """

    ids: pd.Series
    times: pd.Series
    clean: bool

    @property
    def size(self) -> str:
        """Regions x periods in words."""
        from toolkit.data.summary import spans

        n, times = self.ids.nunique(), sorted(self.times.unique())
        return f"{n} regions" + (f" x {len(times)} periods ({spans(times)})" if len(times) > 1 else "")


def diagnose_keys(frame: pd.DataFrame, entity: str, time: str | None, *, text: bool) -> tuple[Keys, list[Finding]]:
    """Look at the id and time columns of a table.

    Parameters
    ----------
    frame : DataFrame
        With columns `entity` and `time`.
    text : bool
        Whether the cells come from a .csv, where "01" is still told from 1, and a plain reading would lose the zero.

    Returns
    -------
    keys : Keys
    findings : list of Finding
    """
    found: list[Finding] = []
    present = _present(frame, [entity] if time is None else [entity, time], found)
    ids = _ids(present[entity], entity, found, text=text)
    times = _times(present[time], time, found) if time is not None else ids.map(lambda _: 0)
    clean = not _duplicates(present, ids, times, time, found)
    if time is not None:
        clean &= not _gaps(ids, times, found)
    return Keys(ids, times, clean and len(ids) == len(frame)), found


def _present(frame: pd.DataFrame, columns: Sequence[str], found: list[Finding]) -> pd.DataFrame:
    empty = frame[columns].isna()
    for column in columns:
        rows = frame.index[empty[column]]
        if len(rows):
            found.append(
                Finding(
                    "error", "empty-key", column, f"The column is empty in {len(rows)} of {len(frame)} rows.",
                    "A row that does not say which region and period it is cannot be used (merged cells look like this too).",
                    f"Fill in {column!r}, or delete these rows.", tuple(rows),
                )
            )  # fmt: skip
    return frame[~empty.any(axis=1)]


def _ids(column: pd.Series, name: str, found: list[Finding], *, text: bool) -> pd.Series:
    cells = column.tolist()
    kinds = {"text" if isinstance(c, str) else "number" for c in cells}
    spelled = column.map(_spelled).astype(object)
    if len(kinds) > 1:
        words, numbers = ([c for c in cells if isinstance(c, str) == flag] for flag in (True, False))
        found.append(
            Finding(
                "error", "mixed-ids", name,
                f"Ids mix text and numbers: {len(words)} text such as {words[0]!r}, {len(numbers)} numbers such as {numbers[0]!r}.",
                "They would not match one another, nor the map.", 'Read them with ids="text".',
            )
        )  # fmt: skip
    decimals = [
        c
        for c in cells
        if (isinstance(c, float) and c == c) or (isinstance(c, str) and re.fullmatch(r"\d+\.0+", c.strip()))
    ]
    if decimals:
        found.append(
            Finding(
                "error", "decimal-ids", name, f"{len(decimals)} ids are written as decimal numbers, e.g. {decimals[0]!r}.",
                "A spreadsheet or an empty cell turns 110000 into 110000.0, which matches no map.", 'Read them with ids="text".',
            )
        )  # fmt: skip
    padded = [c for c in cells if isinstance(c, str) and c != c.strip()]
    if padded:
        found.append(
            Finding(
                "error", "padded-ids", name, f"{len(padded)} ids have blanks around them: {listing(map(repr, dict.fromkeys(padded)), 5)}.",
                "'Anhui ' and 'Anhui' are two regions to a program.", 'ids="text" strips them, or correct the table.',
                tuple(column.index[[isinstance(c, str) and c != c.strip() for c in cells]]),
            )
        )  # fmt: skip
    _zeros(spelled, name, found, text=text and kinds == {"text"})
    _lookalikes(spelled, name, found)
    return spelled


def _zeros(ids: pd.Series, name: str, found: list[Finding], *, text: bool) -> None:
    unique = [i for i in dict.fromkeys(ids) if i.isdigit()]
    padded = [i for i in unique if i.startswith("0") and i != "0"]
    if padded and text:
        found.append(
            Finding(
                "warning", "leading-zeros", name, f"{len(padded)} ids begin with a zero, e.g. {padded[0]!r}.",
                f"A plain reading turns {padded[0]!r} into {int(padded[0])}, which matches neither map nor weights.",
                'Read them with ids="text".',
            )
        )  # fmt: skip
    lengths = sorted({len(i) for i in unique})
    if (
        not padded
        and len(unique) == ids.nunique()
        and len(unique) > 5
        and len(lengths) == 2
        and lengths[1] - lengths[0] == 1
        and lengths[0] > 2
    ):
        short = [i for i in unique if len(i) == lengths[0]]
        long = len(unique) - len(short)
        if long >= len(short):
            found.append(
                Finding(
                    "warning", "lost-zeros", name,
                    f"{len(short)} ids have {lengths[0]} digits and the others {lengths[1]}, e.g. {short[0]!r}: a leading zero may be lost.",
                    "Codes such as 01001 become 1001 when a program reads them as numbers.",
                    f"Compare with the map; if so: df[{name!r}] = df[{name!r}].astype(str).str.zfill({lengths[1]}).",
                )
            )  # fmt: skip


def _lookalikes(ids: pd.Series, name: str, found: list[Finding]) -> None:
    import unicodedata

    groups: dict[str, list[str]] = {}
    for i in dict.fromkeys(ids):
        groups.setdefault(re.sub(r"[\s_.\-]+", "", unicodedata.normalize("NFKC", i).casefold()), []).append(i)
    alike = [g for g in groups.values() if len(g) > 1]
    if alike:
        found.append(
            Finding(
                "warning", "lookalike-ids", name,
                f"Ids that differ only in case, blanks or punctuation: {listing((' / '.join(map(repr, g)) for g in alike), 5)}.",
                "One region may be counted as several.", "Spell each region in one way.",
            )
        )  # fmt: skip


def _times(column: pd.Series, name: str, found: list[Finding]) -> pd.Series:
    numbers = column.map(number_of)
    dates = column.map(lambda c: isinstance(c, date) or type(c).__name__ == "Timestamp")
    if dates.all():
        return (
            column.map(lambda c: c.year)
            if column.map(lambda c: (c.month, c.day)).nunique() == 1
            else column.astype(str)
        )
    if numbers.isna().any():
        odd = column[numbers.isna()]
        years = odd.map(lambda c: (re.search(r"(?<!\d)(1[89]|20)\d\d(?!\d)", str(c)) or [None])[0])
        found.append(
            Finding(
                "error", "times", name, f"{len(odd)} times are not numbers, e.g. {listing(map(repr, dict.fromkeys(odd)), 3)}.",
                "Periods are put in order and lagged: that needs one kind of value.",
                "Write years as whole numbers" + (f", {years.iloc[0]} for {odd.iloc[0]!r}." if years.notna().all() else "."),
                tuple(odd.index),
            )
        )  # fmt: skip
        return years.astype("int64") if not years.isna().any() and numbers.isna().all() else column.map(str)
    if all(isinstance(c, str) for c in column) and len(column) and not column.map(str.strip).eq(column).all():
        numbers = numbers.astype(float)
    whole = numbers.astype(float)
    if (whole != np.floor(whole)).any():
        return whole
    years = whole.astype("int64")
    odd_ones = years[(years < 1500) | (years > 2200)] if ((years >= 1500) & (years <= 2200)).mean() > 0.5 else years[:0]
    if len(odd_ones):
        found.append(
            Finding(
                "warning", "odd-years", name, f"Years that look mistyped: {listing(odd_ones.unique())}.",
                "They would be periods of their own.", "Correct them.", tuple(odd_ones.index),
            )
        )  # fmt: skip
    return years


def _duplicates(
    present: pd.DataFrame, ids: pd.Series, times: pd.Series, time: str | None, found: list[Finding]
) -> bool:
    import pandas as pd

    keys = pd.DataFrame({"id": ids, "time": times})
    twice = keys.duplicated(keep=False)
    if not twice.any():
        return False
    cells = keys[twice].drop_duplicates()
    shown = [f"{i} in {t}" if time is not None else str(i) for i, t in cells.itertuples(index=False)]
    same = len(present[twice].astype(str).drop_duplicates()) == len(cells)
    found.append(
        Finding(
            "error", "duplicates", "ids",
            f"{len(cells)} {'region-period pairs' if time is not None else 'regions'} occur more than once: {listing(shown, 5)}"
            + (" (the rows are identical)." if same else " (with different values)."),
            "It is not known which row is meant.",
            "Delete the copies." if same else "Keep one row for each, or add them up: df.groupby([...]).sum()."
            + ("" if time is not None else " If the table has several periods, name their column: time=..."),
            tuple(present.index[twice]),
        )
    )  # fmt: skip
    return True


def _gaps(ids: pd.Series, times: pd.Series, found: list[Finding]) -> bool:
    import pandas as pd

    grid = pd.crosstab(ids, times).astype(bool)
    lacking = grid[~grid.all(axis=1)]
    if len(lacking):
        shown = [f"{i} lacks {listing(row.index[~row.to_numpy()], 4)}" for i, row in lacking.iterrows()]
        kept = [t for t in grid.columns if grid[t].all()]
        found.append(
            Finding(
                "error", "unbalanced", "times",
                f"{len(lacking)} of {len(grid)} regions lack some of the {grid.shape[1]} periods: {listing(shown, 4)}.",
                "Most spatial panel estimators need every region in every period: a gap changes everyone's neighbours.",
                'Complete the table, leave out these regions, keep the periods all regions have'
                f'{f" ({len(kept)} of {grid.shape[1]})" if kept else " (there is none)"}, or pass unbalanced="keep".',
            )
        )  # fmt: skip
    steps = np.diff(grid.columns) if pd.api.types.is_integer_dtype(grid.columns) else np.array([])
    if len(set(steps)) > 1:
        usual = int(np.bincount(steps.astype(int)).argmax()) if ((steps > 0) & (steps < 10_000)).all() else 1
        after = [
            f"{a} to {b}" for a, b, s in zip(grid.columns[:-1], grid.columns[1:], steps, strict=True) if s != usual
        ]
        found.append(
            Finding(
                "warning", "uneven-times", "times", f"The periods are not equally spaced: {listing(after, 5)}.",
                "lag(), diff(), growth() and dynamic models refuse them: a step would mean different lengths of time.",
                "Complete the years, or choose a spell without gaps.",
            )
        )  # fmt: skip
    return bool(len(lacking))


def _spelled(cell: object) -> str:
    if isinstance(cell, Real) and not isinstance(cell, bool) and float(cell).is_integer():
        return str(int(cell))
    text = str(cell).strip()
    return text.split(".")[0] if re.fullmatch(r"\d+\.0+", text) else text
