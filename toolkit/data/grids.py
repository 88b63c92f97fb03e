"""The cells of a .csv or .xlsx file exactly as they stand, whatever its encoding, separator and header.

`Panel.read` is strict and reads one kind of file; this reader takes what people have, so that the check can say
in words what to change. Nothing here is used for estimation.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from toolkit.data.findings import Finding
from toolkit.errors import DataError

__all__ = ["Grid", "read_grid"]

_SEPARATORS = (",", ";", "\t", "|")
#: the most cells read from a sheet; more is no table of regions
_MOST_COLUMNS = 16_384


@dataclass(frozen=True)
class Grid:
    """Cells row by row, as the program that made the file numbers them.

    Attributes
    ----------
    rows : tuple of (int, tuple)
        Number of the row, from 1, and its cells: text for .csv, also numbers and dates for .xlsx; None where empty.
        Rows without any cell are left out.
    findings : tuple of Finding
        About encoding, separator, sheets and merged cells.
    encoding, separator : str
        Of a .csv.
    """

    rows: tuple[tuple[int, tuple], ...]
    findings: tuple[Finding, ...]
    encoding: str = ""
    separator: str = ""


def read_grid(path: Path, *, sheet: str | int | None = None, encoding: str | None = None) -> Grid:
    """Cells of a .csv or .xlsx file.

    Parameters
    ----------
    path : Path
    sheet : str or int, optional
        Of an .xlsx; the first if left out.
    encoding : str, optional
        Of a .csv; guessed if left out.

    Raises
    ------
    DataError
        The file holds no cells, is damaged, or has no such sheet.
    """
    grid = _workbook(path, sheet) if path.suffix.lower() == ".xlsx" else _text(path, encoding)
    if not grid.rows:
        raise DataError(f"{path.name} is empty: it has no cell with anything in it.", fix="check that it was saved")
    return grid


def _text(path: Path, encoding: str | None) -> Grid:
    data = path.read_bytes()
    used, found = (encoding, []) if encoding else _guessed(data)
    try:
        text = data.decode(used)
    except (UnicodeDecodeError, LookupError) as cause:
        raise DataError(
            f"{path.name} is not written in {used}: {cause}.", fix="leave the encoding out: it is guessed"
        ) from cause
    if "\x00" in text:
        raise DataError(
            f"{path.name} is not a text file: it holds NUL characters.",
            fix="open it in its program and save as CSV UTF-8",
        )
    text = text.removeprefix("\ufeff")
    separator = _separator(text)
    if separator != ",":
        found.append(
            Finding(
                "error", "separator", "table",
                f"The cells are separated by {'a tab' if separator == chr(9) else repr(separator)}, not by commas.",
                "A .csv is read with commas: every line would be a single cell.",
                f"Save it with commas, or read it first: tk.Panel(pd.read_csv(path, sep={separator!r}), entity=..., time=...).",
            )
        )  # fmt: skip
    csv.field_size_limit(10_000_000)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as cause:
        raise DataError(
            f"{path.name} cannot be taken apart into cells: {cause}.", fix="save it again as CSV UTF-8"
        ) from cause
    rows = [(n, tuple(c if c.strip() else None for c in line)) for n, line in enumerate(lines, 1)]
    return Grid(tuple(r for r in rows if any(c is not None for c in r[1])), tuple(found), used, separator)


def _guessed(data: bytes) -> tuple[str, list[Finding]]:
    """Encoding of `data`, and a finding where it is not UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", [_not_utf8("utf-16", "the byte order mark says so")]
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        where = cause.start
    else:
        return "utf-8-sig", []
    line = data[:where].count(b"\n") + 1
    try:
        text = data.decode("gb18030")
        beyond = [c for c in text if ord(c) > 127]
        if sum("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in beyond) > 0.8 * len(beyond):
            return "gb18030", [_not_utf8("gb18030", f"Chinese characters, the first in line {line}")]
    except UnicodeDecodeError:
        pass
    return "latin-1", [_not_utf8("latin-1", f"the byte {data[where]:#04x} in line {line} is not UTF-8")]


def _not_utf8(encoding: str, evidence: str) -> Finding:
    return Finding(
        "error", "encoding", "table",
        f"The file is not in UTF-8 but probably in {encoding} ({evidence}).",
        "Names of regions and columns would be read wrongly, or not at all.",
        f'Read it with encoding="{encoding}", or save it as "CSV UTF-8".',
    )  # fmt: skip


def _separator(text: str) -> str:
    """The mark that cuts most of the first lines into the same number of cells, more than one; else the comma."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    best, score = ",", (0, 0)
    for mark in _SEPARATORS:
        try:
            counts = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if len(row) > 1)
        except csv.Error:
            continue
        if counts:
            width, times = max(counts.items(), key=lambda item: (item[1], item[0]))
            if (times, width) > score:
                best, score = mark, (times, width)
    return best


def _workbook(path: Path, sheet: str | int | None) -> Grid:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except Exception as cause:  # whatever the reader raises on a damaged file
        raise DataError(
            f"{path.name} cannot be read: {cause}", fix="open it in Excel and save it again as .xlsx"
        ) from cause
    names = [s.title for s in book.worksheets]
    if not names:
        raise DataError(f"{path.name} has no sheet with cells.")
    if sheet is None:
        chosen = book.worksheets[0]
    elif isinstance(sheet, int) and 0 <= sheet < len(names):
        chosen = book.worksheets[sheet]
    elif sheet in names:
        chosen = book[str(sheet)]
    else:
        raise DataError(f"{path.name} has no sheet {sheet!r}.", allowed=", ".join(names))
    found = []
    if sheet is None and len(names) > 1:
        found.append(
            Finding(
                "note", "sheets", "table", f"The workbook has {len(names)} sheets ({', '.join(names[:8])}); the first was read.",
                "The data may be on another sheet.", "Name the sheet: sheet=...",
            )
        )  # fmt: skip
    merged = [str(r) for r in chosen.merged_cells.ranges]
    if merged:
        found.append(
            Finding(
                "error", "merged-cells", "table",
                f"{len(merged)} blocks of cells are merged: {', '.join(merged[:8])}{' ...' if len(merged) > 8 else ''}.",
                "Only the first cell of a merged block holds the value: the others are read as empty.",
                "Unmerge them (Home > Merge & Center) and fill the value into every cell.",
            )
        )  # fmt: skip
    rows = []
    for number, row in enumerate(chosen.iter_rows(values_only=True, max_col=min(chosen.max_column, _MOST_COLUMNS)), 1):
        cells = tuple(None if c is None or (isinstance(c, str) and not c.strip()) else c for c in row)
        if any(c is not None for c in cells):
            rows.append((number, cells))
    return Grid(tuple(rows), tuple(found))
