"""Records that describe, as the tables people print: periods down, components across."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, cell, number
from toolkit.report.tables.layout import Layout, check_patterns, select
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table
from toolkit.report.tables.transitions import transition_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["described_record"]

_UNDER = {"se": "std_error", "ci": "conf_low"}


def described_record(record: Any, layout: Layout) -> Table | None:
    """The table of a record that has one of its own; None for any other, of which `tidy` is printed.

    Records are known by what they carry, since a page knows no estimator: transition matrices by ``matrices``,
    others by the columns of ``tidy()``.
    """
    made = _built(record, layout)
    if made is None or not (layout.keep or layout.drop or layout.order):
        return made
    labels = list(dict.fromkeys(row.label for row in made.rows))
    check_patterns(labels, str, layout)
    place = {label: i for i, label in enumerate(select(labels, str, layout))}
    blocks = [
        replace(b, rows=tuple(sorted((r for r in b.rows if r.label in place), key=lambda r: place[r.label])))
        for b in made.blocks
    ]
    return replace(made, blocks=tuple(b for b in blocks if b.rows))


def _built(record: Any, layout: Layout) -> Table | None:
    if callable(getattr(record, "matrices", None)) and hasattr(record, "lag"):
        return transition_table(record, layout)
    if hasattr(record, "part_names") and hasattr(record, "by_region"):
        return _shift_share(record, layout)
    tidy = record.tidy()
    columns = set(tidy.columns)
    for needed, build in _KINDS:
        if needed <= columns:
            return build(record, tidy, layout)
    return None


def _components(record: Any, tidy: pd.DataFrame, layout: Layout) -> Table:
    """Theil and Dagum: a row a period, the total and its components with their shares below."""
    words = layout.words
    names = list(dict.fromkeys(tidy["component"]))
    cells = {(row["time"], row["component"]): row for row in tidy.to_dict("records")}
    rows = []
    for time in dict.fromkeys(tidy["time"]):
        found = [cells.get((time, name)) for name in names]
        rows.append(Row(str(time), tuple(_component(row, layout) for row in found)))
    heads = tuple(Head(_word(name, layout)) for name in names)
    notes = _about(record, layout, words["component:shares"])
    return finish([HeadLine(heads, "name", words["column:time"])], [Block(tuple(rows))], notes, layout, tidy)


def _component(row: dict | None, layout: Layout) -> Cell:
    if row is None:
        return Cell()
    share = "" if row["component"] == "total" else f"({number(100 * row['share'], 1)}%)"
    return Cell(number(row["estimate"], layout.digits), below=share)


def _sources(record: Any, tidy: pd.DataFrame, layout: Layout) -> Table:
    """Gini by sources (Lerman and Yitzhaki 1985): a block a period, a row a source."""
    keys = [c for c in tidy.columns if c not in ("time", "source")]
    return _blocks_by_time(record, tidy, "source", keys, layout)


def _gaps(record: Any, tidy: pd.DataFrame, layout: Layout) -> Table:
    """Gaps between groups: a block a pair (and a variant where there are several), a row a period."""
    words = layout.words
    keys = [c for c in ("value", "base_value", "difference", "ratio", "relative") if c in tidy]
    variants = tidy[["basis", "weighting"]].drop_duplicates()
    blocks = []
    for key, part in tidy.groupby(["group", "base", "basis", "weighting"], sort=False):
        heading = words["gap:pair"].format(group=_named(key[0], record, layout), base=_named(key[1], record, layout))
        heading += f"{words['comma']}{key[2]}{words['comma']}{key[3]}" if len(variants) > 1 else ""
        flagged = part["flags"].astype(bool) if "flags" in part else [False] * len(part)
        rows = [
            Row(f"{row['time']}{'†' if flag else ''}", tuple(Cell(number(row[k], layout.digits)) for k in keys))
            for row, flag in zip(part.to_dict("records"), flagged, strict=True)
        ]
        blocks.append(Block(tuple(rows), heading))
    head = HeadLine(tuple(Head(words[f"gap:{k}"]) for k in keys), "name", words["column:time"])
    notes = _about(record, layout, words["gap:note"])
    if len(variants) == 1:
        text = words["comma"].join(v for v in variants.iloc[0] if v)
        notes.append(text[:1].upper() + text[1:])
    if "flags" in tidy:
        notes += [f"†{words['colon']}{flag}" for flag in dict.fromkeys(tidy["flags"]) if flag]
    return finish([head], blocks, notes, layout, tidy)


def _inequality(record: Any, tidy: pd.DataFrame, layout: Layout) -> Table:
    """A row a period, a column a measure; with a bootstrap the standard error or the interval below."""
    words, below = layout.words, layout.below if layout.below in _UNDER else None
    known = below is not None and tidy[_UNDER[below]].notna().any()
    names = list(dict.fromkeys(tidy["measure"]))
    cells = {(row["time"], row["measure"]): row for row in tidy.to_dict("records")}

    def shown(row: dict | None) -> Cell:
        if row is None:
            return Cell()
        d, under = layout.digits, ""
        if known and row[_UNDER[below]] == row[_UNDER[below]]:
            limits = f"[{number(row['conf_low'], d)}, {number(row['conf_high'], d)}]"
            under = limits if below == "ci" else f"({number(row['std_error'], d)})"
        return Cell(number(row["estimate"], d), below=under)

    rows = [Row(str(time), tuple(shown(cells.get((time, n))) for n in names)) for time in dict.fromkeys(tidy["time"])]
    notes = _about(record, layout)
    if known:
        level = f"{100 * getattr(record, 'level', 0.95):g}%"
        notes.append(words[f"below:{below}"].format(level=level))
        notes.append(words["inequality:bootstrap"].format(n=f"{record.bootstrap:,}"))
    heads = tuple(Head(_word(name, layout)) for name in names)
    return finish([HeadLine(heads, "name", words["column:time"])], [Block(tuple(rows))], notes, layout, tidy)


def _shift_share(record: Any, layout: Layout) -> Table:
    """A row a region: employment at the start, its change, and what the change is made of."""
    frame = record.by_region()
    keys = ["start", "change", *record.part_names]
    names = record.names_zh if layout.lang == "zh" else record.names
    rows = [
        Row(str(name), tuple(Cell(number(row[k], layout.digits)) for k in keys))
        for name, row in zip(names, frame.to_dict("records"), strict=True)
    ]
    words = layout.words
    heads = tuple(Head(_word(key, layout)) for key in keys)
    notes = [words["shift:note"].format(first=record.first, last=record.last, n=len(record.industries))]
    return finish([HeadLine(heads, "name", words["column:region"])], [Block(tuple(rows))], notes, layout, record.tidy())


def _blocks_by_time(record: Any, tidy: pd.DataFrame, row: str, keys: list[str], layout: Layout) -> Table:
    blocks = []
    for time, part in tidy.groupby("time", sort=False):
        rows = [
            Row(_named(r[row], record, layout), tuple(Cell(cell(r[k], layout.digits)) for k in keys))
            for r in part.to_dict("records")
        ]
        blocks.append(Block(tuple(rows), str(time)))
    heads = tuple(Head(_word(key, layout)) for key in keys)
    notes = _about(record, layout)
    if any(c.text == DASH for b in blocks for r in b.rows for c in r.cells):
        notes.append(layout.words["undefined"])
    return finish([HeadLine(heads, "name", _word(row, layout))], blocks, notes, layout, tidy)


def _word(name: str, layout: Layout) -> str:
    """The reader's word for a column or component; a division named in it stays."""
    if name in layout.labels:
        return layout.labels[name]
    for prefix in ("between ", "within "):
        if name.startswith(prefix):
            group = name.removeprefix(prefix)
            return layout.words[f"component:{prefix.strip()}"].format(name=layout.labels.get(group, group))
    return layout.words.get(f"column:{name}", name.replace("_", " ").capitalize() if layout.lang == "en" else name)


