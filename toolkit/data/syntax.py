"""Reading an expression without running it: an allow-list over Python's syntax tree.

Formulas are untrusted. The text is parsed (never compiled), and every node must be on a short list: names,
numbers, arithmetic, comparisons, and calls of the functions in `toolkit.data.operators`. Anything else is
refused by name before a single value is computed.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

from toolkit.data.operators import FUNCTIONS, Function, functions_allowed
from toolkit.errors import FormulaError

__all__ = ["Parsed", "bind", "canonical", "parse", "shown"]

LONGEST = 1000  # characters in one expression
DEEPEST = 100  # levels of nesting

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod, ast.FloorDiv)
COMPARISON = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
LOGIC = (ast.And, ast.Or, ast.Not, ast.BitAnd, ast.BitOr)
SIGNS = (ast.UAdd, ast.USub, ast.Not)

_REFUSED = {
    ast.Attribute: "attribute access",
    ast.Subscript: "indexing",
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.IfExp: "an if-else",
    ast.Starred: "argument unpacking",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Dict: "a dictionary",
    ast.List: "a list",
    ast.Set: "a set",
    ast.Tuple: "a tuple",
}


@dataclass(frozen=True, eq=False)
class Parsed:
    """An expression that passed the allow-list.

    Attributes
    ----------
    text : str
        As written, outer blanks removed.
    name : str
        In canonical form, as formulaic prints it: ``log(x/y)`` becomes ``log(x / y)``.
    tree : ast.expr
    aliases : dict of str to str
        Identifier in `tree` -> column name that was written between backticks.
    """

    text: str
    name: str
    tree: ast.expr
    aliases: dict[str, str]

    def column(self, node: ast.Name) -> str:
        """The column a name stands for."""
        return self.aliases.get(node.id, node.id)

    def spell(self, node: ast.AST) -> str:
        """A part of the expression in canonical form."""
        if isinstance(node, ast.Name):
            return self.column(node)
        text = ast.unparse(node)
        for alias, column in self.aliases.items():
            text = text.replace(alias, f"`{column}`")
        return text

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order of appearance."""
        calls = {id(n.func) for n in ast.walk(self.tree) if isinstance(n, ast.Call)}
        found = [n for n in ast.walk(self.tree) if isinstance(n, ast.Name) and id(n) not in calls]
        found.sort(key=lambda n: n.col_offset)
        return tuple(dict.fromkeys(map(self.column, found)))

    @property
    def function(self) -> Function | None:
        """The outermost function, if the expression is a call."""
        return FUNCTIONS[self.tree.func.id] if isinstance(self.tree, ast.Call) else None

    @property
    def is_column(self) -> bool:
        """Whether it is the bare name of a column."""
        return isinstance(self.tree, ast.Name)

    @property
    def calls(self) -> frozenset[str]:
        """Names of the functions called anywhere in it."""
        return frozenset(n.func.id for n in ast.walk(self.tree) if isinstance(n, ast.Call))

    def argument(self) -> Parsed:
        """The first argument of the outermost call."""
        inner = self.tree.args[0]
        return Parsed(self.spell(inner), self.spell(inner), inner, self.aliases)


