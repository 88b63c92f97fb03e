"""Where the table is in a grid of cells: title lines above, a second header line, notes below."""

from __future__ import annotations

from toolkit.data.cell_kinds import number_of
from toolkit.data.findings import Finding
from toolkit.data.grids import Grid
from toolkit.errors import DataError, listing

__all__ = ["table_of"]


def table_of(grid: Grid):
    """The table in a grid, cells untouched, and what had to be left out to find it.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    frame : DataFrame of object
        Indexed by the row numbers of the file.
    findings : list of Finding

    Raises
    ------
    DataError
        No line could be a header, or nothing stands below it.
    """
    import pandas as pd

    rows = list(grid.rows)
    found: list[Finding] = []
    width = max(_reach(cells) for _, cells in rows)
    header = next((i for i, (_, cells) in enumerate(rows) if _filled(cells) >= max(2, 0.7 * width)), 0)
    if header:
        found.append(
            Finding(
                "error", "title-lines", "table",
                f"{header} {'line stands' if header == 1 else 'lines stand'} above the header, e.g. {_first(rows[0][1])!r}.",
                "The first line of a file is read as the names of the variables.",
                "Delete the lines above the names of the variables.", tuple(n for n, _ in rows[:header]),
            )
        )  # fmt: skip
    names, renamed = _names(rows[header][1], width)
    found += renamed
    body = rows[header + 1 :]
    body, notes = _without_notes(body, width)
    if notes:
        found.append(
            Finding(
                "error", "footnotes", "table", f"{len(notes)} {'line' if len(notes) == 1 else 'lines'} below the table: no data, e.g. {_first(notes[0][1])!r}.",
                "They would be read as further regions.", "Delete them, or move them to another file.",
                tuple(n for n, _ in notes),
            )
        )  # fmt: skip
    body, second = _without_second_header(body)
    if second:
        found.append(
            Finding(
                "error", "second-header", "table",
                f"The table has a second header line: {listing([c for c in second[1] if c is not None], 5)}.",
                "Every column would be read as text.", "Delete it; put labels and units into a codebook (.toml).", (second[0],),
            )
        )  # fmt: skip
    if not body:
        raise DataError(
            "The table has a header and no rows.", fix="check the file, the sheet or the filter it comes from"
        )
    padded = [(*cells, *[None] * (width - len(cells))) for _, cells in body]
    frame = pd.DataFrame([r[:width] for r in padded], columns=names, index=[n for n, _ in body], dtype=object)
    named = max(_reach(rows[header][1]), _reach(second[1]) if second else 0)  # names of merged cells end in the first
    ragged = [n for n, cells in body if _reach(cells) > named]
    if ragged:
        found.append(
            Finding(
                "error", "ragged", "table", f"{len(ragged)} rows have more cells than there are names of variables.",
                "Values slip into the wrong column, often after an unquoted comma in a name or number.",
                "Put such cells between quotation marks, or name the further columns.", tuple(ragged),
            )
        )  # fmt: skip
    return frame, found


def _names(cells: tuple, width: int) -> tuple[list[str], list[Finding]]:
    names = ["" if c is None else str(c) for c in (*cells, *[None] * (width - len(cells)))][:width]
    padded = [n for n in names if n != n.strip()]
    found = []
    if padded:
        found.append(
            Finding(
                "warning", "padded-names", "table", f"Names of columns have blanks around them: {listing(map(repr, padded))}.",
                "They are not found by the name you see.", "Remove the blanks.",
            )
        )  # fmt: skip
    unnamed = [k + 1 for k, n in enumerate(names) if not n.strip()]
    if unnamed:
        found.append(
            Finding(
                "warning", "unnamed", "table", f"Columns without a name: number {listing(unnamed)}.",
                "They cannot be used in a formula.", "Name them or delete them.",
            )
        )  # fmt: skip
    out: list[str] = []
    twice = []
    for k, name in enumerate(names):
        name = name.strip() or f"column {k + 1}"
        if name in out:
            twice.append(name)
            name = f"{name} ({k + 1})"
        out.append(name)
    if twice:
        found.append(
            Finding(
                "error", "names-twice", "table", f"Columns occur more than once: {listing(twice)}.",
                "It is not clear which is meant.", "Rename or remove one of each.",
            )
        )  # fmt: skip
    return out, found


def _without_notes(body: list, width: int) -> tuple[list, list]:
    """Cut lines at the end in which one text cell stands alone (sources, remarks)."""
    end = len(body)
    if width > 2:
        while end and _filled(body[end - 1][1]) == 1 and isinstance(body[end - 1][1][0], str):
            end -= 1
    return body[:end], body[end:]


def _without_second_header(body: list) -> tuple[list, tuple | None]:
    """Cut the first line where it is text in at least two columns, and a majority of those, that are numbers below."""
    if len(body) < 3:
        return body, None
    first, rest = body[0], body[1:200]
    votes = []
    for k, cell in enumerate(first[1]):
        below = [r[1][k] for r in rest if k < len(r[1]) and r[1][k] is not None]
        if below and sum(number_of(c) is not None for c in below) > 0.9 * len(below):
            votes.append(cell is None or number_of(cell) is None)
    text = [c for c in first[1] if isinstance(c, str) and number_of(c) is None]
    if len(votes) >= 2 and all(votes) and len(text) >= 2:
        return body[1:], first
    return body, None


def _filled(cells: tuple) -> int:
    return sum(c is not None for c in cells)


def _reach(cells: tuple) -> int:
    """Number of cells up to the last one that is filled."""
    return next((k + 1 for k in range(len(cells) - 1, -1, -1) if cells[k] is not None), 0)


def _first(cells: tuple) -> object:
    return next((c for c in cells if c is not None), "")
