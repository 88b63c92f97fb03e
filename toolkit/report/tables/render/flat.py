"""Lines of cells for the formats that know no spans: Markdown and plain text."""

from __future__ import annotations

from toolkit.report.tables.record import Table

__all__ = ["body", "heads"]


def heads(table: Table) -> tuple[str, list[str]]:
    """What all columns share (``Dependent variable: y``, else empty), and one heading a column."""
    n, shared = table.n_columns, ""
    texts = [""] * n
    for line in table.head:
        spread = [head.text for head in line.heads for _ in range(head.span)]
        if line.kind == "depvar" and len(line.heads) == 1:
            shared = f"{line.stub}{table.words['colon']}{spread[0]}"
            continue
        glue = ": " if line.kind == "part" else " "
        texts = [f"{a}{glue}{b}" if a and b else a or b for a, b in zip(texts, spread, strict=True)]
    return shared, texts


def body(table: Table) -> list[tuple[str, list[str], str]]:
    """Every printed line as (label, cells, kind); kind is ``row``, ``below``, ``heading``, ``rule`` or ``gap``."""
    lines: list[tuple[str, list[str], str]] = []
    blank = [""] * table.n_columns
    for i, block in enumerate(table.blocks):
        if i and block.rule:
            lines.append(("", blank, "rule" if table.style.block_rules else "gap"))
        if block.heading:
            lines.append((block.heading, blank, "heading"))
        for row in block.rows:
            lines.append((row.label, [cell.text + cell.stars for cell in row.cells], "row"))
            if row.has_below:
                lines.append(("", [cell.below for cell in row.cells], "below"))
    return lines
