"""What a reader must know to read the numbers: covariance, weights, stars, what is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from toolkit.report.tables.columns import Column
from toolkit.report.tables.formats import DASH
from toolkit.report.tables.layout import Layout
from toolkit.report.tables.record import Block
from toolkit.report.tables.words import Words

__all__ = ["regression_notes"]


def regression_notes(
    columns: list[Column], hidden: Iterable[str], blocks: Iterable[Block], layout: Layout
) -> tuple[str, ...]:
    """Statements for under a regression table."""
    words, notes = layout.words, []
    blocks = list(blocks)
    fits = [column for column in columns if not column.parts[0].effect]
    if layout.below:
        notes.append(words[f"below:{layout.below}"].format(level=f"{100 * layout.level:g}%"))
    vcov = _by_column(columns, layout, lambda column: words.get(column.vcov, column.vcov), among=fits)
    if vcov:
        notes.append(words["vcov"].format(text=vcov))
    weights = _by_column(
        columns, layout, lambda column: words.weights(column.weights), among=[c for c in fits if c.weights]
    )
    if weights:
        notes.append(words["weights"].format(text=weights))
    notes += _impact_notes(columns, layout)
    if layout.tests and any(column.tests for column in columns):
        notes.append(words["tests"])
        notes += _inapplicable(columns, words)
    programs = {c.program for c in columns if {"aic", "bic"} & set(c.stats)}
    printed = {row.label for block in blocks for row in block.rows}
    if len(programs) > 1 and {layout.stat_labels.get(k, words[f"stat:{k}"]) for k in ("aic", "bic")} & printed:
        notes.append(words["mixed_criteria"])
    for text in dict.fromkeys(note for column in columns for note in column.notes):
        who = [i for i, column in enumerate(columns) if text in column.notes]
        notes.append(text if len(who) == len(columns) else f"{_names(columns, who, layout)}{words['colon']}{text}")
    hidden = list(dict.fromkeys(hidden))
    if hidden:
        notes.append(words["hidden"].format(text=_listing(hidden, words)))
    if any(DASH in cell.text + cell.below for block in blocks for row in block.rows for cell in row.cells):
        notes.append(words["undefined"])
    return tuple(notes)


def _impact_notes(columns: list[Column], layout: Layout) -> list[str]:
    words = layout.words
    shown = [c for c in columns if c.impacts is not None and (layout.impacts or c.parts[0].effect)]
    if not shown:
        return []

    def method(column: Column) -> str:
        impacts = column.impacts
        text = words.get(f"method:{impacts.method}", impacts.method).format(draws=f"{impacts.draws:,}")
        extra = [words["discarded"].format(n=impacts.discarded)] if impacts.discarded else []
        return words["semicolon"].join([text, *extra])

    text = _by_column(columns, layout, method, among=shown)
    return [words["impacts"].format(text=text), *dict.fromkeys(c.impacts.note for c in shown if c.impacts.note)]


def _inapplicable(columns: list[Column], words: Words) -> list[str]:
    reasons = {}
    for column in columns:
        for test in column.tests:
            if test.statistic != test.statistic and test.reason:
                reasons[words["inapplicable"].format(name=test.name, reason=test.reason.rstrip("."))] = None
    return list(reasons)


def _by_column(columns: list[Column], layout: Layout, describe: Callable[[Column], str], among: list[Column]) -> str:
    """``classical in (1); observed Hessian in (2) and (3)``, or just the one description all share."""
    found: dict[str, list[int]] = {}
    for i, column in enumerate(columns):
        if any(column is c for c in among) and describe(column):
            found.setdefault(describe(column), []).append(i)
    if not found:
        return ""
    if len(found) == 1 and len(next(iter(found.values()))) == len(among):
        return next(iter(found))
    words = layout.words
    return words["semicolon"].join(
        words["in"].format(what=text, where=_names(columns, who, layout)) for text, who in found.items()
    )


def _names(columns: list[Column], who: list[int], layout: Layout) -> str:
    names = [f"({i + 1})" if layout.numbering else columns[i].name for i in who]
    return layout.words.join(names)


def _listing(items: list[str], words: Words, most: int = 8) -> str:
    shown = words["comma"].join(items[:most])
    return shown if len(items) <= most else f"{shown} … ({len(items)})"
