"""Values of expressions such as ``log(gdp / emp)`` or ``W(lag(x))`` on a panel, safely and traceably.

Two passes. The first evaluates the tree bottom up on (T, N) arrays and notes the periods in which each part
exists (``lag`` uses up the first). The second walks down with the periods that are really needed and stops at
the first part that is not finite there: that is where the fault lies, a missing cell or a logarithm of zero.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np

from toolkit.data.operators import FUNCTIONS
from toolkit.data.syntax import Parsed, bind, parse, shown
from toolkit.errors import DataError, FormulaError, listing

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.data.panel import Panel

__all__ = ["Expression", "Node", "Source", "evaluate"]

Lag = Callable[[np.ndarray], np.ndarray]
MOST_CELLS = 8  # cells listed in a message
TOO_LARGE = "a division by zero or a number too large to represent"


@dataclass(frozen=True, eq=False)
class Expression:
    """An expression evaluated on a panel.

    Attributes
    ----------
    name : str
        As written.
    values : ndarray, shape (T, N)
        Finite; rows are `times`, columns `entities`.
    times : Index, length T
        Shorter than the panel's where ``lag``, ``lead``, ``diff`` or ``growth`` used up periods.
    entities : Index, length N
    variables : tuple of str
        Columns of the panel it was computed from.
    """

    name: str
    values: np.ndarray
    times: pd.Index
    entities: pd.Index
    variables: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """The values as a table, rows are times, columns entities."""
        import pandas as pd

        return pd.DataFrame(self.values.copy(), index=self.times, columns=self.entities)


def evaluate(expression: str, panel: Panel, *, lag: Lag | None = None) -> Expression:
    """Evaluate an expression on a panel; only functions of a fixed list are ever called.

    Parameters
    ----------
    expression : str
        Columns of the panel, numbers, ``+ - * / ** % //``, comparisons (1 where true), ``and or not``, and the
        functions of `toolkit.data.operators.FUNCTIONS`. By region in time order: ``lag(x, k=1)``,
        ``lead(x, k=1)``, ``diff(x, k=1)`` = x_t - x_{t-k}, ``growth(x, k=1)`` = x_t / x_{t-k} - 1. Within a
        period: ``W(x)``, the spatial lag. ``center`` and ``scale`` (divisor n - 1) use all cells of their
        argument. Names that are no identifiers stand between backticks.
    panel : Panel
    lag : callable, optional
        Spatial lag for ``W(x)``, a map of blocks (N, m) to (N, m), rows in the order of ``panel.entities``.

    Returns
    -------
    Expression

    Raises
    ------
    FormulaError
        For anything outside the list, named; the text is never executed.
    DataError
        If a needed cell is missing or the result is not finite: lists variable, region and time. If ``lag``
        and its kin meet times that are not equally spaced.

    Examples
    --------
    >>> import pandas as pd, toolkit as tk
    >>> df = pd.DataFrame({"code": ["a", "b"] * 2, "year": [2000, 2000, 2001, 2001], "x": [1.0, 2.0, 3.0, 5.0]})
    >>> growth = evaluate("growth(x)", tk.Panel(df, entity="code", time="year"))
    >>> list(growth.times), growth.values
    ([2001], array([[2. , 1.5]]))
    """
    parsed = parse(expression)
    source = Source(panel, lag)
    node = source.build(parsed)
    source.check(node, node.lo, node.hi)
    values = node.values[node.lo : node.hi].copy()
    return Expression(parsed.text, values, source.times[node.lo : node.hi], source.entities, source.used(parsed))


def evaluate_with_gaps(expression: str, panel: Panel) -> np.ndarray:
    """Evaluate for all periods, shape (T, N): NaN where an input is missing or ``lag()`` reaches beyond the panel.

    A value that is not finite although its inputs are (the log of zero) is refused, as by `evaluate`.
    """
    source = Source(panel)
    node = source.build(parse(expression))
    source.check(node, node.lo, node.hi, gaps=True)
    return node.values.copy()


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of an expression with its values.

    Attributes
    ----------
    text : str
        The part in canonical form.
    values : ndarray, shape (T, N), or float
        NaN outside the periods [lo, hi).
    lo, hi : int
        Periods in which it exists.
    children : tuple of Node
    needs : callable
        ``needs(lo, hi)``: periods of the children that [lo, hi) rests on; None means all they have.
    domain : str
        Why it can fail to be finite although its children are; empty for a column of the panel.
    """

    text: str
    values: Any
    lo: int
    hi: int
    children: tuple[Node, ...] = ()
    needs: Callable[[int, int], tuple[int, int]] | None = lambda lo, hi: (lo, hi)
    domain: str = TOO_LARGE


