"""Plain text: aligned columns for a terminal."""

from __future__ import annotations

import textwrap
import unicodedata

from toolkit.report.tables.record import HeadLine, Table
from toolkit.report.tables.render.flat import body
from toolkit.report.tables.render.symbols import spans

__all__ = ["render"]


def render(table: Table) -> str:
    """Text in columns of equal width; Chinese characters count as two."""
    n = table.n_columns
    lines = [(_plain(label), [_plain(c) for c in cells], kind) for label, cells, kind in body(table)]
    stub = max([_width(label) for label, _, _ in lines] + [_width(_plain(line.stub)) for line in table.head])
    single = [_plain(h.text) for line in table.head for h in line.heads if h.span == 1]
    column = max([_width(c) for _, cells, _ in lines for c in cells] + [_width(text) for text in single] + [6]) + 2
    total = stub + column * n + 1
    rule = "-" * total
    out = [_plain(table.caption)] if table.caption else []
    out.append(rule)
    for line, ruled in zip(table.head, table.ruled, strict=True):
        out.append(_head_line(line, stub, column))
        if ruled or line.kind == "depvar":
            out.append(rule)
    if out[-1] != rule:
        out.append(rule)
    for label, cells, kind in lines:
        out.append(
            rule if kind == "rule" else (_pad(label, stub) + "".join(_centre(c, column) for c in cells)).rstrip()
        )
    out.append(rule)
    if table.notes:
        note = f"{table.words['notes']}{'' if table.lang == 'zh' else ' '}{_plain(table.note)}"
        out += _wrap(note, max(total, 29))
    return "\n".join(out)


def _head_line(line: HeadLine, stub: int, column: int) -> str:
    cells = "".join(_centre(_plain(head.text), column * head.span) for head in line.heads)
    return (_pad(_plain(line.stub), stub) + cells).rstrip()


def _plain(text: str) -> str:
    return "".join(piece for piece, _ in spans(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _centre(text: str, width: int) -> str:
    room = max(width - _width(text), 0)
    return " " * (room - room // 2) + text + " " * (room // 2)


def _wrap(text: str, width: int) -> list[str]:
    if _width(text) == len(text):
        return textwrap.wrap(text, width)
    lines = [""]
    for char in text:
        if _width(lines[-1] + char) > width:
            lines.append("")
        lines[-1] += char
    return lines
