"""A panel as files that `Panel.read` reads back: a .csv and, beside it, its codebook as .toml."""

from __future__ import annotations

from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.data.codebook import Entry
from toolkit.report.files import check_target, write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.data.panel import Panel

__all__ = ["codebook_toml", "export_panel"]


def export_panel(panel: Panel, path: str | PathLike, *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write a panel's table to a .csv, and its codebook, where it has one, to a .toml of the same name.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    OutputError
        Another suffix, a file that exists, a folder that cannot be written.

    Examples
    --------
    >>> import tempfile, toolkit as tk
    >>> with tempfile.TemporaryDirectory() as here:
    ...     table, book = export_panel(tk.load("munnell"), f"{here}/munnell.csv")
    ...     tk.Panel.read(table, "state", "year", codebook=book)
    Panel: 48 regions x 17 periods (1970-1986), balanced; 8 variables: gsp, pcap, hwy, water, util, pc, emp, unemp
    """
    table = check_target(path, (".csv",), overwrite)
    book = {name: entry for name, entry in panel.codebook.items() if name in panel.variables}
    targets = [table, *([check_target(table.with_suffix(".toml"), (".toml",), overwrite)] if book else [])]
    contents = [panel.frame.to_csv(index=False, lineterminator="\n"), codebook_toml(book)]
    for target, content in zip(targets, contents, strict=False):
        write_atomic(target, content.encode("utf-8"), overwrite)
    return tuple(targets)


def codebook_toml(codebook: Mapping[str, Entry]) -> str:
    """A codebook as TOML that `as_codebook` reads: one table ``[variables.NAME]`` a variable, empty fields left out.

    Examples
    --------
    >>> print(codebook_toml({"gdp": Entry(label_en="Product", first_year=2000)}))
    [variables.gdp]
    label_en = "Product"
    first_year = 2000
    <BLANKLINE>
    """
    blocks = []
    for name, entry in codebook.items():
        given = [(f.name, getattr(entry, f.name)) for f in fields(Entry)]
        lines = [f"{key} = {_value(value)}" for key, value in given if value not in ("", None, ())]
        plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
        blocks.append("\n".join([f"[variables.{name if plain else _value(name)}]", *lines]) + "\n")
    return "\n".join(blocks)


def _value(value: object) -> str:
    """A TOML value; basic strings escape as JSON does, but for DEL."""
    import json

    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