def _named(name: object, record: Any, layout: Layout) -> str:
    """Label of a variable or group as the record knows it, in the language of the table."""
    text = str(name)
    if text in layout.labels:
        return layout.labels[text]
    at = 1 if layout.lang == "zh" else 0
    label = getattr(record, "labels", {}).get(text)
    if label:
        return label[at] or text
    division = getattr(record, "division", None)
    if division is not None and layout.lang == "zh" and text in division.labels:
        return division.labels_zh[division.labels.index(text)] or text
    return text


def _about(record: Any, layout: Layout, *notes: str) -> list[str]:
    """What was measured, weighted by what."""
    words = layout.words
    out = []
    variable = getattr(record, "variable", None)
    if variable:
        out.append(words["about:variable"].format(variable=_named(variable, record, layout)))
    weights = getattr(record, "weights", None)
    if isinstance(weights, str) and weights:
        out.append(words["about:weights"].format(weights=_named(weights, record, layout)))
    return [*out, *notes]


#: Columns by which a record is known -> how it is printed.
_KINDS: tuple[tuple[set[str], Callable[[Any, Any, Layout], Table]], ...] = (
    ({"time", "component", "estimate", "share"}, _components),
    ({"time", "source", "share"}, _sources),
    ({"time", "group", "base", "value", "base_value", "difference"}, _gaps),
    ({"time", "measure", "estimate", "conf_low"}, _inequality),
)
