"""Markdown: a pipe table with one line of headings, notes below."""

from __future__ import annotations

import re

from toolkit.report.tables.record import Table
from toolkit.report.tables.render.flat import body, heads
from toolkit.report.tables.render.symbols import spans

__all__ = ["encode", "escape", "render"]


def encode(table: Table) -> bytes:
    """The file."""
    return render(table).encode()


def render(table: Table) -> str:
    """A pipe table; the reader's program needs no extension beyond tables."""
    shared, texts = heads(table)
    lines = []
    if table.caption:
        lines += [f"**{escape(table.caption)}**", ""]
    if shared:
        lines += [escape(shared), ""]
    stub = table.head[-1].stub if table.head else ""
    lines.append(_line([escape(stub), *(escape(text) for text in texts)]))
    lines.append(_line([":---", *[":---:"] * len(texts)]))
    for label, cells, kind in body(table):
        if kind in ("rule", "gap"):
            continue
        shown = f"*{escape(label)}*" if kind == "heading" else escape(label)
        lines.append(_line([shown, *(escape(cell) for cell in cells)]))
    if table.notes:
        lines += ["", f"*{escape(table.notes_word)}* {escape(table.note)}"]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    r"""Text for Markdown: no character of it is taken for markup.

    Examples
    --------
    >>> print(escape("0.5***"), escape("a|b_c"), escape("𝑊"))
    0.5\*\*\* a\|b\_c *W*
    """
    out = []
    for piece, italic in spans(text):
        safe = re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", piece)
        out.append(f"*{safe}*" if italic else safe)
    return "".join(out)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