def parse(text: str, *, term: bool = False) -> Parsed:
    """Read `text` and check every part against the allow-list; nothing is evaluated.

    Parameters
    ----------
    text : str
        One expression. Column names that are not identifiers stand between backticks.
    term : bool
        Whether ``C(...)`` and ``poly(...)`` may be the outermost call, as in a formula.

    Raises
    ------
    FormulaError
        Names the part that is refused and lists what is allowed.

    Examples
    --------
    >>> parse("log(gdp/`floor area`)").name
    'log(gdp / `floor area`)'
    """
    if not isinstance(text, str):
        raise FormulaError(f"{text!r} is not an expression.", allowed='text, e.g. "log(gdp / emp)"')
    text = text.strip()
    if not text:
        raise FormulaError("The expression is empty.", allowed='e.g. "log(gdp / emp)"')
    if len(text) > LONGEST:
        raise FormulaError(f"The expression {shown(text)} has {len(text)} characters.", allowed=f"up to {LONGEST}")
    code, aliases = _without_backticks(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        where = f" ({error.msg})" if isinstance(error, SyntaxError) and error.msg else ""
        raise FormulaError(
            f"{shown(text)} is not a readable expression{where}.",
            fix="names that hold blanks or signs stand between backticks: `my var`",
        ) from None
    parsed = Parsed(text, "", tree, aliases)
    _Check(parsed, term).visit(tree, 0)
    return Parsed(text, parsed.spell(tree), tree, aliases)


def canonical(text: str) -> str:
    """The canonical form of an expression, which is the name of its coefficient.

    Examples
    --------
    >>> canonical("log(gdp/emp)"), canonical("`my var`")
    ('log(gdp / emp)', 'my var')
    """
    return parse(text, term=True).name


def bind(call: ast.Call, name: str) -> tuple[ast.expr, dict[str, object]]:
    """Match a call to its row in `FUNCTIONS`: first argument and literal options by name."""
    function = FUNCTIONS[name]
    if any(keyword.arg is None for keyword in call.keywords):
        raise FormulaError(f"{name}() takes no ** arguments.", allowed=function.signature)
    if len(call.args) > 1 + len(function.options):
        raise FormulaError(f"{shown(ast.unparse(call))} has too many arguments.", allowed=function.signature)
    given = dict(zip((o.name for o in function.options), call.args[1:], strict=False))
    for keyword in call.keywords:
        if keyword.arg not in {o.name for o in function.options}:
            raise FormulaError(
                f"{name}() has no argument {keyword.arg!r}.",
                allowed=function.signature,
            )
        if keyword.arg in given:
            raise FormulaError(f"{name}() is given {keyword.arg!r} twice.", allowed=function.signature)
        given[keyword.arg] = keyword.value
    if not call.args:
        raise FormulaError(f"{name}() has no argument.", allowed=function.signature)
    options = {o.name: _literal(given[o.name], o, name) if o.name in given else o.default for o in function.options}
    return call.args[0], options


def shown(text: str, most: int = 60) -> str:
    """A piece of user text in quotes, cut to a readable length."""
    text = " ".join(text.split())
    return repr(text if len(text) <= most else text[:most] + "...")


def _literal(node: ast.expr, option, name: str) -> object:
    value = node.value if isinstance(node, ast.Constant) else None
    allowed = {
        "count": f"a whole number from 1 to {option.most}",
        "flag": "True or False",
        "level": 'a category: text in quotes or a number, e.g. C(region, "East")',
    }[option.kind]
    good = {
        "count": type(value) is int and 1 <= value <= option.most,
        "flag": type(value) is bool,
        "level": type(value) in (str, int, float),
    }[option.kind]
    if not good:
        backwards = option.kind == "count" and name in ("lag", "lead") and isinstance(node, ast.UnaryOp)
        raise FormulaError(
            f"{option.name}={shown(ast.unparse(node))} in {name}() is not allowed.",
            allowed=allowed,
            fix=f"for the other direction write {'lead' if name == 'lag' else 'lag'}(x, k)" if backwards else None,
        )
    return value


def _without_backticks(text: str) -> tuple[str, dict[str, str]]:
    """Replace `` `my var` `` by identifiers, leaving quoted text alone; refuse comments."""
    prefix = "_column"
    while prefix in text:
        prefix += "_"
    out: list[str] = []
    aliases: dict[str, str] = {}
    i = 0
    while i < len(text):
        char = text[i]
        if char in "'\"":
            end = quote_end(text, i)
            out.append(text[i:end])
        elif char == "`":
            end = text.find("`", i + 1) + 1
            if end == 0 or end == i + 2:
                raise FormulaError(f"A backtick in {shown(text)} is not closed.", allowed="`my var`")
            column = text[i + 1 : end - 1]
            alias = next((a for a, c in aliases.items() if c == column), f"{prefix}{len(aliases)}z")
            aliases[alias] = column
            out.append(f" {alias} ")
        elif char in "#;":
            raise FormulaError(f"{char!r} in {shown(text)} is not allowed.", allowed="one expression, no comments")
        else:
            end = i + 1
            out.append(" " if char.isspace() else char)
        i = end
    return "".join(out).strip(), aliases


def quote_end(text: str, start: int) -> int:
    """Position after the quoted text that begins at `start`."""
    i = start + 1
    while i < len(text) and text[i] != text[start]:
        i += 2 if text[i] == "\\" else 1
    if i >= len(text):
        raise FormulaError(f"A quotation in {shown(text)} is not closed.")
    return i + 1


class _Check:
    """Walks the tree and raises at the first node that is not allowed."""

    def __init__(self, parsed: Parsed, term: bool):
        self.parsed, self.term = parsed, term

    def visit(self, node: ast.AST, depth: int) -> None:
        if depth > DEEPEST:
            raise FormulaError(f"{shown(self.parsed.text)} is nested too deeply.", allowed=f"{DEEPEST} levels")
        if isinstance(node, ast.Name):
            return
        if isinstance(node, ast.Constant):
            return self.constant(node)
        if isinstance(node, ast.Call):
            return self.call(node, depth)
        if isinstance(node, ast.BinOp):
            self.operator(node, node.op, ARITHMETIC + LOGIC)
            children: list[ast.expr] = [node.left, node.right]
        elif isinstance(node, ast.UnaryOp):
            self.operator(node, node.op, SIGNS)
            children = [node.operand]
        elif isinstance(node, ast.BoolOp):
            children = node.values
        elif isinstance(node, ast.Compare):
            for op in node.ops:
                self.operator(node, op, COMPARISON)
            children = [node.left, *node.comparators]
            if any(_is_text(c) for c in children):
                return self.label(node, depth)
        else:
            what = _REFUSED.get(type(node), type(node).__name__.lower())
            raise self.refusal(node, f"is {what}, which is not evaluated in formulas", self.hint(node))
        for child in children:
            self.visit(child, depth + 1)

    def constant(self, node: ast.Constant) -> None:
        if type(node.value) not in (int, float):
            kind = "text" if isinstance(node.value, str) else f"a {type(node.value).__name__}"
            raise self.refusal(node, f"is {kind}, not a number", 'compare a text column: region == "East"')
        try:
            finite = abs(float(node.value)) < float("inf")
        except OverflowError:
            finite = False
        if not finite:
            raise self.refusal(node, "is too large a number")

    def call(self, node: ast.Call, depth: int) -> None:
        if not isinstance(node.func, ast.Name):
            self.visit(node.func, depth + 1)
            raise self.refusal(node, "calls something that is not a function of the list")
        name = self.parsed.column(node.func)
        if node.func.id in self.parsed.aliases or name not in FUNCTIONS:
            raise FormulaError(
                f"The function {shown(name)} in {shown(self.parsed.text)} is not evaluated in formulas.",
                allowed=functions_allowed(terms=self.term),
                fix="compute it first: panel.assign(new=...)",
            )
        if FUNCTIONS[name].kind == "term" and not (self.term and depth == 0):
            raise self.refusal(
                node,
                f"makes several columns ({name}() stands alone in a model formula, not inside an expression)",
            )
        first, _ = bind(node, name)
        self.visit(first, depth + 1)

    def label(self, node: ast.Compare, depth: int) -> None:
        """``region == "East"``: a column against one text."""
        left, right = node.left, node.comparators[0]
        plain = len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        if not plain or not isinstance(left, ast.Name) or not _is_text(right):
            raise self.refusal(node, "compares text in a way that is not evaluated", 'write region == "East"')

    def operator(self, node: ast.AST, op: ast.AST, allowed: tuple[type, ...]) -> None:
        if not isinstance(op, allowed):
            power = "write ** for a power" if isinstance(op, ast.BitXor) else None
            raise self.refusal(node, f"uses an operator that is not evaluated ({type(op).__name__})", power)

    def hint(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Attribute):
            return f"a column whose name holds a dot stands between backticks: `{shown(self.parsed.spell(node))[1:-1]}`"
        return None

    def refusal(self, node: ast.AST, why: str, fix: str | None = None) -> FormulaError:
        try:
            whole = self.parsed.spell(node)
        except RecursionError:
            whole = self.parsed.text
        inside = "" if whole == self.parsed.text else f" in {shown(self.parsed.text)}"
        return FormulaError(
            f"{shown(whole)}{inside} {why}.",
            allowed="columns, numbers, + - * / ** % // comparisons, and " + functions_allowed(terms=self.term),
            fix=fix,
        )


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
