"""Tables that are not regressions: tests, a data frame as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from toolkit.contracts import TestTable
from toolkit.errors import InputError
from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, cell, number, p_value, stars
from toolkit.report.tables.layout import Layout, check_patterns, select
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table
from toolkit.report.tables.terms import term_label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_table", "table_of_tests", "tidy_table"]


def table_of_tests(tables: Sequence[TestTable], titles: Sequence[str], layout: Layout) -> Table:
    """Rows are tests.

    One table prints null hypothesis, statistic, degrees of freedom and p-value; several stand side by side
    with the statistic and, in brackets below, the p-value.
    """
    import pandas as pd

    words = layout.words
    names = list(dict.fromkeys(test.name for table in tables for test in table))
    check_patterns(names, str, layout)
    names = select(names, str, layout)
    label = {name: layout.labels.get(name, name) for name in names}
    found = {name: [next((t for t in table if t.name == name), None) for table in tables] for name in names}
    if len(tables) == 1:
        keys = ("tests:null", "tests:statistic", "tests:df", "tests:p")
        head = (HeadLine(tuple(Head(words[key]) for key in keys), "name", words["tests:name"]),)
        rows = [Row(label[name], _test_cells(tests[0], layout)) for name, tests in found.items()]
    else:
        head = _numbered(titles, layout)
        rows = [Row(label[name], tuple(_test_cell(test, layout) for test in tests)) for name, tests in found.items()]
    printed = [test for tests in found.values() for test in tests if test is not None]
    notes = [words["tests"]] if len(tables) > 1 else []
    reasons: dict[str, list[str]] = {}
    for test in printed:
        if test.reason:
            reasons.setdefault(test.reason, []).append(label[test.name])
    if any(test.statistic != test.statistic for test in printed):
        notes.append(words["undefined"])
    if len(tables) == 1:
        notes += [f"{words.join(who)}{words['colon']}{reason}" for reason, who in reasons.items()]
    frames = [table.tidy().assign(model=i + 1, name=titles[i]) for i, table in enumerate(tables)]
    return finish(head, [Block(tuple(rows))], notes, layout, pd.concat(frames))


def frame_table(frame: pd.DataFrame, layout: Layout) -> Table:
    """A data frame cell by cell: two levels of columns become headings over columns, two of rows become blocks.

    Rows without names of their own are labelled by the first column.
    """
    import pandas as pd

    if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None and len(frame.columns) > 1:
        frame = frame.set_index(frame.columns[0])  # rows that are only counted are known by their first column
    if not len(frame) or not len(frame.columns):
        raise InputError("The data frame has no rows or no columns.", fix="pass one with something to print")
    if frame.index.nlevels > 2 or frame.columns.nlevels > 3:
        raise InputError(
            f"The data frame has {frame.index.nlevels} levels of rows and {frame.columns.nlevels} of columns.",
            allowed="up to 2 levels of rows (blocks) and 3 of columns (headings over columns)",
        )
    if len(frame) > 500:
        raise InputError(
            f"The data frame has {len(frame)} rows, which is no table.",
            allowed="up to 500 rows",
            fix="describe=True prints one row for each variable, with mean and standard deviation",
        )
    names = [cell(key[-1] if isinstance(key, tuple) else key, layout.digits) for key in frame.index]
    groups = [str(key[0]) if isinstance(key, tuple) else "" for key in frame.index]
    check_patterns(names, str, layout)
    chosen = select(list(dict.fromkeys(names)), lambda name: layout.labels.get(name, name), layout)
    position = {name: i for i, name in enumerate(chosen)}
    blocks = []
    for group, members in groupby(range(len(frame)), key=lambda i: groups[i]):
        picked = sorted((i for i in members if names[i] in position), key=lambda i: position[names[i]])
        rows = tuple(
            Row(
                term_label(names[i], layout.labels, intercept=layout.words["Intercept"]) if layout.labels else names[i],
                tuple(Cell(cell(value, layout.digits)) for value in _values(frame, i)),
            )
            for i in picked
        )
        if rows:
            blocks.append(Block(rows, layout.labels.get(group, group)))
    levels = [[str(v) for v in frame.columns.get_level_values(k)] for k in range(frame.columns.nlevels)]
    stub = frame.index.names[-1]
    lines = [HeadLine(_runs(level), "group") for level in levels[:-1]]
    heads = tuple(Head(layout.labels.get(text, text)) for text in levels[-1])
    lines.append(HeadLine(heads, "name", "" if stub is None else layout.labels.get(str(stub), str(stub))))
    missing = any(c.text == DASH for b in blocks for r in b.rows for c in r.cells)
    names = [f"row{k}" if name is None else name for k, name in enumerate(frame.index.names)]
    data = frame.set_axis(frame.index.set_names(names)).reset_index()
    if isinstance(data.columns, pd.MultiIndex):
        data.columns = [" ".join(str(x) for x in key if str(x)) for key in data.columns]
    return finish(lines, blocks, [layout.words["undefined"]] if missing else [], layout, data)


def tidy_table(tidy: pd.DataFrame, layout: Layout) -> Table:
    """The numbers of a record of the toolkit: columns in words, what is the same in all rows among the notes."""
    from pandas.api.types import is_float_dtype

    words = {str(c): layout.words.get(f"column:{c}", str(c)) for c in tidy.columns} | dict(layout.labels)
    same = [
        c for c in tidy.columns if len(tidy) > 2 and not is_float_dtype(tidy[c]) and tidy[c].nunique(dropna=False) == 1
    ]
    values = [(words[c], cell(tidy[c].iloc[0], layout.digits)) for c in same]
    notes = [f"{word}{layout.words['colon']}{value}" for word, value in values if value]
    layout = replace(layout, labels=words, notes=None if layout.notes is None else (*notes, *layout.notes))
    made = frame_table(tidy.drop(columns=same), layout)
    return replace(made, _tidy=tidy.reset_index(drop=True))


def _test_cells(test, layout: Layout) -> tuple[Cell, ...]:
    df = "" if test.df is None else ", ".join(f"{v:g}" for v in (test.df if isinstance(test.df, tuple) else (test.df,)))
    statistic = Cell(number(test.statistic, layout.digits), stars(test.p_value, layout.stars))
    return Cell(_null(test.null)), statistic, Cell(df), Cell(p_value(test.p_value, layout.digits))


def _test_cell(test, layout: Layout) -> Cell:
    if test is None:
        return Cell()
    if test.statistic != test.statistic:
        return Cell(DASH)
    below = f"[{p_value(test.p_value, layout.digits)}]"
    return Cell(number(test.statistic, layout.digits), stars(test.p_value, layout.stars), below)


def _null(text: str) -> str:
    """``rho = 0`` with the letter the reader knows."""
    greek: Mapping[str, str] = {"rho": "ρ", "lambda": "λ", "theta": "θ", "beta": "β"}
    return " ".join(greek.get(word, word) for word in text.split(" "))


def _numbered(titles: Sequence[str], layout: Layout) -> tuple[HeadLine, ...]:
    numbers = HeadLine(tuple(Head(f"({i + 1})") for i in range(len(titles))), "number")
    names = HeadLine(tuple(Head(title) for title in titles), "name")
    return tuple(line for line, wanted in ((numbers, layout.numbering), (names, any(titles))) if wanted)


def _runs(texts: list[str]) -> tuple[Head, ...]:
    return tuple(Head(text, len(list(run))) for text, run in groupby(texts))


def _values(frame: pd.DataFrame, i: int) -> list[object]:
    """Row `i` with each value in its own type: a whole row would turn counts into floats."""
    return [frame.iloc[i : i + 1, j].array[0] for j in range(frame.shape[1])]
