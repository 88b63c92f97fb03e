"""Plain text: aligned columns for a terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from itertools import accumulate

from toolkit.report.tables.record import Head, HeadLine, Table
from toolkit.report.tables.render.flat import body
from toolkit.report.tables.render.symbols import spans

__all__ = ["render"]


def render(table: Table) -> str:
    """Text in columns as wide as they need; Chinese characters count as two."""
    lines = [(_plain(label), [_plain(c) for c in cells], kind) for label, cells, kind in body(table)]
    stub = max([_width(label) for label, _, _ in lines] + [_width(_plain(line.stub)) for line in table.head])
    columns = [max(6, *(_width(cells[j]) for _, cells, _ in lines)) + 2 for j in range(table.n_columns)]
    for line in table.head:
        for first, head in _starts(line):
            missing = _width(_plain(head.text)) + 2 - sum(columns[first : first + head.span])
            for j in range(max(missing, 0)):
                columns[first + j % head.span] += 1
    total = stub + sum(columns) + 1
    rule = "-" * total
    out = [_plain(table.caption)] if table.caption else []
    out.append(rule)
    for line, ruled in zip(table.head, table.ruled, strict=True):
        heads = (_centre(_plain(head.text), sum(columns[i : i + head.span])) for i, head in _starts(line))
        out.append((_pad(_plain(line.stub), stub) + "".join(heads)).rstrip())
        if ruled or line.kind == "depvar":
            out.append(rule)
    if out[-1] != rule:
        out.append(rule)
    for label, cells, kind in lines:
        text = _pad(label, stub) + "".join(_centre(c, width) for c, width in zip(cells, columns, strict=True))
        out.append(rule if kind == "rule" else text.rstrip())
    out.append(rule)
    if table.notes:
        note = f"{table.notes_word}{'' if table.lang == 'zh' else ' '}{_plain(table.note)}"
        out += _wrap(note, max(total, 29))
    return "\n".join(out)


def _starts(line: HeadLine) -> list[tuple[int, Head]]:
    """Each heading with the column it begins at."""
    edges = accumulate((head.span for head in line.heads), initial=0)
    return list(zip(edges, line.heads, strict=False))


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
        return [line.replace("\u00a0", " ") for line in textwrap.wrap(text, width)]
    lines = [""]
    for char in text:
        if _width(lines[-1] + char) > width:
            lines.append("")
        lines[-1] += " " if char == "\u00a0" else char
    return lines
