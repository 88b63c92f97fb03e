"""Columns of a model matrix: categories coded and interactions formed by formulaic, on plain numbers only.

Formulaic receives placeholders (``v0``, ``v1``) with evaluated columns and decides which categorical factors
lose a level so that the matrix keeps full rank; the names it gives are turned back into the user's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from toolkit.data.expressions import Node, Source
from toolkit.data.syntax import Parsed, bind
from toolkit.errors import DataError, FormulaError, listing

__all__ = ["Columns", "Factor", "code_terms", "factor_of"]

MOST_LEVELS = 2000
_COLUMN = re.compile(r"v(\d+)(?:\[(T\.)?(\d+)\])?")


@dataclass(frozen=True, eq=False)
class Factor:
    """A factor of a formula with its values.

    Attributes
    ----------
    name : str
        In canonical form.
    kind : {"number", "poly", "category"}
    node : Node
        Values; of a text column the positions in `labels`.
    labels : tuple of str or None
        Texts of a text column, in order; None if the values are numbers.
    whole : bool
        Whether numbers that stand for categories are written as whole numbers.
    options : dict
        ``ref`` of ``C()``, ``degree`` and ``raw`` of ``poly()``.
    """

    name: str
    kind: str
    node: Node
    labels: tuple | None
    whole: bool
    options: dict[str, object]


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of a model matrix.

    Attributes
    ----------
    values : ndarray, shape (T, N, k)
    names : tuple of str, length k
    terms : tuple of tuple of int, length k
        The term each column comes from, as positions of factors.
    notes : tuple of str
        Reference categories.
    """

    values: np.ndarray
    names: tuple[str, ...]
    terms: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]


def factor_of(parsed: Parsed, source: Source) -> Factor:
    """Evaluate one factor: a number, a polynomial's argument, or categories."""
    function = parsed.function.name if parsed.function else ""
    options = bind(parsed.tree, function)[1] if function in ("C", "poly") else {}
    inner = parsed.argument() if options else parsed
    text = inner.is_column and source.column(inner.name)[1] is not None
    if function == "C" or (text and not function):
        if inner.is_column:
            column = source.resolve(inner.name)
            values, labels = source.column(column)
            node = Node(column, values, 0, source.T, domain="")
            whole = source.frame[column].dtype.kind in "iub"
        else:
            node, labels, whole = source.build(inner), None, True
        return Factor(parsed.name, "category", node, labels, whole, options)
    node = source.build(inner)
    if function == "poly":  # its basis rests on every cell of its argument
        node = Node(parsed.name, node.values, node.lo, node.hi, (node,), None)
        return Factor(parsed.name, "poly", node, None, False, options)
    return Factor(parsed.name, "number", node, None, False, {})


