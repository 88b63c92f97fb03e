"""CSV: the numbers behind the table, one a row, in full precision."""

from __future__ import annotations

from toolkit.report.tables.record import Table

__all__ = ["encode"]


def encode(table: Table) -> bytes:
    """The file; Chinese tables begin with a byte order mark, without which Excel misreads them."""
    return table.to_csv().encode("utf-8-sig" if table.lang == "zh" else "utf-8")
