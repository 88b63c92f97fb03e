"""From the text of a model formula to its terms, with formulaic's grammar and none of its evaluation.

Formulaic runs code while it parses (``exec("...")() ~ x`` is executed by its tokeniser's clean-up) and when it
evaluates factors. So the text is split here, every factor passes the allow-list of `toolkit.data.syntax`, and
formulaic only ever sees placeholders: ``log(a)*C(b) - 1`` reaches it as ``v0*v1-1``.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from toolkit.data.syntax import Parsed, parse, quote_end, shown
from toolkit.errors import FormulaError

__all__ = ["Formula", "read"]

LONGEST = 5000  # characters in a formula
MOST_TERMS = 1000  # terms after expansion of * and **

_EXAMPLE = '"log(gsp) ~ log(pcap) + unemp"'
_OPERATORS = ("+", "-", "*", ":", "**", "(", ")")
_INSTEAD = {
    "|": "fixed effects are given by effects=, instruments have no place here",
    "/": "write I(a / b) for a ratio, a + a:b for nested terms",
    "%": "write I(a % b), or a + a:b for nested terms",
    "^": "write I(x**2) for a square, (a + b)**2 for interactions",
    "**": "write I(x**2) for a square; in a formula x**2 would mean x",
    "{": "write I(...) for arithmetic",
    ".": "name the regressors one by one",
    "[": "write I(...) for arithmetic",
    "=": "a formula has ~ between its sides",
    "~": "one ~ between the outcome and the regressors",
}


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula that was read and checked.

    Attributes
    ----------
    text : str
        As written.
    outcome : Parsed
        Left-hand side.
    factors : tuple of Parsed
        The distinct factors of the right-hand side, in order of appearance.
    terms : tuple of tuple of int
        Each term as positions in `factors`; ``()`` is the intercept. In formulaic's order.
    """

    text: str
    outcome: Parsed
    factors: tuple[Parsed, ...]
    terms: tuple[tuple[int, ...], ...]

    def term_name(self, term: tuple[int, ...]) -> str:
        """A term in canonical form: ``a:log(b)``, ``Intercept``."""
        return ":".join(self.factors[j].name for j in term) or "Intercept"


def read(formula: str) -> Formula:
    """Split a formula, check every factor, expand ``*``, ``**`` and ``-`` by formulaic's rules.

    Parameters
    ----------
    formula : str
        ``outcome ~ terms``, terms joined by ``+``, ``-``, ``:``, ``*`` and ``(...)**2``.

    Raises
    ------
    FormulaError
        Names the piece that is not allowed; nothing is evaluated.

    Examples
    --------
    >>> f = read("log(y) ~ a*C(region) + I(a**2)")
    >>> [f.term_name(t) for t in f.terms]
    ['Intercept', 'a', 'C(region)', 'I(a ** 2)', 'a:C(region)']
    """
    if not isinstance(formula, str):
        raise FormulaError(f"{formula!r} is not a formula.", allowed=f"text, e.g. {_EXAMPLE}")
    if len(formula) > LONGEST:
        raise FormulaError(f"The formula has {len(formula)} characters.", allowed=f"up to {LONGEST}")
    left, right = _sides(formula)
    outcome = parse(left)
    factors: dict[str, Parsed] = {}
    words: list[str] = []
    for kind, piece in _pieces(right):
        if kind == "factor":
            factor = parse(piece, term=True)
            place = list(factors).index(factor.name) if factor.name in factors else len(factors)
            factors.setdefault(factor.name, factor)
            words.append(f"v{place}")
        else:
            words.append(piece)
    _check_grammar(words, right)
    return Formula(formula, outcome, tuple(factors.values()), _expand(" ".join(words)))


def _sides(formula: str) -> tuple[str, str]:
    """Text left and right of the one ``~`` outside quotes and backticks."""
    cuts = []
    i = 0
    while i < len(formula):
        if formula[i] in "'\"":
            i = quote_end(formula, i)
            continue
        if formula[i] == "`":
            i = formula.find("`", i + 1)
            if i < 0:
                raise FormulaError(f"A backtick in {shown(formula)} is not closed.", allowed="`my var`")
        elif formula[i] == "~":
            cuts.append(i)
        i += 1
    if len(cuts) != 1:
        raise FormulaError(f"{shown(formula)} has {len(cuts)} signs ~.", allowed=f"one, e.g. {_EXAMPLE}")
    left, right = formula[: cuts[0]].strip(), formula[cuts[0] + 1 :].strip()
    for side, text in (("left", left), ("right", right)):
        if not text:
            raise FormulaError(
                f"The {side}-hand side of {shown(formula)} is empty.",
                allowed=f'both sides, e.g. {_EXAMPLE}; "y ~ 1" for a constant only',
            )
    return left, right