@dataclass(eq=False)
class Source:
    """The columns of one panel as (T, N) arrays, and the evaluation of parsed expressions on them.

    Parameters
    ----------
    panel : Panel
        Balanced.
    lag : callable or None
        Spatial lag for ``W(x)``; where W differs by period it has a method ``by_period(a, first)`` for arrays
        (T', N) that start at period number `first`.
    absent : bool
        Whether regions may be absent from some periods; `present` (T, N) then says where they are, and the cells
        of absent regions are NaN.
    """

    panel: Panel
    lag: Lag | None = None
    absent: bool = False
    _columns: dict[str, tuple[np.ndarray, tuple | None]] = field(default_factory=dict)

    def __post_init__(self):
        self.frame, self.present = self.panel.frame, None
        self.times, self.entities = self.panel.times, self.panel.entities
        self.T, self.N = len(self.times), len(self.entities)
        if self.panel.balanced:
            return
        if not self.absent:
            raise DataError(
                "Expressions need a balanced panel: some regions lack some periods.",
                fix="keep the periods all regions have: panel.select(times=...), or panel.complete([...])",
            )
        import pandas as pd

        keys = [self.panel.time, self.panel.entity]
        full = pd.MultiIndex.from_product([self.times, self.entities], names=keys)
        here = pd.MultiIndex.from_frame(self.frame[keys])
        self.present = full.isin(here).reshape(self.T, self.N)
        self.frame = self.frame.set_index(keys).reindex(full).reset_index()

    def used(self, *parsed: Parsed) -> tuple[str, ...]:
        """Columns of the panel that the expressions name."""
        return tuple(dict.fromkeys(self.resolve(n) for p in parsed for n in p.names))

    def resolve(self, name: str) -> str:
        """The panel's column called `name`; FormulaError lists what exists."""
        if name in self.frame.columns:
            return name
        same = [c for c in self.frame.columns if isinstance(c, str) and normalize("NFKC", c) == name]
        if len(same) == 1:  # Python reads full-width letters as plain ones
            return same[0]
        import difflib

        near = difflib.get_close_matches(name, map(str, self.frame.columns), 3)
        raise FormulaError(
            f"The panel has no variable {shown(name)}.",
            allowed=listing(self.panel.variables, 40),
            fix=f"did you mean {' or '.join(near)}?" if near else None,
        )

    def column(self, name: str) -> tuple[np.ndarray, tuple | None]:
        """Values of a column and, for text and categories, its levels.

        Returns
        -------
        values : ndarray, shape (T, N)
            Floats; for text the position in `levels`. NaN where missing.
        levels : tuple or None
            Sorted texts (a categorical's own order), or None for numbers.
        """
        import pandas as pd

        name = self.resolve(name)
        if name not in self._columns:
            series = self.frame[name]
            if pd.api.types.is_numeric_dtype(series.dtype):
                values, levels = series.to_numpy(dtype=float, na_value=np.nan), None
            elif pd.api.types.is_datetime64_any_dtype(series.dtype):
                raise FormulaError(
                    f"{name!r} holds dates, not numbers.", fix="panel.assign(year=...) with the year as a number"
                )
            else:
                ordered = list(series.cat.categories) if isinstance(series.dtype, pd.CategoricalDtype) else None
                series = series.astype(object).where(series.notna(), None)
                levels = tuple(ordered or sorted({v for v in series if v is not None}, key=str))
                place = {v: float(i) for i, v in enumerate(levels)}
                values = np.array([np.nan if v is None else place[v] for v in series])
            self._columns[name] = values.reshape(self.T, self.N), levels
        return self._columns[name]

    def build(self, parsed: Parsed) -> Node:
        """Evaluate a parsed expression that stands for one variable."""
        node = self._visit(parsed.tree, parsed)
        if node.values is None or np.ndim(node.values) == 0:
            raise FormulaError(
                f"{shown(parsed.text)} names no variable of the panel.", allowed=listing(self.panel.variables, 40)
            )
        return node

    def check(self, node: Node, lo: int, hi: int, gaps: bool = False) -> None:
        """Raise a DataError at the deepest part of `node` that is not finite in periods [lo, hi).

        With `gaps`, cells that are missing because an input is missing are let through.
        """
        for child in node.children:
            # what rests on all cells (center, scale) has no value where one is missing
            within = (child.lo, child.hi) if node.needs is None else node.needs(lo, hi)
            self.check(child, *within, gaps and node.needs is not None)
        if np.ndim(node.values) == 0:
            return
        bad = ~np.isfinite(node.values[lo:hi])
        if self.present is not None:
            bad &= self.present[lo:hi]
        if gaps:
            bad &= ~self._inherited(node, lo, hi)
        if not bad.any():
            return
        where = np.argwhere(bad) + np.array([lo, 0])
        if not node.domain:
            raise DataError(
                f"{node.text!r} is missing or infinite in {len(where)} cell(s): {self._cells(where)}.",
                fix=f"leave these periods or regions out (panel.complete([{node.text!r}]), panel.select(...)) or fill "
                "them with a stated rule",
            )
        last = node.children[-1]
        cells = self._cells(where, last if np.ndim(last.values) else None)
        raise DataError(
            f"{node.text!r} is not finite in {len(where)} cell(s) although its input is: {cells}. "
            f"The reason is {node.domain}.",
            fix="use another transformation, or leave these cells out: panel.select(...)",
        )

    def _inherited(self, node: Node, lo: int, hi: int) -> np.ndarray:
        """Cells of [lo, hi) that may be missing because an input is, shape (hi - lo, N)."""
        if not node.domain:
            return np.isnan(node.values[lo:hi])
        inputs = [c for c in node.children if np.ndim(c.values)]
        missing = np.zeros(node.values.shape, bool)
        for child in inputs:
            missing |= np.isnan(child.values)
        cell_by_cell = node.needs is not None and node.needs(lo, hi) == (lo, hi) and not node.text.startswith("W(")
        if not cell_by_cell and any(np.isnan(c.values[c.lo : c.hi]).any() for c in inputs):
            missing |= np.isnan(node.values)
        return missing[lo:hi]

    def _cells(self, where: np.ndarray, given: Node | None = None) -> str:
        def one(t: int, i: int) -> str:
            value = "" if given is None else f" ({given.text} = {given.values[t, i]:g})"
            period = "" if self.panel.time is None else f" {self.times[t]}"
            return f"{self.region(i)}{period}{value}"

        return listing((one(t, i) for t, i in where), MOST_CELLS)

    def region(self, i: int) -> str:
        """Region `i` by name and id: ``Beijing (110000)``."""
        code = self.entities[i]
        name = self.panel.names.get(code, code)
        return str(code) if str(name) == str(code) else f"{name} ({code})"

    # One method a kind of node; each returns a Node.

    def _visit(self, node: ast.expr, parsed: Parsed) -> Node:
        with np.errstate(all="ignore"):
            return getattr(self, f"_{type(node).__name__.lower()}")(node, parsed)

    def _constant(self, node: ast.Constant, parsed: Parsed) -> Node:
        return Node(parsed.spell(node), float(node.value), 0, self.T)

    def _name(self, node: ast.Name, parsed: Parsed) -> Node:
        name = self.resolve(parsed.column(node))
        values, levels = self.column(name)
        if levels is not None:
            raise FormulaError(
                f"{name!r} holds text (such as {levels[0]!r}), which cannot be computed with.",
                allowed=f'C({name}) for its categories, {name} == "{levels[0]}" for one of them',
                fix="or turn it into numbers: panel.assign(new=...)",
            )
        return Node(name, values, 0, self.T, domain="")

    def _unaryop(self, node: ast.UnaryOp, parsed: Parsed) -> Node:
        child = self._visit(node.operand, parsed)
        call = {ast.USub: np.negative, ast.UAdd: np.positive, ast.Not: np.logical_not}[type(node.op)]
        return self._combine(node, parsed, call, child)

    def _binop(self, node: ast.BinOp, parsed: Parsed) -> Node:
        call = {
            ast.Add: np.add,
            ast.Sub: np.subtract,
            ast.Mult: np.multiply,
            ast.Div: np.divide,
            ast.Pow: np.power,
            ast.Mod: np.mod,
            ast.FloorDiv: np.floor_divide,
            ast.BitAnd: np.logical_and,
            ast.BitOr: np.logical_or,
        }[type(node.op)]
        return self._combine(node, parsed, call, self._visit(node.left, parsed), self._visit(node.right, parsed))

    def _boolop(self, node: ast.BoolOp, parsed: Parsed) -> Node:
        call = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        parts = [self._visit(v, parsed) for v in node.values]
        return self._combine(node, parsed, lambda *a: call.reduce(np.broadcast_arrays(*a)), *parts)

    def _compare(self, node: ast.Compare, parsed: Parsed) -> Node:
        if isinstance(node.comparators[0], ast.Constant) and isinstance(node.comparators[0].value, str):
            return self._compare_text(node, parsed)
        parts = [self._visit(v, parsed) for v in (node.left, *node.comparators)]
        calls = {
            ast.Eq: np.equal,
            ast.NotEq: np.not_equal,
            ast.Lt: np.less,
            ast.LtE: np.less_equal,
            ast.Gt: np.greater,
            ast.GtE: np.greater_equal,
        }
        ops = [calls[type(op)] for op in node.ops]

        def chain(*a):
            return np.logical_and.reduce(
                np.broadcast_arrays(*(f(x, y) for f, x, y in zip(ops, a[:-1], a[1:], strict=True)))
            )

        return self._combine(node, parsed, chain, *parts)

    def _compare_text(self, node: ast.Compare, parsed: Parsed) -> Node:
        name, level = self.resolve(parsed.column(node.left)), node.comparators[0].value
        values, levels = self.column(name)
        if levels is None or level not in levels:
            raise FormulaError(
                f"{name!r} has no value {level!r}.",
                allowed=listing(levels, 40) if levels else f"numbers: {name!r} is not a text column",
            )
        call = np.equal if isinstance(node.ops[0], ast.Eq) else np.not_equal
        column = Node(name, values, 0, self.T, domain="")
        return self._combine(node, parsed, lambda x: call(x, levels.index(level)), column)

    def _combine(self, node: ast.expr, parsed: Parsed, call: Callable, *children: Node) -> Node:
        """Cell by cell; exists where all children do, NaN where one is NaN."""
        values = np.asarray(call(*(c.values for c in children)), dtype=float)
        for c in children:
            values = np.where(np.isnan(c.values), np.nan, values)
        lo, hi = max(c.lo for c in children), min(c.hi for c in children)
        text = parsed.spell(node)
        self._enough(text, lo, hi)
        return Node(text, values if values.ndim else float(values), lo, hi, children)

    def _call(self, node: ast.Call, parsed: Parsed) -> Node:
        function = FUNCTIONS[node.func.id]
        first, options = bind(node, function.name)
        x = self._visit(first, parsed)
        text = parsed.spell(node)
        if function.kind == "cell":
            return Node(text, function.call(x.values), x.lo, x.hi, (x,), domain=function.domain)
        if np.ndim(x.values) == 0:
            raise FormulaError(f"{shown(text)} needs a variable, not a number.")
        if function.kind == "sample":
            inner = x.values[x.lo : x.hi]
            values = np.full(x.values.shape, np.nan)
            values[x.lo : x.hi] = function.call(inner)
            return Node(text, values, x.lo, x.hi, (x,), None, function.domain)
        if function.kind == "space":
            return self._space(text, x)
        k = options["k"]
        self._spacing(text)
        self._enough(text, k, self.T)
        lo, hi = function.window(x.lo, x.hi, self.T, k)
        self._enough(text, lo, hi)
        return Node(
            text, function.call(x.values, k), lo, hi, (x,), lambda a, b: function.needs(a, b, k), function.domain
        )

    def _space(self, text: str, x: Node) -> Node:
        if self.lag is None:
            raise FormulaError(f"{shown(text)} is a spatial lag, and no spatial weights were given.", fix="pass W")
        values = np.full(x.values.shape, np.nan)
        inner = x.values[x.lo : x.hi]
        if hasattr(self.lag, "by_period"):
            values[x.lo : x.hi] = self.lag.by_period(inner, x.lo)
        else:
            values[x.lo : x.hi] = np.asarray(self.lag(np.ascontiguousarray(inner.T))).T
        return Node(text, values, x.lo, x.hi, (x,))

    def _enough(self, text: str, lo: int, hi: int) -> None:
        if lo >= hi:
            raise DataError(
                f"{shown(text)} leaves no period: the panel has {self.T} ({listing(self.times)}).",
                fix="lag, lead, diff and growth use up as many periods as they look back or ahead",
            )

    def _spacing(self, text: str) -> None:
        """Refuse panel operators where "the previous period" is not one step back."""
        gap = uneven(self.times)
        if gap is not None:
            raise DataError(
                f"{shown(text)} looks to the period before, and the times are not equally spaced: {gap}.",
                fix="keep equally spaced periods: panel.select(times=[...])",
            )


