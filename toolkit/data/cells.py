"""The cells of a panel: numbers that are numbers, finite, and told apart by a fingerprint."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import DataError, listing

if TYPE_CHECKING:
    from toolkit.data.panel import Panel

__all__ = ["as_column", "check_finite", "check_unknown", "fingerprint", "to_numbers"]


def check_unknown(wanted: Iterable[object], known: Iterable[object], kind: str) -> None:
    """Refuse names that are not known, listing those that are and the nearest one."""
    known = list(known)
    unknown = [w for w in wanted if w not in known]
    if not unknown:
        return
    near = difflib.get_close_matches(str(unknown[0]), [str(k) for k in known], n=1)
    raise DataError(
        f"The panel has no {kind} {listing(map(repr, unknown))}.",
        allowed=listing(known, 60) or f"(it has no {kind} at all)",
        fix=f"did you mean {near[0]!r}?" if near else None,
    )


def to_numbers(frame: pd.DataFrame, variable: str, entity: str, time: str | None) -> np.ndarray:
    """A column as floats, shape (rows,); DataError lists the cells that are text."""
    column = frame[variable]
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        if pd.api.types.is_complex_dtype(column):
            raise DataError(f"Variable {variable!r} holds complex numbers.")
        return column.to_numpy(dtype=float, na_value=np.nan, copy=True)
    text = frame[column.notna() & ~column.map(_is_number)]
    if not len(text):
        return pd.to_numeric(column).to_numpy(dtype=float, copy=True)
    cells = [
        f"{row[variable]!r} ({row[entity]}{'' if time is None else f', {row[time]}'})"
        for row in text.head(11).to_dict("records")
    ]
    separated = text[variable].astype("str").str.fullmatch(r"\s*-?\d{1,3}([, ]\d{3})+(\.\d+)?\s*").any()
    raise DataError(
        f"Variable {variable!r} is text in {len(text)} of {len(frame)} rows, not numbers: {listing(cells)}.",
        fix='read the file with thousands=","'
        if separated
        else f"correct these cells, name the signs for missing values by missing=[...], or convert: "
        f"df[{variable!r}] = pd.to_numeric(df[{variable!r}])",
    )


def check_finite(frame: pd.DataFrame, entity: str, time: str | None) -> None:
    """Refuse infinite values, listing variable, region and time."""
    cells = []
    for name, column in frame.items():
        if name not in (entity, time) and pd.api.types.is_float_dtype(column):
            where = np.isinf(column.to_numpy(dtype=float, na_value=np.nan))
            if not where.any():
                continue
            infinite = frame[where]
            cells += [
                f"{name} ({r[entity]}{'' if time is None else f', {r[time]}'})" for r in infinite.to_dict("records")
            ]
    if cells:
        raise DataError(
            f"{len(cells)} values are infinite: {listing(cells)}.",
            fix="a division by zero or the log of zero makes them; correct these cells or leave them empty",
        )


def as_column(name: str, given: object, panel: Panel) -> object:
    """One value a row of ``panel.frame`` from what `Panel.assign` accepts."""
    if callable(given):
        given = given(panel.frame)
    if isinstance(given, str):
        from toolkit.data.expressions import evaluate_with_gaps

        given = evaluate_with_gaps(given, panel)
    if isinstance(given, pd.DataFrame):
        given = given.reindex(index=panel.times, columns=panel.entities).to_numpy()
    rows = len(panel._frame)
    if isinstance(given, pd.Series):
        if len(given) == rows and given.index.equals(panel._frame.index):
            return given.to_numpy()
        if given.index.is_unique and panel.entities.isin(given.index).all():
            return given.reindex(panel._frame[panel.entity]).to_numpy()
        raise DataError(
            f"The Series for {name!r} is indexed neither like panel.frame nor by the {panel.N} region ids.",
            fix="index it by id, or pass an array of shape (T, N)",
        )
    array = np.asarray(given)
    if array.ndim == 0:
        return given
    if array.shape == (panel.T, panel.N):
        return array[panel._periods, panel.entities.get_indexer(panel._frame[panel.entity])]
    if array.shape == (rows,):
        return array
    raise DataError(
        f"The values for {name!r} have shape {array.shape}.",
        allowed=f"one number, ({panel.T}, {panel.N}) = (T, N), or ({rows},) = one value a row of panel.frame",
    )


def fingerprint(panel: Panel) -> str:
    """SHA-256 hex of ids, times, variables, attributes and map; see `Panel.hash`."""
    digest = hashlib.sha256()
    for part in (panel._frame[[panel.entity, *([panel.time] if panel.time else [])]], panel._frame, panel._attributes):
        for column in sorted(part.columns, key=str):
            digest.update(f"\x1e{column}\x1f".encode())
            digest.update(_bytes(part[column]))
    if panel._shapes is not None:
        for shape in panel._shapes.to_wkb(byte_order=1):
            digest.update(shape)
    return digest.hexdigest()


def _bytes(column: pd.Series) -> bytes:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(dtype="<f8", na_value=np.nan, copy=True)
        numbers[np.isnan(numbers)] = np.nan  # one bit pattern for every NaN
        return (numbers + 0.0).tobytes()  # and for both zeros
    return "\x1f".join("\x00" if missing else str(v) for v, missing in zip(column, column.isna(), strict=True)).encode()


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(cell, complex)