def _pieces(text: str):
    """Split a right-hand side into ("factor", text), ("operator", sign) and ("number", "0" or "1")."""
    i = 0
    while i < len(text):
        char = text[i]
        if char.isspace():
            i += 1
        elif char == "`":
            end = text.find("`", i + 1) + 1
            yield "factor", text[i:end]
            i = end
        elif char.isidentifier():
            end = _name_end(text, i)
            yield "factor", text[i:end]
            i = end
        elif char.isdigit():
            number = re.match(r"[\w.]+", text[i:]).group()
            yield "number", number
            i += len(number)
        else:
            sign = "**" if text.startswith("**", i) else char
            if sign not in _OPERATORS:
                raise FormulaError(
                    f"{char!r} in {shown(text)} is not part of the grammar of formulas.",
                    allowed="terms joined by + - : * and (a + b)**2",
                    fix=_INSTEAD.get(char, "text in quotes belongs inside C(), e.g. C(region, 'East')")
                    if char in _INSTEAD or char in "'\""
                    else None,
                )
            yield "operator", sign
            i += len(sign)


def _name_end(text: str, start: int) -> int:
    """Position after a name and, if it is called, its closing bracket."""
    i = start + 1
    while i < len(text) and (text[i] == "_" or text[i].isalnum() or ("a" + text[i]).isidentifier()):
        i += 1
    j = i
    while j < len(text) and text[j].isspace():
        j += 1
    if text[j : j + 1] in (".", "[", "'", '"'):
        piece = re.match(r"\S+", text[start:]).group()
        dotted = text[j] == "."
        raise FormulaError(
            f"{shown(piece)} is {'attribute access' if dotted else 'indexing or text'}, "
            "which is not evaluated in formulas.",
            allowed="columns and functions of the list",
            fix="a column whose name holds a dot or a blank stands between backticks: `my.var`",
        )
    if j >= len(text) or text[j] != "(":
        return i
    depth = 0
    while j < len(text):
        if text[j] in "'\"":
            j = quote_end(text, j)
            continue
        if text[j] == "`":
            j = text.find("`", j + 1)
            if j < 0:
                break
        depth += (text[j] in "([{") - (text[j] in ")]}")
        j += 1
        if depth == 0:
            trailing = text[j : j + 1]
            if trailing in tuple(".([") and trailing:
                raise FormulaError(
                    f"{shown(text[start:])} uses the result of a call ({trailing!r} after it), "
                    "which is not evaluated in formulas."
                )
            return j
    raise FormulaError(f"A bracket in {shown(text[start:])} is not closed.")


def _check_grammar(words: list[str], text: str) -> None:
    """Refuse what reads as something else than it means, and expansions without bound."""
    for j, word in enumerate(words):
        before = words[j - 1] if j else ""
        if word == "**":
            exponent = words[j + 1] if j + 1 < len(words) else ""
            if before != ")" or exponent not in ("2", "3", "4"):
                raise FormulaError(
                    f"** in {shown(text)} is not allowed there.",
                    allowed="(a + b)**2, up to the fourth power, for interactions",
                    fix=_INSTEAD["**"],
                )
        elif word[0].isdigit() and before != "**":
            after = words[j + 1] if j + 1 < len(words) else ""
            if word not in ("0", "1") or before not in ("", "+", "-", "(") or after not in ("", "+", "-", ")"):
                raise FormulaError(
                    f"The number {word} in {shown(text)} is not a term.",
                    allowed="1 for the intercept, 0 or - 1 to leave it out",
                    fix="write I(2 * x) to scale a variable",
                )
    code = " ".join("@" if w == ":" else f"v{w}" if w in "01" else w for w in words)
    try:
        tree = ast.parse(code, mode="eval").body
        size = _size(tree)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise FormulaError(
            f"{shown(text)} cannot be read: an operator or a bracket is missing or one too many.",
            allowed="terms joined by + - : * and (a + b)**2",
        ) from None
    if size > MOST_TERMS:
        raise FormulaError(f"{shown(text)} expands to more than {MOST_TERMS} terms.", fix="write out the terms needed")


def _size(node: ast.AST) -> int:
    """Upper bound on the number of terms of a formula written in Python's operators (@ for :)."""
    if isinstance(node, ast.BinOp):
        left = _size(node.left)
        if isinstance(node.op, ast.Pow):
            return min(left, MOST_TERMS + 1) ** node.right.value
        right = _size(node.right)
        product = min(left, MOST_TERMS + 1) * min(right, MOST_TERMS + 1)
        return {ast.Add: left + right, ast.Sub: left, ast.MatMult: product}.get(type(node.op), product + left + right)
    return _size(node.operand) if isinstance(node, ast.UnaryOp) else 1


def _expand(code: str) -> tuple[tuple[int, ...], ...]:
    """Terms of placeholder text, by formulaic's parser."""
    from formulaic import Formula as Formulaic
    from formulaic.errors import FormulaicError

    try:
        terms = list(Formulaic(code))
    except (FormulaicError, SyntaxError, RecursionError) as error:
        raise FormulaError(f"The right-hand side cannot be read: {error}") from None
    return tuple(() if t == "1" else tuple(int(f.expr[1:]) for f in t.factors) for t in terms)