def uneven(times: Sequence) -> str | None:
    """What is uneven about `times`, naming the gap; None if they are equally spaced.

    Examples
    --------
    >>> import pandas as pd
    >>> uneven(pd.Index([2000, 2001, 2003]))
    'from 2001 to 2003, elsewhere steps of 1'
    >>> uneven(pd.Index([2000, 2005, 2010])) is None
    True
    """
    import pandas as pd

    times = pd.Index(times)
    if len(times) < 3:
        return None
    if isinstance(times, pd.DatetimeIndex):
        months = times.year * 12 + times.month
        same_day = len(set(times.day)) == 1 or bool(times.is_month_end.all())
        position = months.to_numpy() if same_day and months.is_unique else times.asi8
    elif isinstance(times, pd.PeriodIndex):
        position = times.asi8
    elif pd.api.types.is_numeric_dtype(times.dtype):
        position = times.to_numpy(dtype=float)
    else:
        return f"they are text ({listing(times, 3)}), whose distance is unknown"
    steps = np.diff(position)
    usual = np.min(steps)
    wide = np.flatnonzero(~np.isclose(steps, usual, rtol=1e-9))
    if not len(wide):
        return None
    gaps = listing((f"from {times[j]} to {times[j + 1]}" for j in wide), 5)
    return f"{gaps}, elsewhere steps of {usual:g}"
