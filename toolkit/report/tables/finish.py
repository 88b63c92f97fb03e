"""The last step to a table, the same for all kinds: notes, legend of the stars, the journal's style."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitWarning
from toolkit.report.tables.layout import Layout
from toolkit.report.tables.record import Block, HeadLine, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["finish", "star_legend"]


def finish(
    head: Iterable[HeadLine], blocks: Iterable[Block], notes: Sequence[str], layout: Layout, tidy: pd.DataFrame
) -> Table:
    """A table of these parts; the user's notes come after `notes`, the legend of the stars last.

    Warns about more columns than the journal takes.
    """
    head = list(head)
    _warn_of_columns(sum(h.span for h in head[-1].heads) + 1 if head else 0, layout)
    blocks = [block for block in blocks if block.rows]
    starred = any(cell.stars for block in blocks for row in block.rows for cell in row.cells)
    legend = [star_legend(layout)] if starred and layout.stars else []
    if blocks:
        blocks[0] = replace(blocks[0], rule=False)
    return Table(
        head=tuple(_numbers_below(head) if layout.style.numbers_below else head),
        blocks=tuple(_panels(blocks, layout) if layout.style.panels else blocks),
        notes=() if layout.notes is None else (*notes, *layout.notes, *legend),
        caption=layout.caption,
        label=layout.label,
        lang=layout.lang,
        style=layout.style,
        _tidy=tidy.reset_index(drop=True),
    )


def star_legend(layout: Layout) -> str:
    """``* 𝑝 < 0.1, ** 𝑝 < 0.05``, or as levels: ``***、**、*分别表示在1%、5%、10%的水平上显著``."""
    levels, words = layout.stars or (), layout.words
    marks = ["*" * (i + 1) for i in range(len(levels))]
    if layout.style.legend == "p":
        texts = (words["stars"].format(mark=m, level=f"{v:g}") for m, v in zip(marks, levels, strict=True))
        return words["comma"].join(texts)
    percent = [f"{100 * level:g}" for level in levels]
    if layout.lang == "zh" and len(levels) > 1:  # all in one sentence
        return f"{'、'.join(marks[::-1])}分别表示在{'、'.join(f'{p}%' for p in percent[::-1])}的水平上显著"
    pairs = reversed(list(zip(marks, percent, strict=True)))
    return " ".join(words["stars:level"].format(mark=m, level=p) for m, p in pairs)


def _warn_of_columns(n: int, layout: Layout) -> None:
    most = layout.style.max_columns
    if most and n > most:
        warnings.warn(
            f"The table has {n} columns with that of the labels; {layout.journal.name} takes no more than {most}: "
            "print fewer models, or two tables.",
            ToolkitWarning,
            stacklevel=5,
        )


def _numbers_below(head: list[HeadLine]) -> list[HeadLine]:
    """The line of numbers after that of names."""
    kinds = [line.kind for line in head]
    if "number" in kinds and "name" in kinds:
        number = head.pop(kinds.index("number"))
        head.insert([line.kind for line in head].index("name") + 1, number)
    return head


def _panels(blocks: list[Block], layout: Layout) -> list[Block]:
    """Headings lettered where several blocks have one."""
    named = [i for i, block in enumerate(blocks) if block.heading]
    if not 2 <= len(named) <= 26:
        return blocks
    letters = {i: chr(ord("A") + n) for n, i in enumerate(named)}
    text = layout.words["panel"]
    return [
        replace(block, heading=text.format(letter=letters[i], heading=block.heading)) if i in letters else block
        for i, block in enumerate(blocks)
    ]
