"""Typst: a figure with a table in three-line style and notes below."""

from __future__ import annotations

import re

from toolkit.report.tables.journals import Style
from toolkit.report.tables.record import HeadLine, Table
from toolkit.report.tables.render.flat import body
from toolkit.report.tables.render.symbols import spans
from toolkit.report.tables.render.width import fit, warn_too_large

__all__ = ["encode", "escape", "render"]

#: Text of an A4 page in points, as widths are measured: for 10 pt, where Typst prints 11.
_LINE = 16 * 28.4528 * 10 / 11
_SIZES = {"small": "0.93em", "footnotesize": "0.85em"}


def encode(table: Table) -> bytes:
    """The file."""
    return render(table).encode()


def render(table: Table) -> str:
    """A ``#figure`` of kind table, set smaller or on a landscape page where it is wide."""
    size = fit(table, _LINE, portrait=table.style.portrait)
    if size.shrink:
        warn_too_large(size, "it runs off it")
    n, style = table.n_columns, table.style
    styled = bool(table.caption) and style != Style()
    lines = [_caption_rule(style)] if styled else []
    lines += ["#figure(", "  kind: table,", f"  supplement: [{escape(table.words['table'])}],"]
    lines.append(f"  caption: {_caption(table)}," if table.caption else "  caption: none,")
    lines += ["  {", "  set par(justify: false)"]
    lines += [f"  set text(size: {_SIZES[size.font]})"] if size.font else []
    lines += ["  table(", f"    columns: {n + 1},"]
    gap = size.separation or 5
    lines += [f"    align: (left,) + (center,) * {n},", "    stroke: none,", f"    inset: (x: {gap:g}pt, y: 2.5pt),"]
    lines += ["    table.hline(stroke: 1pt),", "    table.header("]
    for line, ruled in zip(table.head, table.ruled, strict=True):
        lines += [f"      {item}" for item in _head_line(line, ruled)]
    lines += ["    ),", "    table.hline(stroke: 0.5pt),"]
    for label, cells, kind in body(table):
        if kind == "rule":
            lines.append("    table.hline(stroke: 0.5pt),")
        elif kind == "gap":
            lines.append(f"    table.cell(colspan: {n + 1}, inset: 2pt)[],")
        elif kind == "heading":
            lines.append(f"    table.cell(colspan: {n + 1})[#emph[{escape(label)}]],")
        else:
            lines.append("    " + " ".join(f"[{escape(text)}]," for text in (label, *cells)))
    lines.append("    table.hline(stroke: 1pt),")
    if table.notes:
        word = escape(table.notes_word)
        note = (
            f"{f'#emph[{word}]' if table.notes_italic else word}{'' if table.lang == 'zh' else ' '}{escape(table.note)}"
        )
        lines.append(f"    table.cell(colspan: {n + 1}, align: left)[#text(size: 0.85em)[{note}]],")
    lines += ["  )", "  }", ")" + (f" <{re.sub(r'[^A-Za-z0-9_:.-]', '-', table.label)}>" if table.label else "")]
    if size.landscape:
        lines = ["#page(flipped: true)[", *lines, "]"]
    elif styled:  # the rule for captions is for this one alone
        lines = ["#[", *lines, "]"]
    return "\n".join(lines) + "\n"


def _caption(table: Table) -> str:
    text, style = f"[{escape(table.caption)}]", table.style
    if style == Style():
        return f"figure.caption(position: top){text}"
    separator = {"\u3000": "#h(1em)"}.get(style.separator, style.separator)
    return f"figure.caption(position: top, separator: [{separator}]){text}"


def _caption_rule(style: Style) -> str:
    """How the caption of this figure looks."""
    label, rest = "#it.supplement~#context it.counter.display(it.numbering)", "#it.separator#it.body"
    shown = {
        "bold": f"strong[{label}{rest}]",
        "small caps": f"smallcaps[{label}{rest}]",
        "bold label": f"[#strong[{label}#it.separator]#it.body]",
    }[style.title]
    return f"#show figure.caption: it => align({'left' if style.title_left else 'center'}, {shown})"


def escape(text: str) -> str:
    r"""Text for Typst: every ASCII sign that could be markup gets a backslash.

    Examples
    --------
    >>> print(escape("R&D_share #1"), escape("ρ"))
    R&D\_share \#1 #emph[ρ]
    """
    out = []
    for piece, italic in spans(text):
        safe = re.sub(r"([\\#$*_`<>@\[\]~=+\-/\"'])|(?<=\.)\.", r"\\\g<0>", piece)
        out.append(f"#emph[{safe}]" if italic else safe)
    return re.sub(r"^( *\d+)\.(?= |$)", r"\1\\.", "".join(out))  # "1. Roads" is a heading, not a list


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
