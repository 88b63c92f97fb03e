"""Shape: columns of estimates become the rows and headings of a regression or impacts table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from toolkit.contracts import BLOCKS
from toolkit.errors import InputError, listing
from toolkit.report.tables.columns import Column, Part, impact_parts
from toolkit.report.tables.finish import finish
from toolkit.report.tables.formats import DASH, integer, number, p_value, significant, stars
from toolkit.report.tables.layout import Layout, check_patterns, select
from toolkit.report.tables.longform import long_form
from toolkit.report.tables.notes import regression_notes
from toolkit.report.tables.record import Block, Cell, Head, HeadLine, Row, Table
from toolkit.report.tables.terms import INTERCEPT, canonical, term_label
from toolkit.report.tables.words import STATS

__all__ = ["Leaf", "regression_table"]

_COUNTS = ("nobs", "n_entities", "n_times")


@dataclass(frozen=True, eq=False)
class Leaf:
    """One printed column: which model it belongs to and its estimates by (block, term)."""

    column: int
    part: Part
    estimates: Mapping[tuple[str, str], Mapping[str, float]]


@dataclass(frozen=True)
class Shaped:
    """Blocks with what the notes have to tell about them."""

    blocks: tuple[Block, ...]
    hidden: tuple[str, ...]
    labels: Mapping[tuple[str, str], str]


def regression_table(columns: list[Column], layout: Layout) -> Table:
    """Columns side by side, rows in blocks: X, WX, dynamics, spatial, impacts, effects, statistics, tests."""
    layout = replace(layout, codebook=layout.codebook or _codebook(columns))
    namer = _namer(columns, layout)
    leaves = [_leaf(i, part, column, layout) for i, column in enumerate(columns) for part in column.parts]
    leaves = _merge_same_label(leaves, layout)
    shaped = _coefficients(leaves, namer, layout)
    tail = [_effects(columns, layout), _stats(columns, layout), _tests(columns, layout)]
    widths = [len(column.parts) for column in columns]
    blocks = [*shaped.blocks, *(_widen(block, widths) for block in tail if block.rows)]
    notes = regression_notes(columns, shaped.hidden, blocks, layout)
    return finish(_head(columns, layout, namer), blocks, notes, layout, long_form(columns, leaves, shaped.labels))


def _codebook(columns: list[Column]) -> tuple[str, ...]:
    """Variables of all models in the order of their codebooks."""
    return tuple(dict.fromkeys(name for column in columns for name in column.codebook))


def _namer(columns: list[Column], layout: Layout) -> Callable[[str, str], str]:
    """Label of a term in a block: the user's labels before the models' own."""
    carried: dict[str, str] = {}
    for column in columns:
        for key, text in column.labels.items():
            if not key.startswith("W "):  # lags are labelled from their variables
                carried.setdefault(key, text)
    given = dict(layout.labels) | {canonical(key): text for key, text in layout.labels.items()}
    variables = {key: text for key, text in carried.items() if key.isidentifier()} | given
    constant = layout.words["Intercept"]

    def label(term: str, block: str = "X") -> str:
        """A label given for a variable also beats one that the model carries for an expression of it."""
        theirs = term_label(term, given, block, constant) != term_label(term, {}, block, constant)
        return term_label(term, variables if theirs else carried | given, block, constant)

    return label


def _leaf(index: int, part: Part, column: Column, layout: Layout) -> Leaf:
    cells = {(row["block"], row["term"]): row for row in part.estimates.to_dict("records")}
    if layout.impacts and column.impacts is not None and not part.effect:
        for extra in impact_parts(column.impacts):
            key = f"impact:{extra.horizon}:{extra.effect}"
            cells |= {(key, row["term"]): row for row in extra.estimates.to_dict("records")}
    return Leaf(index, part, cells)


def _merge_same_label(leaves: list[Leaf], layout: Layout) -> list[Leaf]:
    """Terms to which the user gave one label are one row, unless some model has both."""
    explicit = {canonical(key): text for key, text in layout.labels.items()}
    keys = list(dict.fromkeys(key for leaf in leaves for key in leaf.estimates))
    first: dict[tuple[str, str], str] = {}
    rename: dict[tuple[str, str], tuple[str, str]] = {}
    for block, term in keys:
        bare = term.removeprefix("W ")
        if term not in explicit and bare not in explicit:
            continue
        text = explicit.get(term) or f"W {explicit[bare]}"
        kept = first.setdefault((block, text), term)
        if kept != term and not any((block, kept) in x.estimates and (block, term) in x.estimates for x in leaves):
            rename[block, term] = (block, kept)
    return [replace(x, estimates={rename.get(k, k): v for k, v in x.estimates.items()}) for x in leaves]


def _coefficients(leaves: list[Leaf], namer: Callable[[str, str], str], layout: Layout) -> Shaped:
    keys = list(dict.fromkeys(key for leaf in leaves for key in leaf.estimates))
    check_patterns(list(dict.fromkeys(t for _, t in keys)), _by_any_block(keys, namer), layout)
    order = [*BLOCKS, *dict.fromkeys(b for b, _ in keys if b not in BLOCKS)]
    x_terms = [t for b, t in keys if b == "X" and t != INTERCEPT]
    blocks, hidden, labels = [], [], {}
    present = [b for b in order if any(key[0] == b for key in keys)]
    dynamic = any(block.startswith("impact:long:") for block in present)
    for block in present:
        terms = [t for b, t in keys if b == block]
        if block == "X":  # the constant comes last
            terms.sort(key=lambda t: t == INTERCEPT)
        else:  # lags and impacts in the order of their variables
            terms.sort(key=lambda t: x_terms.index(b) if (b := t.removeprefix("W ")) in x_terms else len(x_terms))
        chosen = select(terms, lambda t, block=block: namer(t, block), layout)
        if block in BLOCKS:
            hidden += [namer(t, block) for t in terms if t not in chosen]
        labels |= {(block, t): namer(t, block if block in BLOCKS else "X") for t in terms}
        rows = tuple(
            Row(labels[block, t], tuple(_cell(leaf.estimates.get((block, t)), layout) for leaf in leaves))
            for t in chosen
        )
        if rows:
            blocks.append(Block(rows, _heading(block, layout, dynamic) if layout.blocks and len(present) > 1 else ""))
    return Shaped(tuple(blocks), tuple(hidden), labels)


def _by_any_block(keys: Iterable[tuple[str, str]], namer: Callable[[str, str], str]) -> Callable[[str], str]:
    block_of = {term: block for block, term in keys}
    return lambda term: namer(term, block_of[term] if block_of[term] in BLOCKS else "X")


def _heading(block: str, layout: Layout, dynamic: bool) -> str:
    words = layout.words
    if not block.startswith("impact:"):
        return words[f"block:{block}"]
    _, horizon, effect = block.split(":")
    text = words[f"impact:{effect}"]
    return f"{text}{words['comma']}{words[f'horizon:{horizon}'].lower()}" if dynamic else text


def _cell(row: Mapping[str, float] | None, layout: Layout) -> Cell:
    if row is None:
        return Cell()
    d = layout.digits
    below = {
        None: lambda: "",
        "se": lambda: f"({number(row['std_error'], d)})",
        "t": lambda: f"({number(row['statistic'], 2)})",
        "p": lambda: f"({p_value(row['p_value'], d)})",
        "ci": lambda: f"[{number(row['conf_low'], d)}, {number(row['conf_high'], d)}]",
    }[layout.below]()
    return Cell(number(row["estimate"], d), stars(row["p_value"], layout.stars), below)


def _effects(columns: list[Column], layout: Layout) -> Block:
    """A row for each fixed or random effect, yes or no for each model."""
    words, rows = layout.words, {}
    for kind, field in (("effect", "fixed_effects"), ("random", "random_effects")):
        names = list(dict.fromkeys(layout.effects.get(e, e) for column in columns for e in getattr(column, field)))
        names.sort(key=lambda e: {"entity": 0, "time": 1}.get(e, 2))
        for name in names:
            text = words.get(f"{kind}:{name}", words[f"{kind}:other"].format(name=layout.labels.get(name, name)))
            has = [name in [layout.effects.get(e, e) for e in getattr(column, field)] for column in columns]
            rows[text] = [a or b for a, b in zip(rows.get(text, has), has, strict=True)]
    fits = [not column.parts[0].effect for column in columns]  # an impacts column has no effects of its own
    cells = {
        text: tuple(Cell(words["yes" if yes else "no"] if fit else "") for yes, fit in zip(has, fits, strict=True))
        for text, has in rows.items()
    }
    return Block(tuple(Row(text, row) for text, row in cells.items()), rule=True)


def _stats(columns: list[Column], layout: Layout) -> Block:
    present = list(dict.fromkeys(key for column in columns for key in column.stats))
    present.sort(key=lambda key: list(STATS).index(key) if key in STATS else len(STATS))
    chosen = layout.stats
    if chosen == ("all",):
        chosen = tuple(present)
    elif chosen is None:
        still = {c.stats.get("n_times", 1) for c in columns} == {1}  # no periods worth a row
        chosen = tuple(k for k in present if STATS.get(k) and not (still and k in ("n_entities", "n_times")))
    chosen = tuple("r2_overall" if key == "r2" and key not in present else key for key in chosen)
    unknown = [key for key in chosen if key not in present]
    if unknown:
        raise InputError(
            f"stats= asks for {listing(repr(k) for k in unknown)}, which no model here has.",
            allowed=f'{listing(present, 40)}; or "all"',
        )
    words = layout.words
    rows = tuple(
        Row(
            layout.stat_labels.get(key, words.get(f"stat:{key}", key)),
            tuple(Cell(_stat(key, column.stats[key], layout) if key in column.stats else "") for column in columns),
        )
        for key in chosen
    )
    return Block(rows, rule=True)


def _stat(key: str, value: float | int | str, layout: Layout) -> str:
    if isinstance(value, str):
        return value
    if key in _COUNTS or (isinstance(value, int) and not isinstance(value, bool)):
        return integer(value)
    if key == "sigma2":
        return significant(value)
    return number(value, 2 if key in ("loglik", "aic", "bic") else max(layout.digits, 1))


def _tests(columns: list[Column], layout: Layout) -> Block:
    """Statistic with the p-value in brackets below, a row for each name."""
    if not layout.tests:
        return Block(())
    names = list(dict.fromkeys(test.name for column in columns for test in column.tests))
    rows = []
    for name in names:
        found = [next((t for t in column.tests if t.name == name), None) for column in columns]
        cells = [
            Cell()
            if test is None
            else Cell(DASH)
            if test.statistic != test.statistic
            else Cell(number(test.statistic, 2), below=f"[{p_value(test.p_value)}]")
            for test in found
        ]
        rows.append(Row(name, tuple(cells)))
    return Block(tuple(rows), layout.words["block:tests"] if layout.blocks else "", rule=True)


def _widen(block: Block, widths: list[int]) -> Block:
    """A value of a model stands under the first of its printed columns."""

    def spread(row: Row) -> Row:
        cells = [
            cell for value, width in zip(row.cells, widths, strict=True) for cell in (value, *[Cell()] * (width - 1))
        ]
        return Row(row.label, tuple(cells))

    return replace(block, rows=tuple(spread(row) for row in block.rows))


def _head(columns: list[Column], layout: Layout, namer: Callable[[str, str], str]) -> tuple[HeadLine, ...]:
    widths, words = [len(column.parts) for column in columns], layout.words
    lines: list[HeadLine] = []
    depvars = [namer(column.depvar) if column.depvar else "" for column in columns]
    if any(depvars):
        lines.append(HeadLine(_runs(depvars, widths), "depvar", words["depvar"]))
    if layout.groups is not None:
        lines.append(HeadLine(_runs(list(layout.groups), widths), "group"))
    if layout.numbering:
        heads = tuple(Head(f"({i + 1})", width) for i, width in enumerate(widths))
        lines.append(HeadLine(heads, "number"))
    if any(column.name for column in columns):
        lines.append(HeadLine(tuple(Head(c.name, w) for c, w in zip(columns, widths, strict=True)), "name"))
    parts = [part for column in columns for part in column.parts]
    if any(part.horizon == "long" for part in parts):
        runs = [
            (i, part.horizon if any(p.horizon == "long" for p in column.parts) else "")  # a static model has but one
            for i, column in enumerate(columns)
            for part in column.parts
        ]
        heads = tuple(Head(words.get(f"horizon:{key[1]}", ""), len(list(run))) for key, run in groupby(runs))
        lines.append(HeadLine(heads, "part"))
    if any(part.effect for part in parts):
        lines.append(HeadLine(tuple(Head(words.get(f"part:{part.effect}", "")) for part in parts), "part"))
    return tuple(lines)


def _runs(texts: list[str], widths: list[int]) -> tuple[Head, ...]:
    """Equal neighbours under one heading."""
    pairs = groupby(zip(texts, widths, strict=True), key=lambda pair: pair[0])
    return tuple(Head(text, sum(width for _, width in run)) for text, run in pairs)
