"""Typst: a figure with a table in three-line style and notes below."""

from __future__ import annotations

import re

from toolkit.report.tables.record import HeadLine, Table
from toolkit.report.tables.render.flat import body
from toolkit.report.tables.render.symbols import spans

__all__ = ["encode", "escape", "render"]


def encode(table: Table) -> bytes:
    """The file."""
    return render(table).encode()


def render(table: Table) -> str:
    """A ``#figure`` of kind table."""
    n = table.n_columns
    lines = ["#figure(", "  kind: table,"]
    lines.append(
        f"  caption: figure.caption(position: top)[{escape(table.caption)}]," if table.caption else "  caption: none,"
    )
    lines += ["  {", "  set par(justify: false)", "  table(", f"    columns: {n + 1},"]
    lines += [f"    align: (left,) + (center,) * {n},", "    stroke: none,", "    inset: (x: 5pt, y: 2.5pt),"]
    lines += ["    table.hline(stroke: 1pt),", "    table.header("]
    for line, ruled in zip(table.head, table.ruled, strict=True):
        lines += [f"      {item}" for item in _head_line(line, ruled)]
    lines += ["    ),", "    table.hline(stroke: 0.5pt),"]
    for label, cells, kind in body(table):
        if kind == "rule":
            lines.append("    table.hline(stroke: 0.5pt),")
        elif kind == "heading":
            lines.append(f"    table.cell(colspan: {n + 1})[#emph[{escape(label)}]],")
        else:
            lines.append("    " + " ".join(f"[{escape(text)}]," for text in (label, *cells)))
    lines.append("    table.hline(stroke: 1pt),")
    if table.notes:
        note = f"#emph[{escape(table.words['notes'])}] {escape(table.note)}"
        lines.append(f"    table.cell(colspan: {n + 1}, align: left)[#text(size: 0.85em)[{note}]],")
    lines += ["  )", "  }", ")" + (f" <{re.sub(r'[^A-Za-z0-9_:.-]', '-', table.label)}>" if table.label else "")]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    r"""Text for Typst: every ASCII sign that could be markup gets a backslash.

    Examples
    --------
    >>> print(escape("R&D_share #1"), escape("ρ"))
    R&D\_share \#1 #emph[ρ]
    """
    out = []
    for piece, italic in spans(re.sub(r"[ \t\r\n\f\v]+", " ", text)):
        safe = re.sub(r"([\\#$*_`<>@\[\]~=+\-/\"'])", r"\\\1", piece)
        out.append(f"#emph[{safe}]" if italic else safe)
    return "".join(out)


def _head_line(line: HeadLine, ruled: bool) -> list[str]:
    out = [f"[{escape(line.stub)}],"]
    start = 1
    for head in line.heads:
        text = f"[{escape(head.text)}],"
        out.append(f"table.cell(colspan: {head.span}){text}" if head.span > 1 else text)
    if ruled:
        for head in line.heads:
            if head.text:
                out.append(f"table.hline(start: {start}, end: {start + head.span}, stroke: 0.4pt),")
            start += head.span
    return out