def code_terms(
    terms: list[tuple[int, ...]], factors: dict[int, Factor], lo: int, hi: int, shape: tuple[int, int]
) -> Columns:
    """Columns of `terms` for the periods [lo, hi).

    Parameters
    ----------
    terms : list of tuple of int
        Each a product of factors; ``()`` is the intercept.
    factors : dict of int to Factor
    lo, hi : int
    shape : (int, int)
        (T, N) of the periods used.
    """
    import pandas as pd
    from formulaic.formula import Formula
    from formulaic.materializers import PandasMaterializer
    from formulaic.materializers.types import FactorValues

    data: dict[str, object] = {"one": np.ones(shape[0] * shape[1])}
    several: dict[str, object] = {}
    names: dict[int, tuple[str, ...]] = {}
    notes = []
    for j in sorted({j for term in terms for j in term}):
        factor = factors[j]
        if factor.kind == "poly":
            block = _poly(factor)[lo - factor.node.lo : hi - factor.node.lo].reshape(-1, factor.options["degree"])
            names[j] = tuple(str(d + 1) for d in range(block.shape[1]))
            several[f"v{j}"] = FactorValues({str(d): column for d, column in enumerate(block.T)}, kind="numerical")
        elif factor.kind == "category":
            codes, names[j] = _categories(factor, lo, hi)
            data[f"v{j}"] = pd.Categorical.from_codes(codes, [str(i) for i in range(len(names[j]))])
            notes.append(f"{factor.name}: treatment coding, reference {names[j][0]}")
        else:
            data[f"v{j}"] = factor.node.values[lo:hi].reshape(-1)
    written = [":".join(f"v{j}" for j in term) for term in terms if term]
    code = " + ".join(["1" if () in terms else "0", *written])
    if code == "0":
        return Columns(np.empty((*shape, 0)), (), (), ())
    matrix = PandasMaterializer(pd.DataFrame(data), context=several).get_model_matrix(
        Formula(code),
        na_action="ignore",
        output="numpy",  # missing cells were refused, or are absent regions
    )
    origin = [
        tuple(int(f.expr[1:]) for f in part.term.factors if f.expr != "1")
        for part in matrix.model_spec.structure
        for _ in part.columns
    ]
    spelled = tuple(_spelled(c, factors, names) for c in matrix.model_spec.column_names)
    values = np.array(matrix, dtype=float).reshape(*shape, len(spelled))
    return Columns(values, spelled, tuple(origin), tuple(notes))


def _spelled(column: str, factors: dict[int, Factor], names: dict[int, tuple[str, ...]]) -> str:
    """``v0[T.2]:v1`` in the user's names."""
    if column == "Intercept":
        return column
    parts = []
    for piece in column.split(":"):
        j, reduced, level = _COLUMN.fullmatch(piece).groups()
        label = "" if level is None else f"[{reduced or ''}{names[int(j)][int(level)]}]"
        parts.append(factors[int(j)].name + label)
    return ":".join(parts)


def _poly(factor: Factor) -> np.ndarray:
    """Polynomial basis of a factor, shape (periods, N, degree); orthonormal over all its cells unless raw."""
    from formulaic.transforms import poly

    x = factor.node.values[factor.node.lo : factor.node.hi]
    degree, raw = factor.options["degree"], factor.options["raw"]
    if len(np.unique(x)) <= degree:
        raise DataError(
            f"{factor.name!r}: the variable has {len(np.unique(x))} distinct values.",
            allowed="a degree below the number of distinct values",
        )
    return np.asarray(poly(x.reshape(-1), degree, raw=raw), dtype=float).reshape(*x.shape, degree)


def _categories(factor: Factor, lo: int, hi: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Codes of the cells, shape (T N,), and labels of the categories that occur, the reference first; -1 where absent."""
    cells = factor.node.values[lo:hi].reshape(-1)
    here = np.isfinite(cells)
    values, codes = np.unique(cells[here], return_inverse=True)
    if factor.labels is not None:
        names = [str(factor.labels[int(v)]) for v in values]
    else:
        names = [str(int(v)) if factor.whole and v == int(v) else str(float(v)) for v in values]
    if len(values) < 2:
        raise DataError(f"{factor.name!r} has one category only ({names[0]}).", fix="drop it from the formula")
    if len(values) > min(MOST_LEVELS, len(codes) - 1):
        raise DataError(
            f"{factor.name!r} has {len(values)} categories for {len(codes)} observations.",
            fix="group the categories; effects of regions or periods are given by effects=",
        )
    ref = factor.options.get("ref")
    if ref is not None:
        equal = values == ref if factor.labels is None and type(ref) is not str else np.zeros(len(values), bool)
        hit = [i for i, name in enumerate(names) if name == str(ref) or equal[i]]
        if not hit:
            raise FormulaError(f"{factor.name!r}: there is no category {ref!r}.", allowed=listing(names, 40))
        order = [hit[0], *(i for i in range(len(names)) if i != hit[0])]
        codes = np.argsort(order)[codes]
        names = [names[i] for i in order]
    out = np.full(len(cells), -1)
    out[here] = codes
    return out, tuple(names)
