"""Linear restrictions written as users write them: ``"x1 = x2, rho = 0"``. Read, never evaluated."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from toolkit.errors import FormulaError, InputError, listing

__all__ = ["linear_restrictions"]


def linear_restrictions(text: str, terms: Sequence[str]) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Read restrictions R theta = q.

    Parameters
    ----------
    text : str
        Equations separated by commas; ``=`` may be chained; a bare expression means "= 0".
    terms : sequence of str
        Names of the parameters, which may hold spaces and brackets (``W log(x)``).

    Returns
    -------
    r : ndarray, shape (J, k)
    q : ndarray, shape (J,)
    written : tuple of str, length J

    Raises
    ------
    FormulaError
        If a name is unknown or the expression is not linear.

    Examples
    --------
    >>> r, q, _ = linear_restrictions("2 * log(x) = W log(x) + 1", ["log(x)", "W log(x)"])
    >>> r, q
    (array([[ 2., -1.]]), array([1.]))
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{text!r} is not a restriction.", allowed='text such as "x1 = x2" or "x1 = 0, x2 = 1"')
    rows, values, written = [], [], []
    for equation in _split(_with_placeholders(text, terms)):
        sides = [_linear(side, terms) for side in equation.split("=")] if "=" in equation else None
        if sides is None:
            sides = [_linear(equation, terms), np.zeros(len(terms) + 1)]
        for left, right in pairwise(sides):
            difference = left - right
            if not np.any(difference[:-1]):
                raise FormulaError(
                    f"{_original(equation, terms)!r} restricts no parameter.", allowed=listing(terms, 40)
                )
            rows.append(difference[:-1])
            values.append(-difference[-1])
            written.append(_original(equation.strip(), terms))
    r = np.array(rows)
    if np.linalg.matrix_rank(r) < len(r):
        raise FormulaError(
            f"The restrictions {text!r} repeat or contradict one another.", fix="remove the redundant ones"
        )
    return r, np.array(values), tuple(written)


def _with_placeholders(text: str, terms: Sequence[str]) -> str:
    """Replace names by _0_, _1_ ..., the longest first, only where they stand as whole words."""
    order = sorted(range(len(terms)), key=lambda i: -len(terms[i]))
    pattern = "|".join(rf"(?<![\w.]){re.escape(terms[i])}(?![\w(\[.:])" for i in order)
    at = {terms[i]: f"_{i}_" for i in order}
    return re.sub(pattern, lambda match: at[match.group(0)], text)


def _original(text: str, terms: Sequence[str]) -> str:
    return re.sub(r"_(\d+)_", lambda match: terms[int(match.group(1))], text)


def _split(text: str) -> list[str]:
    parts = [p for p in text.split(",") if p.strip()]
    return parts


def _linear(text: str, terms: Sequence[str]) -> np.ndarray:
    """Coefficients on the terms and, last, the constant."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(
            f"{_original(text, terms)!r} cannot be read as a restriction.",
            allowed=f"sums of numbers times {listing(terms, 40)}",
        ) from None
    return _walk(tree, terms)


def _walk(node: ast.AST, terms: Sequence[str]) -> np.ndarray:
    k = len(terms)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return np.append(np.zeros(k), float(node.value))
    if isinstance(node, ast.Name):
        match = re.fullmatch(r"_(\d+)_", node.id)
        if match and int(match.group(1)) < k:
            return np.append(np.eye(k)[int(match.group(1))], 0.0)
        raise FormulaError(f"{node.id!r} is not a parameter of this model.", allowed=listing(terms, 40))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _walk(node.operand, terms)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        left, right = _walk(node.left, terms), _walk(node.right, terms)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            for a, b in ((left, right), (right, left)):
                if not np.any(a[:-1]):
                    return a[-1] * b
        if isinstance(node.op, ast.Div) and not np.any(right[:-1]) and right[-1] != 0:
            return left / right[-1]
    raise FormulaError(
        f"{_original(ast.unparse(node), terms)!r} is not linear in the parameters, or names none of them.",
        allowed=f"sums of numbers times {listing(terms, 40)}",
    )
