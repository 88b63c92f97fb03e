"""Nonlinear functions of parameters, ``"log(pcap) / (1 - rho)"``: read by an allow-list, differentiated exactly.

Values carry their gradient (forward-mode differentiation), so nothing is evaluated as code and no step size is chosen.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.contracts import CoefTable
from toolkit.errors import FormulaError, InputError, listing
from toolkit.models.restrictions import _original, _split, _with_placeholders

__all__ = ["delta_method"]

_FUNCTIONS = {
    "exp": (math.exp, math.exp),
    "log": (math.log, lambda x: 1 / x),
    "sqrt": (math.sqrt, lambda x: 0.5 / math.sqrt(x)),
    "abs": (abs, lambda x: math.copysign(1.0, x)),
}
_LONGEST = 2000


@dataclass(frozen=True)
class _Dual:
    """A number and its gradient."""

    value: float
    slope: np.ndarray


def delta_method(text: str, coefficients: CoefTable) -> CoefTable:
    """Estimates and joint covariance of the expressions in `text`, separated by commas.

    Parameters
    ----------
    text : str
        ``+ - * / **``, brackets, numbers, exp log sqrt abs, and terms as they are printed (``W log(pcap)``).
    coefficients : CoefTable

    Returns
    -------
    CoefTable
        A term an expression, as written.

    Raises
    ------
    FormulaError
        For anything else, and where a value does not exist (division by zero, log of a negative number).
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{text!r} is not an expression.", allowed='text such as "log(pcap) / (1 - rho)"')
    if len(text) > _LONGEST:
        raise FormulaError(f"The expression has {len(text)} characters.", allowed=f"up to {_LONGEST}")
    terms = coefficients.terms
    parts = _split(_with_placeholders(text, terms))
    duals = []
    for part in parts:
        try:
            tree = ast.parse(part.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise FormulaError(
                f"{_original(part, terms)!r} cannot be read as an expression.", allowed=_allowed(terms)
            ) from None
        try:
            duals.append(_walk(tree, terms, coefficients.estimate))
        except (ZeroDivisionError, OverflowError, ValueError) as error:
            raise FormulaError(
                f"{_original(part.strip(), terms)!r} has no value at the estimates: {error}.",
                fix="check for a division by zero or the logarithm of a negative number",
            ) from None
    slope = np.array([d.slope for d in duals])
    used = np.flatnonzero(slope.any(axis=0))
    cov = slope[:, used] @ coefficients.cov[np.ix_(used, used)] @ slope[:, used].T
    names = tuple(_original(p.strip(), terms) for p in parts)
    return CoefTable(names, np.array([d.value for d in duals]), cov, ("X",) * len(names), df=coefficients.df)


def _allowed(terms: Sequence[str]) -> str:
    return f"+ - * / **, numbers, {', '.join(_FUNCTIONS)} and the terms {listing(terms, 40)}"


def _walk(node: ast.AST, terms: Sequence[str], at: np.ndarray) -> _Dual:
    zero = np.zeros(len(terms))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return _Dual(float(node.value), zero)
    if isinstance(node, ast.Name):
        match = re.fullmatch(r"_(\d+)_", node.id)
        if match and int(match.group(1)) < len(terms):
            i = int(match.group(1))
            return _Dual(float(at[i]), np.eye(len(terms))[i])
        raise FormulaError(f"{node.id!r} is not a parameter of this model.", allowed=listing(terms, 40))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        x = _walk(node.operand, terms, at)
        return _Dual(-x.value, -x.slope) if isinstance(node.op, ast.USub) else x
    if isinstance(node, ast.BinOp):
        a, b = _walk(node.left, terms, at), _walk(node.right, terms, at)
        if isinstance(node.op, ast.Add):
            return _Dual(a.value + b.value, a.slope + b.slope)
        if isinstance(node.op, ast.Sub):
            return _Dual(a.value - b.value, a.slope - b.slope)
        if isinstance(node.op, ast.Mult):
            return _Dual(a.value * b.value, a.value * b.slope + b.value * a.slope)
        if isinstance(node.op, ast.Div):
            value = a.value / b.value
            return _Dual(value, (a.slope - value * b.slope) / b.value)
        if isinstance(node.op, ast.Pow):
            return _power(a, b)
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
    if named and len(node.args) == 1 and not node.keywords:
        x, (function, slope) = _walk(node.args[0], terms, at), _FUNCTIONS[node.func.id]
        return _Dual(function(x.value), slope(x.value) * x.slope)
    raise FormulaError(
        f"{_original(ast.unparse(node), terms)!r} is not allowed in an expression.", allowed=_allowed(terms)
    )


def _power(a: _Dual, b: _Dual) -> _Dual:
    if abs(b.value) > 1000:
        raise FormulaError(f"The power {b.value:g} is too large.", allowed="-1000 to 1000")
    value = a.value**b.value
    if isinstance(value, complex):
        raise ValueError("a negative number to a fractional power")
    slope = b.value * a.value ** (b.value - 1) * a.slope if a.slope.any() else np.zeros_like(a.slope)
    if b.slope.any():
        slope = slope + value * math.log(a.value) * b.slope
    return _Dual(value, slope)
